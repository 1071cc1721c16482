"""The verbs that look at documents: one method each, which may wait for the store or a thread."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from holdfast_daemon import diff, naming, paging, part_rows, pins, remarks, whereabouts
from holdfast_daemon.deadlines import by
from holdfast_daemon.documents import Documents
from holdfast_daemon.formats.base import Converted, Document, Format, Origin, Part
from holdfast_daemon.payload import Answer, Frames, frame_at, hashes_in
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.base import SORTS
from holdfast_daemon.store.nouns import StoredDocument, StoredFile, stored_document
from holdfast_protocol import messages as m
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import BadField, Damaged, NotFound, TooLarge
from holdfast_protocol.model import FileRow, FormRow

LISTED_PATHS = 20
#: What ``export`` can make of a snapshot.
FORMS = ("markdown",)
LARGEST_ANSWER_BYTES = m.LIMITS["message_bytes"] // 2
#: In nanoseconds.
MILLISECOND = 1_000_000


class Asking:
    """Changes nothing."""

    def __init__(self, sessions: Sessions, documents: Documents) -> None:
        self._catalog = sessions.catalog
        self._clock = sessions.clock
        self._documents = documents
        self._content = documents.content
        self._sites = sessions.sites

    async def missing(self, request: m.Missing, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Those of the asked chunks that the store does not have."""
        asked = hashes_in(frame_at(payload, 0))
        claims = self._content.claims
        claims.promise(caller.peer, asked)
        known = claims.known(self._catalog.reader.known_chunks(asked))
        lacking = [each for each in asked if each not in known]
        return m.MissingChunks(count=len(lacking)), (b"".join(lacking),)

    async def list(self, request: m.List, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """One page of the sessions, in a thread: all names may have to be looked at, or all that fit counted."""
        looking = asyncio.to_thread(self.page, request)
        return await by(deadline, looking, "Looking at all names takes longer; ask for three signs or more"), ()

    def page(self, request: m.List) -> m.Sessions:
        """The same, for the thread that asks."""
        if request.sort not in SORTS:
            raise BadField(f"sort: one of {', '.join(SORTS)} is expected", field="sort")
        limit = min(request.limit, m.LIMITS["rows_count"])
        order = f"list {request.sort} {request.reverse}"
        found = self._catalog.reader.sessions_page(request, limit + 1, paging.position(order, request.after))
        rows, more = [each.session.row() for each in found[:limit]], len(found) > limit
        following = paging.token(order, found[limit - 1].position) if more and limit else request.after
        count = self._catalog.reader.listed_count(request) if request.count else None
        apps, tags = self._catalog.reader.choices(request) if request.choices else (None, None)
        return m.Sessions(
            rows=rows, more=more, next=following if more else b"", count=count, apps=apps, tags=tags
        )  # fmt: skip

    async def show(self, request: m.Show, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A session with what its format sees in the snapshot."""
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        row = named.session.row()
        snapshot = pins.snapshot_row(self._catalog.reader, named.snapshot)
        document = self._documents.stored(named.snapshot.document)
        files, form = _file_rows(document.files), self._content.form(named.session.format)
        of_name = remarks.of_name(form, named.session.path, is_folder=document.is_folder)
        note, conversions = self._catalog.reader.note(named.session.id), form_rows(form)
        try:
            reading = await self._documents.read(document, form)
        except (Damaged, TooLarge) as problem:
            warnings = [problem.sentence, *of_name]
            return m.Shown(
                session=row, snapshot=snapshot, files=files, warnings=warnings, note=note, conversions=conversions
            ), ()  # fmt: skip
        warnings = [*reading.warnings, *of_name]
        parts, more = await self._listed(reading.parts, request.start or 0)
        if more and request.start is None:
            warnings.insert(0, f"It has {len(reading.parts):,} parts, more than can be listed")
            parts, more = [], False
        return m.Shown(
            session=row, snapshot=snapshot, files=files, parts=parts, more=more,
            facts=dict(reading.facts), generation=reading.recognition.generation, writer=reading.recognition.writer,
            inferred=reading.recognition.inferred, warnings=warnings, note=note, conversions=conversions,
        ), ()  # fmt: skip

    async def _listed(self, parts: Sequence[Part], start: int) -> part_rows.Listed:
        if len(parts) <= part_rows.FEW_PARTS:
            return part_rows.listed(parts, start)
        return await self._documents.in_thread(part_rows.listed, parts, start)

    async def diff(self, request: m.Diff, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """What changed between two snapshots, part by part."""
        reader, now = self._catalog.reader, self._clock()
        first = naming.find(reader, request.old, now)
        if request.new is not None:
            old, new = first.snapshot, naming.find(reader, request.new, now).snapshot
        else:
            new = first.snapshot
            old = reader.need_snapshot(new.parents[0]) if new.parents else new
        form = self._content.form(first.session.format)
        before, after = [await self._documents.read(self._documents.stored(each.document), form) for each in (old, new)]
        rows = await self._documents.in_thread(diff.changes, form, before.parts, after.parts)
        return m.Changes(old=old.id.hex(), new=new.id.hex(), rows=rows, summary=diff.summary(rows)), ()

    async def check_resources(
        self, request: m.CheckResources, payload: Frames, caller: Caller, deadline: float
    ) -> Answer:
        """What a snapshot points to; a file system that does not answer in time is given up."""
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        form = self._content.form(named.session.format)
        document = self._documents.stored(named.snapshot.document)
        found = await self._documents.resources(form, document)
        root = self._sites[named.session.folder].root
        near = whereabouts.around(root, named.session.path, is_folder=document.is_folder)
        looking = asyncio.to_thread(whereabouts.look, found, near)
        rows = await by(deadline, looking, "A file system that the session points to does not answer")
        return m.Resources(snapshot=named.snapshot.id.hex(), rows=rows), ()

    async def load(self, request: m.Load, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """The document of a snapshot, or one built from chosen parts."""
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        document = self._documents.stored(named.snapshot.document)
        wanted = [*request.parts, *([request.ref.part] if request.ref.part else [])]
        if request.to:
            return await self._load_converted(named, request)
        if wanted or request.kinds:
            built = await self._documents.built(named.session, document, wanted, request.kinds)
            files, frames = await self._made(built)
        else:
            files, frames = document.files, await self._inline(document)
        loaded = m.Loaded(
            session=named.session.row(), snapshot=named.snapshot.id.hex(), files=_file_rows(files),
            inline=frames is not None,
        )  # fmt: skip
        return loaded, frames or ()

    async def _load_converted(self, named: naming.Named, request: m.Load) -> Answer:
        converted = await self._convert(named, request)
        form, document = self._content.form(named.session.format), self._documents.stored(named.snapshot.document)
        parts = (await self._documents.read(document, form)).parts if converted.losses else ()
        files, frames = await self._made(converted.document)
        loaded = m.Loaded(
            session=named.session.row(), snapshot=named.snapshot.id.hex(), files=_file_rows(files),
            inline=frames is not None, to=request.to, suffix=converted.suffix,
            losses=remarks.of_losses(converted.losses, parts),
        )  # fmt: skip
        return loaded, frames or ()

    async def _convert(self, named: naming.Named, request: m.Load | m.Cat) -> Converted:
        if request.parts or request.kinds or request.ref.part is not None:
            raise BadField("to: the whole is given in another form, not parts of it", field="to")
        session = named.session
        is_watched = session.folder in self._sites  # no folder is, where no daemon serves the store
        path = os.path.join(self._sites[session.folder].root, session.path) if is_watched else b""
        origin = Origin(
            name=session.name, created=session.created // MILLISECOND, modified=named.snapshot.time // MILLISECOND,
            path=os.fsdecode(path), target=request.target,
        )  # fmt: skip
        document = self._documents.stored(named.snapshot.document)
        return await self._documents.converted(session, document, request.to, origin)

    async def _made(self, document: Document) -> tuple[tuple[StoredFile, ...], Sequence[bytes] | None]:
        """The files of what nobody stored, and their frames where these are small."""
        files = await self._documents.in_thread(self._files_of, document)
        is_small = sum(map(len, document.values())) <= LARGEST_ANSWER_BYTES
        return files, _frames(files, document) if is_small else None

    def _files_of(self, built: Document) -> tuple[StoredFile, ...]:
        return stored_document([self._content.file_of(path, content) for path, content in built.items()]).files

    async def _inline(self, document: StoredDocument) -> Sequence[bytes] | None:
        """The frames of a small document. Of many files, it may be larger: to ``cat`` each takes far longer."""
        limit_bytes = LARGEST_ANSWER_BYTES if _are_many(document.files) else m.LIMITS["window_bytes"]
        if document.size_bytes > limit_bytes:
            return None
        return _frames(document.files, await self._documents.bytes_of(document))

    async def cat(self, request: m.Cat, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A window of one part or file, or of a file of the document that chosen parts make."""
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        document = self._documents.stored(named.snapshot.document)
        length = min(request.length, m.LIMITS["window_bytes"])
        if request.to:
            content = _content_at((await self._convert(named, request)).document, request.path)
        elif request.parts or request.kinds:
            built = await self._documents.built(named.session, document, request.parts, request.kinds)
            content = _content_at(built, request.path)
        elif request.ref.part is not None:
            reading = await self._documents.read(document, self._content.form(named.session.format))
            content = naming.find_content(reading, request.ref.part)
        else:
            file = _file_at(document, request.path)
            window = await self._documents.in_thread(self._content.window, file, request.offset, length)
            whole = file.hash if request.offset + length >= file.size_bytes else None
            return m.Content(snapshot=named.snapshot.id.hex(), size_bytes=file.size_bytes, hash=whole), (window,)
        return await self._window(content, named.snapshot.id, request.offset, length)

    async def export(self, request: m.Export, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """A window of a snapshot in another form."""
        if request.to not in FORMS:
            raise BadField(f"to: one of {', '.join(FORMS)} is expected", field="to", forms=[*FORMS])
        if request.ref.part is not None:
            raise BadField("ref.part: a whole session is exported", field="ref.part")
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        document = self._documents.stored(named.snapshot.document)
        content = await self._documents.markdown(named.session, document, full=request.full)
        return await self._window(
            content, named.snapshot.id, request.offset, min(request.length, m.LIMITS["window_bytes"])
        )

    async def _window(self, content: bytes, snapshot: bytes, offset: int, length: int) -> Answer:
        window, whole = content[offset : offset + length], None
        if offset + length >= len(content):  # of a large part it takes its time, and the last is asked once
            whole = await self._documents.at_once_if_small(len(content), hash_of, content)
        return m.Content(snapshot=snapshot.hex(), size_bytes=len(content), hash=whole), (window,)

    async def chunks(self, request: m.Chunks, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Hashes and sizes of the chunks of a file."""
        if request.ref.part is not None:
            raise BadField("ref.part: chunks are of files; a part has none of its own", field="ref.part")
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        file = _file_at(self._documents.stored(named.snapshot.document), request.path)
        listed = await self._documents.in_thread(self._content.chunk_list, file, request.start)
        return m.ChunkList(snapshot=named.snapshot.id.hex(), count=len(file.chunks)), (listed,)


def _frames(files: Sequence[StoredFile], whole: Document) -> Sequence[bytes]:
    """A frame for each file; one for all where they are more than a message should have frames."""
    contents = [whole[file.path] for file in files]
    return [b"".join(contents)] if _are_many(files) else contents


def _are_many(files: Sequence[StoredFile]) -> bool:
    return len(files) >= m.LIMITS["frames_count"]


def _content_at(made: Document, path: bytes) -> bytes:
    content = made.get(path)
    if content is None:
        raise NotFound("The document that is made has no such file")
    return content


def _file_at(document: StoredDocument, path: bytes) -> StoredFile:
    file = next((each for each in document.files if each.path == path), None)
    if file is None:
        paths = [each.path.decode(errors="backslashreplace") for each in document.files[:LISTED_PATHS]]
        raise NotFound("The document has no such file; name one of its paths", paths=paths)
    return file


def _file_rows(files: tuple[StoredFile, ...]) -> list[FileRow]:
    return [FileRow(path=file.path, size_bytes=file.size_bytes, hash=file.hash) for file in files]


def form_rows(form: Format) -> list[FormRow]:
    """The other forms of an application's documents."""
    return [FormRow(to=to, about=about) for to, about in form.conversions.items()]
