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
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

import apsw

from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import Rest, Transaction
from holdfast_daemon.store.nouns import Damage, StoredDocument
from holdfast_daemon.store.sqlite.beside import forget
from holdfast_daemon.store.sqlite.checksums import has_checksums
from holdfast_daemon.store.sqlite.examining import examine_contents, examine_file, examine_references
from holdfast_daemon.store.sqlite.opening import OPEN, connect_writing, opened, translated
from holdfast_daemon.store.sqlite.reader import SqliteReader
from holdfast_daemon.store.sqlite.transaction import SqliteTransaction
from holdfast_protocol.errors import HoldfastError, ShuttingDown

Result = TypeVar("Result")
BATCH_COUNT = 256
#: After a change that could not be kept, it is tried so often whether one can.
AGAIN_SECONDS = 2.0
#: Another program that reads the catalog may have it locked for a moment.
LOCKED_MS = 2_000

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
        self._failing = ""  # why the last change could not be kept, for whatever reason of the disk
        self.commits = 0  # how many there were, told before their callers are answered
        self._connection = opened(path, upgrading)
        self._connection.set_busy_timeout(LOCKED_MS)
        self._has_checksums = has_checksums(path)
        self.committed: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name="catalog", daemon=True)
        self._thread.start()

    @property
    def reader(self) -> SqliteReader:
        """This thread's own reader: sees every commit that was answered. The writer's is its transaction."""
        reader: SqliteReader | None = getattr(self._local, "reader", None)
        if reader is None:
            try:
                reader = self._local.reader = SqliteReader(connect_writing(self._path), self._documents)
            except apsw.Error as problem:
                raise translated(problem, self._path) from problem
        return reader

    @property
    def problems(self) -> list[str]:
        """For people: what of its keeping is less than it should be."""
        failing = self._failing
        said = [f"Nothing can be saved: {failing}"] if failing else []
        if not self._has_checksums:
            said.append(
                "The pages of the catalog have no checksums, so a flipped bit in it may not be found: it is from an "
                f"older holdfast, and too large to be written anew, or there is no room: {self._path}"
            )
        return said

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
            with contextlib.closing(connect_writing(self._path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except apsw.Error as problem:
            raise translated(problem, self._path) from problem

    def close(self) -> None:
        """After the jobs that wait."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        with contextlib.suppress(apsw.Error, OSError):
            self._connection.set_busy_timeout(0)  # whoever still reads is not waited for
            rows: list[Any] = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if not rows[0][0]:  # the log is empty: a kill from here on leaves nothing to bring over
                os.unlink(self._path + OPEN)
        for name in (self._path, self._path + "-shm"):
            forget(name)
        self._connection.close()
        if not os.path.exists(self._path + "-wal"):
            with contextlib.suppress(OSError):
                os.unlink(self._path + OPEN)

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            if not self._commit(batch):
                for job in batch:
                    self._commit([job])

    def _next_batch(self) -> list[_Job] | None:
        try:
            first = self._jobs.get(timeout=AGAIN_SECONDS if self._failing else None)
        except queue.Empty:  # so that it is known when the cause has gone, though nobody saves
            first = _Job(_try_to_write, Future())
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
        changes = connection.total_changes()
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
            number = connection.system_errno if isinstance(problem, apsw.Error) else 0
            coded = translated(problem, self._path, number)
            self._roll_back()
            self._fails(coded)
            self._settle(batch, [(None, coded)] * len(batch))
            return True
        if connection.total_changes() != changes:
            self._works()
        self._faults.at("after-commit")
        self._settle(batch, outcomes)
        self.committed()
        return True

    def _fails(self, problem: HoldfastError) -> None:
        if not self._failing:
            _log.error("Nothing can be saved from here on: %s", problem.sentence)
        self._failing = problem.sentence

    def _works(self) -> None:
        if self._failing:
            _log.info("The store can be written again")
        self._failing = ""

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
            with contextlib.suppress(apsw.Error):  # SQLite has rolled back by itself
                self._connection.execute("ROLLBACK")


def _try_to_write(tx: Transaction) -> None:
    tx.put_fact("tried", time.time_ns().to_bytes(8, "big"))


def _answer(future: Future[Any] | asyncio.Future[Any], value: Any, problem: BaseException | None) -> None:
    if problem is None:
        future.set_result(value)
    else:
        future.set_exception(problem)


def _answer_all(settled: Settled) -> None:
    for future, value, problem in settled:
        if not future.done():
            _answer(future, value, problem)
