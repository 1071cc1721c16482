"""What there is for a key that is limited to some applications: their sessions, and nothing that tells of any other.

A request is narrowed before its verb sees it (``narrowing``), and those verbs that look at everything are answered
here. What stays to be seen is written in PROTOCOL.md, "Keys".
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from holdfast_daemon.asking import Asking
from holdfast_daemon.narrowing import Apps, Narrowing, fields_of, replace
from holdfast_daemon.payload import Answer, Frames, frame_at, hashes_in
from holdfast_daemon.reversing import CREATIONS
from holdfast_daemon.searching import Searching
from holdfast_daemon.sessions import SESSIONS_FOLDER, Caller, Sessions
from holdfast_daemon.store.base import Narrowed
from holdfast_daemon.store.nouns import Operation, Wanted
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import messages as m
from holdfast_protocol.model import FolderRow, OperationRow, SnapshotRow

#: As many numbers of the log are looked through at first for its newest rows.
LOOKED_COUNT = 2000

Rows = list[FolderRow]  # inside the class, ``list`` is the verb
Verb = Callable[[Any, Frames, Caller, float, Apps], Awaitable[Answer]]
Quick = Mapping[type[m.Request], Callable[[Any, str], m.Reply | None]]
Slow = Mapping[type[m.Request], Callable[[Any, Frames, Caller, float], Awaitable[Answer]]]


class Limited:
    """For the loop only. ``verbs``: those that are answered otherwise than for everybody, who has ``quick`` and
    ``slow``."""

    def __init__(
        self, sessions: Sessions, asking: Asking, searching: Searching, workspaces: Workspaces,
        status: Callable[[], m.StatusReport], folders: Callable[[], list[FolderRow]], quick: Quick, slow: Slow,
    ) -> None:  # fmt: skip
        self._catalog = sessions.catalog
        self._claims = sessions.content.claims
        self.narrowed = Narrowing(sessions, workspaces).narrowed
        self._asking = asking
        self._quick, self._slow = quick, slow
        self._workspaces = workspaces
        self._status = status
        self._folders = folders
        self.verbs: dict[type[m.Request], Verb] = {
            m.Missing: self.missing,
            m.List: self.list,
            m.Search: searching.search,
            m.Log: self.log,
            m.Show: self.show,
            m.Undo: self.undo,
            m.Operations: self.operations,
            m.Status: self.status,
            m.FolderList: self.folder_list,
            m.WorkspaceList: self.workspace_list,
            m.Last: self.last,
        }

    async def missing(self, request: m.Missing, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """All but what this connection has sent: what else is there is not told."""
        lacking = [each for each in hashes_in(frame_at(payload, 0)) if each not in self._claims.promised(caller.peer)]
        return m.MissingChunks(count=len(lacking)), (b"".join(lacking),)

    async def list(self, request: m.List, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """Of these applications."""
        return await self._asking.list(Narrowed(**fields_of(request), apps=apps), payload, caller, deadline)

    async def log(self, request: m.Log, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """Without the parents that are of another application."""
        found, _ = await self._whole(request, payload, caller, deadline)
        assert isinstance(found, m.Snapshots)
        return replace(found, rows=[self._own(each, apps) for each in found.rows]), ()

    async def show(self, request: m.Show, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """Likewise."""
        found, _ = await self._whole(request, payload, caller, deadline)
        assert isinstance(found, m.Shown)
        return replace(found, snapshot=found.snapshot and self._own(found.snapshot, apps)), ()

    async def undo(self, request: m.Undo, payload: Frames, caller: Caller, deadline: float, apps: Apps) -> Answer:
        """The row that was reversed as ``operations`` has it."""
        found, _ = await self._whole(request, payload, caller, deadline)
        assert isinstance(found, m.Undone)
        return replace(found, undone=_row_for(found.undone, apps)), ()

    async def _whole(self, request: m.Request, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """As everybody is answered."""
        at_once = self._quick.get(type(request))
        found = at_once(request, caller.author) if at_once is not None else None
        return (found, ()) if found is not None else await self._slow[type(request)](request, payload, caller, deadline)

    def _own(self, row: SnapshotRow, apps: Apps) -> SnapshotRow:
        reader = self._catalog.reader
        parents = [reader.snapshot(bytes.fromhex(each)) for each in row.parents]
        known = [each for each in parents if each is not None and reader.application(each.session) in apps]
        return replace(row, parents=[each.id.hex() for each in known])

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
    """What is told of them: not from what of another application a copy was made, and no path of this machine."""
    rows = [each.row() for each in operations]
    return [_row_for(row, apps) for row in rows] if apps else rows


def _row_for(row: OperationRow, apps: Apps) -> OperationRow:
    is_from_elsewhere = row.type in CREATIONS and row.note.removeprefix("from ").partition("/")[0] not in apps
    return replace(row, note="") if is_from_elsewhere or row.type == "folder-added" else row
