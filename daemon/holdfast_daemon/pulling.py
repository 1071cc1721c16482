"""Applications that cannot push: their holder is told when to ask them, and hands over the document that they gave.

A bridge does so for a program that has never heard of us: its holder asks through whatever door the program has.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

from holdfast_daemon import diff
from holdfast_daemon.content import Placed
from holdfast_daemon.continuing import Continuing
from holdfast_daemon.documents import Documents
from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.incoming import Incoming
from holdfast_daemon.listing import listing_of, packed
from holdfast_daemon.live import Contents, Live
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.pull import ANSWER_SECONDS, Pull
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Workspace
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import messages as m
from holdfast_protocol.errors import NotAllowed, ShuttingDown


class Pulling:
    """For the loop only."""

    def __init__(self, sessions: Sessions, documents: Documents, incoming: Incoming, workspaces: Workspaces) -> None:
        self._sessions = sessions
        self._documents = documents
        self._incoming = incoming
        self._workspaces = workspaces
        self._contents = Contents(sessions.catalog, documents)
        self._continuing = Continuing(documents, self._contents, workspaces)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Whoever waits is told, and comes again to the next daemon."""
        self._stopping.set()

    async def workspace_due(self, request: m.WorkspaceDue, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """When it is."""
        live = self._workspaces.need(request.id)
        await self._workspaces.hold(live, caller.peer)
        pull = live.pull = _after(live, request, time.monotonic())
        while (delay := pull.due - time.monotonic()) > 0 and not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stopping.wait()
        if self._stopping.is_set():
            raise ShuttingDown("The daemon is stopping; ask again")
        if self._workspaces.need(request.id).holder != caller.peer:
            raise NotAllowed(f"Another one holds workspace {request.id} by now", id=request.id)
        live.pull = pull.ask(time.monotonic())
        return m.Due(deadline_ms=round(ANSWER_SECONDS * 1000)), ()

    async def workspace_replace(
        self, request: m.WorkspaceReplace, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """A whole document."""
        live = self._workspaces.held(request.id, caller)
        placed, _ = await self._incoming.of_files(request.files, payload, live.row.format)
        if request.since is not None:
            live = await self._continuing.own(live, placed, request.since) or live
        async with live.snapping, live.lock:
            caller.wish.check()
            self._workspaces.need(live.row.id.hex())
            if not self._is_at(live.row, placed):
                form, size_bytes = self._documents.content.form(live.row.format), placed.document.size_bytes
                read = self._documents.content.reading_placed
                parts = (await self._documents.at_once_if_small(size_bytes, read, placed, form)).parts
                if await self._differs(live, form, parts):
                    await self._replace(live, placed, parts)
            return self._workspaces.state(live), ()

    def _is_at(self, row: Workspace, placed: Placed) -> bool:
        """Whether it has this very document."""
        newest = row.base if row.changed == row.saved_at else row.autosave if row.changed == row.autosaved_at else None
        return (
            newest is not None
            and self._sessions.catalog.reader.need_snapshot(newest).document == placed.document.id
        )

    async def _differs(self, live: Live, form: Format, parts: Sequence[Part]) -> bool:
        """Whether its application would see a difference."""
        if live.row.ground is None and not live.listing:
            return True
        before = await self._contents.parts(self._contents.copy(live))
        return bool(await self._documents.in_thread(diff.changes, form, before, parts))

    async def _replace(self, live: Live, placed: Placed, parts: Sequence[Part]) -> None:
        """With both locks held."""
        row, document, listing = live.row, placed.document, listing_of(parts)
        origin = (row.base,) if row.base is not None else ()
        snapshot = self._sessions.snapshot(
            row.session, document.id, document.size_bytes, origin, "autosaved", row.author
        )
        now = max(snapshot.time, row.changed + 1)
        after = row.but(
            changed=now, autosaved_at=now, unsaved=None, left=None, autosave=snapshot.id, whole=snapshot.id,
            listing=packed(listing),
        )  # fmt: skip

        def work(tx: Transaction) -> None:
            self._sessions.keep(tx, placed, snapshot)
            self._sessions.tell_of(tx, after, "autosaved", "", snapshot.id)
            tx.drop_workspace_contents(row.id)
            tx.put_workspace(after)

        await self._sessions.catalog.commit(work)
        live.renew(after, listing)


def _after(live: Live, request: m.WorkspaceDue, now: float) -> Pull:
    """What its holder said of the last time."""
    every_seconds = live.autosave.pace.ceiling_seconds if request.every_ms is None else request.every_ms / 1000
    if live.pull is None:
        return Pull(due=now)
    if request.problem:
        return live.pull.failed(now, every_seconds, request.problem)
    return live.pull.answered(now, every_seconds)
