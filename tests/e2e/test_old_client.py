"""Clients and daemons of other versions: what was said once, word for word, is understood today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmq
from dialogue import RECORDS, Said, Translation, read
from e2e_daemon import Daemon, renardo

from holdfast_protocol.connection import ClientConnection, DaemonConnection
from holdfast_protocol.messages import VERBS

RECORDED = sorted(RECORDS.glob("*/dialogue.msgpack.gz"))
VERBS_COUNT = 40
RECORDS_BYTES = 300_000
#: What a daemon may send unasked, and what is therefore not waited for.
UNASKED = ("beat",)
PATIENCE_MS = 20_000


class Line:
    """One connection of the old client: its requests go out as they were, its answers are found by their ids."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], path: str) -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.RCVTIMEO, PATIENCE_MS)
        self._socket.connect(f"ipc://{path}")
        self._came: list[tuple[dict[str, Any], list[bytes]]] = []

    def ask(self, header: dict[str, Any], payload: list[bytes]) -> None:
        self._socket.send_multipart([msgpack.packb(header), *payload])

    def answer(self, identity: bytes, kind: str) -> tuple[dict[str, Any], list[bytes]]:
        """The next one to that request; other kinds than the old client knew are dropped, as it did."""
        kinds = ("event",) if kind == "event" else ("result", "error")
        while True:
            for came in self._came:
                if came[0]["id"] == identity and came[0]["kind"] in kinds:
                    self._came.remove(came)
                    return came
            frames = self._socket.recv_multipart()
            self._came.append((msgpack.unpackb(frames[0]), frames[1:]))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.parent.name)
def test_an_old_client_is_answered_as_ever(path: Path, stopped: Daemon, house: Path) -> None:
    """Whatever it asked then, today's daemon gives the same answer in all fields that it knew."""
    (house / "work").mkdir()
    (house / "work" / "found.py").write_bytes(renardo("Clock.bpm = 80", solo="s1 >> pluck([3])"))
    daemon = stopped.start()
    translation = Translation(str(house))
    lines: dict[int, Line] = {}
    problems: list[str] = []
    with zmq.Context() as context:
        try:
            for number, said in enumerate(read(path)):
                line = lines.get(said.connection) or lines.setdefault(said.connection, Line(context, daemon.socket))
                problems += [f"message {number}: {each}" for each in _replay(said, line, translation)]
        finally:
            context.destroy(linger=0)
    assert problems == []


def _replay(said: Said, line: Line, translation: Translation) -> list[str]:
    then, payload = said.header, said.frames[1:]
    if said.by_client:
        line.ask({**then, "body": translation.request(then["body"])}, payload)
        return []
    if then["kind"] in UNASKED:
        return []
    now, content = line.answer(then["id"], then["kind"])
    if then["kind"] != now["kind"]:
        return [f"{then['kind']} was {then['body']}, and is {now['body']}"]
    found = [*translation.differences(translation.placed(then["body"]), now["body"], then["kind"])]
    return found + ([] if payload == content else ["other payload frames"])


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.parent.name)
def test_an_old_daemon_is_understood(path: Path) -> None:
    """Its answers to today's client are the replies and coded errors that they were, each to its request."""
    daemon, clients = DaemonConnection(), dict[int, ClientConnection]()
    daemon.greeted = True
    for said in read(path):
        client = clients.setdefault(said.connection, ClientConnection())
        if said.by_client:
            asked = daemon.receive(said.frames)
            client.send(asked.request, asked.deadline_ms, asked.payload, asked.id)
            continue
        answered = client.receive(said.frames)
        if said.header["kind"] in UNASKED:
            continue
        assert answered is not None
        assert answered.id == said.header["id"]
        assert answered.payload == said.frames[1:]
        assert (answered.reply is None) == (said.header["kind"] == "error")
        if answered.error is not None:
            assert answered.error.code == said.header["body"]["code"]


def test_the_records_say_enough_and_are_small() -> None:
    """Each has nearly every verb that there was, answers of every kind, and no more bytes than a picture."""
    assert RECORDED
    for path in RECORDED:
        headers = [said.header for said in read(path)]
        assert len({header["verb"] for header in headers if "verb" in header} & {*VERBS}) >= VERBS_COUNT
        assert {"result", "error", "event"} <= {header["kind"] for header in headers if "kind" in header}
    assert sum(path.stat().st_size for path in RECORDS.rglob("*") if path.is_file()) <= RECORDS_BYTES
