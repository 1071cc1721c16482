"""Adopted folders: how soon a deletion there is told, what their scans cost, and what they cost at rest.

``files_count`` is how many files the largest folder has; the others are in proportion to it. Every scenario has a
daemon of its own, for what one leaves behind (100,000 sessions, a held folder) is not to be measured with the next.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import zmq
from measure import Measured, at_most, percentile, seconds
from processes import cpu_seconds, daemon, resident_bytes
from wire import Line, lines

from holdfast.client import Client
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.messages import Event, Ping, Request, Save, Show, Subscribe
from holdfast_protocol.model import FileSource, FolderRow, OperationRow, Ref

FILES_COUNT = 100_000
FILE_BYTES = 200
PATIENCE_SECONDS = 600.0
ONE_BY_ONE_COUNT = 100
MEDIAN_MS, SLOWEST_MS = 30, 150
LOOK_SECONDS = 0.1  # between two questions whether a scan is done
ASK_SECONDS = 0.005  # between two requests meanwhile: somebody works, and nobody tries to keep the daemon busy
AT_REST_SECONDS = 2.0
SETTLE_SECONDS, REST_SECONDS = 5, 20
POLLED_SECONDS = 60  # at most so long passes between two looks at a polled folder


def run(home: Path, files_count: int) -> Iterator[Measured]:
    """Deletions, the loss of a folder, scans, a restart, and rest."""
    yield from _deletions(home / "deletions", files_count // 10)
    yield from _loss(home / "loss", files_count // 10)
    yield from _scans(home / "scans", files_count)
    yield from _rest(home / "rest", files_count // 20, folders_count=2, poll=False)
    yield from _rest(home / "polled", files_count // 20, folders_count=1, poll=True)


def _deletions(home: Path, burst_count: int) -> Iterator[Measured]:
    """One by one, then a burst that is too small a share of its folder for the breaker."""
    files_count = 4 * burst_count + 10 * ONE_BY_ONE_COUNT
    trash = home / "trash"
    ways: dict[str, Callable[[Path], object]] = {
        "unlinked": os.unlink,
        "moved out": lambda path: path.rename(trash / path.name),
    }
    with _adopted(home, files_count) as adopted:
        trash.mkdir()
        paths = _paths(adopted.root)
        for way, delete in ways.items():
            found = [_milliseconds(adopted, paths.pop(), delete, number) for number in range(ONE_BY_ONE_COUNT)]
            detail = f"of {files_count:,} sessions; slowest {max(found):.1f} ms"
            yield at_most(f"adopted: {way} to event, median", statistics.median(found), MEDIAN_MS, "ms", detail)
            yield at_most(f"adopted: {way} to event, 99th percentile", percentile(found, 99), SLOWEST_MS, "ms", detail)
        yield from _burst(adopted, paths[:burst_count])


def _milliseconds(adopted: _Adopted, path: Path, delete: Callable[[Path], object], number: int) -> float:
    time.sleep(0.005 * (number % 10))  # so that it meets whatever the daemon does after the one before
    start = time.perf_counter()
    delete(path)
    while True:
        row = adopted.next()
        if (row.type, row.name) == ("deleted-outside", path.name):
            return (time.perf_counter() - start) * 1000


def _burst(adopted: _Adopted, paths: Sequence[Path]) -> Iterator[Measured]:
    names = {path.name for path in paths}
    times: Counter[str] = Counter()
    deleting = threading.Thread(target=_unlink, args=(paths,))
    start = time.perf_counter()
    deleting.start()
    with suppress(zmq.Again):  # what is not told is missing in the row below
        while len(times) < len(names):
            times.update(_deleted([adopted.next()]))
    took = time.perf_counter() - start
    deleting.join()
    times.update(_deleted(adopted.rest()))
    yield _exactly(f"adopted: {len(names):,} unlinked below the breaker's notice", times, names)
    yield _noted("adopted: until the last of them is told", f"{took:.2f} s", f"{len(names) / took:,.0f}/s")


def _loss(home: Path, files_count: int) -> Iterator[Measured]:
    """All at once: the folder is held, and its loss accepted."""
    with _adopted(home, files_count) as adopted:
        paths = _paths(adopted.root)
        start = time.perf_counter()
        _unlink(paths)
        while adopted.next().type != "folder-held":
            pass
        yield _noted(f"adopted: all {files_count:,} unlinked, until held", f"{time.perf_counter() - start:.2f} s", "")
        adopted.rest()
        start = time.perf_counter()
        adopted.client.folder_scan(adopted.label, accept=True, timeout_seconds=PATIENCE_SECONDS)
        rows = adopted.rest()
        took = time.perf_counter() - start
        what = "adopted: all told deleted once the loss is accepted"
        yield _exactly(what, Counter(_deleted(rows)), {path.name for path in paths})
        again = sum(row.type == "folder-held" for row in rows)
        left = _row(adopted.client, adopted.label).sessions_count
        detail = f"{left} sessions left, held again {again} times"
        yield _noted("adopted: from accepting to the last event", f"{took:.2f} s", detail)


def _scans(home: Path, files_count: int) -> Iterator[Measured]:
    """The first one while a client works, later ones, and that after a restart."""
    root = home / "adopted"
    many = f"{files_count:,} files"
    home.mkdir(0o700)
    with daemon(home) as (endpoint, pid), _line(endpoint) as line, _client(endpoint) as client:
        _fill(root, files_count)
        line.ask(Save(app="plain", name="beside", files=[FileSource(frame=0)]), [b"a session of somebody who works"])
        hashing = seconds(lambda: [hash_of(path.read_bytes()) for path in _paths(root)])
        busy, rest = _Latencies(line), _Latencies(line)
        start, before = time.perf_counter(), cpu_seconds(pid)
        label = _adopt(client, root, busy.ask_for)
        took = time.perf_counter() - start
        used = f"{cpu_seconds(pid) - before:.0f} s of CPU, {resident_bytes(pid) / 2**20:.0f} MB then"
        detail = f"{took / hashing:.0f}× reading and hashing them ({hashing:.1f} s); {used}"
        yield at_most(f"first scan of {many}", took, 60, "s", detail)
        listing = seconds(lambda: [entry.stat() for entry in os.scandir(root)])
        for what in ("next scan, which may read those that were new", "scan after that"):
            took = seconds(lambda: client.folder_scan(label, timeout_seconds=PATIENCE_SECONDS))
            yield at_most(what, took, 5, "s", f"{took / listing:.0f}× scandir and stat ({listing:.2f} s)")
        rest.ask_for(AT_REST_SECONDS)
        yield from busy.against(rest)
    yield from _restart(home, label, many)


def _restart(home: Path, label: str, many: str) -> Iterator[Measured]:
    start = time.perf_counter()
    with daemon(home) as (endpoint, pid), _line(endpoint), _client(endpoint) as client:
        serving = time.perf_counter() - start
        _wait_for_scan(client, label)
        scanned = time.perf_counter() - start
        memory = f"{resident_bytes(pid) / 2**20:.0f} MB then"
    yield at_most(f"start with {many} until serving", serving, 0.5, "s", "the process's own start included")
    yield _noted(f"start with {many} until they are scanned", f"{scanned:.2f} s", memory)


class _Latencies:
    """What a client that asks one thing after the other waits for its answers, in milliseconds."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._requests: dict[str, Request] = {"ping": Ping(), "show": Show(ref=Ref(app="plain", name="beside"))}
        self._found: dict[str, list[float]] = {verb: [] for verb in self._requests}

    def ask_for(self, duration_seconds: float) -> None:
        """Goes on asking so long."""
        end = time.monotonic() + duration_seconds
        while time.monotonic() < end:
            for verb, request in self._requests.items():
                self._found[verb].append(seconds(partial(self._line.ask, request)) * 1000)
                time.sleep(ASK_SECONDS)

    def against(self, rest: _Latencies) -> Iterator[Measured]:
        """A line for each verb."""
        for verb, found in self._found.items():
            detail = f"{_spread(rest._found[verb])} at rest; slowest {max(found):.0f} ms of {len(found):,}"
            yield _noted(f"{verb} during the first scan, median / 99th percentile", _spread(found), detail)


