"""Every operation to each of many subscribers: those that were, and those that happen.

Beside it, in the same rounds, a bare pyzmq ROUTER that sends the same bytes to as many.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import msgpack
import zmq
from measure import Measured, at_most, ratio
from processes import cpu_seconds, daemon, fan_out
from wire import PATIENCE_MS, Line, check_result, frames_of, lines

from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Operation
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_protocol.messages import (
    EVENT_PAGES,
    PROTOCOL_VERSION,
    Hello,
    OperationRows,
    Operations,
    Ref,
    Save,
    Subscribe,
    Tag,
)
from holdfast_protocol.model import FileSource

SUBSCRIBERS_COUNT, OPERATIONS_COUNT = 200, 10_000
OLD_SUBSCRIBERS_COUNT = 20
LIVE_COUNT = 10_000  # a tag each
IN_FLIGHT = 64
ROUNDS = 3
TARGET_SECONDS, TARGET_RATIO = 2.0, 0.5
_BODY = b"\xa4body"


class Listener:
    """A subscriber; it knows the pages that any of them has had, and takes each number in its turn."""

    def __init__(self, line: Line, known: dict[bytes, tuple[bytes, int, int]]) -> None:
        self.socket = line.socket
        self.last = 0
        self.messages: list[bytes] = []
        self._line = line
        self._known = known

    def begin(self, since: int | None, *, keep: bool = False) -> None:
        self.last = since or 0
        self._keep = keep
        self._line.send(frames_of(Subscribe(since=since)))

    def take(self) -> None:
        """All that has come. Raises RuntimeError where a number is missing."""
        while True:
            try:
                frame = self.socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            if self._keep:
                self.messages.append(frame)
            body = frame[frame.index(_BODY, 0, 64) + len(_BODY) :]
            known = self._known.get(body[:96])
            if known is None or known[0] != body:
                known = self._known[body[:96]] = (body, *_numbers(body))
            _, first, last = known
            if first and first != self.last + 1:
                raise RuntimeError(f"{first} came behind {self.last}")
            self.last = last or self.last


def _numbers(body: bytes) -> tuple[int, int]:
    """The first and last of the operations in it; 0 where it is no event."""
    plain = msgpack.unpackb(body)
    rows = plain.get("rows") or [row for row in [plain.get("row")] if row]
    numbers = [row["number"] for row in rows]
    if numbers != [*range(numbers[0], numbers[-1] + 1)] if numbers else False:
        raise RuntimeError("an operation is missing in a page")
    return (numbers[0], numbers[-1]) if numbers else (0, 0)


def run(home: Path) -> Iterator[Measured]:
    """Lines for what was (in pages, and for old clients one by one) and for what happens."""
    there = home / "events"
    (there / "store").mkdir(parents=True, mode=0o700)
    there.chmod(0o700)
    _fill(there / "store")
    with daemon(there) as (endpoint, pid):
        with lines(endpoint, SUBSCRIBERS_COUNT) as opened:
            listeners = _greeted(opened, [EVENT_PAGES])
            pages = _pages(listeners[0])
            with fan_out(there, SUBSCRIBERS_COUNT, pages) as bare, lines(bare, SUBSCRIBERS_COUNT) as others:
                found = [(_bare(others, len(pages)), _backlog(listeners, pid)) for _ in range(ROUNDS)]
        (took, used), peer = min(each for _, each in found), min(each for each, _ in found)
        what = f"{OPERATIONS_COUNT:,} events to each of {SUBSCRIBERS_COUNT}"
        yield at_most(what, took, TARGET_SECONDS, "s", f"the daemon's processor time {used:.2f} s")
        everything = OPERATIONS_COUNT * SUBSCRIBERS_COUNT
        yield ratio(f"{what}, against bare ZeroMQ", everything / peer, everything / took, TARGET_RATIO)
        with lines(endpoint, OLD_SUBSCRIBERS_COUNT) as opened:
            took, used = _backlog(_greeted(opened, []), pid)
        what = f"{OPERATIONS_COUNT:,} events to each of {OLD_SUBSCRIBERS_COUNT}, one by one"
        yield Measured(what=what, value=f"{took:.2f} s", target="–", met=None, detail=f"processor time {used:.2f} s")
        alone = _live(endpoint, [])
        with lines(endpoint, SUBSCRIBERS_COUNT) as opened:
            took = _live(endpoint, _greeted(opened, [EVENT_PAGES]))
        what = f"{LIVE_COUNT:,} operations as they happen, to each of {SUBSCRIBERS_COUNT}"
        yield Measured(what=what, value=f"{took:.1f} s", target="–", met=None, detail=f"{alone:.1f} s with none")


def _fill(store: Path) -> None:
    catalog = SqliteCatalog(str(store / "catalog.sqlite"), Faults({}), lambda: None)
    now = time.time_ns()

    def put(tx: Transaction) -> None:
        for number in range(OPERATIONS_COUNT):
            tx.add_operation(
                Operation(
                    number=0, time=now + number, type="saved", session=number.to_bytes(16, "big"), app="renardo",
                    folder="sessions", name=f"a session {number % 50}", cause="saved", author="me", undoable=False,
                    revision=number, snapshot=number.to_bytes(16, "little"), previous=None, undone_by=None, note="",
                )
            )  # fmt: skip

    catalog.submit(put).result()
    catalog.close()


def _greeted(opened: list[Line], capabilities: list[str]) -> list[Listener]:
    known: dict[bytes, tuple[bytes, int, int]] = {}
    for line in opened:
        line.ask(Hello(protocol=PROTOCOL_VERSION, client="bench", capabilities=capabilities))
    return [Listener(line, known) for line in opened]


def _pages(listener: Listener) -> list[bytes]:
    """What one subscriber is sent for it all."""
    listener.begin(0, keep=True)
    _listen([listener], OPERATIONS_COUNT)
    return listener.messages[1:]


def _backlog(listeners: list[Listener], pid: int) -> tuple[float, float]:
    """Seconds until everybody has every operation, and how many of them the daemon worked."""
    used, start = cpu_seconds(pid), time.perf_counter()
    for listener in listeners:
        listener.begin(0)
    _listen(listeners, OPERATIONS_COUNT)
    return time.perf_counter() - start, cpu_seconds(pid) - used


def _bare(others: list[Line], messages: int) -> float:
    start = time.perf_counter()
    for line in others:
        line.send([b"all"])
    taken = dict.fromkeys((line.socket for line in others), 0)

    def take(socket: zmq.Socket[bytes]) -> bool:
        try:
            while True:
                socket.recv(zmq.NOBLOCK)
                taken[socket] += 1
        except zmq.Again:
            return taken[socket] >= messages

    _until_all([*taken], take)
    return time.perf_counter() - start


def _listen(listeners: list[Listener], last: int) -> None:
    by_socket = {each.socket: each for each in listeners}

    def take(socket: zmq.Socket[bytes]) -> bool:
        by_socket[socket].take()
        return by_socket[socket].last >= last

    _until_all([*by_socket], take)


def _until_all(sockets: list[zmq.Socket[bytes]], take: Callable[[zmq.Socket[bytes]], bool]) -> None:
    poller = zmq.Poller()
    for socket in sockets:
        poller.register(socket, zmq.POLLIN)
    missing = len(sockets)
    while missing:
        ready = poller.poll(PATIENCE_MS)
        if not ready:
            raise TimeoutError(f"{missing} subscribers have not got all")
        for socket, _ in ready:
            if take(socket):
                poller.unregister(socket)
                missing -= 1


def _live(endpoint: str, listeners: list[Listener]) -> float:
    """Seconds from the first of many operations until everybody has been told the last."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    writing = processes.Process(target=_write, args=(endpoint, theirs))  # it shall not wait for those who listen here
    writing.start()
    before = ours.recv()
    for listener in listeners:
        listener.begin(before)
    start = time.perf_counter()
    ours.send("go")
    _listen(listeners, before + LIVE_COUNT)
    writing.join()
    return time.perf_counter() - start


def _write(endpoint: str, parent: Connection) -> None:
    with lines(endpoint, 1) as (writer,):
        writer.hello()
        writer.ask(Save(app="plain", name="live", files=[FileSource(frame=0)]), [b"x"])
        tags = [(f"{number}", f"{number - IN_FLIGHT}") for number in range(LIVE_COUNT)]
        requests = [frames_of(Tag(ref=Ref(app="plain", name="live"), add=[new], remove=[old])) for new, old in tags]
        newest = writer.ask(Operations(newest=True, limit=1))
        assert isinstance(newest, OperationRows)
        parent.send(newest.rows[-1].number)
        parent.recv()
        for number, frames in enumerate(requests):
            writer.send(frames)
            if number >= IN_FLIGHT:
                check_result(writer.receive())
        for _ in range(IN_FLIGHT):
            check_result(writer.receive())
