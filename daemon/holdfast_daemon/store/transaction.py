"""One transaction over the nouns: what can be asked of the catalog and changed in it.

Nothing here decides; who may move a head, and what a change is, is said in ``sessions.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import apsw

from holdfast_daemon.store.chunks import ChunkPlace
from holdfast_daemon.store.nouns import (
    Operation,
    Session,
    Snapshot,
    StoredDocument,
    Visible,
    read_manifest,
)
from holdfast_protocol.errors import Damaged
from holdfast_protocol.messages import List

Made = TypeVar("Made")

_SESSION = (
    "id, app, folder, name, format, path, revision, head, size_bytes, created, modified, suspect, diverged, deleted, "
    "archived, template, forked_from"
)
_SNAPSHOT = "id, session, document, parents, time, cause, author, size_bytes, message, suspect"
_OPERATION = (
    "number, time, type, session, app, folder, name, cause, author, undoable, revision, snapshot, previous, "
    "undone_by, note"
)
_ORDERS = {
    "modified": "modified DESC, id",
    "created": "created DESC, id",
    "name": "name, app, folder, id",
    "size": "size_bytes DESC, id",
}
SORTS = tuple(_ORDERS)


class Reader:
    """What can be asked, on one SQLite connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def session(self, identity: bytes) -> Session | None:
        return self._one(f"SELECT {_SESSION} FROM sessions WHERE id = ?", (identity,), _session)

    def session_named(self, app: str, name: str, folder: str) -> Session | None:
        """The live session of that name."""
        sql = f"SELECT {_SESSION} FROM sessions WHERE app = ? AND name = ? AND folder = ? AND NOT deleted"
        return self._one(sql, (app, name, folder), _session)

    def sessions_fitting(self, name: str, app: str | None, folder: str | None) -> list[Session]:
        """Every session of that name, live ones first, then deleted ones, newest first."""
        sql = (
            f"SELECT {_SESSION} FROM sessions WHERE name = ?1 AND (?2 IS NULL OR app = ?2) "
            "AND (?3 IS NULL OR folder = ?3) ORDER BY deleted, modified DESC"
        )
        return [_session(row) for row in self._all(sql, (name, app, folder))]

    def session_at(self, folder: str, path: bytes) -> Session | None:
        """The live session whose visible file is there."""
        sql = f"SELECT {_SESSION} FROM sessions WHERE folder = ? AND path = ? AND NOT deleted"
        return self._one(sql, (folder, path), _session)

    def sessions_page(self, asked: List, limit: int) -> list[Session]:
        clauses, values = ["deleted = ?", "archived = ?"], [int(asked.deleted), int(asked.archived)]
        bindings: list[Any] = list(values)
        if asked.templates:
            clauses.append("template")
        if asked.app is not None:
            clauses.append("app = ?")
            bindings.append(asked.app)
        if asked.tag is not None:
            clauses.append("id IN (SELECT session FROM tags WHERE tag = ?)")
            bindings.append(asked.tag)
        if asked.text is not None:
            clauses.append("instr(lower(name), lower(?))")
            bindings.append(asked.text)
        sql = (
            f"SELECT {_SESSION} FROM sessions WHERE {' AND '.join(clauses)} "
            f"ORDER BY {_ORDERS[asked.sort]} LIMIT ? OFFSET ?"
        )
        return [_session(row) for row in self._all(sql, (*bindings, limit, asked.offset))]

    def gone_since(self, time: int, document: bytes | None, path: bytes) -> Session | None:
        """A session deleted outside after ``time`` whose head is ``document`` or whose path was ``path``."""
        sql = (
            f"SELECT {_SESSION} FROM sessions AS s WHERE deleted AND modified >= ?1 AND EXISTS ("
            "SELECT 1 FROM operations WHERE session = s.id AND type = 'deleted-outside' AND time >= ?1) AND "
            "(path = ?2 OR head IN (SELECT id FROM snapshots WHERE document = ?3)) "
            "ORDER BY path != ?2, modified DESC LIMIT 1"
        )
        return self._one(sql, (time, path, document), _session)

    def sessions_with_head(self, document: bytes) -> list[Session]:
        """Live sessions whose head is that document."""
        sql = (
            f"SELECT {_SESSION} FROM sessions WHERE NOT deleted AND head IN "
            "(SELECT id FROM snapshots WHERE document = ?)"
        )
        return [_session(row) for row in self._all(sql, (document,))]

    def tags(self, session: bytes) -> list[str]:
        return [row[0] for row in self._all("SELECT tag FROM tags WHERE session = ? ORDER BY tag", (session,))]

    def snapshot(self, identity: bytes) -> Snapshot | None:
        return self._one(f"SELECT {_SNAPSHOT} FROM snapshots WHERE id = ?", (identity,), _snapshot)

    def need_snapshot(self, identity: bytes) -> Snapshot:
        """The same for an id that the catalog itself names. Raises Damaged."""
        found = self.snapshot(identity)
        if found is None:
            raise Damaged(f"Snapshot {identity.hex()[:12]} is not in the store", snapshot=identity.hex())
        return found

    def snapshots(self, session: bytes, limit: int, offset: int = 0) -> list[Snapshot]:
        """Newest first."""
        sql = f"SELECT {_SNAPSHOT} FROM snapshots WHERE session = ? ORDER BY number DESC LIMIT ? OFFSET ?"
        return [_snapshot(row) for row in self._all(sql, (session, limit, offset))]

    def snapshot_by_prefix(self, session: bytes, prefix: str) -> list[Snapshot]:
        sql = f"SELECT {_SNAPSHOT} FROM snapshots WHERE session = ? AND lower(hex(id)) LIKE ? || '%' LIMIT 2"
        return [_snapshot(row) for row in self._all(sql, (session, prefix.lower()))]

    def newest_good(self, session: bytes) -> Snapshot | None:
        sql = f"SELECT {_SNAPSHOT} FROM snapshots WHERE session = ? AND suspect IS NULL ORDER BY number DESC LIMIT 1"
        return self._one(sql, (session,), _snapshot)

    def head_at(self, session: bytes, revision: int) -> bytes | None:
        """The snapshot that was the head at a revision."""
        sql = "SELECT snapshot FROM heads WHERE session = ? AND revision = ?"
        return self._one(sql, (session, revision), lambda row: bytes(row[0]))

    def heads(self, session: bytes) -> Iterator[tuple[int, bytes]]:
        """Revision and snapshot, newest first."""
        sql = "SELECT revision, snapshot FROM heads WHERE session = ? ORDER BY revision DESC"
        return ((row[0], bytes(row[1])) for row in self._all(sql, (session,)))

    def document(self, identity: bytes) -> StoredDocument:
        """Raises Damaged."""
        manifest = self._one("SELECT manifest FROM documents WHERE id = ?", (identity,), lambda row: bytes(row[0]))
        if manifest is None:
            raise Damaged(f"Document {identity.hex()[:12]} is not in the store", document=identity.hex())
        return read_manifest(identity, manifest)

    def document_of(self, snapshot: bytes) -> StoredDocument:
        """The document of a snapshot that the catalog names."""
        return self.document(self.need_snapshot(snapshot).document)

    def has_document(self, identity: bytes) -> bool:
        """Whether some snapshot of the history is that document."""
        return self._count("SELECT count(*) FROM snapshots WHERE document = ?", (identity,)) > 0

    def chunk(self, content_hash: bytes) -> ChunkPlace | None:
        sql = "SELECT hash, size_bytes, pack, offset_bytes, content FROM chunks WHERE hash = ?"
        return self._one(sql, (content_hash,), lambda row: ChunkPlace(*row))

    def known_chunks(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Those of ``hashes`` that are in the store."""
        sql = "SELECT 1 FROM chunks WHERE hash = ?"
        return {each for each in hashes if self._one(sql, (each,), lambda row: True)}

    def visible(self, path: bytes) -> Visible | None:
        sql = "SELECT path, session, published, wanted, boot FROM visible WHERE path = ?"
        return self._one(sql, (path,), lambda row: Visible(**dict(zip(_VISIBLE, row, strict=True))))

    def visible_paths(self) -> list[bytes]:
        return [row[0] for row in self._all("SELECT path FROM visible", ())]

    def pending_paths(self) -> list[bytes]:
        """Paths where something else should be than was last confirmed."""
        return [row[0] for row in self._all("SELECT path FROM visible WHERE published IS NOT wanted", ())]

    def pending_count(self) -> int:
        return self._count("SELECT count(*) FROM visible WHERE published IS NOT wanted")

    def operation(self, number: int) -> Operation | None:
        return self._one(f"SELECT {_OPERATION} FROM operations WHERE number = ?", (number,), _operation)

    def operations_after(self, number: int, limit: int) -> list[Operation]:
        sql = f"SELECT {_OPERATION} FROM operations WHERE number > ? ORDER BY number LIMIT ?"
        return [_operation(row) for row in self._all(sql, (number, limit))]

    def newest_operation(self) -> int:
        return self._count("SELECT coalesce(max(number), 0) FROM operations")

    def newest_undoable(self, authors: tuple[str, ...]) -> Operation | None:
        marks = ", ".join("?" for _ in authors)
        sql = (
            f"SELECT {_OPERATION} FROM operations WHERE undoable AND undone_by IS NULL AND author IN ({marks}) "
            "AND (cause IS NULL OR cause != 'autosaved') ORDER BY number DESC LIMIT 1"
        )
        return self._one(sql, authors, _operation)

    def answer(self, request: bytes) -> bytes | None:
        """The first answer to a changing request, or None."""
        return self._one("SELECT answer FROM requests WHERE id = ?", (request,), lambda row: bytes(row[0]))

    def sessions_count(self, deleted: bool) -> int:
        return self._count("SELECT count(*) FROM sessions WHERE deleted = ?", (int(deleted),))

    def _count(self, sql: str, values: tuple[Any, ...] = ()) -> int:
        row = self._connection.execute(sql, values).fetchone()
        return int(row[0]) if row else 0

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, values: tuple[Any, ...], make: Callable[[Any], Made]) -> Made | None:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else make(row)


class Transaction(Reader):
    """What can be changed, inside one transaction; the operation's number is given here, without a gap."""

    def add_chunks(self, places: Iterable[ChunkPlace]) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO chunks(hash, size_bytes, pack, offset_bytes, content) VALUES(?, ?, ?, ?, ?)",
            ((each.hash, each.size_bytes, each.pack, each.offset_bytes, each.content) for each in places),
        )

    def add_document(self, document: StoredDocument) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO documents(id, size_bytes, manifest) VALUES(?, ?, ?)",
            (document.id, document.size_bytes, document.manifest),
        )

    def add_snapshot(self, snapshot: Snapshot) -> None:
        self._connection.execute(
            f"INSERT INTO snapshots({_SNAPSHOT}) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                snapshot.id, snapshot.session, snapshot.document, b"".join(snapshot.parents), snapshot.time,
                snapshot.cause, snapshot.author, snapshot.size_bytes, snapshot.message, snapshot.suspect,
            ),
        )  # fmt: skip

    def clear_suspicion(self, snapshot: bytes) -> None:
        self._connection.execute("UPDATE snapshots SET suspect = NULL WHERE id = ?", (snapshot,))

    def put_session(self, session: Session) -> None:
        """Insert, or change the row of that id; a new revision is entered among the heads."""
        self._connection.execute(
            f"INSERT INTO sessions({_SESSION}) VALUES({', '.join('?' * 17)}) "
            f"ON CONFLICT(id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _SESSION_NAMES[1:])}",
            (
                session.id, session.app, session.folder, session.name, session.format, session.path,
                session.revision, session.head, session.size_bytes, session.created, session.modified,
                session.suspect, session.diverged, session.deleted, session.archived, session.template,
                session.forked_from,
            ),
        )  # fmt: skip
        self._connection.execute(
            "INSERT OR IGNORE INTO heads(session, revision, snapshot) VALUES(?, ?, ?)",
            (session.id, session.revision, session.head),
        )

    def add_tags(self, session: bytes, tags: Iterable[str]) -> None:
        self._connection.executemany(
            "INSERT OR IGNORE INTO tags(session, tag) VALUES(?, ?)", ((session, tag) for tag in tags)
        )

    def put_visible(self, visible: Visible) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO visible(path, session, published, wanted, boot) VALUES(?, ?, ?, ?, ?)",
            (visible.path, visible.session, visible.published, visible.wanted, visible.boot),
        )

    def drop_visible(self, path: bytes) -> None:
        self._connection.execute("DELETE FROM visible WHERE path = ?", (path,))

    def add_operation(self, operation: Operation) -> int:
        """Its number: one more than the newest; the number in ``operation`` is not looked at."""
        number = self.newest_operation() + 1
        self._connection.execute(
            f"INSERT INTO operations({_OPERATION}) VALUES({', '.join('?' * 15)})",
            (
                number, operation.time, operation.type, operation.session, operation.app, operation.folder,
                operation.name, operation.cause, operation.author, operation.undoable, operation.revision,
                operation.snapshot, operation.previous, operation.undone_by, operation.note,
            ),
        )  # fmt: skip
        return number

    def mark_undone(self, number: int, by: int) -> None:
        self._connection.execute("UPDATE operations SET undone_by = ? WHERE number = ?", (by, number))

    def keep_answer(self, request: bytes, time: int, answer: bytes) -> None:
        self._connection.execute("INSERT INTO requests(id, time, answer) VALUES(?, ?, ?)", (request, time, answer))

    def forget_answers(self, before: int) -> None:
        self._connection.execute("DELETE FROM requests WHERE time < ?", (before,))


_VISIBLE = ("path", "session", "published", "wanted", "boot")
_OPERATION_NAMES = tuple(name.strip() for name in _OPERATION.split(","))
_SESSION_NAMES = tuple(name.strip() for name in _SESSION.split(","))
_FLAGS = ("diverged", "deleted", "archived", "template")


def _session(row: Any) -> Session:
    values = dict(zip(_SESSION_NAMES, row, strict=True))
    for flag in _FLAGS:
        values[flag] = bool(values[flag])
    return Session(**values)


def _snapshot(row: Any) -> Snapshot:
    identity, session, document, parents, time, cause, author, size_bytes, message, suspect = row
    return Snapshot(
        id=identity, session=session, document=document, time=time, cause=cause, author=author,
        size_bytes=size_bytes, message=message, suspect=suspect,
        parents=tuple(parents[at : at + 16] for at in range(0, len(parents), 16)),
    )  # fmt: skip


def _operation(row: Any) -> Operation:
    values = dict(zip(_OPERATION_NAMES, row, strict=True))
    values["undoable"] = bool(values["undoable"])
    return Operation(**values)
