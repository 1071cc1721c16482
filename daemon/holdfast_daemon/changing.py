"""The verbs that change the store: one method each. A request that was done before gets its first answer again."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from holdfast_daemon import naming, remarks
from holdfast_daemon.deadlines import Wish, left
from holdfast_daemon.documents import Documents
from holdfast_daemon.formats.base import Format
from holdfast_daemon.incoming import Incoming
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.order import Order
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.pins import Pins
from holdfast_daemon.pruning import Pruning, check_free
from holdfast_daemon.reloading import GIVEN_UP, Reloading
from holdfast_daemon.restoring import Restoring
from holdfast_daemon.reversing import rows_with
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.nouns import Session
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol import messages as m
from holdfast_protocol.errors import BadField, Busy, Damaged, NotFound, TooLarge
from holdfast_protocol.model import SessionRow
from holdfast_protocol.names import check_application, check_label, check_name, check_note, check_tag

AGAIN_SECONDS = 0.05

ReplyType = TypeVar("ReplyType", bound=m.Reply)
Shown = TypeVar("Shown", m.Saved, m.Changed, m.Undone, m.Batched)


class Showing(Protocol):
    """Tells when a file is as it should be."""

    async def published(self, label: str, path: bytes, seconds: float) -> str | None:
        """Once the path shows what was wanted at this moment, or cannot, or that time is over: why it does not."""
        ...


class Changing:
    """Each method is done once per request id, and answered when its change is durable or, if asked, visible."""

    def __init__(
        self, sessions: Sessions, saving: Saving, lifecycle: Lifecycle, showing: Showing, documents: Documents,
        incoming: Incoming, workspaces: Workspaces, reloading: Reloading, pruning: Pruning,
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._clock = sessions.clock
        self._saving = saving
        self._lifecycle = lifecycle
        self._showing = showing
        self._documents = documents
        self._content = documents.content
        self._incoming = incoming
        self._workspaces = workspaces
        self._reloading = reloading
        self._pins = Pins(sessions)
        self._pruning = pruning
        self._restoring = Restoring(sessions, saving, lifecycle, documents)

    async def save(self, request: m.Save, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A document, or parts of one, becomes the head."""
        check_application(request.app)
        for tag in request.tags:
            check_tag(tag)
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return await self._warned(repeated, losses=True), ()
        continues = _identity(request.session)
        folder = self._folder_of(request, continues)
        started_from = self._saving.base_of(request.app, request.name, folder, request.expect, continues)
        if request.parts and not request.files:
            placed, form = await self._incoming.of_parts(request, payload, started_from, folder)
        else:
            placed, form = await self._incoming.of_files(request.files, payload, request.app)
        order = Order(
            app=request.app, name=request.name, folder=folder, placed=placed, form=form, base=started_from,
            message=request.message, new=request.new, accept=request.accept, tags=tuple(request.tags),
            continues=continues,
        )  # fmt: skip
        saved = await self._warned(await self._saving.save(order, caller), losses=True)
        self._incoming.fulfilled(caller.peer, [*request.files, *request.parts], payload)
        return await self._shown(saved, saved.session, request.published, deadline), ()

    async def import_document(self, request: m.Import, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A document becomes a new session."""
        for name in (request.name, *(request.other_names or ())):
            check_name(name)
        if request.app is not None:
            check_application(request.app)
        _check_taken_along(request)
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return await self._warned(repeated, losses=False, recognised=request.app is None), ()
        said = "" if request.recognised else request.app or ""
        placed, form = await self._incoming.of_files(request.files, payload, said, request.suffix)
        if request.recognised:
            await self._incoming.recognising.check(placed, form, request.suffix, request.app)
        before = [
            await self._incoming.before(each, payload, f"history[{number}]")
            for number, each in enumerate(request.history)
        ]
        order = Order(
            app=request.app or form.app, name=request.name, placed=placed, form=form, cause="imported", new=True,
            message=request.message, tags=tuple(request.tags), note=request.note, pins=tuple(request.pins),
            before=tuple(before), unless_known=request.unless_known,
            other_names=None if request.other_names is None else tuple(request.other_names),
        )  # fmt: skip
        saved = await self._saving.save(order, caller)
        sources = [*request.files, *(source for each in request.history for source in each.files)]
        self._incoming.fulfilled(caller.peer, sources, payload)
        saved = await self._warned(saved, losses=False, recognised=request.app is None)
        return await self._shown(saved, saved.session, request.published, deadline), ()

    async def restore(self, request: m.Restore, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """An older snapshot, or parts of it, becomes the head again, of its own session or of another."""
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return repeated, ()
        saved = await self._restoring.restore(request, caller)
        return await self._shown(saved, saved.session, request.published, deadline), ()

    async def accept(self, request: m.Accept, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A suspect becomes the head."""
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return repeated, ()
        reader = self._catalog.reader
        session = naming.find_session(reader, request.ref, deleted=False)
        if request.ref.snapshot == "latest":
            suspect = session.suspect or self._on_disk(session)
        else:
            suspect = naming.find_snapshot(reader, session, request.ref.snapshot, self._clock()).id
        if suspect is None:
            raise NotFound(f"{session.app}/{session.name} has nothing to accept: no suspect, and its head is on disk")
        saved = await self._lifecycle.accept(session.id, suspect, caller, request.expect)
        return await self._shown(saved, saved.session, request.published, deadline), ()

    async def rename(self, request: m.Rename, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Another name; the visible file moves."""
        check_name(request.name)
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return self._named(repeated), ()
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        changed = self._named(await self._lifecycle.rename(session.id, request.name, caller, request.expect))
        changed = await self._shown(changed, session, request.published, deadline)
        return await self._shown(changed, changed.session, request.published, deadline), ()

    async def copy(self, request: m.Copy, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A new session that begins with a snapshot of another."""
        check_name(request.name)
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        app = request.app or named.session.app
        check_application(app)
        changed = await self._lifecycle.copy(named.snapshot, app, request.name, caller)
        return await self._shown(changed, changed.session, request.published, deadline), ()

    async def tag(self, request: m.Tag, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Other tags."""
        for tag in request.add:
            check_tag(tag)
        if not request.add and not request.remove:
            raise BadField("add: a tag to add or to remove is expected", field="add")
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        return await self._lifecycle.tag(session.id, request.add, request.remove, caller, request.expect), ()

    async def template(self, request: m.Template, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A template, or none any more."""
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        return await self._lifecycle.template(session.id, request.on, caller, request.expect), ()

    async def archive(self, request: m.Archive, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Out of the ordinary list, and of the folder."""
        return await self._archived(request, True, caller, deadline), ()

    async def unarchive(self, request: m.Unarchive, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Back again."""
        return await self._archived(request, False, caller, deadline), ()

    async def _archived(self, request: m.Archive | m.Unarchive, on: bool, caller: Caller, deadline: float) -> m.Changed:
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        changed = await self._lifecycle.archive(session.id, on, caller, request.expect)
        changed = await self._shown(changed, session, request.published, deadline)
        return await self._shown(changed, changed.session, request.published, deadline)

    async def note(self, request: m.Note, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """What people write about a session."""
        reader = self._catalog.reader
        if request.text is None:
            session = naming.find_session(reader, request.ref)
            return m.Noted(session=session.row(), text=reader.note(session.id)), ()
        check_note(request.text)
        repeated = self._repeated(caller, m.Noted)
        if repeated is not None:
            return repeated, ()
        session = naming.find_session(reader, request.ref, deleted=False)
        return await self._lifecycle.note(session.id, request.text, caller, request.expect), ()

    async def pin(self, request: m.Pin, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A label for a snapshot, or it goes."""
        if request.label:
            check_label(request.label)
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        change = self._pins.put_on if request.on else self._pins.take_off
        return await change(named, request.label, caller, request.expect), ()

    async def new(self, request: m.New, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A new session that begins as another one emptied."""
        check_name(request.name)
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return await self._warned(repeated, losses=False), ()
        named = naming.find(self._catalog.reader, request.clear, self._clock())
        app = request.app or named.session.app
        check_application(app)
        form, own = self._content.form(named.session.format), self._content.own_form(app)
        if own is not None and own is not form:
            raise BadField(f"app: a document of {form.app} is no session of {app}", field="app")
        document = self._documents.stored(named.snapshot.document)
        placed = await self._documents.place(await self._documents.cleared(form, document, request.keep))
        order = Order(
            app=app, name=request.name, placed=placed, form=form, new=True,
            message=f"{named.session.app}/{named.session.name} cleared",
        )  # fmt: skip
        saved = await self._warned(await self._saving.save(order, caller), losses=False)
        return await self._shown(saved, saved.session, request.published, deadline), ()

    async def workspace_save(
        self, request: m.WorkspaceSave, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:  # fmt: skip
        """A workspace's state becomes a head."""
        saved = await self._warned(await self._workspaces.save(request, caller), losses=True)
        return await self._shown(saved, saved.session, request.published, deadline), ()

    async def delete(self, request: m.Delete, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """The session leaves the list, and its file the folder."""
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        changed = await self._lifecycle.delete(session.id, caller, request.expect)
        return await self._shown(changed, session, request.published, deadline), ()

    async def purge(self, request: m.Purge, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """The session and its history are gone for good: first its file, then the rest."""
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        session = naming.find_session(self._catalog.reader, request.ref)
        check_free(self._catalog.reader, session)
        if not session.deleted:
            await self._lifecycle.delete(session.id, Caller(caller.author, wish=caller.wish), request.expect)
            caller = replace(caller, wish=Wish())  # begun: from here on it is not too late
        while True:
            is_shown = self._catalog.reader.is_pending(session.id)
            reason = await self._showing.published(session.folder, session.path, left(deadline)) if is_shown else None
            if reason is not None:
                said = f"{session.app}/{session.name} is deleted, and can be purged when its file is gone"
                raise Busy(f"{reason}; {said}")
            try:
                return await self._pruning.purge(session.id, request.expect, caller), ()
            except Busy:  # what was on its way to its file when it was deleted has just come there
                if left(deadline) < 2 * AGAIN_SECONDS:
                    raise
                await asyncio.sleep(AGAIN_SECONDS)

    async def undo(self, request: m.Undo, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """An operation is reversed."""
        repeated = self._repeated(caller, m.Undone)
        if repeated is not None:
            return repeated, ()
        operation = self._lifecycle.undoable(self._catalog.reader, request.number, caller)
        if operation.type in GIVEN_UP:
            return await self._reloading.undo(operation, request.expect, caller), ()
        undone = await self._lifecycle.undo(operation.number, caller, request.expect)
        if not request.published:
            return undone, ()
        reader = self._catalog.reader
        done = reader.operation(undone.operation)
        for each in rows_with(reader, done) if done is not None else ():
            session = reader.session(each.session) if each.session is not None else None
            if session is not None:
                undone = await self._shown(undone, session, True, deadline)
        return undone, ()

    def _repeated(self, caller: Caller, kind: type[ReplyType]) -> ReplyType | None:
        """The first answer to this request, where it was done before."""
        return self._sessions.answered(self._catalog.reader, caller, kind)

    async def _warned(self, saved: m.Saved, *, losses: bool, recognised: bool = False) -> m.Saved:
        """The answer with what people should know of its document: the same for a repeated one, which has none yet.
        ``recognised``: its application was to be found out."""
        form = self._content.form(saved.session.format)
        own = self._content.own_form(saved.session.app)
        strange = remarks.of_recognition(form) if recognised else remarks.of_format(own, form)
        if not form.warns and not strange:
            return saved
        warnings = [*saved.warnings, *strange, *await self._warnings_of(saved, form, losses)]
        return m.Saved(**{**_fields(saved), "warnings": warnings})

    async def _warnings_of(self, saved: m.Saved, form: Format, losses: bool) -> list[str]:
        warnings: list[str] = []
        try:
            document = self._catalog.reader.document_of(bytes.fromhex(saved.snapshot))
        except NotFound:  # a repeated answer, of what was pruned since
            return warnings
        with contextlib.suppress(Damaged, TooLarge):
            reading = await self._documents.read(document, form)
            warnings += reading.warnings
            if losses:
                size_bytes = document.size_bytes
                warnings += await self._documents.at_once_if_small(size_bytes, remarks.of_parts, form, reading.parts)
        return [*warnings, *remarks.of_name(form, saved.session.path, is_folder=document.is_folder)]

    def _named(self, changed: m.Changed) -> m.Changed:
        """The answer with what people should know of the session's name."""
        form = self._content.form(changed.session.format)
        if not form.warns or changed.session.head is None:
            return changed
        head = self._catalog.reader.snapshot(bytes.fromhex(changed.session.head))
        if head is None:  # a repeated answer, of what was pruned since
            return changed
        document = self._catalog.reader.document(head.document)
        warnings = remarks.of_name(form, changed.session.path, is_folder=document.is_folder)
        return m.Changed(**{**_fields(changed), "warnings": warnings})

    async def _shown(self, reply: Shown, session: Session | SessionRow, published: bool, deadline: float) -> Shown:
        """The answer once the visible file is as wanted, where that was asked; or with why it is not."""
        if not published:
            return reply
        return warned(reply, await self._showing.published(session.folder, session.path, left(deadline)))

    def _folder_of(self, request: m.Save, continues: bytes | None) -> str:
        """The folder of the session that is saved. Raises NotFound, Ambiguous, BadField, BadName."""
        reader, said = self._catalog.reader, request.folder
        known = reader.session(continues) if continues is not None and said is None else None
        if known is not None and (known.app, known.name, known.deleted) == (request.app, request.name, False):
            said = known.folder
        folder = naming.find_folder(reader, request.app, request.name, said)
        site = self._sessions.sites[folder]
        if site.app not in (None, request.app):
            raise BadField(f"folder: {folder} is a folder of {site.app}, not of {request.app}", field="folder")
        if reader.session_named(request.app, request.name, folder) is None:
            check_name(request.name)  # one that was found outside keeps the name it has
        return folder

    def _on_disk(self, session: Session) -> bytes | None:
        """The snapshot that lies on disk in place of a diverged session's head."""
        row = self._catalog.reader.visible(session.folder, session.path) if session.diverged else None
        return row.published if row is not None and row.published != session.head else None


def warned(reply: Shown, unshown: str | None) -> Shown:
    """The answer, with the reason why a file does not show it, if there is one."""
    if unshown is None:
        return reply
    said = f"{unshown}; the change is kept, and written once that can be"
    return type(reply)(**{**_fields(reply), "warnings": [*reply.warnings, said]})


def _check_taken_along(request: m.Import) -> None:
    """Raises BadName, BadField, TooLarge for what comes with a document."""
    for tag in request.tags:
        check_tag(tag)
    check_note(request.note)
    limit = m.LIMITS["changes_count"]
    if len(request.other_names or ()) > limit:
        raise BadField(f"other_names: {limit} at most are expected", field="other_names")
    if len(request.history) > limit:
        raise TooLarge(f"A history of {len(request.history)} snapshots; the limit is {limit}", limit=limit)
    labels = [*request.pins, *(label for each in request.history for label in each.pins)]
    for label in labels:
        check_label(label)
    if len(set(labels)) < len(labels):
        raise BadField("pins: two snapshots have the same label", field="pins")


def _identity(said: str | None) -> bytes | None:
    try:
        return None if said is None else bytes.fromhex(said)
    except ValueError as problem:
        raise BadField("session: 32 hexadecimal digits are expected", field="session") from problem


def _fields(reply: m.Reply) -> dict[str, Any]:
    return {name: getattr(reply, name) for name in reply.__struct_fields__}
