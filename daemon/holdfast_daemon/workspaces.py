"""Workspaces: what running applications hand over as it changes, durable with each answer, and what becomes of it.

Each has a row and the content of the parts that were put; the rest is the snapshot that it began from. A workspace is
held by a connection. When that ends it is *left*: kept, with a snapshot, until somebody saves, resumes or discards it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial

from holdfast_daemon import listing as parts_of
from holdfast_daemon import naming
from holdfast_daemon.aside import Journal, Record
from holdfast_daemon.autosave import LONGEST_RETRY_SECONDS, Autosave, Pace
from holdfast_daemon.content import Placed
from holdfast_daemon.documents import Documents, new_part
from holdfast_daemon.incoming import Incoming
from holdfast_daemon.listing import Entry, Listing
from holdfast_daemon.live import Contents, Live, changed_keys, part_row, spliced, whole
from holdfast_daemon.order import Order
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Session, Workspace, WorkspaceContent, new_id
from holdfast_daemon.worst import Worst
from holdfast_protocol import messages as m
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import BadField, Exists, HoldfastError, NoSpace, NotFound, Unreadable
from holdfast_protocol.model import Ref, UnsavedRow, WorkspaceRow
from holdfast_protocol.names import check_application, check_name

#: How long after a start an application may take to come back for its workspace.
GRACE_SECONDS = 10.0
ASIDE_BYTES = 64 << 20  # kept in memory for a workspace while the store fails

_log = logging.getLogger("holdfast.workspaces")


class Workspaces:
    """For the loop only: the verbs, the autosaves, and who holds what."""

    def __init__(
        self, sessions: Sessions, saving: Saving, documents: Documents, incoming: Incoming, journal: Journal,
        pace: Callable[[str], Pace],
    ) -> None:  # fmt: skip
        """``pace``: that of an application."""
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._clock = sessions.clock
        self._saving = saving
        self._documents = documents
        self._incoming = incoming
        self._contents = Contents(sessions.catalog, documents)
        self._journal = journal
        self._pace = pace
        self._live: dict[bytes, Live] = {}
        #: How long what was handed over was not durable, and how long it was in no snapshot.
        self.loss_window = Worst(time.monotonic)
        self._unsaved_window = Worst(time.monotonic)
        self._awake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._driver: asyncio.Task[None] | None = None

    # The life of all of them.

    def start(self) -> None:
        """What was there when the daemon ended is there again; who does not come back for it has left."""
        kept_aside = self._journal.records()
        for row in self._catalog.reader.workspaces():
            live = self._live[row.id] = self._contents.found(row, Autosave(self._pace(row.app)), kept_aside)
            if live.row.unsaved is not None:
                live.autosave = live.autosave.changed(time.monotonic()).flush(time.monotonic())
        loop = asyncio.get_running_loop()
        if self._live:
            self._journal.make()
        loop.call_later(GRACE_SECONDS, self._end_grace)
        self._driver = loop.create_task(self._drive())

    async def stop(self) -> None:
        """Everything unsaved is in a snapshot."""
        if self._driver is not None:
            self._driver.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        for live in [*self._live.values()]:
            await self._try_snapshot(live)
        self._journal.close()

    async def flush(self) -> None:
        """What is unsaved now is in a snapshot, where that can be made."""
        for live in [*self._live.values()]:
            if live.row.unsaved is not None:
                await self._try_snapshot(live)

    def holders(self) -> set[bytes]:
        """The connections that hold one."""
        return {live.holder for live in self._live.values() if live.holder}

    def gone(self, peer: bytes) -> None:
        """A connection ended."""
        for live in self._live.values():
            if live.holder == peer:
                live.hold(b"")
                self._later(self._leave_sometime(live))

    @property
    def problems(self) -> list[str]:
        """For people: what is unsaved for longer than was promised, and who does not give its state; and why."""
        now = time.monotonic()
        late = [live.overdue(now) for live in self._live.values() if live.autosave.is_late(now) or live.problem]
        unanswered = [
            f"{live.title}: its application has not given its state for {now - since:.0f} s"
            f"{': ' + live.pull.problem if live.pull.problem else ''}"
            for live in self._live.values()
            if live.pull is not None and (since := live.pull.unanswered_since(now)) is not None
        ]
        return [*(live.set_aside for live in self._live.values() if live.aside), *late, *unanswered]

    def unsaved_rows(self, limit: int) -> list[UnsavedRow]:
        """Those that no snapshot has whole, the oldest first."""
        now = self._clock()
        rows = [(live.row.unsaved, live.row) for live in self._live.values() if live.row.unsaved is not None]
        return [
            UnsavedRow(
                workspace=row.id.hex(), app=row.app, name=row.name, since=since, age_ms=max(0, now - since) // 10**6
            )
            for since, row in sorted(rows, key=lambda each: each[0])[:limit]
        ]

    @property
    def unsaved_bound_ms(self) -> int:
        """The longest that a change of any of them is to be in no snapshot."""
        paces = [self._pace(live.row.app) for live in self._live.values()] or [self._pace("")]
        return round(1000 * max(pace.ceiling_seconds for pace in paces))

    @property
    def unsaved_window_ms(self) -> int:
        """The longest that one was in none, in the last hour."""
        now = self._clock()
        ages = [now - live.row.unsaved for live in self._live.values() if live.row.unsaved is not None]
        return max(self._unsaved_window.milliseconds, *(age // 10**6 for age in ages), 0)

    @property
    def unsaved(self) -> int | None:
        """When the oldest change came that no snapshot has, UTC nanoseconds."""
        return min((live.row.unsaved for live in self._live.values() if live.row.unsaved is not None), default=None)

    def __len__(self) -> int:
        return len(self._live)

    def _end_grace(self) -> None:
        for live in self._live.values():
            if not live.holder and live.row.left is None:
                self._later(self._leave_sometime(live))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Autosaves.

    def repace(self) -> None:
        """The pace of applications has changed."""
        for live in self._live.values():
            live.autosave = replace(live.autosave, pace=self._pace(live.row.app))
        self._awake.set()

    async def _drive(self) -> None:
        """Makes each snapshot when it is due."""
        while True:
            self._awake.clear()
            due = [(moment, key) for key, live in self._live.items() if (moment := live.autosave.due()) is not None]
            delay = max(0.0, min(due)[0] - time.monotonic()) if due else None
            if delay != 0.0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self._awake.wait()
                continue
            await self._try_snapshot(self._live[min(due)[1]])

    async def _try_snapshot(self, live: Live) -> None:
        try:
            await self._snapshot(live)
        except Exception as problem:  # it is due again a little later, and said until then
            live.problem = problem.sentence if isinstance(problem, HoldfastError) else repr(problem)
            _log.warning("No snapshot of workspace %s: %s", live.row.id.hex()[:12], live.problem)

    async def _snapshot(self, live: Live) -> bytes | None:
        """Makes sure that what the workspace has is in a snapshot; its id, None where the session's head has it all."""
        async with live.snapping:
            async with live.lock:
                if live.aside:
                    await self._commit(live, live.row)
                if live.is_kept:
                    return None if live.is_saved else live.row.autosave
                copy, live.first_after = self._contents.copy(live), None
                live.autosave = live.autosave.began()
            try:
                placed, live.problem = await self._contents.any_document(copy)
                async with live.lock:
                    await self._autosaved(live, copy.row.changed, placed)
            except BaseException:
                if live.autosave.under_way is not None:  # nobody saved it meanwhile
                    live.autosave = live.autosave.failed(time.monotonic())
                raise
            live.autosave = live.autosave.ended()
            return live.row.autosave

    async def _autosaved(self, live: Live, changed: int, placed: Placed) -> None:
        """With the lock held. ``changed``: that of the state that the document is of."""
        row, reader = live.row, self._catalog.reader
        if row.saved_at >= changed or row.id not in self._live:
            return  # somebody saved it meanwhile, or it has ended
        newest = row.autosave or row.base
        snapshot = None
        if newest is None or reader.need_snapshot(newest).document != placed.document.id:
            base = (row.base,) if row.base is not None else ()
            snapshot = self._sessions.snapshot(
                row.session, placed.document.id, placed.document.size_bytes, base, "autosaved", row.author
            )
        after = row.but(
            autosaved_at=changed, unsaved=live.first_after, autosave=snapshot.id if snapshot else row.autosave
        )

        def work(tx: Transaction) -> None:
            if snapshot is not None:
                self._sessions.keep(tx, placed, snapshot)
                self._sessions.tell_of(tx, after, "autosaved", "", snapshot.id)

        await self._commit(live, after, work)
        if row.unsaved is not None:
            self._unsaved_window.note((self._clock() - row.unsaved) / 1e9)

    async def _leave_sometime(self, live: Live) -> None:
        """Now, or once the store can be written."""
        try:
            await self._leave(live)
        except HoldfastError as problem:
            _log.warning("Workspace %s is not left yet: %s", live.row.id.hex()[:12], problem.sentence)
            again = partial(self._leave_sometime, live)
            asyncio.get_running_loop().call_later(LONGEST_RETRY_SECONDS, lambda: self._later(again()))

    async def _leave(self, live: Live) -> None:
        """Nobody holds it."""
        await self._try_snapshot(live)
        async with live.lock:
            if live.holder or live.row.id not in self._live:
                return
            if live.is_saved:
                await self.end(live)
                return
            after = live.row.but(left=self._clock())

            def work(tx: Transaction) -> None:
                self._sessions.tell_of(tx, after, "workspace-left", after.id.hex(), after.autosave)

            await self._commit(live, after, work)

    async def end(self, live: Live) -> None:
        """It is there no longer. With the lock held."""
        await self._catalog.commit(lambda tx: tx.drop_workspace(live.row.id))
        self.drop(live.row.id)

    # The verbs.

    async def workspace_open(
        self, request: m.WorkspaceOpen, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """One that is, or a new one."""
        repeated = self._sessions.answered(self._catalog.reader, caller, m.WorkspaceState)
        if repeated is None:
            caller.wish.check()
        if request.id is not None or repeated is not None:
            live = self.need(request.id or (repeated.workspace.id if repeated else ""))
            await self.hold(live, caller.peer)
            return self.state(live), ()
        live = await self._new(request, caller)

        def work(tx: Transaction) -> m.WorkspaceState:
            tx.put_workspace(live.row)
            return self.state(live)

        reply = await self._sessions.commit(caller, m.WorkspaceState, lambda: work)
        self._live[live.row.id] = live
        await asyncio.to_thread(self._journal.make)
        return reply, ()

    async def _new(self, request: m.WorkspaceOpen, caller: Caller) -> Live:
        reader = self._catalog.reader
        app = request.app
        if app is None:
            app = naming.find_session(reader, Ref(name=request.name, folder=request.folder), deleted=False).app
        check_application(app)
        folder = naming.find_folder(reader, app, request.name, request.folder)
        session = reader.session_named(app, request.name, folder)
        if session is None:
            check_name(request.name)
            form = self._documents.content.own_form(request.format or app)
            if form is None and request.format is not None:
                raise BadField(f"format: there is no format {request.format}", field="format")
            form = form or self._documents.content.form("parts")
        else:
            form = self._documents.content.form(session.format)
        now = self._clock()
        row = Workspace(
            id=new_id(), app=app, folder=folder, name=request.name, format=form.app,
            session=session.id if session else new_id(), revision=session.revision if session else 0,
            base=session.head if session else None, author=caller.author, created=now, changed=now,
            listing=parts_of.packed(()), saved_at=now, autosaved_at=now,
        )  # fmt: skip
        listing = await self.listing(row)
        return Live(row.but(listing=parts_of.packed(listing)), listing, Autosave(self._pace(app)), caller.peer)

    async def workspace_put(self, request: m.WorkspacePut, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A part's content, whole or in part."""
        live = self.held(request.id, caller)
        async with live.lock:
            caller.wish.check()
            (content,) = await self._incoming.parts_in([request.source], payload)
            try:
                old: Entry | None = parts_of.find(live.listing, request.source.part)
            except NotFound:
                old = None
            kept = self._contents.put(live, old.key) if old and old.base is None else None
            if request.of is not None:
                if kept is not None and kept.request == caller.id and old is not None:
                    return self._part(live, old, kept), ()
                content = await self._patched(live, old, request, content)
            if old is None:
                form = self._documents.content.form(live.row.format)
                made = new_part(form, request.source.part, content, parts_of.stubs(live.listing))
                new, content = Entry(made.key, made.name, made.kind, len(made.content)), made.content
            else:
                new = old._replace(size_bytes=len(content), base=None)
            if kept is None or kept.hash != hash_of(content):
                kept = whole(live.row.id, new.key, content, caller.id)
                await self._change(live, parts_of.put(live.listing, new), kept)
            self._incoming.fulfilled(caller.peer, [request.source], payload)
            return self._part(live, new, kept), ()

    async def _patched(self, live: Live, entry: Entry | None, request: m.WorkspacePut, piece: bytes) -> bytes:
        if entry is None:
            raise NotFound(f"There is no part {request.source.part}", part=request.source.part)
        before = await self._contents.of_part(live, entry)
        if hash_of(before) != request.of:
            raise Exists(f"Part {entry.key} has another content than the patch starts from", part=entry.key)
        if not request.start <= request.end <= len(before):
            raise BadField("end: it must lie behind start, and in the content", field="end")
        return spliced(before, request.start, request.end, piece)

    async def workspace_remove(
        self, request: m.WorkspaceRemove, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """A part."""
        return await self._arrange(request.id, caller, lambda listing: parts_of.without(listing, request.part))

    async def workspace_rename(
        self, request: m.WorkspaceRename, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """A part."""
        return await self._arrange(
            request.id, caller, lambda listing: parts_of.renamed(listing, request.part, request.name)
        )

    async def workspace_reorder(
        self, request: m.WorkspaceReorder, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """All parts."""
        return await self._arrange(request.id, caller, lambda listing: parts_of.reordered(listing, request.keys))

    async def _arrange(self, identity: str, caller: Caller, change: Callable[[Listing], Listing]) -> Answer:
        live = self.held(identity, caller)
        async with live.lock:
            caller.wish.check()
            listing = change(live.listing)
            if listing != live.listing:
                await self._change(live, listing)
            return self.state(live), ()

    async def _change(self, live: Live, listing: Listing, put: WorkspaceContent | None = None) -> None:
        """One more change, durable. With the lock held. Raises NotFound where it has ended meanwhile."""
        self.need(live.row.id.hex())
        began = time.monotonic()
        now, was = max(self._clock(), live.row.changed + 1), live.row.listing
        row = live.row.but(changed=now, unsaved=live.row.unsaved or now, left=None, listing=parts_of.packed(listing))
        gone = changed_keys(live.listing, listing)
        try:
            keep = await self._contents.kept(put) if put is not None else None

            def work(tx: Transaction) -> None:
                if gone:
                    tx.drop_workspace_contents(row.id, gone)
                if keep is not None:
                    keep(tx)

            await self._commit(live, row, work, touched=row.listing == was)
        except (NoSpace, Unreadable) as problem:
            await self._keep_aside(live, row, put, gone, problem.sentence)
        self.loss_window.note(time.monotonic() - began)
        live.listing, live.first_after = listing, live.first_after or now
        live.autosave = live.autosave.changed(time.monotonic())
        self._awake.set()

    async def _commit(
        self, live: Live, row: Workspace, work: Callable[[Transaction], None] = lambda _: None, *, touched: bool = False
    ) -> None:
        """The row, what ``work`` does, and what the store has not taken until now. With the lock held. ``touched``:
        that is the only difference of the row."""

        def all_of_it(tx: Transaction) -> None:
            if touched and not live.aside:
                tx.touch_workspace(row.id, row.changed, row.unsaved)
            else:
                live.stored(tx, row)
            work(tx)

        await self._catalog.commit(all_of_it)
        live.row = row
        if live.aside:
            live.aside = {}
            if not any(each.aside for each in self._live.values()):
                await asyncio.to_thread(self._journal.reset)

    async def _keep_aside(
        self, live: Live, row: Workspace, put: WorkspaceContent | None, gone: Sequence[str], reason: str
    ) -> None:
        """The store does not take a change: it is on the journal, or in memory alone, and the application is told."""
        aside = live.aside | dict.fromkeys(gone) | ({put.key: put} if put is not None else {})
        if sum(each.size_bytes for each in aside.values() if each is not None) > ASIDE_BYTES:
            raise NoSpace(f"{reason}; no more than {ASIDE_BYTES >> 20} MB are kept in memory", reason=reason)
        record = Record(row, [put] if put is not None else [], [*gone])
        where = "beside it" if await asyncio.to_thread(self._journal.keep, record) else "in memory alone"
        live.row, live.aside = row, aside
        live.set_aside = f"What {row.app}/{row.name} has unsaved is kept {where}: {reason}"

    async def workspace_cat(self, request: m.WorkspaceCat, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A window of a part."""
        live = self.need(request.id)
        async with live.lock:
            content = await self._contents.of_part(live, parts_of.find(live.listing, request.part))
        window = content[request.offset : request.offset + min(request.length, m.LIMITS["window_bytes"])]
        return m.WorkspaceContent(size_bytes=len(content), hash=hash_of(content)), (window,)

    async def save(self, request: m.WorkspaceSave, caller: Caller) -> m.Saved:
        """The state becomes the head."""
        repeated = self._sessions.answered(self._catalog.reader, caller, m.Saved)
        if repeated is not None:
            return repeated
        live = self.held(request.id, caller)
        async with live.lock:
            row = self.need(live.row.id.hex()).row
            is_other = request.name not in (None, row.name)
            if request.name is not None and is_other:
                check_name(request.name)
            placed, form = await self._contents.document(self._contents.copy(live))
            known = self._catalog.reader.session(row.session) is not None
            order = Order(
                app=row.app, name=request.name or row.name, folder=row.folder, placed=placed, form=form,
                message=request.message, accept=request.accept, new=is_other, base=None if is_other else row.base,
                session=row.session if known and not is_other else None,
                continues=None if is_other else row.session, identity=None if known or is_other else row.session,
            )  # fmt: skip

            def along(tx: Transaction, saved: m.Saved) -> None:
                if request.end and saved.outcome != "suspect":
                    tx.drop_workspace(row.id)
                    self._sessions.tell_of(tx, row, "workspace-ended", "saved", row.autosave)

            saved = await self._saving.save(order, caller, along)
            if saved.outcome != "suspect":
                if request.end:
                    self.drop(row.id)
                else:
                    await self._go_on(live, saved)
            return saved

    async def _go_on(self, live: Live, saved: m.Saved) -> None:
        """From what was saved; with the lock held."""
        reader, session = self._catalog.reader, saved.session
        base = bytes.fromhex(saved.snapshot)
        if saved.outcome == "merged":  # the application does not have what the others did
            base = reader.need_snapshot(base).parents[1]
        after = live.row.but(
            name=session.name, folder=session.folder, format=session.format, session=bytes.fromhex(session.id),
            revision=session.revision, base=base, saved_at=live.row.changed, autosaved_at=live.row.changed,
            unsaved=None, whole=None,
        )  # fmt: skip
        listing = await self.listing(after)
        after = after.but(listing=parts_of.packed(listing))

        def work(tx: Transaction) -> None:
            tx.drop_workspace_contents(after.id)
            tx.put_workspace(after)

        await self._catalog.commit(work)
        live.renew(after, listing)

    async def workspace_leave(
        self, request: m.WorkspaceLeave, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """By its application, in good order."""
        live = self.need(request.id)
        live.hold(b"")
        await self._leave(live)
        snapshot = live.row.autosave if not live.is_saved else None
        ended = live.row.id not in self._live
        return m.WorkspaceEnded(ended=ended, snapshot=snapshot.hex() if snapshot else None), ()

    async def workspace_list(
        self, request: m.WorkspaceList, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """Changed last first."""
        return m.Workspaces(rows=[self._row(live) for live in self.newest(request.app)]), ()

    async def last(self, request: m.Last, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """What to go on with."""
        left = [live for live in self.newest(request.app) if not live.holder and not live.is_saved]
        sessions = self._catalog.reader.sessions_page(m.List(app=request.app), 1)
        return m.LastState(
            workspace=self._row(left[0]) if left else None, session=sessions[0].session.row() if sessions else None
        ), ()

    # What they share.

    def newest(self, app: str | None) -> list[Live]:
        """Those of an application, or all; changed last first."""
        fitting = [live for live in self._live.values() if app in (None, live.row.app)]
        return sorted(fitting, key=lambda live: -live.row.changed)

    @contextlib.asynccontextmanager
    async def all_kept(self, live: Live) -> AsyncIterator[bytes | None]:
        """With the lock held: the snapshot that has everything; None where the session's head does."""
        while True:
            snapshot = await self._snapshot(live)
            async with live.lock:
                self.need(live.row.id.hex())
                if live.is_kept:
                    yield snapshot
                    return

    async def listing(self, row: Workspace) -> Listing:
        """That of what it began from."""
        return parts_of.listing_of(await self._contents.ground(row))

    def get(self, identity: bytes) -> Live | None:
        """The one of that id, if it is there."""
        return self._live.get(identity)

    async def hold(self, live: Live, peer: bytes) -> None:
        """``peer`` does from now on, whoever did before."""
        live.hold(peer)
        if live.row.left is not None:
            async with live.lock:
                if live.row.id in self._live:
                    await self._commit(live, live.row.but(left=None))

    async def take(self, live: Live, peer: bytes) -> bool:
        """``peer`` holds it from now on; False where somebody else does, or where it has ended."""
        if live.holder or live.row.id not in self._live:
            return False
        await self.hold(live, peer)
        return True

    def put(self, row: Workspace, listing: Listing) -> None:
        """One that nobody holds is there from now on."""
        self._live[row.id] = Live(row, listing, Autosave(self._pace(row.app)))

    def drop(self, identity: bytes) -> None:
        """It is there no longer."""
        self._live.pop(identity, None)

    def need(self, identity: str) -> Live:
        """The one of that id, in hexadecimal digits. Raises NotFound, BadField."""
        try:
            live = self._live.get(bytes.fromhex(identity))
        except ValueError as problem:
            raise BadField("id: 32 hexadecimal digits are expected", field="id") from problem
        if live is None:
            raise NotFound(f"There is no workspace {identity}", id=identity)
        return live

    def held(self, identity: str, caller: Caller) -> Live:
        """Whoever changes it holds it."""
        live = self.need(identity)
        live.hold(caller.peer)
        return live

    def session(self, live: Live) -> Session | None:
        """The one that it is of, if it is there, or was."""
        return self._catalog.reader.session(live.row.session)

    def _row(self, live: Live) -> WorkspaceRow:
        session, now = self.session(live), time.monotonic()
        since = live.pull.unanswered_since(now) if live.pull is not None else None
        unanswered = None if since is None else self._clock() - round((now - since) * 1e9)
        return live.shown(session is not None and session.revision != live.row.revision, unanswered)

    def state(self, live: Live) -> m.WorkspaceState:
        """As it is answered."""
        warnings = live.warnings(time.monotonic())
        return m.WorkspaceState(workspace=self._row(live), parts=live.part_rows(), warnings=warnings)

    def _part(self, live: Live, entry: Entry, content: WorkspaceContent) -> m.WorkspacePart:
        warnings = live.warnings(time.monotonic())
        return m.WorkspacePart(part=part_row(entry), hash=content.hash, warnings=warnings)
