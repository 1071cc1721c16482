"""A catalog that is only read, and beside which nothing is made: on a disk that takes no writes, of a store that nobody
serves, with whatever log a crash has left.

SQLite reads a log only where it may keep its index of it; in memory, where it has the file for itself. Nobody else has
it, so it takes no lock (``unix-none``), and says whether that was so all the while (``check_unchanged``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from typing import TypeVar

import apsw

from holdfast_daemon.store.base import Rest, Transaction
from holdfast_daemon.store.nouns import Damage, StoredDocument
from holdfast_daemon.store.sqlite.checksums import connect, connect_unwritten, has_checksums
from holdfast_daemon.store.sqlite.examining import examine_contents, examine_file, examine_references
from holdfast_daemon.store.sqlite.opening import inspect, migrate, prepare, translated
from holdfast_daemon.store.sqlite.reader import SqliteReader
from holdfast_daemon.store.sqlite.schema import VERSION
from holdfast_protocol.errors import Busy, NoSpace, NotAllowed, NotFound, Unreadable

Result = TypeVar("Result")
ONLY_READ = "The store is only read here, and nothing was changed: leave out --direct"
PAGES_COUNT = 1024


class UnwrittenCatalog:
    """``reader`` for questions; every change is refused. Raises NotFound, StoreNewer, Damaged, Unreadable, NoSpace."""

    def __init__(self, path: str, scratch: str) -> None:
        """``scratch``: a folder in which the copy is made that an older catalog needs."""
        self.commits = 0
        self.committed: Callable[[], None] = lambda: None
        self._documents: dict[bytes, StoredDocument] = {}
        self._local = threading.local()
        self._path = self._original = path
        self._seen = _look(path)
        try:
            inspect(path)
            with closing(connect_unwritten(path)) as connection:
                version = prepare(connection, path)
                if version < VERSION:
                    self._path = os.path.join(scratch, "upgraded.sqlite")
                    with _room_in(scratch):
                        _upgraded_copy(connection, self._path, version, checked=has_checksums(path))
        except FileNotFoundError as problem:
            raise NotFound(f"There is no store in {os.path.dirname(path)}", path=path) from problem
        except OSError as problem:
            raise Unreadable(f"{path}: {problem.strerror}", path=path) from problem
        except apsw.Error as problem:
            raise translated(problem, path) from problem

    @property
    def problems(self) -> list[str]:
        return []

    @property
    def queued(self) -> int:
        return 0

    @property
    def reader(self) -> SqliteReader:
        """This thread's own."""
        reader: SqliteReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = SqliteReader(connect_unwritten(self._path), self._documents)
        return reader

    def check_unchanged(self) -> None:
        """Raises Busy where somebody has written since this was opened: what was read since may be of two times."""
        if _look(self._original) != self._seen:
            raise Busy("A daemon has begun to write this store meanwhile: ask it, without --direct")

    def submit(self, work: Callable[[Transaction], Result]) -> Future[Result]:
        raise NotAllowed(ONLY_READ)

    async def commit(self, work: Callable[[Transaction], Result]) -> Result:
        raise NotAllowed(ONLY_READ)

    def examine(self, rest: Rest, *, contents: bool) -> Iterator[Damage]:
        """What is damaged of the files as they stand; of an older one, the contents by its copy."""
        yield from examine_file(self._original, rest, unwritten=True)
        yield from examine_references(self._path, rest, unwritten=True)
        if contents:
            yield from examine_contents(self._path, rest, unwritten=True)

    def bring_over(self) -> None:
        raise NotAllowed(ONLY_READ)

    def close(self) -> None:
        """The connections end with their threads."""


def examine_index(path: str, rest: Rest) -> Iterator[Damage]:
    """What is damaged of a search index that nobody has open."""
    if os.path.exists(path):
        for each in examine_file(path, rest, unwritten=True):
            yield each._replace(what="index")


def _upgraded_copy(source: apsw.Connection, target: str, version: int, *, checked: bool) -> None:
    with closing(connect(target, new=True, fresh=checked)) as made:
        made.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        made.execute("PRAGMA synchronous = OFF")
        with made.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step(PAGES_COUNT)
        made.execute("PRAGMA journal_mode = DELETE").fetchall()
        prepare(made, target)
        migrate(made, version)


@contextmanager
def _room_in(scratch: str) -> Iterator[None]:
    try:
        yield
    except apsw.FullError as problem:
        said = f"An older store is read from a copy, for which there is no room in {os.path.dirname(scratch)}"
        raise NoSpace(f"{said}: name another folder by TMPDIR") from problem


def _look(path: str) -> list[tuple[int, int, int] | None]:
    return [_state(path), _state(f"{path}-wal")]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns
