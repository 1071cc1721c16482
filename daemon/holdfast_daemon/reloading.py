"""What an application has unsaved is given up, and brought back by undo."""

from __future__ import annotations

import contextlib

from holdfast_daemon import listing as parts_of
from holdfast_daemon.documents import Documents
from holdfast_daemon.live import Contents, Live
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Sessions, need_session
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Operation
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import messages as m
from holdfast_protocol.errors import CannotUndo

#: Operations that ``undo`` reverses here.
GIVEN_UP = ("workspace-reloaded", "workspace-ended")


class Reloading:
    """For the loop only."""

    def __init__(self, sessions: Sessions, documents: Documents, workspaces: Workspaces) -> None:
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._clock = sessions.clock
        self._contents = Contents(sessions.catalog, documents)
        self._workspaces = workspaces

    async def workspace_reload(
        self, request: m.WorkspaceReload, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """As it began, or as the head is now."""
        repeated = self._sessions.answered(self._catalog.reader, caller, m.WorkspaceReloaded)
        if repeated is not None:
            return repeated, ()
        live = self._workspaces.need(request.id)
        async with self._workspaces.all_kept(live) as snapshot:
            before, session = live.row, self._catalog.reader.session(live.row.session)
            row = before.but(whole=None)
            if request.head and session is not None:
                row = row.but(base=session.head, revision=session.revision, format=session.format)
            listing = await self._workspaces.listing(row)
            now = max(self._clock(), before.changed + 1)
            row = row.but(
                listing=parts_of.packed(listing), changed=now, saved_at=now, autosaved_at=now, autosave=None,
                unsaved=None,
            )  # fmt: skip

            def work(tx: Transaction) -> m.WorkspaceReloaded:
                tx.drop_workspace_contents(row.id)
                tx.put_workspace(row)
                number = None
                if snapshot is not None:
                    text = row.id.hex()
                    number = self._sessions.tell_of(tx, before, "workspace-reloaded", text, snapshot, undoable=True)
                state = self._workspaces.state(Live(row, listing, live.autosave))
                lost = snapshot.hex() if snapshot is not None else None
                return m.WorkspaceReloaded(
                    workspace=state.workspace, parts=state.parts, snapshot=lost, operation=number
                )  # fmt: skip

            reply = await self._sessions.commit(caller, m.WorkspaceReloaded, lambda: work)
            live.renew(row, listing)
            return reply, ()

    async def workspace_discard(
        self, request: m.WorkspaceDiscard, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """What is unsaved is kept as an autosave, and nothing else of it."""
        repeated = self._sessions.answered(self._catalog.reader, caller, m.WorkspaceEnded)
        if repeated is not None:
            return repeated, ()
        live = self._workspaces.need(request.id)
        async with self._workspaces.all_kept(live) as snapshot:
            row, undoable = live.row, snapshot is not None

            def work(tx: Transaction) -> m.WorkspaceEnded:
                tx.drop_workspace(row.id)
                number = self._sessions.tell_of(tx, row, "workspace-ended", "discarded", snapshot, undoable=undoable)
                return m.WorkspaceEnded(ended=True, snapshot=snapshot.hex() if snapshot else None, operation=number)

            reply = await self._sessions.commit(caller, m.WorkspaceEnded, lambda: work)
            self._workspaces.drop(row.id)
            return reply, ()

    async def undo(self, operation: Operation, expect: int | None, caller: Caller) -> m.Undone:
        """What was reloaded or discarded is there again: in the workspace where nothing was put since, else in one of
        its own. ``expect`` is of its session. Raises CannotUndo, Damaged, TooLarge, Exists."""
        assert operation.session is not None
        now, session = self._clock(), self._catalog.reader.session(operation.session)
        row, listing = await self._contents.revived(operation, session, now)
        live = self._workspaces.get(bytes.fromhex(operation.note)) if operation.type == "workspace-reloaded" else None
        async with live.lock if live is not None else contextlib.nullcontext():
            if live is not None and live.is_saved and self._workspaces.get(live.row.id) is live:
                old, now = live.row, max(now, live.row.changed + 1)
                row = row.but(id=old.id, created=old.created, changed=now, autosaved_at=now, left=old.left)
            else:
                live = None

            def work(tx: Transaction) -> m.Undone:
                undone = tx.operation(operation.number)
                if undone is None or undone.undone_by is not None:
                    raise CannotUndo(f"Operation {operation.number} was undone meanwhile", operation=operation.number)
                if expect is not None:  # without it, its session need not be there
                    need_session(tx, row.session, expect)
                tx.put_workspace(row)
                text = f"{operation.type} {operation.number}"
                number = self._sessions.tell_of(tx, row, "undone", text, operation.snapshot)
                tx.mark_undone(operation.number, number)
                again = tx.operation(operation.number)
                assert again is not None
                return m.Undone(undone=again.row(), operation=number, session=session.row() if session else None)

            reply = await self._sessions.commit(caller, m.Undone, lambda: work)
            if live is None:
                self._workspaces.put(row, listing)
            else:
                live.row, live.listing = row, listing
            return reply