def _spread(found: Sequence[float]) -> str:
    return f"{statistics.median(found):.2f} / {percentile(found, 99):.1f} ms"


def _rest(home: Path, files_count: int, *, folders_count: int, poll: bool) -> Iterator[Measured]:
    """The share of one core, and memory."""
    home.mkdir(0o700)
    with daemon(home) as (endpoint, pid), _client(endpoint) as client:
        for number in range(folders_count):
            root = home / f"adopted-{number}"
            _fill(root, files_count)
            _adopt(client, root, poll=poll)
        time.sleep(SETTLE_SECONDS)
        for _ in range(2):  # the first reads what was new before; how often a folder is polled follows from the last
            client.folder_scan(timeout_seconds=PATIENCE_SECONDS)
        before = cpu_seconds(pid)
        time.sleep(duration := POLLED_SECONDS if poll else REST_SECONDS)
        share = (cpu_seconds(pid) - before) / duration * 100
        memory = f"{resident_bytes(pid) / 2**20:.0f} MB"
    what = f"at rest, {folders_count} {'polled' if poll else 'watched'} × {files_count:,}: of a core"
    yield _noted(what, f"{share:.2f} %", memory) if poll else at_most(what, share, 0.2, "%", memory)


class _Adopted:
    """A folder whose sessions are all in the store, and one who hears what becomes of them."""

    def __init__(self, root: Path, label: str, client: Client, listener: Line) -> None:
        self.root = root
        self.label = label
        self.client = client
        self._listener = listener
        self._number = self._settled()
        listener.ask(Subscribe(since=self._number))

    def next(self) -> OperationRow:
        """The next operation that is told. Raises zmq.Again where none comes."""
        while True:
            event = self._listener.next().reply
            if isinstance(event, Event):
                self._number = event.row.number
                return event.row

    def rest(self) -> list[OperationRow]:
        """All that is still to be told, everything on disk having been seen."""
        newest, rows = self._settled(), []
        while self._number < newest:
            rows.append(self.next())
        return rows

    def _settled(self) -> int:
        return self.client.settle(self.label, timeout_seconds=PATIENCE_SECONDS).number


