"""The operations as they happen, from a real daemon: each once, in order, to everybody, whatever else goes on."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import zmq
from e2e_daemon import CLI, Daemon

from holdfast.client import Client
from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Operation
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_protocol.connection import ClientConnection
from holdfast_protocol.messages import (
    EVENT_PAGES,
    Beat,
    Event,
    Events,
    Gap,
    Hello,
    Operations,
    Ping,
    Reply,
    Request,
    Subscribe,
    Subscribed,
    Welcome,
)
from holdfast_protocol.model import OperationRow

PATIENCE_MS = 20_000
SUBSCRIBERS_COUNT = 200
#: A log that fills whatever lies between the daemon and a client that does not read.
LONG_COUNT, NOTE_BYTES = 6_000, 8_000
STALLED_COUNT = 4
GREEDY_COUNT = 400
GROWTH_BYTES = 100 << 20


class Listener:
    """A subscriber that reads when the test says so."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], path: str, *, capabilities: tuple[str, ...]) -> None:
        self._socket = context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.RCVHWM, 1)
        self._socket.setsockopt(zmq.RCVTIMEO, PATIENCE_MS)
        self._socket.connect(f"ipc://{path}")
        self._wire = ClientConnection()
        self.told: list[Reply] = []
        self.ask(Hello(protocol=1, capabilities=[*capabilities]))

    def tell(self, request: Request) -> bytes:
        identity, frames = self._wire.send(request, PATIENCE_MS)
        self._socket.send_multipart(frames)
        return identity

    def ask(self, request: Request) -> Reply:
        identity = self.tell(request)
        while True:
            answer = self._wire.receive(self._socket.recv_multipart())
            if answer is not None and answer.error is not None:
                raise answer.error
            if answer is not None and answer.reply is not None:
                if answer.id == identity and not isinstance(answer.reply, Event | Events | Beat | Gap):
                    return answer.reply
                self.told.append(answer.reply)

    def read(self) -> Reply:
        """The next thing that it is told."""
        if self.told:
            return self.told.pop(0)
        while True:
            answer = self._wire.receive(self._socket.recv_multipart())
            if answer is not None and answer.reply is not None:
                return answer.reply

    def numbers(self, last: int) -> list[int]:
        """Of the operations that it is told, up to that one."""
        found: list[int] = []
        while not found or found[-1] < last:
            reply = self.read()
            found += [row.number for row in rows_of(reply)]
        return found


def rows_of(reply: Reply) -> list[OperationRow]:
    return [*reply.rows] if isinstance(reply, Events) else [reply.row] if isinstance(reply, Event) else []


@pytest.fixture
def context() -> Iterator[zmq.Context[zmq.Socket[bytes]]]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


def newest(client: Client) -> int:
    return client.operations(limit=1, newest=True).rows[-1].number


def write(client: Client, name: str, count: int) -> None:
    """So many operations."""
    for number in range(count):
        client.tag(f"plain/{name}", add=[f"{number}"])


@pytest.mark.parametrize("capabilities", [(), (EVENT_PAGES,)])
def test_what_was_and_what_comes_meet_without_a_seam(
    shared: Daemon, context: zmq.Context[zmq.Socket[bytes]], capabilities: tuple[str, ...]
) -> None:
    """Who subscribes in the middle of much writing gets every number once, in order."""
    with shared.client() as client:
        client.save("plain", "seam", b"x")
        client.tag("plain/seam", add=["begun"])  # there are as many as they subscribe from
        writing = threading.Thread(target=write, args=(client, "seam", 150))
        writing.start()
        listeners = []
        while writing.is_alive():
            if len(listeners) < 30:
                listeners.append(Listener(context, shared.socket, capabilities=capabilities))
                listeners[-1].ask(Subscribe(since=len(listeners) % 3))
            time.sleep(0.01)
        writing.join()
        last = newest(client)
    for at, listener in enumerate(listeners, start=1):
        assert listener.numbers(last) == [*range(at % 3 + 1, last + 1)]


