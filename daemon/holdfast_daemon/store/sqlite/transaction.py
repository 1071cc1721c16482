"""What can be changed in the catalog, inside one transaction.

Nothing here decides; who may move a head, and what a change is, is said in ``sessions.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from holdfast_daemon.store.base import Moved
from holdfast_daemon.store.nouns import (
    ChunkPlace,
    Folder,
    Operation,
    Session,
    Snapshot,
    StoredDocument,
    Visible,
    Workspace,
    WorkspaceContent,
)
from holdfast_daemon.store.sqlite.pages import sort_name
from holdfast_daemon.store.sqlite.reader import (
    FOLDER,
    OPERATION,
    VISIBLE,
    WORKSPACE,
    WORKSPACE_CONTENT,
    SqliteReader,
)
from holdfast_daemon.store.sqlite.rows import LEFT, SESSION, SNAPSHOT
from holdfast_daemon.store.sqlite.space import SpaceChanges, chunks_of


class SqliteTransaction(SqliteReader, SpaceChanges):
    """What can be changed, inside one transaction; the operation's number is given here, without a gap."""

    def end_view(self) -> None:
        """It sees the newest state as it is, and ends with its commit."""

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
        self._remember(document)

    def add_snapshot(self, snapshot: Snapshot) -> None:
        self._connection.execute(
            _ADD_SNAPSHOT,
            (
                snapshot.id, snapshot.session, snapshot.document, b"".join(snapshot.parents), snapshot.time,
                snapshot.cause, snapshot.author, snapshot.size_bytes, snapshot.message, snapshot.suspect,
            ),
        )  # fmt: skip

    def put_suspicion(self, snapshot: bytes, reason: str | None) -> None:
        self._connection.execute("UPDATE snapshots SET suspect = ? WHERE id = ?", (reason, snapshot))

    def put_session(self, session: Session, before: Session | None) -> None:
        """A new row, or what has changed since ``before``. What stands in many indexes is written where it changes."""
        if before is None:
            self._connection.execute(_NEW_SESSION, (*msgspec.structs.astuple(session)[:17], sort_name(session.name)))
            self._connection.execute(_NEW_NAME, (self._connection.last_insert_rowid(), session.name))
            self._put_tags(session, None)
            return
        values = (
            session.format, session.revision, session.head, session.size_bytes, session.modified, session.suspect,
            session.diverged, session.id, before.revision,
        )  # fmt: skip
        self._connection.execute(_PUT_SESSION, values)
        if self._connection.changes() != 1:
            raise Moved
        place = _place(session)
        if place != _place(before):
            self._connection.execute(_PLACE_SESSION, (*place, sort_name(session.name), session.id))
            self._connection.execute(_PLACE_TAGS, (session.id,))
        if session.name != before.name:
            self._connection.execute(_PUT_NAME, (session.name, session.id))
        self._put_tags(session, before)

    def _put_tags(self, session: Session, before: Session | None) -> None:
        """Each says where the session stands in the lists, and is written with it."""
        known = set[str]() if before is None else set(before.tags)
        for tag in known.difference(session.tags):
            self._connection.execute("DELETE FROM tags WHERE session = ? AND tag = ?", (session.id, tag))
        if before is not None and (session.modified, session.size_bytes) != (before.modified, before.size_bytes):
            self._connection.execute(_PUT_TAGS, (session.modified, session.size_bytes, session.id))
        for tag in set(session.tags) - known:
            self._connection.execute(_ADD_TAG, (tag, session.id))

    def put_note(self, session: bytes, text: str) -> None:
        if text:
            self._connection.execute("INSERT OR REPLACE INTO notes(session, text) VALUES(?, ?)", (session, text))
        else:
            self._connection.execute("DELETE FROM notes WHERE session = ?", (session,))

    def put_visible(self, visible: Visible) -> None:
        self._connection.execute(
            f"INSERT OR REPLACE INTO visible({VISIBLE}) VALUES(?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(visible)
        )

    def want(self, folder: str, path: bytes, session: bytes, snapshot: bytes | None, boot: str) -> None:
        """From this commit on, ``snapshot`` should be visible there; what is published stays as it was."""
        self._connection.execute(
            "INSERT INTO visible(folder, path, session, published, wanted, boot) VALUES(?, ?, ?, NULL, ?, ?) "
            "ON CONFLICT(folder, path) DO UPDATE SET session = excluded.session, wanted = excluded.wanted, "
            "boot = excluded.boot",
            (folder, path, session, snapshot, boot),
        )

    def confirm(self, folder: str, path: bytes, snapshot: bytes | None) -> None:
        """That is what the path shows now; one that should show nothing and shows nothing is dropped."""
        self._connection.execute(
            "UPDATE visible SET published = ?, seen = NULL WHERE folder = ? AND path = ?", (snapshot, folder, path)
        )
        if snapshot is None:
            self._connection.execute(
                "DELETE FROM visible WHERE folder = ? AND path = ? AND wanted IS NULL", (folder, path)
            )

    def put_seen(self, folder: str, seen: Iterable[tuple[bytes, bytes]]) -> None:
        """Paths and how they look; those that are to show something else than they do stay as they are."""
        self._connection.executemany(
            "UPDATE visible SET seen = ? WHERE folder = ? AND path = ? AND published IS wanted",
            ((looks, folder, path) for path, looks in seen),
        )

    def drop_visible(self, folder: str, path: bytes) -> None:
        self._connection.execute("DELETE FROM visible WHERE folder = ? AND path = ?", (folder, path))

    def put_folder(self, folder: Folder) -> None:
        """A new row, or another in the place of the one of that label."""
        self._connection.execute(
            f"INSERT OR REPLACE INTO folders({FOLDER}) VALUES({', '.join('?' * 9)})", msgspec.structs.astuple(folder)
        )

    def leave(self, folder: str) -> None:
        """The live sessions of a folder go from all lists; nothing else changes."""
        for table in ("sessions", "tags"):
            self._connection.execute(f"UPDATE {table} SET deleted = ? WHERE folder = ? AND NOT deleted", (LEFT, folder))

    def join(self, folder: str) -> None:
        """Those that left with it are back."""
        for table in ("sessions", "tags"):
            self._connection.execute(f"UPDATE {table} SET deleted = 0 WHERE folder = ? AND deleted = ?", (folder, LEFT))

    def add_operation(self, operation: Operation) -> int:
        """Its number: one more than the newest; the number in ``operation`` is not looked at."""
        values = (None, *msgspec.structs.astuple(operation)[1:])
        self._connection.execute(_ADD_OPERATION, values)
        return self._connection.last_insert_rowid()

    def mark_undone(self, number: int, by: int | None) -> None:
        self._connection.execute("UPDATE operations SET undone_by = ? WHERE number = ?", (by, number))

    def put_workspace(self, workspace: Workspace) -> None:
        self._connection.execute(
            f"INSERT OR REPLACE INTO workspaces({WORKSPACE}) VALUES({', '.join('?' * 18)})",
            msgspec.structs.astuple(workspace),
        )

    def touch_workspace(self, identity: bytes, changed: int, unsaved: int | None) -> None:
        sql = "UPDATE workspaces SET changed = ?, unsaved = ?, left_at = NULL WHERE id = ?"
        self._connection.execute(sql, (changed, unsaved, identity))

    def put_workspace_content(self, content: WorkspaceContent) -> None:
        self._let_go(_PART, (content.workspace, content.key))
        self._connection.execute(
            f"INSERT OR REPLACE INTO workspace_parts({WORKSPACE_CONTENT}) VALUES(?, ?, ?, ?, ?, ?, ?)",
            msgspec.structs.astuple(content),
        )

    def drop_workspace_contents(self, workspace: bytes, keys: Iterable[str] | None = None) -> None:
        for which in [("workspace = ?", (workspace,))] if keys is None else [(_PART, (workspace, key)) for key in keys]:
            self._let_go(*which)
            self._connection.execute(f"DELETE FROM workspace_parts WHERE {which[0]}", which[1])

    def _let_go(self, where: str, values: tuple[object, ...]) -> None:
        """The chunks of what was put are named by it no longer."""
        for row in self._all(f"SELECT chunks FROM workspace_parts WHERE {where} AND chunks NOT NULL", values):
            self.loosen(chunks_of(row[0]))

    def drop_workspace(self, workspace: bytes) -> None:
        self.drop_workspace_contents(workspace)
        self._connection.execute("DELETE FROM workspaces WHERE id = ?", (workspace,))

    def put_fact(self, key: str, value: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO store(key, value) VALUES(?, ?)", (key, value))

    def keep_answer(self, request: bytes, time: int, answer: bytes) -> None:
        self._connection.execute("INSERT INTO requests(id, time, answer) VALUES(?, ?, ?)", (request, time, answer))

    def forget_answers(self, before: int) -> None:
        """Those given before that time. Numbers rise with time, so the first younger one ends them."""
        oldest = self._one("SELECT number FROM requests WHERE time >= ? ORDER BY number LIMIT 1", (before,), _number)
        self._connection.execute("DELETE FROM requests WHERE ?1 IS NULL OR number < ?1", (oldest,))


#: Where one part stands.
_PART = "workspace = ? AND key = ?"


def _place(session: Session) -> tuple[object, ...]:
    """What stands in an index and seldom changes."""
    return (
        session.app, session.folder, session.name, session.path, session.deleted, session.archived, session.template
    )  # fmt: skip


def _number(row: Any) -> int:
    return int(row[0])


_ADD_SNAPSHOT = f"INSERT INTO snapshots({SNAPSHOT}) VALUES({', '.join('?' * 10)})"
_ADD_OPERATION = f"INSERT INTO operations({OPERATION}) VALUES({', '.join('?' * 16)})"
_PUT_SESSION = (
    "UPDATE sessions SET format = ?, revision = ?, head = ?, size_bytes = ?, modified = ?, suspect = ?, diverged = ? "
    "WHERE id = ? AND revision = ?"
)
_NEW_SESSION = f"INSERT INTO sessions({SESSION}, sort_name) VALUES({', '.join('?' * 18)})"
_NEW_NAME = "INSERT INTO names(rowid, text) VALUES(?, ?)"
_PUT_NAME = "UPDATE names SET text = ? WHERE rowid = (SELECT rowid FROM sessions WHERE id = ?)"
_PLACE_SESSION = (
    "UPDATE sessions SET app = ?, folder = ?, name = ?, path = ?, deleted = ?, archived = ?, template = ?, "
    "sort_name = ? WHERE id = ?"
)
_PUT_TAGS = "UPDATE tags SET modified = ?, size_bytes = ? WHERE session = ?"
_ADD_TAG = (
    "INSERT INTO tags(session, tag, deleted, archived, app, folder, modified, created, sort_name, size_bytes) "
    "SELECT id, ?, deleted, archived, app, folder, modified, created, sort_name, size_bytes FROM sessions WHERE id = ?"
)
_PLACE_TAGS = (
    "UPDATE tags SET deleted = s.deleted, archived = s.archived, app = s.app, folder = s.folder, "
    "sort_name = s.sort_name FROM sessions AS s WHERE s.id = session AND session = ?"
)