@contextmanager
def _adopted(home: Path, files_count: int) -> Iterator[_Adopted]:
    root = home / "adopted"
    home.mkdir(0o700)
    with daemon(home) as (endpoint, _), _line(endpoint) as listener, _client(endpoint) as client:
        _fill(root, files_count)
        yield _Adopted(root, _adopt(client, root), client, listener)


@contextmanager
def _line(endpoint: str) -> Iterator[Line]:
    with lines(endpoint, 1) as (line,):
        line.hello()
        yield line


def _client(endpoint: str) -> Client:
    return Client(endpoint.removeprefix("ipc://"))


def _fill(root: Path, files_count: int) -> None:
    """Small files, no two alike."""
    root.mkdir()
    for number in range(files_count):
        (root / f"session {number}.txt").write_text(os.urandom(FILE_BYTES // 2).hex())


def _paths(root: Path) -> list[Path]:
    return [Path(entry.path) for entry in os.scandir(root)]


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink()


def _adopt(
    client: Client, root: Path, meanwhile: Callable[[float], object] = time.sleep, *, poll: bool = False
) -> str:  # fmt: skip
    """Its label, once its first scan is done."""
    label = client.folder_add(os.fsencode(root), "plain", poll=poll).rows[0].label
    _wait_for_scan(client, label, meanwhile)
    return label


def _wait_for_scan(client: Client, label: str, meanwhile: Callable[[float], object] = time.sleep) -> None:
    """Returns once the first one since the daemon's start is done."""
    end = time.monotonic() + PATIENCE_SECONDS
    while _row(client, label).scanned is None:
        if time.monotonic() > end:
            raise TimeoutError(f"the scan of {label} does not end")
        meanwhile(LOOK_SECONDS)


def _row(client: Client, label: str) -> FolderRow:
    return next(row for row in client.folder_list().rows if row.label == label)


def _deleted(rows: Sequence[OperationRow]) -> list[str]:
    """The names of those that were told deleted."""
    return [row.name or "" for row in rows if row.type == "deleted-outside"]


def _exactly(what: str, times: Counter[str], names: set[str]) -> Measured:
    """That each of the names was told, once."""
    return Measured(
        what=what, value=f"{len(names & times.keys()):,} told", target=f"{len(names):,}, none twice",
        met=times == Counter(names), detail=f"{times.total() - len(names & times.keys())} too many",
    )  # fmt: skip


def _noted(what: str, value: str, detail: str) -> Measured:
    """What has no target."""
    return Measured(what=what, value=value, target="–", met=None, detail=detail)