def test_two_hundred_subscribers_are_all_told(shared: Daemon, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    """Each operation to each of them, those of old clients one by one."""
    with shared.client() as client:
        client.save("plain", "many", b"x")
        listeners = [
            Listener(context, shared.socket, capabilities=(EVENT_PAGES,) if number % 2 else ())
            for number in range(SUBSCRIBERS_COUNT)
        ]
        before = newest(client)
        for listener in listeners:
            listener.tell(Subscribe(since=before))
        write(client, "many", 5)
        last = newest(client)
    assert last >= before + 5
    for number, listener in enumerate(listeners):
        assert isinstance(listener.read(), Subscribed)
        first = listener.read()
        assert isinstance(first, Events if number % 2 else Event)
        listener.told.append(first)
        assert listener.numbers(last) == [*range(before + 1, last + 1)]


def test_a_subscription_is_narrowed_by_application_session_and_type(shared: Daemon) -> None:
    """Before and after it began; what does not fit is left out, and nothing else."""
    with shared.client() as client:
        before = newest(client) if client.operations(limit=1).rows else 0
        first = client.save("plain", "narrow", b"x").session.id
        client.save("notes", "narrow", b"x")
        client.tag("plain/narrow", add=["a"])
        subscriptions = {
            name: client.events(before, **narrowed)  # type: ignore[arg-type]  # a table of arguments
            for name, narrowed in {
                "app": {"app": "notes"}, "session": {"session": first}, "types": {"types": ["tagged", "noted"]},
                "all": {"app": "plain", "session": first, "types": ["noted"]},
            }.items()
        }  # fmt: skip
        told = {name: [next(rows)] for name, rows in subscriptions.items() if name != "all"}
        told |= {"all": []}
        client.note("notes/narrow", "b")
        client.note("plain/narrow", "b")
        counts = {"app": 2, "session": 3, "types": 3, "all": 1}
        for name, rows in subscriptions.items():
            told[name] += islice(rows, counts[name] - len(told[name]))
    types = {name: [(row.app, row.type) for row in rows] for name, rows in told.items()}
    assert types == {
        "app": [("notes", "created"), ("notes", "noted")],
        "session": [("plain", "created"), ("plain", "tagged"), ("plain", "noted")],
        "types": [("plain", "tagged"), ("notes", "noted"), ("plain", "noted")],
        "all": [("plain", "noted")],
    }


def test_events_by_type_on_the_command_line(shared: Daemon) -> None:
    """``--type`` may be given several times."""
    with shared.client() as client:
        client.save("plain", "typed", b"x")
        before = newest(client)
        client.tag("plain/typed", add=["a"])
        client.note("plain/typed", "b")
        client.pin("plain/typed", "c")
    said = shared.ok("events", "--since", str(before), "--type", "noted", "--type", "pinned", "--json")
    assert [row["type"] for row in said.rows] == ["noted", "pinned"]


def test_the_command_line_waits_until_something_happens(shared: Daemon) -> None:
    """``wait`` prints it and ends with 0; with a time that is over, 7; an unknown event is a slip, 2."""
    shared.ok("save", "waited/one", "-", content=b"1")
    since = shared.ok("operations", "--json").rows[-1]["number"]
    wait = [*CLI, "wait", "waited/one", "--no-start", "--for", "deleted"]
    waiting = subprocess.Popen([*wait, "--for", "template", "--json"], env=shared.environment, stdout=subprocess.PIPE)
    while waiting.poll() is None:  # it may not listen yet
        shared.ok("template", "waited/one")
        shared.ok("template", "waited/one", "--off")
    (row,) = [json.loads(line) for line in waiting.communicate()[0].splitlines()]
    assert (waiting.returncode, row["type"]) == (0, "template")
    assert "template" in shared.ok("wait", "waited/one", "--for", "template", "--since", str(since)).text
    assert subprocess.run([*wait, "--timeout", "0.3"], env=shared.environment, check=False).returncode == 7
    assert shared.cli("wait", "waited/one", "--for", "delete").code == 2
    assert shared.cli("wait", "waited/none", "--for", "deleted").code == 3


def test_a_restart_in_the_middle_loses_nothing(daemon: Daemon) -> None:
    """The subscription of the library goes on behind the last number, filtered or not."""
    with daemon.client() as client:
        client.save("plain", "restarted", b"x")
        rows, tags = client.events(0), client.events(0, types=["tagged"])
        write(client, "restarted", 3)
        seen = [next(rows).number for _ in range(2)]
        daemon.kill()
        daemon.start()
        write(client, "restarted", 6)  # three of them are new
        last = newest(client)
        assert [*seen, *(row.number for row in islice(rows, last - 2))] == [*range(1, last + 1)]
        assert [row.number for row in islice(tags, last - 1)] == [*range(2, last + 1)]


def test_a_silent_subscription_is_told_how_far_the_log_is(
    shared: Daemon, context: zmq.Context[zmq.Socket[bytes]]
) -> None:
    """A beat has the last number, though a filter let nothing through."""
    with shared.client() as client:
        client.save("plain", "silent", b"x")
        listener = Listener(context, shared.socket, capabilities=())
        listener.ask(Subscribe(since=0, app="nobody"))
        last = newest(client)
        assert listener.read() == Beat(number=last, told=0)


def test_a_number_beyond_the_log_is_a_gap(shared: Daemon, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    """The log of another store is not what was followed."""
    with shared.client() as client:
        client.save("plain", "beyond", b"x")
        listener = Listener(context, shared.socket, capabilities=())
        last = newest(client)
        listener.ask(Subscribe(since=last + 1000))
        assert listener.read() == Gap(number=last)
        client.tag("plain/beyond", add=["a"])
        assert listener.numbers(last + 1) == [last + 1]


def test_hello_names_the_store(stopped: Daemon) -> None:
    """It is the same after a restart, whose epoch is another one."""
    first, second = (hello(stopped) for _ in range(2))
    assert first.store == second.store
    assert len(bytes.fromhex(first.store)) == 16
    assert first.epoch != second.epoch
    assert EVENT_PAGES in first.capabilities
    assert first.limits["beat_ms"] > 0


def hello(daemon: Daemon) -> Welcome:
    """Of one life of it."""
    daemon.start()
    with daemon.client() as client:
        welcome = client.hello()
    daemon.stop()
    return welcome


def test_who_never_reads_costs_little_memory_and_nobody_else_time(
    long: Daemon, context: zmq.Context[zmq.Socket[bytes]]
) -> None:
    """And when it does read after all, nothing is missing."""
    assert long.process is not None
    with long.client() as client:
        client.save("plain", "busy", b"x")
        before = resident_bytes(long.process.pid)
        stalled = [
            Listener(context, long.socket, capabilities=(EVENT_PAGES,) if number % 2 else ())
            for number in range(STALLED_COUNT)
        ]
        for listener in stalled:
            listener.tell(Subscribe(since=0))
        reader = Listener(context, long.socket, capabilities=(EVENT_PAGES,))
        reader.ask(Subscribe(since=0))
        last = newest(client)
        assert reader.numbers(last) == [*range(1, last + 1)]
        start = time.monotonic()
        for _ in range(200):
            reader.ask(Ping())
        write(client, "busy", 20)
        assert time.monotonic() - start < 10
        assert reader.numbers(last + 20) == [*range(last + 1, last + 21)]
        assert resident_bytes(long.process.pid) - before < GROWTH_BYTES
        assert isinstance(stalled[1].read(), Subscribed)
        assert stalled[1].numbers(last + 20) == [*range(1, last + 21)]


def test_what_had_to_be_dropped_is_a_gap(long: Daemon, context: zmq.Context[zmq.Socket[bytes]]) -> None:
    """Who asks and asks and reads no answers is told where its events go on, once it reads."""
    with long.client() as client:
        client.save("plain", "greedy", b"x")
        listener = Listener(context, long.socket, capabilities=())
        last = newest(client)
        listener.ask(Subscribe(since=last))
        for _ in range(GREEDY_COUNT):
            listener.tell(Operations(limit=20))
        client.tag("plain/greedy", add=["a"])
        heard = [listener.read()]
        while not isinstance(heard[-1], Gap):
            heard.append(listener.read())
        assert len(heard) < GREEDY_COUNT
        told = [*(row.number for reply in heard for row in rows_of(reply)), heard[-1].number]
        assert told in ([last], [last + 1], [last + 1, last + 1])
        client.tag("plain/greedy", add=["b"])
        assert listener.numbers(last + 2)[-1] == last + 2


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon with a long log, which no client has read."""
    made = Daemon(tmp_path_factory.mktemp("l") / "d")
    fill(made.home)
    yield made.start()
    made.stop()


def fill(home: Path) -> None:
    """A store whose log is long, and has nothing else."""
    store = home / "store"
    store.mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    catalog = SqliteCatalog(str(store / "catalog.sqlite"), Faults({}), lambda: None)

    def put(tx: Transaction) -> None:
        for number in range(LONG_COUNT):
            tx.add_operation(
                Operation(
                    number=0, time=number, type="noted", session=b"s" * 16, app="notes", folder="sessions", name="x",
                    cause=None, author="me", undoable=False, revision=1, snapshot=None, previous=None, undone_by=None,
                    note="x" * NOTE_BYTES,
                )
            )  # fmt: skip

    catalog.submit(put).result(60)
    catalog.close()


def resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().split("\n")
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) * 1024
