"""The daemon's side of the wire without a daemon: what it answers is a table of the test."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import zmq

from holdfast_protocol import connection
from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Asked, DaemonConnection, RefusedRequest
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.model import FolderRow, OperationRow, SessionRow, SnapshotRow

Said = wire.Reply | HoldfastError | tuple[wire.Reply, list[bytes]] | None
Answer = Callable[[Asked], Said]
DEADLINE_SECONDS = 10.0
#: What was answered arrives, though the connection ends.
LINGER_MS = 1000


@dataclass
class FakeDaemon:
    """Answers in a thread. ``answers``: request type → reply, error, reply with payload, or None for silence."""

    path: str
    epoch: str = "epoch-1"
    store: str = "5e" * 16
    answers: dict[type[wire.Request], Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: list[bytes] = field(default_factory=list)
    operations: list[OperationRow] = field(default_factory=list)
    #: The messages that go out in the place of an answer.
    sends: Callable[[list[bytes]], list[list[bytes]]] = lambda frames: [frames]

    def start(self) -> None:
        self._context = zmq.Context()
        self._subscriptions: dict[bytes, tuple[bytes, wire.Subscribe]] = {}
        self._greeted: dict[bytes, DaemonConnection] = {}
        router = self._context.socket(zmq.ROUTER)
        router.bind(f"ipc://{self.path}")
        inside = self._context.socket(zmq.PAIR)
        inside.bind("inproc://wake")
        self._wake = self._context.socket(zmq.PAIR)
        self._wake.connect("inproc://wake")
        self._thread = threading.Thread(target=self._serve, args=(router, inside), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Connections end, whatever was under way."""
        if self._context.closed:
            return
        if self._thread.is_alive():
            self._wake.send(b"stop")
        self._thread.join(DEADLINE_SECONDS)
        self._wake.close(0)
        self._context.term()

    def happen(self, row: OperationRow) -> None:
        """One operation more, for all who listen."""
        self.operations.append(row)
        self._wake.send(b"events")

    def requests(self, kind: type[wire.Request]) -> list[Asked]:
        return [each for each in self.asked if isinstance(each.request, kind)]

    def wait_for(self, kind: type[wire.Request], count: int) -> None:
        """Until ``count`` such requests have come."""
        until = time.monotonic() + DEADLINE_SECONDS
        while len(self.requests(kind)) < count:
            assert time.monotonic() < until, f"no {count} of {kind.__name__}"
            time.sleep(0.005)

    def _serve(self, router: zmq.Socket[bytes], inside: zmq.Socket[bytes]) -> None:
        try:
            self._turn(router, inside)
        finally:  # also where a test's answer fails: the test shall fail, not hang
            router.close(LINGER_MS)
            inside.close(0)
            if os.path.exists(self.path):
                os.unlink(self.path)

    def _turn(self, router: zmq.Socket[bytes], inside: zmq.Socket[bytes]) -> None:
        poller = zmq.Poller()
        poller.register(router, zmq.POLLIN)
        poller.register(inside, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if router in ready:
                peer, *frames = router.recv_multipart()
                for answer in self._answer(peer, frames):
                    self._send(router, peer, answer)
            ends = inside in ready and inside.recv() == b"stop"
            for peer, frames in self._due():  # also at the end: what a subscription was to be told then, it was told
                self._send(router, peer, frames)
            if ends:
                return

    def _send(self, router: zmq.Socket[bytes], peer: bytes, frames: list[bytes]) -> None:
        for message in self.sends(frames):
            router.send_multipart([peer, *message])

    def _answer(self, peer: bytes, frames: list[bytes]) -> list[list[bytes]]:
        if peer not in self._greeted:
            self.connections.append(peer)
        try:
            asked = self._greeted.setdefault(peer, DaemonConnection()).receive(frames)
        except RefusedRequest as problem:
            return [connection.error(problem.id, problem.error)]
        self.asked.append(asked)
        said = self._say(peer, asked)
        if said is None:
            return []
        if isinstance(said, HoldfastError):
            return [connection.error(asked.id, said)]
        reply, payload = said if isinstance(said, tuple) else (said, [])
        return [connection.result(asked.id, reply, payload)]

    def _say(self, peer: bytes, asked: Asked) -> Said:
        request = asked.request
        if type(request) in self.answers:
            return self.answers[type(request)](asked)
        if isinstance(request, wire.Hello):
            return wire.Welcome(
                protocol=1, version="0", epoch=self.epoch, user="me", limits=wire.LIMITS, store=self.store
            )  # fmt: skip
        if isinstance(request, wire.Ping):
            return wire.Pong()
        if isinstance(request, wire.Operations):
            rows = [row for row in self.operations if row.number > request.since]
            if request.newest:
                return wire.OperationRows(rows=self.operations[-request.limit :], more=False)
            return wire.OperationRows(rows=rows[: request.limit], more=len(rows) > request.limit)
        if isinstance(request, wire.Subscribe):
            newest = self.operations[-1].number if self.operations else 0
            since = newest if request.since is None else request.since
            self._subscriptions[peer] = (asked.id, wire.Subscribe(since=since, app=request.app))
            return wire.Subscribed(number=newest)
        return None

    def _due(self) -> list[tuple[bytes, list[bytes]]]:
        """The events that each subscriber has not had."""
        due = []
        for peer, (identity, request) in self._subscriptions.items():
            rows = [row for row in self.operations if row.number > (request.since or 0)]
            due += [(peer, connection.told(identity, wire.Event(row=row))) for row in rows]
            if rows:
                self._subscriptions[peer] = (identity, wire.Subscribe(since=rows[-1].number))
        return due


def session_row(name: str = "verse", **fields: object) -> SessionRow:
    """A session that is ordinary but for ``fields``."""
    ordinary: dict[str, object] = {
        "id": "0" * 32, "app": "renardo", "folder": "sessions", "name": name, "format": "renardo", "revision": 3,
        "head": "ab12" + "0" * 28, "created": 1_000_000_000, "modified": 2_000_000_123_456_789, "size_bytes": 17,
        "path": b"verse.\xff.py",
    }  # fmt: skip
    return SessionRow(**{**ordinary, **fields})  # type: ignore[arg-type]  # the test gives the right ones


def snapshot_row(**fields: object) -> SnapshotRow:
    """A snapshot that is ordinary but for ``fields``."""
    ordinary: dict[str, object] = {
        "snapshot": "ab12" + "0" * 28, "parents": [], "time": 1_000_000_000, "cause": "saved", "author": "me",
        "message": "first", "size_bytes": 17,
    }  # fmt: skip
    return SnapshotRow(**{**ordinary, **fields})  # type: ignore[arg-type]  # the test gives the right ones


def operation_row(number: int, **fields: object) -> OperationRow:
    """An operation that is ordinary but for ``fields``."""
    ordinary: dict[str, object] = {
        "number": number, "time": 1_000_000_000, "type": "saved", "session": "0" * 32, "app": "renardo",
        "folder": "sessions", "name": "verse", "cause": "saved", "author": "me", "undoable": True,
    }  # fmt: skip
    return OperationRow(**{**ordinary, **fields})  # type: ignore[arg-type]  # the test gives the right ones


def folder_row(label: str = "work", **fields: object) -> FolderRow:
    """An adopted folder that is ordinary but for ``fields``."""
    ordinary: dict[str, object] = {
        "label": label, "path": b"/music/\xff/work", "app": "renardo", "layout": "sessions", "watching": "events",
        "watch_note": "", "sessions_count": 20, "missing_count": 0, "held": None, "scanned": 2_000_000_123_456_789,
        "scanning": False,
    }  # fmt: skip
    return FolderRow(**{**ordinary, **fields})  # type: ignore[arg-type]  # the test gives the right ones


def status_report(**fields: object) -> wire.StatusReport:
    """A daemon that is ordinary but for ``fields``."""
    ordinary: dict[str, object] = {
        "version": "0.1", "epoch": "e", "pid": 1, "socket": "s", "store": "d", "sessions": "f",
        "started": 1_000_000_000, "sessions_count": 1, "deleted_count": 0, "operations_count": 1, "clients_count": 1,
        "connections_count": 1, "connections_limit": 9, "store_bytes": 2048, "pending_files": 0, "watching": True,
        "problems": [],
    }  # fmt: skip
    return wire.StatusReport(**{**ordinary, **fields})  # type: ignore[arg-type]  # the test gives the right ones


def saved(outcome: str = "saved", **fields: object) -> wire.Saved:
    """The answer to a save."""
    ordinary: dict[str, object] = {"session": session_row(), "snapshot": "ab12" + "0" * 28, "operation": 7}
    return wire.Saved(outcome=outcome, **{**ordinary, **fields})  # type: ignore[arg-type]  # the test gives the right ones
