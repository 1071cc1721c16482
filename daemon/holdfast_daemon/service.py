"""One method per verb. ``quick`` ones are answered in the loop; ``slow`` ones may wait for the store or a thread."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from holdfast_daemon import diff, naming
from holdfast_daemon.answers import Answers
from holdfast_daemon.content import Content, Placed
from holdfast_daemon.folders import SessionsFolder
from holdfast_daemon.formats import base
from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.formats.registry import recognise
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.saving import Order, Saving
from holdfast_daemon.sessions import SESSIONS_FOLDER, Caller, Sessions
from holdfast_daemon.store.chunks import ChunkPlace
from holdfast_daemon.store.nouns import Session, StoredDocument, StoredFile, stored_document
from holdfast_daemon.store.reader import SORTS
from holdfast_protocol import codec, connection
from holdfast_protocol import messages as m
from holdfast_protocol.chunking import HASH_BYTES
from holdfast_protocol.errors import BadField, CannotHold, Damaged, NotFound, TooLarge, TooLate
from holdfast_protocol.model import FileRow, FileSource, OperationRow, PartRow
from holdfast_protocol.names import check_application, check_name, check_tag

Answer = tuple[m.Reply, Sequence[bytes]]
Quick = Callable[[Any, str], m.Reply | None]  # None: it takes the slow way after all
Slow = Callable[[Any, list[bytes], Caller, float], Awaitable[Answer]]
Value = TypeVar("Value")
Frames = list[bytes]
OperationRows = list[OperationRow]
Sources = list[FileSource]
Parts = list[Part]
Strings = list[str]
StoredFiles = list[StoredFile]
ChunkPlaces = list[ChunkPlace]
ReplyType = TypeVar("ReplyType", bound=m.Reply)

INLINE_BYTES = 64 * 1024  # what is hashed and read in the loop; more goes to a thread
CAPABILITIES = ["chunks", "events", "merge"]


class Service:
    """What each verb does, in terms of the rooms below."""

    def __init__(
        self, sessions: Sessions, saving: Saving, lifecycle: Lifecycle, content: Content, folder: SessionsFolder,
        formats: dict[str, Format], status: Callable[[], m.StatusReport], version: str, epoch: str,
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._saving = saving
        self._lifecycle = lifecycle
        self._content = content
        self._folder = folder
        self._formats = formats
        self._status = status
        self._version = version
        self._epoch = epoch
        self._answers = Answers()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="work")
        self.quick: dict[type[m.Request], Quick] = {
            m.Hello: self.hello,
            m.Ping: self.ping,
            m.List: self.list,
            m.Log: self.log,
            m.Show: self.show_row,
            m.Operations: self.operations,
            m.Status: self.status,
        }
        self.slow: dict[type[m.Request], Slow] = {
            m.Missing: self.missing,
            m.Put: self.put,
            m.Save: self.save,
            m.Import: self.import_document,
            m.Show: self.show,
            m.Diff: self.diff,
            m.Load: self.load,
            m.Cat: self.cat,
            m.Restore: self.restore,
            m.Accept: self.accept,
            m.Rename: self.rename,
            m.Copy: self.copy,
            m.Delete: self.delete,
            m.Undo: self.undo,
        }

    def close(self) -> None:
        """After the threads' work."""
        self._threads.shutdown()

    def begin_drain(self) -> None:
        """What is answered at once from here to ``end_drain`` sees one state of the store, and costs half."""
        self._answers.renew(self._catalog.commits)

    def end_drain(self) -> None:
        self._catalog.reader.end_view()

    def answer_at_once(self, identity: bytes, request: m.Request, author: str) -> Frames | None:
        """The frames of a result; None for what takes the slow way. Raises what the verb raises."""
        known = self._answers.get(request)
        if known is None:
            quick = self.quick.get(type(request))
            if quick is None:
                return None
            if type(request) is not m.Ping:
                self._catalog.reader.begin_view()
            answer = quick(request, author)
            if answer is None:
                return None
            known = connection.body_of(answer)
            self._answers.put(request, known)
        return connection.result_of_body(identity, known)

    def hello(self, request: m.Hello, author: str) -> m.Reply:
        return m.Welcome(
            protocol=m.PROTOCOL_VERSION, version=self._version, epoch=self._epoch, user=author, limits=m.LIMITS,
            capabilities=CAPABILITIES,
        )  # fmt: skip

    def ping(self, request: m.Ping, author: str) -> m.Reply:
        return m.Pong()

    def status(self, request: m.Status, author: str) -> m.Reply:
        return self._status()

    def list(self, request: m.List, author: str) -> m.Reply:
        if request.sort not in SORTS:
            raise BadField(f"sort: one of {', '.join(SORTS)} is expected", field="sort")
        limit = min(request.limit, m.LIMITS["rows_count"])
        reader = self._catalog.reader
        found = reader.sessions_page(request, limit + 1)
        return m.Sessions(rows=[session.row() for session in found[:limit]], more=len(found) > limit)

    def log(self, request: m.Log, author: str) -> m.Reply:
        limit = min(request.limit, m.LIMITS["rows_count"])
        session = naming.find_session(self._catalog.reader, request.ref)
        found = self._catalog.reader.snapshots(session.id, limit + 1, request.offset)
        return m.Snapshots(rows=[snapshot.row() for snapshot in found[:limit]], more=len(found) > limit)

    def operations(self, request: m.Operations, author: str) -> m.Reply:
        limit = min(request.limit, m.LIMITS["rows_count"])
        since = max(request.since, self.newest_operation() - limit) if request.newest else request.since
        found = self._catalog.reader.operations_after(since, limit + 1)
        return m.OperationRows(rows=[each.row() for each in found[:limit]], more=len(found) > limit)

    def newest_operation(self) -> int:
        """The number of the newest row of the log."""
        return self._catalog.reader.newest_operation()

    def operations_after(self, number: int, limit: int) -> OperationRows:
        """For the event feed."""
        return [each.row() for each in self._catalog.reader.operations_after(number, limit)]

    def subscribed(self, newest: int) -> m.Subscribed:
        return m.Subscribed(number=newest)

    async def missing(self, request: m.Missing, payload: Frames, caller: Caller, deadline: float) -> Answer:
        asked = _hashes(_frame(payload, 0))
        known = self._catalog.reader.known_chunks(asked)
        lacking = [each for each in asked if each not in known]
        return m.MissingChunks(count=len(lacking)), (b"".join(lacking),)

    async def put(self, request: m.Put, payload: Frames, caller: Caller, deadline: float) -> Answer:
        largest = max((len(frame) for frame in payload), default=0)
        if largest > m.LIMITS["window_bytes"]:
            raise TooLarge(f"A chunk has {largest} bytes", limit=m.LIMITS["window_bytes"])
        places = await self._in_thread(self._content.place_chunks, payload)
        await asyncio.wrap_future(self._catalog.submit(lambda tx: tx.add_chunks(places)))
        return m.Stored(count=len(payload)), ()

    async def save(self, request: m.Save, payload: Frames, caller: Caller, deadline: float) -> Answer:
        check_application(request.app)
        check_name(request.name)
        for tag in request.tags:
            check_tag(tag)
        self._check_folder(request.folder)
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return repeated, ()
        base_snapshot = self._saving.base_of(request.app, request.name, request.expect)
        if request.parts and not request.files:
            placed, form = await self._with_parts(request, payload, base_snapshot)
        else:
            placed, form = await self._placed(request.files, payload, request.app)
        order = Order(
            app=request.app, name=request.name, placed=placed, form=form, base=base_snapshot, message=request.message,
            new=request.new, accept=request.accept, tags=tuple(request.tags),
        )  # fmt: skip
        _in_time(deadline)
        saved = await self._saving.save(order, caller)
        return await self._shown(saved, saved.session.path, request.published, deadline)

    async def import_document(self, request: m.Import, payload: Frames, caller: Caller, deadline: float) -> Answer:
        check_name(request.name)
        if request.app is not None:
            check_application(request.app)
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return repeated, ()
        placed, form = await self._placed(request.files, payload, request.app or "", request.suffix)
        app = request.app or form.app
        order = Order(app=app, name=request.name, placed=placed, form=form, cause="imported", new=True)
        _in_time(deadline)
        saved = await self._saving.save(order, caller)
        warnings: Strings = []
        with contextlib.suppress(Damaged, TooLarge):
            reading = await self._in_thread(self._content.reading, placed.document, form)
            warnings = [*reading.warnings]
        answer = m.Saved(**{**_fields(saved), "warnings": warnings})
        return await self._shown(answer, saved.session.path, request.published, deadline)

    def show_row(self, request: m.Show, author: str) -> m.Shown | None:
        """``show`` where only rows are asked for."""
        if request.parts:
            return None
        reader = self._catalog.reader
        named = naming.find(reader, request.ref, self._sessions.clock())
        return m.Shown(session=named.session.row(), snapshot=named.snapshot.row())

    async def show(self, request: m.Show, payload: Frames, caller: Caller, deadline: float) -> Answer:
        reader = self._catalog.reader
        named = naming.find(reader, request.ref, self._sessions.clock())
        row, snapshot = named.session.row(), named.snapshot.row()
        document = reader.document(named.snapshot.document)
        shown = m.Shown(session=row, snapshot=snapshot, files=_file_rows(document))
        try:
            reading = await self._read(document, self._content.form(named.session.format))
        except (Damaged, TooLarge) as problem:
            return m.Shown(**{**_fields(shown), "warnings": [problem.sentence]}), ()
        return m.Shown(
            session=row, snapshot=snapshot, files=_file_rows(document), parts=[_part_row(p) for p in reading.parts],
            facts=dict(reading.facts), generation=reading.recognition.generation, writer=reading.recognition.writer,
            inferred=reading.recognition.inferred, warnings=[*reading.warnings],
        ), ()  # fmt: skip

    async def diff(self, request: m.Diff, payload: Frames, caller: Caller, deadline: float) -> Answer:
        reader, now = self._catalog.reader, self._sessions.clock()
        first = naming.find(reader, request.old, now)
        if request.new is not None:
            old, new = first.snapshot, naming.find(reader, request.new, now).snapshot
        else:
            new = first.snapshot
            old = reader.need_snapshot(new.parents[0]) if new.parents else new
        form = self._content.form(first.session.format)
        before, after = [await self._read(reader.document(each.document), form) for each in (old, new)]
        rows = await self._in_thread(diff.changes, form, before.parts, after.parts)
        return m.Changes(old=old.id.hex(), new=new.id.hex(), rows=rows), ()

    async def load(self, request: m.Load, payload: Frames, caller: Caller, deadline: float) -> Answer:
        reader = self._catalog.reader
        named = naming.find(reader, request.ref, self._sessions.clock())
        row, document = named.session.row(), reader.document(named.snapshot.document)
        wanted = [*request.parts, *([request.ref.part] if request.ref.part else [])]
        if wanted or request.kinds:
            chosen = await self._chosen(named.session, document, wanted, request.kinds)
            built = await self._in_thread(_write, self._content.form(named.session.format), chosen, None)
            files = stored_document([self._content.file_of(path, bytes_) for path, bytes_ in built.items()]).files
            frames = tuple(built[file.path] for file in files)
        else:
            files, frames = document.files, None
            if document.size_bytes <= m.LIMITS["window_bytes"] and len(files) < m.LIMITS["frames_count"]:
                whole = await self._in_thread(self._content.bytes_of, document)
                frames = tuple(whole[file.path] for file in files)
        if frames is not None and sum(map(len, frames)) > m.LIMITS["message_bytes"] // 2:
            raise TooLarge(
                "These parts are larger than one answer; cat reads each of them", limit=m.LIMITS["message_bytes"]
            )
        rows = [FileRow(path=file.path, size_bytes=file.size_bytes, hash=file.hash) for file in files]
        loaded = m.Loaded(session=row, snapshot=named.snapshot.id.hex(), files=rows, inline=frames is not None)
        return loaded, frames or ()

    async def cat(self, request: m.Cat, payload: Frames, caller: Caller, deadline: float) -> Answer:
        reader = self._catalog.reader
        named = naming.find(reader, request.ref, self._sessions.clock())
        document = reader.document(named.snapshot.document)
        length = min(request.length, m.LIMITS["window_bytes"])
        if request.ref.part is not None:
            reading = await self._read(document, self._content.form(named.session.format))
            content = naming.find_part(reading.parts, request.ref.part).content
            window, size = content[request.offset : request.offset + length], len(content)
        else:
            file = next((each for each in document.files if each.path == request.path), None)
            if file is None:
                paths = [each.path.decode(errors="backslashreplace") for each in document.files[:20]]
                raise NotFound("The document has no such file; name one of its paths", paths=paths)
            window = await self._in_thread(self._content.window, file, request.offset, length)
            size = file.size_bytes
        return m.Content(snapshot=named.snapshot.id.hex(), size_bytes=size), (window,)

    async def restore(self, request: m.Restore, payload: Frames, caller: Caller, deadline: float) -> Answer:
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return repeated, ()
        reader, now = self._catalog.reader, self._sessions.clock()
        named = naming.find(reader, request.ref, now)
        wanted = [*request.parts, *([request.ref.part] if request.ref.part else [])]
        if request.name is not None:
            saved = await self._restore_as(request, named, wanted, caller)
        elif wanted or request.kinds or request.into is not None:
            saved = await self._restore_parts(request, named, wanted, caller)
        else:
            saved = await self._lifecycle.restore(named.snapshot, request.expect, caller)
        return await self._shown(saved, saved.session.path, request.published, deadline)

    async def _restore_as(self, request: m.Restore, named: naming.Named, wanted: Strings, caller: Caller) -> m.Saved:
        assert request.name is not None
        check_name(request.name)
        placed = None
        if wanted or request.kinds:
            document = self._catalog.reader.document(named.snapshot.document)
            chosen = await self._chosen(named.session, document, wanted, request.kinds)
            form = self._content.form(named.session.format)
            placed = self._content.place(await self._in_thread(_write, form, chosen, None))
        return await self._lifecycle.restore_as(named.snapshot, placed, named.session.app, request.name, caller)

    async def _restore_parts(self, request: m.Restore, named: naming.Named, wanted: Strings, caller: Caller) -> m.Saved:
        reader = self._catalog.reader
        target = naming.find_session(reader, request.into, deleted=False) if request.into else named.session
        form = self._content.form(target.format)
        source = reader.document(named.snapshot.document)
        chosen = await self._chosen(named.session, source, wanted, request.kinds)
        head = reader.document_of(target.head)
        current = (await self._read(head, form)).parts
        pairs = form.match(chosen, current)
        merged = _put_into(current, chosen, pairs)
        whole = await self._in_thread(self._content.bytes_of, head)
        placed = self._content.place(await self._in_thread(_write, form, merged, whole))
        base_snapshot = self._saving.base_of(target.app, target.name, request.expect)
        order = Order(
            app=target.app,
            name=target.name,
            placed=placed,
            form=form,
            cause="restored",
            base=base_snapshot,
            accept=True,
        )
        return await self._saving.save(order, caller)

    async def accept(self, request: m.Accept, payload: Frames, caller: Caller, deadline: float) -> Answer:
        repeated = self._repeated(caller, m.Saved)
        if repeated is not None:
            return repeated, ()
        reader = self._catalog.reader
        session = naming.find_session(reader, request.ref, deleted=False)
        if request.ref.snapshot == "latest":
            suspect = session.suspect
        else:
            suspect = naming.find_snapshot(reader, session, request.ref.snapshot, self._sessions.clock()).id
        if suspect is None:
            raise NotFound(f"{session.app}/{session.name} has no suspect to accept")
        saved = await self._lifecycle.accept(session.id, suspect, caller)
        return await self._shown(saved, saved.session.path, request.published, deadline)

    async def rename(self, request: m.Rename, payload: Frames, caller: Caller, deadline: float) -> Answer:
        check_name(request.name)
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        changed = await self._lifecycle.rename(session.id, request.name, caller)
        await self._folder_shows(session.path, request.published, deadline)
        return await self._shown(changed, changed.session.path, request.published, deadline)

    async def copy(self, request: m.Copy, payload: Frames, caller: Caller, deadline: float) -> Answer:
        check_name(request.name)
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        named = naming.find(self._catalog.reader, request.ref, self._sessions.clock())
        app = request.app or named.session.app
        check_application(app)
        changed = await self._lifecycle.copy(named.snapshot, app, request.name, caller)
        return await self._shown(changed, changed.session.path, request.published, deadline)

    async def delete(self, request: m.Delete, payload: Frames, caller: Caller, deadline: float) -> Answer:
        repeated = self._repeated(caller, m.Changed)
        if repeated is not None:
            return repeated, ()
        session = naming.find_session(self._catalog.reader, request.ref, deleted=False)
        changed = await self._lifecycle.delete(session.id, caller)
        return await self._shown(changed, session.path, request.published, deadline)

    async def undo(self, request: m.Undo, payload: Frames, caller: Caller, deadline: float) -> Answer:
        repeated = self._repeated(caller, m.Undone)
        if repeated is not None:
            return repeated, ()
        undone = await self._lifecycle.undo(request.number, caller)
        return await self._shown(undone, undone.session.path, request.published, deadline)

    def _repeated(self, caller: Caller, kind: type[ReplyType]) -> ReplyType | None:
        """The first answer to this request, where it was done before."""
        known = self._catalog.reader.answer(caller.request) if caller.request else None
        if known is None:
            return None
        return codec.to_row(codec.decode(known, limit_bytes=m.LIMITS["answer_header_bytes"]), kind)

    async def _shown(self, reply: m.Reply, path: bytes, published: bool, deadline: float) -> Answer:
        await self._folder_shows(path, published, deadline)
        return reply, ()

    async def _folder_shows(self, path: bytes, published: bool, deadline: float) -> None:
        """Wait for the visible file where that was asked; a late one changes nothing about the answer."""
        if published:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._folder.published(path), max(0.0, deadline - time.monotonic() - 0.1))

    def _check_folder(self, folder: str | None) -> None:
        if folder not in (None, SESSIONS_FOLDER):
            raise NotFound(f"There is no folder {folder!r}", folder=folder)

    async def _placed(self, sources: Sources, payload: Frames, app: str, suffix: str = "") -> tuple[Placed, Format]:
        """The document that a request's files make, and its format."""
        paths = [source.path for source in sources]
        if not sources or len(sources) > m.LIMITS["files_count"]:
            raise BadField(f"files: 1 to {m.LIMITS['files_count']} are expected", field="files")
        if (
            len(set(paths)) != len(paths)
            or any(not _is_safe(path) for path in paths)
            or (b"" in paths and len(paths) > 1)
        ):
            raise BadField("files: paths must be relative, without '..', and each there once", field="files")
        if any(source.chunked for source in sources):
            return await self._in_thread(self._placed_chunked, sources, payload, app, suffix)
        document = {source.path: _frame(payload, source.frame) for source in sources}
        if sum(map(len, document.values())) <= INLINE_BYTES:
            return self._content.place(document), self._recognised(document, app, suffix)
        return await self._in_thread(lambda: (self._content.place(document), self._recognised(document, app, suffix)))

    def _placed_chunked(self, sources: Sources, payload: Frames, app: str, suffix: str) -> tuple[Placed, Format]:
        files: StoredFiles = []
        places: ChunkPlaces = []
        for source in sources:
            frame = _frame(payload, source.frame)
            if source.chunked:
                files.append(self._content.file_of_chunks(source.path, _hashes(frame)))
            else:
                placed = self._content.place({source.path: frame})
                files += placed.document.files
                places += placed.places
        document = stored_document(files)
        placed = Placed(document=document, places=tuple(places))
        if document.size_bytes > m.LIMITS["format_bytes"]:
            return placed, self._content.form("plain")
        return placed, self._recognised(self._content.bytes_placed(placed), app, suffix)

    def _recognised(self, document: base.Document, app: str, suffix: str) -> Format:
        if app:
            return self._content.form_for(app, document)
        return recognise(document, self._formats, suffix)[0]

    async def _with_parts(self, request: m.Save, payload: Frames, base_snapshot: bytes | None) -> tuple[Placed, Format]:
        """The head (or an empty document) with the request's parts put into it."""
        reader = self._catalog.reader
        parts: Parts = []
        whole = None
        form = self._formats.get(request.app, self._formats["parts"])
        if base_snapshot is not None:
            session = reader.session_named(request.app, request.name, SESSIONS_FOLDER)
            form = self._content.form(session.format) if session else form
            document = reader.document_of(base_snapshot)
            whole = await self._in_thread(self._content.bytes_of, document)
            parts = [*(await self._read(document, form)).parts]
        kind = parts[-1].kind if parts else ("buffer" if form.app == "renardo" else "part")
        for source in request.parts:
            content = _frame(payload, source.frame)
            try:
                old = naming.find_part(parts, source.part)
                parts[parts.index(old)] = base.Part(key=old.key, name=old.name, kind=old.kind, content=content)
            except NotFound:
                parts.append(base.Part(key=f"new-{len(parts) + 1}", name=source.part, kind=kind, content=content))
        built = await self._in_thread(_write, form, parts, whole)
        return self._content.place(built), form

    async def _chosen(self, session: Session, document: StoredDocument, wanted: Strings, kinds: Strings) -> Parts:
        reading = await self._read(document, self._content.form(session.format))
        return naming.find_parts(reading.parts, wanted, kinds) if wanted or kinds else [*reading.parts]

    async def _read(self, document: StoredDocument, form: Format) -> base.Reading:
        if document.size_bytes <= INLINE_BYTES:
            return self._content.reading(document, form)
        return await self._in_thread(self._content.reading, document, form)

    async def _in_thread(self, work: Callable[..., Value], *values: Any) -> Value:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *values))


