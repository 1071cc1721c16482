"""What there is for a key that is limited to some applications: their sessions, and nothing that tells of any other.

A request is narrowed before its verb sees it, so that what is of another application is as absent as what never was;
and those verbs that look at everything are answered here. What stays to be seen is written in PROTOCOL.md, "Keys".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from holdfast_daemon import naming
from holdfast_daemon.asking import Asking
from holdfast_daemon.payload import Answer, Frames, contents_of, frame_at, hashes_in
from holdfast_daemon.reversing import rows_with
from holdfast_daemon.searching import Searching
from holdfast_daemon.sessions import OUTSIDE, SESSIONS_FOLDER, Caller, Sessions
from holdfast_daemon.store.base import Narrowed
from holdfast_daemon.store.nouns import Operation, Wanted
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import messages as m
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import Ambiguous, BadField, NotAllowed, NotFound
from holdfast_protocol.model import Earlier, FileSource, FolderRow, OperationRow, PartSource, Ref, Row
from holdfast_protocol.roles import OF_ALL_APPLICATIONS

Apps = tuple[str, ...]
RowType = TypeVar("RowType", bound=Row)
#: As many numbers of the log are looked through at first for its newest rows.
LOOKED_COUNT = 2000

Rows = list[FolderRow]  # inside the class, ``list`` is the verb
Sources = Sequence[FileSource | PartSource]
Verb = Callable[[Any, Frames, Caller, float, Apps], Awaitable[Answer]]


class Limited:
    """For the loop only. ``verbs``: those that are answered otherwise than for everybody."""

    def __init__(
        self, sessions: Sessions, asking: Asking, searching: Searching, workspaces: Workspaces,
        status: Callable[[], m.StatusReport], folders: Callable[[], list[FolderRow]],
    ) -> None:  # fmt: skip
        self._catalog = sessions.catalog
        self._claims = sessions.content.claims
        self._clock = sessions.clock
        self._asking = asking
        self._searching = searching
        self._workspaces = workspaces
        self._status = status
        self._folders = folders
        self.verbs: dict[type[m.Request], Verb] = {
            m.Missing: self.missing,
            m.List: self.list,
            m.Search: self.search,
            m.Operations: self.operations,
            m.Status: self.status,
            m.FolderList: self.folder_list,
            m.WorkspaceList: self.workspace_list,
            m.Last: self.last,
        }

    # What is asked.

    def narrowed(self, asked: Asked, apps: Apps, author: str, peer: bytes) -> Asked:
        """The same request, with nothing in it that is of another application. Raises what tells of something that is
        not there, and NotAllowed for an application, or a verb, that this key is not for."""
        request = asked.request
        if type(request) in OF_ALL_APPLICATIONS:
            raise NotAllowed(f"This key is for {', '.join(apps)} only, and {m.VERB_OF[type(request)]} is about all")
        put = self._claims.promised(peer)
        if isinstance(request, m.Batch):
            changes = [
                replace(
                    change, **{verb: self._of_batch(each, asked.payload, apps, put) for verb, each in _held(change)}
                )
                for change in request.changes
            ]
            return asked._replace(request=replace(request, changes=changes))
        # A change that was done is answered as it was, though what it named may be called otherwise since.
        is_done = type(request) in m.CHANGING and self._catalog.reader.answer(asked.id) is not None
        return asked._replace(request=self._narrow(request, asked.payload, apps, put, author, is_done=is_done))

    def _of_batch(self, request: m.Request, payload: Frames, apps: Apps, put: set[bytes]) -> m.Request:
        """Changes may name what those before them make, so here nothing is looked for."""
        for each in _refs(request).values():
            if each.id is None and each.app is None and len(apps) > 1:
                raise BadField(f"ref.app: one of {', '.join(apps)} is expected", field="ref.app")
        return self._narrow(request, payload, apps, put, "", is_done=True)

    def _narrow(
        self, request: m.Request, payload: Frames, apps: Apps, put: set[bytes], author: str, *, is_done: bool
    ) -> m.Request:
        app = getattr(request, "app", None)
        if app is not None and app not in apps:
            raise NotAllowed(f"This key is for {', '.join(apps)} only")
        for label in (getattr(request, "folder", None), getattr(request, "label", None)):
            if label is not None and not isinstance(request, m.List):
                self._check_folder(label, apps)
        self._check_chunks(request, payload, put)
        changed: dict[str, Any] = {name: self._ref(ref, apps, is_done=is_done) for name, ref in _refs(request).items()}
        if isinstance(request, (m.Search, m.Import)) and app is None and len(apps) == 1:
            changed["app"] = apps[0]
        elif isinstance(request, m.Import) and app is None:
            raise BadField(f"app: one of {', '.join(apps)} is expected", field="app")
        elif isinstance(request, m.Save) and request.session is not None:
            self._check_session(Ref(id=request.session), apps)
        elif isinstance(request, m.WorkspaceOpen):
            changed |= self._opened(request, apps)
        elif isinstance(request, m.Undo) and not is_done:
            changed["number"] = self._undoable(request.number, apps, author)
        elif isinstance(request, m.Undo):
            changed["number"] = request.number or 0
        elif isinstance(request, m.Diff) and request.new is None:
            self._check_before(changed["old"], apps)
        elif m.VERB_OF[type(request)].startswith("workspace-") and hasattr(request, "id"):
            self._check_workspace(request.id, apps)
        return replace(request, **changed)

    def _ref(self, ref: Ref, apps: Apps, *, is_done: bool) -> Ref:
        if ref.id is not None:
            self._check_session(ref, apps)
            return ref
        if ref.app is not None:
            if ref.app not in apps:
                raise naming.absent(ref)
            return ref
        if len(apps) == 1:
            return replace(ref, app=apps[0])
        if is_done:
            return ref
        reader = self._catalog.reader
        fitting = [each for app in apps for each in reader.sessions_fitting(ref.name, app, ref.folder)]
        found = {each.app for each in fitting if not each.deleted} or {each.app for each in fitting}
        if len(found) > 1:
            names = [f"{app}/{ref.name}" for app in sorted(found)]
            raise Ambiguous(f"{ref.name} is the name of several sessions", candidates=names)
        if not found:
            raise naming.absent(ref)
        return replace(ref, app=found.pop())

    def _check_session(self, ref: Ref, apps: Apps) -> None:
        try:
            found = self._catalog.reader.session(bytes.fromhex(ref.id or ""))
        except ValueError:
            return  # the verb says so
        if found is not None and found.app not in apps:
            raise naming.absent(ref)

    def _check_folder(self, label: str, apps: Apps) -> None:
        found = self._catalog.reader.folder(label)
        if found is not None and found.app is not None and found.app not in apps:
            raise naming.no_folder(label)

    def _check_workspace(self, identity: str, apps: Apps) -> None:
        if self._workspaces.need(identity).row.app not in apps:
            raise NotFound(f"There is no workspace {identity}", id=identity)

    def _check_chunks(self, request: m.Request, payload: Frames, put: set[bytes]) -> None:
        """A chunk may be named by whoever has sent it over this connection. Raises BadField, as for one that is not
        there: whoever only knows its hash would read by it what is of another application."""
        for field, sources in _sources(request):
            for source, content in zip(sources, contents_of(sources, payload, field), strict=True):
                foreign = {*hashes_in(content)} - put if source.chunked else ()
                for name in foreign:
                    raise BadField(
                        f"files: chunk {name.hex()[:12]} is not in the store; put it first", chunk=name.hex()
                    )

    def _opened(self, request: m.WorkspaceOpen, apps: Apps) -> dict[str, str]:
        if request.id is not None:
            self._check_workspace(request.id, apps)
            return {}
        if request.app is not None:
            return {}
        app = self._ref(Ref(name=request.name, folder=request.folder), apps, is_done=False).app
        return {"app": app} if app is not None else {}

    def _undoable(self, number: int | None, apps: Apps, author: str) -> int:
        reader = self._catalog.reader
        found = reader.newest_undoable((author, OUTSIDE), apps) if number is None else reader.operation(number)
        if found is None or found.app not in apps:
            absent = "There is nothing to undo" if number is None else f"There is no operation {number}"
            raise NotFound(absent, operation=number)
        if any(each.app not in apps for each in rows_with(reader, found)):
            raise NotAllowed(f"Operation {found.number} is a part of more than this key is for", operation=found.number)
        return found.number

    def _check_before(self, ref: Ref, apps: Apps) -> None:
        """What a copy was made from is before its first snapshot, and may be of another application."""
        reader = self._catalog.reader
        named = naming.find(reader, ref, self._clock())
        before = reader.snapshot(named.snapshot.parents[0]) if named.snapshot.parents else None
        if before is not None and reader.application(before.session) not in apps:
            raise NotFound("There is no snapshot before that one", snapshot=ref.snapshot)

    # What is answered.

    async def missing(self, request: m.Missing, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """All but what this connection has sent: what else is there is not told."""
        lacking = [each for each in hashes_in(frame_at(payload, 0)) if each not in self._claims.promised(caller.peer)]
        return m.MissingChunks(count=len(lacking)), (b"".join(lacking),)

    async def list(self, request: m.List, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """Of these applications."""
        return await self._asking.list(Narrowed(**_fields(request), apps=apps), payload, caller, deadline)

    async def search(self, request: m.Search, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """Likewise; a page may be short, and another follow."""
        found, frames = await self._searching.search(request, payload, caller, deadline)
        assert isinstance(found, m.Found)
        return replace(found, rows=[each for each in found.rows if each.session.app in apps]), frames

    async def operations(
        self, request: m.Operations, payload: Frames, caller: Caller, deadline: float, apps: Apps
    ) -> Answer:
        """Likewise: other numbers are left out."""
        limit = min(request.limit, m.LIMITS["rows_count"])
        find = self._newest if request.newest else self._after
        found = await asyncio.to_thread(find, request.since, limit + (not request.newest), apps)
        return m.OperationRows(rows=rows_for(found[:limit], apps), more=len(found) > limit), ()

    def _after(self, since: int, limit: int, apps: Apps) -> Sequence[Operation]:
        reader = self._catalog.reader
        return reader.operations_fitting(Wanted(apps=apps), since, reader.newest_operation(), limit)

    def _newest(self, since: int, limit: int, apps: Apps) -> Sequence[Operation]:
        reader = self._catalog.reader
        found: list[Operation] = []
        up_to, width = reader.newest_operation(), LOOKED_COUNT
        while up_to > since and len(found) < limit:
            after = max(since, up_to - width)
            found = reader.operations_fitting(Wanted(apps=apps), after, up_to, width) + found
            up_to, width = after, 2 * width
        return found[-limit:] if limit else []

    async def status(self, request: m.Status, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """How the daemon is, as far as that is about these applications."""
        whole = self._status()
        live, deleted = [
            await asyncio.to_thread(self._count, Narrowed(deleted=deleted, apps=apps)) for deleted in (False, True)
        ]
        unsaved = [row for row in whole.unsaved_workspaces if row.app in apps]
        own = sum(live.row.app in apps for live in self._workspaces.newest(None))
        return m.StatusReport(
            version=whole.version, epoch=whole.epoch, pid=0, socket="", store="", sessions="", started=whole.started,
            sessions_count=live, deleted_count=deleted,
            operations_count=whole.operations_count, clients_count=0, connections_count=0, connections_limit=0,
            store_bytes=0, pending_files=0, watching=whole.watching, problems=[], folders=await self._rows(apps),
            workspaces_count=own, unsaved_workspaces=unsaved,
            unsaved=min((row.since for row in unsaved), default=None),
        ), ()  # fmt: skip

    async def folder_list(
        self, request: m.FolderList, payload: Frames, caller: Caller, deadline: float, apps: Apps
    ) -> Answer:
        """Those of these applications, and the daemon's own; where they lie is not told."""
        return m.Folders(rows=await self._rows(apps)), ()

    async def _rows(self, apps: Apps) -> Rows:
        own = await asyncio.to_thread(self._count, Narrowed(folder=SESSIONS_FOLDER, apps=apps))
        rows = [replace(row, path=b"", problems=[]) for row in self._folders() if row.app is None or row.app in apps]
        return [replace(row, sessions_count=own, missing_count=0) if row.app is None else row for row in rows]

    def _count(self, asked: Narrowed) -> int:
        """Archived ones too."""
        return sum(self._catalog.reader.listed_count(replace(asked, archived=on)) for on in (False, True))

    async def workspace_list(
        self, request: m.WorkspaceList, payload: Frames, caller: Caller, deadline: float, apps: Apps
    ) -> Answer:
        """Those of these applications."""
        listed, _ = await self._workspaces.workspace_list(request, payload, caller, deadline)
        assert isinstance(listed, m.Workspaces)
        return m.Workspaces(rows=[row for row in listed.rows if row.app in apps]), ()

    async def last(self, request: m.Last, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """The newest of theirs."""
        ask = partial(self._workspaces.last, payload=payload, caller=caller, deadline=deadline)
        found = [(await ask(m.Last(app=app)))[0] for app in ([request.app] if request.app else apps)]
        states = [each for each in found if isinstance(each, m.LastState)]
        workspaces = [each.workspace for each in states if each.workspace is not None]
        sessions = [each.session for each in states if each.session is not None]
        return m.LastState(
            workspace=max(workspaces, key=lambda row: row.changed, default=None),
            session=max(sessions, key=lambda row: row.modified, default=None),
        ), ()


def rows_for(operations: Sequence[Operation], apps: Apps) -> list[OperationRow]:
    """What is told of them: not from what of another application a copy was made."""
    rows = [each.row() for each in operations]
    return [replace(row, note="") if _is_from_elsewhere(row, apps) else row for row in rows]


def _is_from_elsewhere(row: OperationRow, apps: Apps) -> bool:
    return bool(apps) and row.note.startswith("from ") and row.note[5:].partition("/")[0] not in apps


def _held(change: m.Change) -> list[tuple[str, m.Request]]:
    return [(name, each) for name in change.__struct_fields__ if (each := getattr(change, name)) is not None]


def _refs(request: m.Request) -> dict[str, Ref]:
    values = {name: getattr(request, name) for name in request.__struct_fields__}
    return {name: value for name, value in values.items() if isinstance(value, Ref)}


def _sources(request: m.Request) -> Iterator[tuple[str, Sources]]:
    """What the request says of its payload, by field."""
    for name in request.__struct_fields__:
        value = getattr(request, name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Earlier):
                yield f"{name}.files", each.files
            elif isinstance(each, (FileSource, PartSource)):
                yield name, [each]


def replace(row: RowType, **changed: Any) -> RowType:
    """The same with other values."""
    return type(row)(**_fields(row) | changed)


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
