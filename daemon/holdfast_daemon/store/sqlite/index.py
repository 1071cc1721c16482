"""The index that is searched: one SQLite file beside the catalog, made from it and never asked for what only it knows.

A text is found by the trigrams of it folded, so within words, in any script, and with any sign; a word of one or two
signs by the trigrams that begin with it, for which each text ends in two line ends. What was put last has the greatest
number, so that the newest comes first without any sorting. The number of the operation up to which all is there is
committed together with the rows.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from holdfast_daemon.store.base import Position, Rest
from holdfast_daemon.store.nouns import Damage, Hit, IndexedSession
from holdfast_daemon.store.sqlite.beside import forget
from holdfast_daemon.store.sqlite.checksums import connect, is_damage, make, said
from holdfast_daemon.store.sqlite.examining import examine_file
from holdfast_daemon.words import folded
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import Damaged, NoSpace, Unreadable

VERSION = 2  # its pages have checksums
TABLES = f"""
CREATE TABLE seen(operation INTEGER NOT NULL, time INTEGER NOT NULL);
INSERT INTO seen VALUES(0, 0);
CREATE TABLE sessions(id BLOB PRIMARY KEY, app TEXT NOT NULL, head BLOB NOT NULL, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE places(
  number INTEGER PRIMARY KEY, session BLOB NOT NULL, part TEXT, digest BLOB NOT NULL, name TEXT NOT NULL,
  tags TEXT NOT NULL, note TEXT NOT NULL, part_name TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX places_session ON places(session);
CREATE VIRTUAL TABLE words USING fts5(
  app, name, tags, note, part_name, text, content = '', contentless_delete = 1, tokenize = "trigram case_sensitive 1");
CREATE VIRTUAL TABLE trigrams USING fts5vocab(words, row);
PRAGMA user_version = {VERSION};
"""
TRIGRAM = 3
END = "\n\n"
#: Of a word of one or two signs, so many trigrams that begin with it are looked for.
BEGINNINGS_COUNT = 2000
_ABOUT, _PARTS = "{name tags note}", "{part_name text}"


class SqliteIndex:
    """One writer, a reader for every thread that asks."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._age = 0  # how often it was begun anew: connections of before are of another file

    def seen(self) -> tuple[int, int]:
        """The newest operation up to which all is there, by number and time; (0, 0) at the beginning."""
        with self._translated():
            row = self._connection.execute("SELECT operation, time FROM seen").fetchone()
            return (int(row[0]), int(row[1])) if row else (0, 0)

    def document(self, session: bytes) -> bytes | None:
        """The one of which the parts are indexed."""
        with self._translated():
            row = self._connection.execute("SELECT document FROM sessions WHERE id = ?", (session,)).fetchone()
            return bytes(row[0]) if row else None

    def put(self, entries: Iterable[IndexedSession], gone: Iterable[bytes], seen: tuple[int, int] | None) -> None:
        """All of it, or nothing."""
        with self._translated(), self._connection:
            for session in gone:
                self._drop("session = ?", (session,))
                self._connection.execute("DELETE FROM sessions WHERE id = ?", (session,))
            for entry in entries:
                self._put(entry)
            if seen is not None:
                self._connection.execute("UPDATE seen SET operation = ?, time = ?", seen)

    def _put(self, entry: IndexedSession) -> None:
        """What is there as it should be stays."""
        wanted = {_digest(row): row for row in _rows(entry)}
        sql = "SELECT number, part, digest FROM places WHERE session = ?"
        known: list[Any] = self._connection.execute(sql, (entry.session,)).fetchall()
        for number, part, digest in known:
            if wanted.pop(digest, None) is None and (part is None or entry.parts is not None):
                self._drop("number = ?", (number,))
        for digest, (part, *texts) in reversed(wanted.items()):
            self._connection.execute(
                "INSERT INTO places(session, part, digest, name, tags, note, part_name, text) "
                "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                (entry.session, part, digest, *texts),
            )
            self._connection.execute(
                "INSERT INTO words(rowid, app, name, tags, note, part_name, text) VALUES(?, ?, ?, ?, ?, ?, ?)",
                (self._connection.last_insert_rowid(), entry.app, *(text and folded(text) + END for text in texts)),
            )
        self._connection.execute(
            "INSERT OR REPLACE INTO sessions(id, app, head, document) VALUES(?, ?, ?, ?)",
            (entry.session, entry.app, entry.head, entry.document),
        )

    def _drop(self, where: str, values: tuple[Any, ...]) -> None:
        self._connection.execute(f"DELETE FROM words WHERE rowid IN (SELECT number FROM places WHERE {where})", values)
        self._connection.execute(f"DELETE FROM places WHERE {where}", values)

    def find(self, words: Sequence[str], apps: tuple[str, ...], after: Position | None) -> Iterator[Hit]:
        """Where all words stand: first in what is said of a session, then in its parts; the newest first."""
        stage, number = after or (0, 2**62)
        for each, columns in enumerate((_ABOUT, _PARTS)):
            if each >= int(stage):
                yield from self._stage(each, columns, words, apps, int(number) if each == stage else 2**62)

    def _stage(
        self, stage: int, columns: str, words: Sequence[str], apps: tuple[str, ...], below: int
    ) -> Iterator[Hit]:
        with self._translated():
            asked = " AND ".join([f"{columns}: ({self._said(word)})" for word in words])
            if apps and all(len(app) >= TRIGRAM for app in apps):
                asked += f" AND app: ({' OR '.join(map(_quoted, apps))})"
            sql = (
                "SELECT number, session, head, part, p.name, p.tags, p.note, p.part_name, p.text FROM words "
                "CROSS JOIN places AS p ON number = words.rowid CROSS JOIN sessions ON id = session "
                "WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC"
            )
            for number, session, head, part, *texts in self._connection.execute(sql, (asked, below)):
                yield Hit((stage, number), session, head, part, tuple(texts))

    def _said(self, word: str) -> str:
        """As a question: never more than a string, whatever signs are in it."""
        if len(word) >= TRIGRAM:
            return _quoted(word)
        sql = "SELECT term FROM trigrams WHERE term >= ? AND term < ? LIMIT ?"
        begun: list[Any] = self._connection.execute(sql, (word, word + chr(0x10FFFF), BEGINNINGS_COUNT)).fetchall()
        return " OR ".join(_quoted(term) for (term,) in begun) or _quoted(word + "\1\1\1")

    def begin_anew(self) -> None:
        """Nothing is in it any more."""
        with self._lock:
            self._age += 1
            for end in ("", "-wal", "-shm"):
                forget(self._path + end)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._path + end)

    def examine(self, rest: Rest) -> Iterator[Damage]:
        """Its pages, log and trees. A page that a crash has left half written is in the log, and brought over first."""
        if os.path.exists(self._path):
            with contextlib.suppress(apsw.Error, OSError):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            for each in examine_file(self._path, rest):
                yield each._replace(what="index")

    def close(self) -> None:
        """This thread's connection; those of other threads end with them."""
        known = getattr(self._local, "connection", None)
        if known is not None:
            known.close()
            self._local.connection = None

    @property
    def _connection(self) -> apsw.Connection:
        """This thread's own."""
        known: apsw.Connection | None = getattr(self._local, "connection", None)
        if known is None or self._local.age != self._age:
            with self._lock:
                self.close()
                known = self._local.connection = _open(self._path)
                self._local.age = self._age
        return known

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except apsw.FullError as problem:
            raise NoSpace("The disk of the store is full; the search index was not changed") from problem
        except (apsw.Error, OSError) as problem:
            if is_damage(problem):
                raise Damaged(f"The search index is damaged: {said(problem)}") from problem
            raise Unreadable(f"The search index cannot be used: {problem}") from problem


def _open(path: str) -> apsw.Connection:
    if not os.path.exists(path) or not os.path.getsize(path):
        make(path, f"BEGIN; {TABLES} COMMIT")
    connection = connect(path)
    connection.set_busy_timeout(10_000)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut takes the newest of it, and `seen` with that
    connection.execute("PRAGMA wal_autocheckpoint = 250")
    row = connection.execute("PRAGMA user_version").fetchone()
    if row != (VERSION,):
        raise apsw.CorruptError(f"it has version {row}")
    return connection


def _rows(entry: IndexedSession) -> Iterator[tuple[str | None, str, str, str, str, str]]:
    """Each place: the part's key, and what stands in the columns of ``places``."""
    yield None, entry.name, entry.tags, entry.note, "", ""
    for part in entry.parts or ():
        yield part.key, "", "", "", part.name, part.text


def _digest(row: tuple[str | None, ...]) -> bytes:
    return hash_of(repr(row).encode("utf-8", "backslashreplace"))[:16]


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
