"""The catalog: one SQLite file, one writer thread with group commit, a reader for every thread that asks.

Jobs that wait at the same moment share one transaction and so its syncs. One that fails before it changed anything
takes nothing with it; where one fails in its middle, all are rolled back and done again, each on its own. A caller is
answered only after the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

import apsw

from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import Rest, Transaction
from holdfast_daemon.store.nouns import Damage, StoredDocument
from holdfast_daemon.store.sqlite.checksums import (
    CHECKSUM_BYTES,
    connect,
    damaged_pages,
    has_checksums,
    is_damage,
    make,
    said,
    unverified,
)
from holdfast_daemon.store.sqlite.examining import DAMAGED_LOG, examine_contents, examine_file, examine_references
from holdfast_daemon.store.sqlite.pages import sort_name
from holdfast_daemon.store.sqlite.reader import SqliteReader
from holdfast_daemon.store.sqlite.schema import APPLICATION_ID, MIGRATIONS, TABLES, VERSION
from holdfast_daemon.store.sqlite.transaction import SqliteTransaction
from holdfast_daemon.store.sqlite.write_ahead_log import commits
from holdfast_protocol.errors import Damaged, HoldfastError, Internal, NoSpace, ShuttingDown, StoreNewer, Unreadable

Result = TypeVar("Result")
BATCH_COUNT = 256
CHECKED_BYTES = 32 * 1024 * 1024  # read whole at a start; damage in a larger one is met where it is read
VACUUMED_BYTES = 256 * 1024 * 1024  # up to here an old catalog is written anew, so that it can shrink and has checksums
_INCREMENTAL = 2
#: How the free pages are given back is to be said before anything is written.
_BEGINNING = f"""
PRAGMA auto_vacuum = INCREMENTAL; BEGIN; {TABLES}; PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION}; COMMIT
"""
#: A file of this ending is there while a daemon has the catalog open, and after one that did not end well.
OPEN = "-open"
WAL_PAGES = 4000  # 16 MB; a page that changes often is copied to the catalog once in as many


_log = logging.getLogger("holdfast.catalog")

Settled = list[tuple[asyncio.Future[Any], Any, BaseException | None]]


class _Job(NamedTuple):
    """``future`` is of the thread that waits (``submit``), or of the loop (``commit``)."""

    work: Callable[[Transaction], Any]
    future: Future[Any] | asyncio.Future[Any]


class SqliteCatalog:
    """``reader`` for questions, ``submit`` for changes."""

    def __init__(
        self,
        path: str,
        faults: Faults,
        before_commit: Callable[[], None],
        upgrading: Callable[[int, int], None] = lambda old, new: None,
    ) -> None:
        """``upgrading`` is told of an older version before it is brought to ours, which takes 25 s for a million
        sessions."""
        self._path = path
        self._faults = faults
        self._before_commit = before_commit
        self._local = threading.local()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._documents: dict[bytes, StoredDocument] = {}
        self._closed = False
        self.commits = 0  # how many there were, told before their callers are answered
        self._connection = _open(path, upgrading)
        self.committed: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="catalog", daemon=True)
        self._thread.start()

    @property
    def reader(self) -> SqliteReader:
        """This thread's own reader: sees every commit that was answered. The writer's is its transaction."""
        reader: SqliteReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = SqliteReader(_connect(self._path), self._documents)
        return reader

    @property
    def queued(self) -> int:
        """How many changes wait."""
        return self._jobs.qsize()

    def submit(self, work: Callable[[Transaction], Result]) -> Future[Result]:
        """``work``'s result once it is committed; its error, and nothing changed, where it raises."""
        future: Future[Result] = Future()
        if self._closed:
            raise ShuttingDown("The daemon is stopping")
        self._jobs.put(_Job(work, future))
        return future

    async def commit(self, work: Callable[[Transaction], Result]) -> Result:
        """The same for the loop, to which all answers of one transaction are brought at once."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        if self._closed:
            raise ShuttingDown("The daemon is stopping")
        self._jobs.put(_Job(work, future))
        return await future

    def examine(self, rest: Rest, *, contents: bool) -> Iterator[Damage]:
        """Pages, log and trees; rows that name what is not there; the contents of chunks."""
        yield from examine_file(self._path, rest)
        yield from examine_references(self._path, rest)
        if contents:
            yield from examine_contents(self._path, rest)

    def bring_over(self) -> None:
        """What is only in the log is in the file, and the log is empty, where nobody reads just now. Raises NoSpace."""
        try:
            with contextlib.closing(_connect(self._path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except apsw.Error as problem:
            raise _translated(problem, self._path) from problem

    def close(self) -> None:
        """After the jobs that wait."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        with contextlib.suppress(apsw.Error):
            self._connection.set_busy_timeout(0)  # whoever still reads is not waited for
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._connection.close()
        with contextlib.suppress(OSError):
            os.unlink(self._path + OPEN)

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            if not self._commit(batch):
                for job in batch:
                    self._commit([job])

    def _next_batch(self) -> list[_Job] | None:
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH_COUNT and not self._jobs.empty():
            following = self._jobs.get()
            if following is None:
                self._jobs.put(None)
                break
            batch.append(following)
        return batch

    def _commit(self, batch: list[_Job]) -> bool:
        """False: nothing was done, for one of several failed in its middle."""
        outcomes: list[tuple[Any, BaseException | None]] = []
        tx, connection = SqliteTransaction(self._connection, self._documents), self._connection
        self._local.reader = tx
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                before = connection.total_changes()
                try:
                    outcomes.append((job.work(tx), None))
                except (apsw.FullError, apsw.IOError):
                    raise
                except Exception as problem:
                    if connection.total_changes() != before:
                        self._roll_back()
                        if len(batch) == 1:
                            self._settle(batch, [(None, problem)])
                        return len(batch) == 1
                    outcomes.append((None, problem))
            self._before_commit()
            self._faults.at("before-commit")
            connection.execute("COMMIT")
            self.commits += 1
        except BaseException as problem:  # the writer thread's one catch-all: every caller gets an answer
            self._roll_back()
            self._settle(batch, [(None, _translated(problem))] * len(batch))
            return True
        self._faults.at("after-commit")
        self._settle(batch, outcomes)
        self.committed()
        return True

    def _settle(self, batch: list[_Job], outcomes: list[tuple[Any, BaseException | None]]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, Settled] = {}
        for (_, future), (value, problem) in zip(batch, outcomes, strict=True):
            if isinstance(future, asyncio.Future):
                by_loop.setdefault(future.get_loop(), []).append((future, value, problem))
            else:
                _answer(future, value, problem)
        for loop, settled in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any longer
                loop.call_soon_threadsafe(_answer_all, settled)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _answer(future: Future[Any] | asyncio.Future[Any], value: Any, problem: BaseException | None) -> None:
    if problem is None:
        future.set_result(value)
    else:
        future.set_exception(problem)


