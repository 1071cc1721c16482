"""What of a SQLite file is not as it was written: each page by its checksum, the log by SQLite's own, the trees, and
the rows that name one another. On a connection of its own, beside whatever else is done; it holds nobody up.
"""

from __future__ import annotations

import glob
import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import apsw

from holdfast_daemon.store.base import Rest
from holdfast_daemon.store.nouns import Damage
from holdfast_daemon.store.sqlite.checksums import (
    CHECKSUM_BYTES,
    connect,
    connect_unwritten,
    damaged_pages,
    has_checksums,
    is_damage,
    unverified,
)
from holdfast_daemon.store.sqlite.write_ahead_log import commits, counted_frames, damaged_frame
from holdfast_protocol.chunking import hash_of

#: Of SQLite's own steps, between two rests; a few milliseconds.
STEPS_COUNT = 20_000
CHUNKS_COUNT = 16
#: A file up to here is looked at in one go.
WHOLE_BYTES = 32 * 1024 * 1024
#: A log is long from here on; then every so many pauses there is a rest.
LOG_BYTES = 32 * 1024 * 1024
RARELY_COUNT = 20
TRIES_COUNT, AGAIN_SECONDS = 50, 0.1
PROBLEMS_COUNT = 100

#: How the copy of a log is called that was found damaged at a start.
DAMAGED_LOG = "-wal-damaged-"

_NOT_THERE = "NOT IN (SELECT id FROM snapshots)"
#: What a row of the catalog names, and is not there: which noun, the sentence, and the question for its id.
REFERENCES = (
    ("snapshot", "the document of a snapshot is not in the store",
     "SELECT id FROM snapshots WHERE document NOT IN (SELECT id FROM documents)"),
    ("snapshot", "a parent of a snapshot is not in the store",
     f"SELECT id FROM snapshots AS s, (SELECT 1 AS at UNION SELECT 17) WHERE length(parents) >= at + 15 "
     f"AND substr(parents, at, 16) {_NOT_THERE} AND substr(parents, at, 16) NOT IN (SELECT id FROM pruned)"),
    ("session", "the head of a session is not in the store", f"SELECT id FROM sessions WHERE head {_NOT_THERE}"),
    ("session", "the suspect of a session is not in the store",
     f"SELECT id FROM sessions WHERE suspect NOT NULL AND suspect {_NOT_THERE}"),
    ("session", "what a file of a session shows, or should show, is not in the store",
     f"SELECT session FROM visible WHERE published NOT NULL AND published {_NOT_THERE} "
     f"OR wanted NOT NULL AND wanted {_NOT_THERE}"),
    ("session", "a pinned snapshot of a session is not in the store",
     f"SELECT session FROM pins WHERE snapshot {_NOT_THERE}"),
)  # fmt: skip


def examine_file(path: str, rest: Rest, *, unwritten: bool = False) -> Iterator[Damage]:
    """Its pages, its log, its trees. ``unwritten``: nobody has it open, and nothing is made beside it."""
    with closing(_opened(path, unwritten)) as connection:
        pages = [*damaged_pages(connection, path, rest)] if has_checksums(path) else []
        names = _trees(connection, pages)
        for page in pages:
            if page in names:
                said = f"Page {page} of {os.path.basename(path)} is damaged{names[page]}"
                yield Damage("page", said, os.fsencode(path), offset_bytes=page)
        count = (lambda: _left_count(path)) if unwritten else (lambda: _frames_count(connection, path))
        frame = damaged_frame(path + "-wal", count, rest)
        if frame is not None:
            said = f"The log of {os.path.basename(path)} is damaged: frame {frame}"
            yield Damage("log", said, os.fsencode(path + "-wal"), offset_bytes=frame)
        for kept in sorted(glob.glob(f"{glob.escape(path)}{DAMAGED_LOG}*")):
            said = f"The log of {os.path.basename(path)} was damaged at a start: what was committed last is lost"
            yield Damage("log", f"{said}; remove {kept} when you have seen to it", os.fsencode(kept))
        stop = _resting(connection, _hurried(rest, path))
        for problem in _integrity(connection, path, stop):
            yield Damage("page", f"{os.path.basename(path)}: {problem}", os.fsencode(path))


def examine_references(path: str, rest: Rest, *, unwritten: bool = False) -> Iterator[Damage]:
    """Rows of the catalog that name what is not there."""
    with closing(_opened(path, unwritten)) as connection:
        stop = _resting(connection, rest)
        for what, sentence, sql in REFERENCES:
            for (identity,) in _all(connection, f"{sql} LIMIT {PROBLEMS_COUNT}", stop):
                said = f"{sentence[0].upper()}{sentence[1:]}: {identity.hex()[:12]}"
                yield (
                    Damage(what, said, session=identity) if what == "session" else Damage(what, said, snapshot=identity)
                )
        for newest, count in _all(connection, "SELECT coalesce(max(number), 0), count(*) FROM operations", stop):
            if newest != count:
                yield Damage("operations", f"The log has {count} operations, and the newest is number {newest}")


