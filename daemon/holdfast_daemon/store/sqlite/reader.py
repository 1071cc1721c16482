"""What can be asked of the catalog. Nothing here decides, and nothing here changes anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import apsw

from holdfast_daemon.store.nouns import (
    ChunkPlace,
    Folder,
    Operation,
    Session,
    Snapshot,
    StoredDocument,
    Visible,
    Wanted,
    Workspace,
    WorkspaceContent,
    read_manifest,
)
from holdfast_daemon.store.sqlite.checksums import unverified
from holdfast_daemon.store.sqlite.lists import ListReader
from holdfast_daemon.store.sqlite.rows import SESSION_AND_TAGS, SNAPSHOT, session_of, snapshot_of
from holdfast_daemon.store.sqlite.space import SpaceReader
from holdfast_protocol.chunking import MAXIMUM_BYTES
from holdfast_protocol.errors import Damaged, NotFound

OPERATION = (
    "number, time, type, session, app, folder, name, cause, author, undoable, revision, snapshot, previous, "
    "undone_by, note, batch"
)
FOLDER = "label, root, app, layout, polled, inode, added, held, removed"
WORKSPACE = (
    "id, app, folder, name, format, session, revision, base, author, created, changed, listing, left_at, saved_at, "
    "autosaved_at, autosave, unsaved, whole"
)
WORKSPACE_CONTENT = "workspace, key, size_bytes, hash, content, chunks, request"
VISIBLE = "folder, path, session, published, wanted, boot, seen"
REMEMBERED_COUNT = 1024
REMEMBERED_BYTES = 4096

# What every request asks: made once, for SQLite's cache of statements goes by the text.
_BY_ID = f"SELECT {SESSION_AND_TAGS} FROM sessions WHERE id = ?"
_BY_NAME = f"SELECT {SESSION_AND_TAGS} FROM sessions WHERE app = ? AND name = ? AND folder = ? AND NOT deleted"
_DELETIONS = "WHERE folder = ? AND time >= ? AND type = 'deleted-outside' AND undone_by IS NULL AND author = 'outside'"
_MISSING = (
    "s.folder = ? AND NOT s.deleted AND NOT EXISTS "
    "(SELECT 1 FROM visible AS v WHERE v.folder = s.folder AND v.path = s.path)"
)
_SNAPSHOT_BY_ID = f"SELECT {SNAPSHOT} FROM snapshots WHERE id = ?"


class SqliteReader(ListReader, SpaceReader):
    """What can be asked, on one SQLite connection."""

    def begin_view(self) -> None:
        """From now on every question sees the same state, and SQLite locks once for all of them."""
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")

    def end_view(self) -> None:
        """The next question sees what is committed by then."""
        if self._connection.in_transaction:
            try:
                self._connection.execute("COMMIT")
            except apsw.Error:  # nothing was changed: however it ends, it ends
                with suppress(apsw.Error):
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def one_view(self) -> Iterator[None]:
        """Both, for a block."""
        self.begin_view()
        try:
            yield
        finally:
            self.end_view()

    def session(self, identity: bytes) -> Session | None:
        return self._one(_BY_ID, (identity,), session_of)

    def session_named(self, app: str, name: str, folder: str) -> Session | None:
        """The live session of that name."""
        return self._one(_BY_NAME, (app, name, folder), session_of)

    def sessions_fitting(self, name: str, app: str | None, folder: str | None) -> list[Session]:
        """The live sessions of that name; where there is none, the deleted ones, newest first."""
        given = {"name": name, "app": app, "folder": folder}
        named = {column: value for column, value in given.items() if value is not None}
        sql = f"SELECT {SESSION_AND_TAGS} FROM sessions WHERE {' AND '.join(f'{column} = ?' for column in named)}"
        values = tuple(named.values())
        live = self._all(f"{sql} AND NOT deleted", values)
        return [session_of(row) for row in live or self._all(f"{sql} AND deleted ORDER BY modified DESC", values)]

    def session_at(self, folder: str, path: bytes) -> Session | None:
        """The live session whose visible file is there."""
        sql = f"SELECT {SESSION_AND_TAGS} FROM sessions WHERE folder = ? AND path = ? AND NOT deleted"
        return self._one(sql, (folder, path), session_of)

    def gone_since(self, time: int, document: bytes | None, folder: str, path: bytes) -> Session | None:
        """A session deleted outside after ``time`` which was at that path, else one whose head is ``document``."""
        sql = (
            f"SELECT {SESSION_AND_TAGS} FROM sessions AS s WHERE deleted = 1 AND archived IN (0, 1) AND modified >= ?1 "
            "AND ((folder = ?2 AND path = ?3) OR head IN (SELECT id FROM snapshots WHERE document = ?4)) AND EXISTS ("
            "SELECT 1 FROM operations WHERE session = s.id AND type = 'deleted-outside' AND time >= ?1) "
            "ORDER BY folder != ?2 OR path != ?3, modified DESC LIMIT 1"
        )
        return self._one(sql, (time, folder, path, document), session_of)

    def any_gone_since(self, time: int) -> bool:
        """Whether any session that is deleted now was changed after ``time``."""
        sql = "SELECT 1 FROM sessions WHERE deleted = 1 AND archived IN (0, 1) AND modified >= ? LIMIT 1"
        return self._one(sql, (time,), bool) is not None

    def deletions_since(self, time: int, folder: str) -> list[Operation]:
        """Those made outside in that folder, by nobody in particular, which stand."""
        sql = f"SELECT {OPERATION} FROM operations {_DELETIONS} ORDER BY number"
        return [_operation(row) for row in self._all(sql, (folder, time))]

    def deletions_count(self, time: int, folder: str) -> int:
        """How many sessions are deleted by one of them, and not by what came after."""
        sql = (
            "SELECT count(DISTINCT session) FROM operations AS o "
            f"{_DELETIONS} AND EXISTS "
            "(SELECT 1 FROM sessions WHERE id = o.session AND deleted = 1 AND modified = o.time)"
        )
        return self._count(sql, (folder, time))

    def missing(self, folder: str) -> list[Session]:
        """Live sessions of a folder that are neither visible nor on their way to be."""
        sql = f"SELECT {SESSION_AND_TAGS} FROM sessions AS s WHERE {_MISSING} ORDER BY path"
        return [session_of(row) for row in self._all(sql, (folder,))]

    def missing_count(self, folder: str) -> int:
        return self._count(f"SELECT count(*) FROM sessions AS s WHERE {_MISSING}", (folder,))

    def folder(self, label: str) -> Folder | None:
        return self._one(f"SELECT {FOLDER} FROM folders WHERE label = ?", (label,), _folder)

    def folders(self) -> list[Folder]:
        """By label; removed ones too."""
        return [_folder(row) for row in self._all(f"SELECT {FOLDER} FROM folders ORDER BY label", ())]

    def sessions_with_head(self, document: bytes, limit: int) -> list[Session]:
        """Live sessions whose head is that document, in whatever folder."""
        sql = (
            f"SELECT {SESSION_AND_TAGS} FROM (SELECT id AS snapshot, session FROM snapshots WHERE document = ?1) "
            "CROSS JOIN sessions ON id = session AND head = snapshot WHERE NOT deleted LIMIT ?2"
        )
        return [session_of(row) for row in self._all(sql, (document, limit))]

    def sessions_having(self, document: bytes, app: str, name: str | None) -> list[tuple[Session, bytes]]:
        """Live sessions of the application (and of that name) in whose history it is, autosaves left out, each with the
        newest snapshot that is it; those come first whose head it is."""
        sql = (
            f"SELECT {SESSION_AND_TAGS}, newest "
            "FROM (SELECT session AS owner, id AS newest, max(number) FROM snapshots "
            "WHERE document = ?1 AND cause != 'autosaved' GROUP BY session) CROSS JOIN sessions ON id = owner "
            "WHERE NOT deleted AND app = ?2 AND (?3 IS NULL OR name = ?3) ORDER BY "
            "NOT EXISTS (SELECT 1 FROM snapshots WHERE id = head AND document = ?1), modified DESC"
        )
        return [(session_of(row[:-1]), bytes(row[-1])) for row in self._all(sql, (document, app, name))]

    def sessions_showing(self, document: bytes, limit: int) -> list[Session]:
        """Live sessions whose file was last seen to be that document, whatever their head is."""
        sql = (
            f"SELECT {SESSION_AND_TAGS} FROM (SELECT DISTINCT session AS owner FROM snapshots WHERE document = ?1) "
            "CROSS JOIN sessions ON id = owner WHERE NOT deleted AND EXISTS (SELECT 1 FROM visible AS v "
            "JOIN snapshots AS p ON p.id = v.published "
            "WHERE v.folder = sessions.folder AND v.path = sessions.path AND p.document = ?1) LIMIT ?2"
        )
        return [session_of(row) for row in self._all(sql, (document, limit))]

    def note(self, session: bytes) -> str:
        return self._one("SELECT text FROM notes WHERE session = ?", (session,), lambda row: str(row[0])) or ""

    def snapshot(self, identity: bytes) -> Snapshot | None:
        return self._one(_SNAPSHOT_BY_ID, (identity,), snapshot_of)

    def need_snapshot(self, identity: bytes) -> Snapshot:
        """The same for an id that the catalog itself names. Raises Damaged; NotFound where it was pruned."""
        found = self.snapshot(identity)
        if found is None:
            self._missing_snapshot(identity)
        return found

    def _missing_snapshot(self, identity: bytes) -> NoReturn:
        said = identity.hex()
        if self.is_pruned(identity):
            raise NotFound(f"Snapshot {said[:12]} was pruned: it is kept no longer", snapshot=said)
        raise Damaged(f"Snapshot {said[:12]} is not in the store", snapshot=said)

    def snapshots(self, session: bytes, limit: int, offset: int = 0) -> list[Snapshot]:
        """Newest first."""
        sql = f"SELECT {SNAPSHOT} FROM snapshots WHERE session = ? ORDER BY number DESC LIMIT ? OFFSET ?"
        return [snapshot_of(row) for row in self._all(sql, (session, limit, offset))]

    def snapshots_before(self, number: int, apps: tuple[str, ...], limit: int) -> list[tuple[int, Snapshot]]:
        those = "SELECT id FROM sessions WHERE app IN (SELECT value FROM json_each(?2))"
        of_apps = f"AND session IN ({those}) " if apps else ""
        sql = f"SELECT {SNAPSHOT}, number FROM snapshots WHERE number < ?1 {of_apps}ORDER BY number DESC LIMIT ?3"
        return [(row[-1], snapshot_of(row[:-1])) for row in self._all(sql, (number, json.dumps(apps), limit))]

    def some_snapshot(self, chance: float) -> Snapshot | None:
        """Any; ``chance`` from 0 to 1 says which."""
        newest = self._count("SELECT coalesce(max(number), 0) FROM snapshots")
        sql = f"SELECT {SNAPSHOT} FROM snapshots WHERE number > ? ORDER BY number LIMIT 1"
        return self._one(sql, (int(chance * newest),), snapshot_of)

    def snapshot_by_prefix(self, session: bytes, prefix: str) -> list[Snapshot]:
        sql = f"SELECT {SNAPSHOT} FROM snapshots WHERE session = ? AND lower(hex(id)) LIKE ? || '%' LIMIT 2"
        return [snapshot_of(row) for row in self._all(sql, (session, prefix.lower()))]

    def newest_good(self, session: bytes) -> Snapshot | None:
        sql = (
            f"SELECT {SNAPSHOT} FROM snapshots WHERE session = ? AND suspect IS NULL AND cause != 'autosaved' "
            "ORDER BY number DESC LIMIT 1"
        )
        return self._one(sql, (session,), snapshot_of)

    def newest_autosave(self, session: bytes) -> Snapshot | None:
        sql = f"SELECT {SNAPSHOT} FROM snapshots WHERE session = ? AND cause = 'autosaved' ORDER BY number DESC LIMIT 1"
        return self._one(sql, (session,), snapshot_of)

    def head_at(self, session: bytes, revision: int) -> bytes | None:
        """The snapshot that was the head at a revision: every operation says both."""
        sql = "SELECT snapshot FROM operations WHERE session = ? AND revision = ? LIMIT 1"
        return self._one(sql, (session, revision), lambda row: bytes(row[0]))

    def heads(self, session: bytes) -> Iterator[tuple[int, bytes]]:
        """Revision and snapshot, newest first, read as they are asked for."""
        sql = (
            "SELECT revision, snapshot FROM operations WHERE session = ? AND revision NOT NULL "
            "ORDER BY revision DESC, number DESC"
        )
        newest = None
        for revision, snapshot in self._connection.execute(sql, (session,)):
            if revision != newest:
                yield revision, snapshot
            newest = revision

    def document(self, identity: bytes) -> StoredDocument:
        """Raises Damaged."""
        known = self._documents.get(identity)
        if known is None:
            manifest = self._one("SELECT manifest FROM documents WHERE id = ?", (identity,), lambda row: bytes(row[0]))
            if manifest is None:
                raise Damaged(f"Document {identity.hex()[:12]} is not in the store", document=identity.hex())
            known = read_manifest(identity, manifest)
            self._remember(known)
        return known

    def _remember(self, document: StoredDocument) -> None:
        """A document never changes: whoever read it spares the next one the reading."""
        if len(document.manifest) <= REMEMBERED_BYTES:
            if len(self._documents) >= REMEMBERED_COUNT:
                self._documents.clear()
            self._documents[document.id] = document

    def document_of(self, snapshot: bytes) -> StoredDocument:
        """The document of a snapshot that the catalog names."""
        return self.document(self.need_snapshot(snapshot).document)

    def has_document(self, identity: bytes) -> bool:
        """Whether some snapshot of the history is that document."""
        return self._one("SELECT 1 FROM snapshots WHERE document = ? LIMIT 1", (identity,), bool) is not None

    def chunk(self, content_hash: bytes) -> ChunkPlace | None:
        sql = "SELECT hash, size_bytes, pack, offset_bytes, content FROM chunks WHERE hash = ?"
        return self._one(sql, (content_hash,), lambda row: ChunkPlace(*row))

    def chunk_as_it_is(self, name: bytes) -> ChunkPlace | None:
        """Its page may be damaged."""
        with unverified(self._connection):
            place = self.chunk(name)
        return place if place is not None and _is_possible(place) else None

    def known_chunks(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Those of ``hashes`` that are in the store."""
        sql = "SELECT 1 FROM chunks WHERE hash = ?"
        return {each for each in hashes if self._one(sql, (each,), lambda row: True)}

    def visible(self, folder: str, path: bytes) -> Visible | None:
        sql = f"SELECT {VISIBLE} FROM visible WHERE folder = ? AND path = ?"
        return self._one(sql, (folder, path), _visible)

    def visible_seen(self, folder: str) -> dict[bytes, bytes | None]:
        """Every path of a folder that is or should be visible, with its ``seen``."""
        return dict(self._all("SELECT path, seen FROM visible WHERE folder = ?", (folder,)))

    def pending(self, folder: str) -> list[Visible]:
        """Paths where something else should be than was last confirmed."""
        sql = f"SELECT {VISIBLE} FROM visible WHERE folder = ? AND published IS NOT wanted"
        return [_visible(row) for row in self._all(sql, (folder,))]

    def pending_count(self) -> int:
        return self._count("SELECT count(*) FROM visible WHERE published IS NOT wanted")

    def operation(self, number: int) -> Operation | None:
        return self._one(f"SELECT {OPERATION} FROM operations WHERE number = ?", (number,), _operation)

    def operations_after(self, number: int, limit: int) -> list[Operation]:
        sql = f"SELECT {OPERATION} FROM operations WHERE number > ? ORDER BY number LIMIT ?"
        return [_operation(row) for row in self._all(sql, (number, limit))]

    def operations_fitting(self, wanted: Wanted, after: int, up_to: int, limit: int) -> list[Operation]:
        """Those among the numbers above ``after``, up to ``up_to``, oldest first."""
        clauses = ["number > ? AND number <= ?"]
        values: list[int | str] = [after, up_to]
        for clause, value in (
            ("+app = ?", wanted.app),  # a plus keeps the planner from walking that column's index, over all numbers
            ("lower(hex(session)) = ?", wanted.session),
            ("type IN (SELECT value FROM json_each(?))", json.dumps(wanted.types) if wanted.types else None),
            ("+app IN (SELECT value FROM json_each(?))", json.dumps(wanted.apps) if wanted.apps else None),
        ):
            if value is not None:
                clauses.append(clause)
                values.append(value)
        sql = f"SELECT {OPERATION} FROM operations WHERE {' AND '.join(clauses)} ORDER BY number LIMIT ?"
        return [_operation(row) for row in self._all(sql, (*values, limit))]

    def newest_operation(self) -> int:
        return self._count("SELECT coalesce(max(number), 0) FROM operations")

    def newest_of(self, session: bytes, kind: str) -> Operation | None:
        sql = (
            f"SELECT {OPERATION} FROM operations WHERE session = ? AND type = ? AND undone_by IS NULL "
            "ORDER BY number DESC LIMIT 1"
        )
        return self._one(sql, (session, kind), _operation)

    def newest_undoable(self, authors: tuple[str, ...], apps: tuple[str, ...] = ()) -> Operation | None:
        marks = ", ".join("?" for _ in authors)
        of_apps = f"AND +app IN ({', '.join('?' for _ in apps)}) " if apps else ""
        sql = (
            f"SELECT {OPERATION} FROM operations WHERE undoable AND undone_by IS NULL AND author IN ({marks}) "
            f"AND type != 'undone' AND (cause IS NULL OR cause != 'autosaved') {of_apps}"
            "AND NOT EXISTS (SELECT 1 FROM pruned WHERE id = session) ORDER BY number DESC LIMIT 1"
        )
        return self._one(sql, (*authors, *apps), _operation)

    def workspace(self, identity: bytes) -> Workspace | None:
        return self._one(f"SELECT {WORKSPACE} FROM workspaces WHERE id = ?", (identity,), _workspace)

    def workspaces(self, app: str | None = None) -> list[Workspace]:
        sql = f"SELECT {WORKSPACE} FROM workspaces WHERE ?1 IS NULL OR app = ?1 ORDER BY changed DESC, id"
        return [_workspace(row) for row in self._all(sql, (app,))]

    def workspace_of(self, session: bytes) -> Workspace | None:
        sql = f"SELECT {WORKSPACE} FROM workspaces WHERE session = ? ORDER BY changed DESC LIMIT 1"
        return self._one(sql, (session,), _workspace)

    def workspace_content(self, workspace: bytes, key: str) -> WorkspaceContent | None:
        sql = f"SELECT {WORKSPACE_CONTENT} FROM workspace_parts WHERE workspace = ? AND key = ?"
        return self._one(sql, (workspace, key), lambda row: WorkspaceContent(*row))

    def workspace_sizes(self, workspace: bytes) -> dict[str, int]:
        return dict(self._all("SELECT key, size_bytes FROM workspace_parts WHERE workspace = ?", (workspace,)))

    def answer(self, request: bytes) -> bytes | None:
        """The first answer to a changing request, or None."""
        return self._one("SELECT answer FROM requests WHERE id = ?", (request,), lambda row: bytes(row[0]))

    def fact(self, key: str) -> bytes | None:
        return self._one("SELECT value FROM store WHERE key = ?", (key,), lambda row: bytes(row[0]))


def _visible(row: Any) -> Visible:
    return Visible(*row)


def _folder(row: Any) -> Folder:
    values = [*row]
    values[4], values[8] = bool(row[4]), bool(row[8])
    return Folder(*values)


def _workspace(row: Any) -> Workspace:
    return Workspace(*row)


def _operation(row: Any) -> Operation:
    values = [*row]
    values[9] = bool(row[9])
    return Operation(*values)


def _is_possible(place: ChunkPlace) -> bool:
    """Whether each value is of its kind: what a damaged page says may be anything."""
    if place.content is not None:
        return isinstance(place.content, bytes)
    numbers = (place.size_bytes, place.pack, place.offset_bytes)
    return all(isinstance(each, int) and each >= 0 for each in numbers) and place.size_bytes <= MAXIMUM_BYTES