def _answer_all(settled: Settled) -> None:
    for future, value, problem in settled:
        if not future.done():
            _answer(future, value, problem)


def _translated(problem: BaseException, path: str = "") -> HoldfastError:
    if isinstance(problem, HoldfastError):
        return problem
    if is_damage(problem):
        return Damaged(f"The catalog {path} is damaged: {said(problem)}", path=path)
    if isinstance(problem, apsw.FullError) or (isinstance(problem, OSError) and problem.errno in (28, 122)):
        return NoSpace("The disk of the store is full; nothing was changed")
    if isinstance(problem, OSError | apsw.IOError | apsw.ReadOnlyError | apsw.CantOpenError):
        return Unreadable(f"The store cannot be written: {problem}")
    return Internal(f"The store failed: {type(problem).__name__}: {problem}")


def _connect(path: str, *, verified: bool = True) -> apsw.Connection:
    connection = connect(path)
    if not verified:
        connection.execute("PRAGMA checksum_verification = OFF")
    connection.set_busy_timeout(10_000)
    connection.create_scalar_function("sort_name", _sort_name, 1, deterministic=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    return connection


def _sort_name(*values: object) -> str:
    """For the migration, which has no other way to fill the column."""
    return sort_name(str(values[0]))


def _open(path: str, upgrading: Callable[[int, int], None]) -> apsw.Connection:
    """The catalog at ``path``, made where there is none. One that is not ours, or newer, is not touched."""
    try:
        if os.path.exists(path):
            _inspect(path)
        if not os.path.exists(path) or not os.path.getsize(path):
            make(path, _BEGINNING)
        was_brought_over = _was_brought_over(path)
        ended = commits(path + "-wal")
        connection = _connect(path, verified=not was_brought_over)
        _keep_damaged_log(connection, path, ended)
        version = _number(connection, "user_version")
        if version == 0:
            if _first(connection, "SELECT count(*) FROM sqlite_master") != "0":
                raise Damaged(f"{path} is not a holdfast catalog", path=path)
            connection.execute(_BEGINNING)
        elif os.path.getsize(path) <= CHECKED_BYTES and not _stands(connection):
            raise Damaged(f"The catalog {path} is damaged", path=path)
        elif version < VERSION:
            upgrading(version, VERSION)
            with connection:
                for each in range(version, VERSION):
                    connection.execute(MIGRATIONS[each])
                connection.execute(f"PRAGMA user_version = {VERSION}")
        if _is_to_be_written_anew(connection, path, was_brought_over=was_brought_over):
            connection = _written_anew(connection, path)
        connection.execute("PRAGMA checksum_verification = ON")
        with contextlib.suppress(OSError), open(path + OPEN, "wb"):
            pass
    except apsw.Error as problem:
        raise _translated(problem, path) from problem
    os.chmod(path, 0o600)
    return connection


def _is_to_be_written_anew(connection: apsw.Connection, path: str, *, was_brought_over: bool) -> bool:
    if os.path.getsize(path) <= VACUUMED_BYTES:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if _number(connection, "auto_vacuum") != _INCREMENTAL or not has_checksums(path):
            return True
    return was_brought_over and has_checksums(path) and any(damaged_pages(connection, path))


def _written_anew(connection: apsw.Connection, path: str) -> apsw.Connection:
    """All pages have checksums, and the file can shrink."""
    with contextlib.suppress(apsw.FullError), unverified(connection):  # tried again at the next start
        connection.reserve_bytes("main", CHECKSUM_BYTES)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    connection.close()  # whoever opens it from here on looks at them
    return _connect(path)


def _keep_damaged_log(connection: apsw.Connection, path: str, ended: list[int]) -> None:
    """A log that a crash has left, with more behind a damaged frame than what the crash itself cut off, the last
    transaction: SQLite goes on without it, so it is kept for people."""
    if not ended:
        return
    rows: list[Any] = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    if sum(number > rows[0][1] for number in ended) > 1:
        kept = f"{path}{DAMAGED_LOG}{time.time_ns()}"
        shutil.copyfile(path + "-wal", kept)
        _log.error("The log of the catalog is damaged: what was committed last is lost; it is kept as %s", kept)


def _was_brought_over(path: str) -> bool:
    """Whether a daemon was killed, and its log is gone: another program's SQLite has brought it over, without checksums
    (it does so where it is only to read, and nobody else has the catalog open), and removed it. One that is empty was
    left so by the daemon itself, with nothing in it to bring over: a page with a wrong checksum is damaged then."""
    return os.path.exists(path + OPEN) and not os.path.exists(path + "-wal")


def _inspect(path: str) -> None:
    """Raises StoreNewer or Damaged, by a look that changes nothing. An empty file with no tables was never begun."""
    with open(path, "rb") as source:
        header = source.read(100)
    if not header:
        if os.path.isdir(packs := os.path.join(os.path.dirname(path), "packs")) and os.listdir(packs):
            raise Damaged(f"The catalog {path} is empty, but there are packs", path=path)
        return
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise Damaged(f"{path} is not a holdfast catalog", path=path)
    version, application = int.from_bytes(header[60:64], "big"), int.from_bytes(header[68:72], "big")
    begun = os.path.exists(f"{path}-wal")
    if application != APPLICATION_ID and not (begun and version == application == 0):
        raise Damaged(f"{path} is not a holdfast catalog", path=path)
    if version > VERSION:
        raise StoreNewer(
            f"The store {path} has version {version}; this holdfast knows {VERSION}", path=path, version=version
        )


def _stands(connection: apsw.Connection) -> bool:
    """Whether what holds the trees together is whole. A page whose checksum is another may yet be: what is in it is
    damaged, is said so where it is read, and keeps nobody from the rest."""
    with unverified(connection):
        return _first(connection, "PRAGMA quick_check(1)") == "ok"


def _first(connection: apsw.Connection, sql: str) -> str:
    row = connection.execute(sql).fetchone()
    return str(row[0]) if row else ""


def _number(connection: apsw.Connection, pragma: str) -> int:
    row = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(row[0]) if row else 0