def examine_contents(path: str, rest: Rest, *, unwritten: bool = False) -> Iterator[Damage]:
    """The chunks in rows, by their own hashes, whatever the checksums of their pages."""
    with closing(_opened(path, unwritten)) as connection, unverified(connection):
        after: bytes = b""
        sql = "SELECT hash, content FROM chunks WHERE hash > ? AND pack IS NULL ORDER BY hash LIMIT ?"
        while rows := _all(connection, sql, lambda: None, (after, CHUNKS_COUNT)):
            for name, content in rows:
                if not isinstance(content, bytes) or hash_of(content) != name:
                    said = f"Chunk {name.hex()[:12]} in {os.path.basename(path)}: its bytes are not what they were"
                    yield Damage("chunk", said, os.fsencode(path), name)
            after = rows[-1][0]
            rest(sum(len(content or b"") for _, content in rows))


def _opened(path: str, unwritten: bool) -> apsw.Connection:
    connection = connect_unwritten(path) if unwritten else connect(path)
    connection.set_busy_timeout(10_000)
    return connection


def _integrity(connection: apsw.Connection, path: str, stop: Callable[[], None]) -> list[str]:
    """What SQLite finds wrong; pages whose checksum is wrong are read as they are, for they have been told. Of a large
    file one table after the other: as long as one is looked at, the log only grows."""
    with unverified(connection):
        if os.path.getsize(path) <= WHOLE_BYTES:
            rows = _all(connection, f"PRAGMA integrity_check({PROBLEMS_COUNT})", stop)
        else:
            tables = _all(connection, "SELECT name FROM sqlite_master WHERE type = 'table'", stop)
            rows = []
            for (name,) in tables:
                rows += _all(connection, f"PRAGMA integrity_check('{name}')", stop)
                _let_log_begin_anew(connection, path)
    return [str(row[0]) for row in rows if row[0] != "ok"][:PROBLEMS_COUNT]


def _all(
    connection: apsw.Connection, sql: str, stop: Callable[[], None], values: tuple[object, ...] = ()
) -> list[Any]:
    """The rows; those that damage leaves out are told by its pages."""
    try:
        return connection.execute(sql, values).fetchall()
    except apsw.InterruptError:
        stop()
        raise
    except apsw.Error as problem:
        if is_damage(problem):
            return []
        raise


def _let_log_begin_anew(connection: apsw.Connection, path: str) -> None:
    """Before the next look keeps it from that; writers wait for the little that came since all was brought over."""
    with suppress(FileNotFoundError, apsw.Error):
        for _ in range(TRIES_COUNT if os.path.getsize(f"{path}-wal") > LOG_BYTES else 0):
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            rows: list[Any] = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            if not rows[0][0]:
                return
            time.sleep(AGAIN_SECONDS)  # the writer is at it just now


def _hurried(rest: Rest, path: str) -> Rest:
    """It hardly rests while the log is long: nothing of that can be written over before the look is at its end."""
    pauses = itertools.count()

    def pause(size_bytes: int) -> None:
        with suppress(FileNotFoundError):
            if os.path.getsize(f"{path}-wal") > LOG_BYTES and next(pauses) % RARELY_COUNT:
                return
        rest(size_bytes)

    return pause


def _resting(connection: apsw.Connection, rest: Rest) -> Callable[[], None]:
    """Within a statement too. What is given raises again what ``rest`` raised there."""
    raised: list[BaseException] = []

    def pause() -> bool:
        try:
            rest(0)
        except BaseException as problem:  # it must not go through SQLite
            raised.append(problem)
        return bool(raised)

    def stop() -> None:
        if raised:
            raise raised[0]

    connection.set_progress_handler(pause, STEPS_COUNT)
    return stop


def _left_count(path: str) -> int:
    """How many frames count of a log that a crash left: not the last transaction's, which it may have cut."""
    ended = commits(path + "-wal")
    return ended[-2] if len(ended) > 1 else 0


def _frames_count(connection: apsw.Connection, path: str) -> int:
    """How many frames of the log count."""
    connection.execute("SELECT count(*) FROM sqlite_master").fetchall()  # which sees to the log, where nobody has
    return counted_frames(path + "-shm")


def _trees(connection: apsw.Connection, pages: list[int]) -> dict[int, str]:
    """Where these pages belong, as people say it; free ones, in which nothing is, are left out."""
    if not pages:
        return {}
    with unverified(connection):
        try:
            rows: list[Any] = connection.execute("SELECT pageno, name FROM dbstat").fetchall()
        except apsw.Error:  # the trees do not stand: it is said of every page
            return dict.fromkeys(pages, "")
        trees = {page: f" (it is of {name})" for page, name in rows}
        sizes: list[Any] = connection.execute("PRAGMA page_size").fetchall()
    mapped_count = (sizes[0][0] - CHECKSUM_BYTES) // 5 + 1  # so far from one page that maps the following to the next
    maps = {page: " (it maps others)" for page in pages if page >= 2 and (page - 2) % mapped_count == 0}
    return {**trees, **maps}
