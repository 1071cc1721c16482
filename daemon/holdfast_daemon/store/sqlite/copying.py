"""A copy of the catalog as it is at one moment, made while it is written, and what of it a restored store says anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import apsw

from holdfast_daemon.store.base import Rest
from holdfast_daemon.store.nouns import ChunkPlace
from holdfast_daemon.store.sqlite.beside import forget
from holdfast_daemon.store.sqlite.checksums import connect, damaged_pages, has_checksums, is_damage, said, unverified
from holdfast_daemon.store.sqlite.schema import VERSION
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import Damaged, NoSpace, StoreNewer, Unreadable

PAGES_COUNT = 256


def copy_catalog(path: str, target: str, rest: Rest, *, verified: bool = True) -> None:
    """``target`` has what was committed before this began, durably, in one file; each of its pages is looked at.
    ``verified``: so are those that are copied."""
    with _coded(target):
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(connect(path)) as source, closing(connect(target, new=True, fresh=has_checksums(path))) as made:
            source.set_busy_timeout(10_000)
            if not verified:
                source.execute("PRAGMA checksum_verification = OFF")
            made.execute("PRAGMA synchronous = OFF")  # it is synced as a whole, below
            source.execute("BEGIN")
            (page_bytes,), *_ = _rows(source, "PRAGMA page_size")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # from here on it sees that moment
            with made.backup("main", source, "main") as copying:
                while not copying.done:
                    copying.step(PAGES_COUNT)
                    rest(PAGES_COUNT * page_bytes)
        with open(target, "r+b") as written:
            os.fsync(written.fileno())
            os.posix_fadvise(written.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        with closing(connect(target, finished=True)) as made:
            is_damaged = has_checksums(target) and any(damaged_pages(made, target, lambda _: rest(0)))
        forget(target)
        if is_damaged:
            raise Damaged(f"What was written to {target} is not what is read there", path=target)


def pack_ends(path: str) -> dict[int, int]:
    """Of each pack that a catalog names, where the last chunk in it ends."""
    with _coded(path), closing(connect(path, finished=True)) as catalog:
        sql = "SELECT pack, max(offset_bytes + size_bytes) FROM chunks WHERE pack NOT NULL GROUP BY pack"
        return dict(_rows(catalog, sql))


def places_in(path: str, pack: int) -> list[ChunkPlace]:
    """Where a catalog says that its chunks are in a pack."""
    with _coded(path), closing(connect(path, finished=True)) as catalog:
        sql = "SELECT hash, size_bytes, offset_bytes FROM chunks WHERE pack = ? ORDER BY offset_bytes"
        return [ChunkPlace(name, size, pack, at, None) for name, size, at in _rows(catalog, sql, (pack,))]


def contents_in(path: str, hashes: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Those of the chunks that are whole in the rows of a catalog: hash and bytes."""
    with _coded(path), closing(connect(path, finished=True)) as catalog, unverified(catalog):
        for name in hashes:
            for (content,) in _rows(catalog, "SELECT content FROM chunks WHERE hash = ? AND pack IS NULL", (name,)):
                if isinstance(content, bytes) and hash_of(content) == name:
                    yield name, content


def begin_again(path: str, store_id: bytes, boot: str, is_there: Callable[[bytes], bool]) -> None:
    """A restored catalog is another store: numbers that were seen after it was copied are none of its. Nothing on disk
    counts as torn or as looked at, and what is not there (``is_there``: a path of the sessions folder) is published
    again; it was not deleted."""
    with _coded(path):
        version = int(_header(path)[60:64].hex(), 16)
        if version > VERSION:
            raise StoreNewer(
                f"The backup has a store of version {version}, and this holdfast knows {VERSION}: install the holdfast "
                "that wrote it, or a newer one; nothing was changed", path=path,
            )  # fmt: skip
        with closing(connect(path)) as catalog:
            catalog.execute("PRAGMA journal_mode = DELETE").fetchall()
            with catalog:
                catalog.execute("UPDATE store SET value = ? WHERE key = 'id'", (store_id,))
                catalog.execute("DELETE FROM store WHERE key = 'checked'")  # nothing on this disk was read yet
                catalog.execute("UPDATE visible SET boot = ?, seen = NULL", (boot,))
                shown = "SELECT path FROM visible WHERE folder = 'sessions' AND wanted NOT NULL AND published NOT NULL"
                gone = [row for row in _rows(catalog, shown) if not is_there(row[0])]
                catalog.executemany("UPDATE visible SET published = NULL WHERE folder = 'sessions' AND path = ?", gone)


def _header(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read(100)


def _rows(connection: apsw.Connection, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
    return connection.execute(sql, values).fetchall()


@contextmanager
def _coded(path: str) -> Iterator[None]:
    try:
        yield
    except apsw.FullError as problem:
        raise NoSpace(f"The disk of {os.path.dirname(path)} is full", path=path) from problem
    except apsw.Error as problem:
        if is_damage(problem):
            raise Damaged(f"The catalog, or its copy {path}, is damaged: {said(problem)}", path=path) from problem
        raise Unreadable(f"{path}: {problem}", path=path) from problem