def _write(form: Format, parts: Sequence[Part], template: base.Document | None) -> base.Document:
    try:
        return form.write(parts, template)
    except base.CannotHold as problem:
        raise CannotHold(
            f"{form.app} cannot hold this: {problem}", problems=[f"{key}: {text}" for key, text in problem.problems]
        ) from problem


def _put_into(current: Sequence[Part], chosen: Sequence[Part], pairs: Sequence[base.Pair]) -> list[Part]:
    """``current`` with the chosen parts in the place of their partners, new ones behind."""
    parts = list(current)
    for chosen_index, current_index in pairs:
        if chosen_index is None:
            continue
        if current_index is None:
            parts.append(chosen[chosen_index])
        else:
            parts[current_index] = chosen[chosen_index]
    return parts


def _frame(payload: list[bytes], number: int) -> bytes:
    if number >= len(payload):
        raise BadField(f"frame: there is no payload frame {number}", field="frame")
    return payload[number]


def _hashes(frame: bytes) -> list[bytes]:
    if len(frame) % HASH_BYTES:
        raise BadField(f"The frame of hashes is not a multiple of {HASH_BYTES} bytes")
    return [frame[at : at + HASH_BYTES] for at in range(0, len(frame), HASH_BYTES)]


def _is_safe(path: bytes) -> bool:
    """Empty, or a relative path that stays below its folder and is not one of our own temporary names."""
    if path == b"":
        return True
    pieces = path.split(b"/")
    return (
        b"\0" not in path
        and len(path) < 3500
        and all(piece not in (b"", b".", b"..") and len(piece) <= 223 for piece in pieces)
        and not any(piece.startswith(b".holdfast-") for piece in pieces)
    )


def _in_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TooLate("The deadline passed before the change was begun; nothing was done")


def _file_rows(document: StoredDocument) -> list[FileRow]:
    return [FileRow(path=file.path, size_bytes=file.size_bytes, hash=file.hash) for file in document.files]


def _part_row(part: Part) -> PartRow:
    return PartRow(key=part.key, name=part.name, kind=part.kind, size_bytes=len(part.content), facts=dict(part.facts))


def _fields(reply: m.Reply) -> dict[str, Any]:
    return {name: getattr(reply, name) for name in reply.__struct_fields__}
