"""The document that a request's files, chunks or parts make, and its format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast_daemon import naming
from holdfast_daemon.content import Placed
from holdfast_daemon.documents import Documents, new_part, weight
from holdfast_daemon.formats import base
from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.formats.registry import recognise
from holdfast_daemon.formats.trees import TEMPORARY, file_and_folder
from holdfast_daemon.order import Before
from holdfast_daemon.payload import Frames, contents_of, hashes_in
from holdfast_daemon.recognising import Recognising
from holdfast_daemon.store.base import Catalog
from holdfast_daemon.store.nouns import StoredDocument, stored_document
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import BadField, Damaged, NotFound
from holdfast_protocol.messages import LIMITS, Save
from holdfast_protocol.model import Earlier, FileSource, PartSource


class Incoming:
    """Places what came in; nothing names it yet."""

    def __init__(self, catalog: Catalog, documents: Documents, formats: Mapping[str, Format]) -> None:
        self.catalog = catalog
        self.formats = formats
        self.recognising = Recognising(documents, formats)
        self._documents = documents
        self._content = documents.content

    async def of_files(
        self, sources: Sequence[FileSource], payload: Frames, app: str, suffix: str = ""
    ) -> tuple[Placed, Format]:
        """A whole document. Without ``app`` its format is recognised, ``suffix`` being a hint. Raises BadField."""
        _check_paths([source.path for source in sources])
        contents = contents_of(sources, payload, "files")
        if any(source.chunked for source in sources):
            placed = await self._documents.in_thread(self._of_chunks, sources, contents)
            return placed, await self._documents.in_thread(self._form_of_placed, placed, app, suffix)
        document = {source.path: content for source, content in zip(sources, contents, strict=True)}

        def place() -> tuple[Placed, Format]:
            placed = self._content.place(document)
            _check_hashes(sources, placed.document)
            return placed, self._form_of(document, app, suffix)

        return await self._documents.at_once_if_small(weight(document), place)

    async def before(self, earlier: Earlier, payload: Frames, field: str) -> Before:
        """A document of a history that is taken in. Nobody asks of what format it is. Raises BadField."""
        _check_paths([source.path for source in earlier.files])
        contents = contents_of(earlier.files, payload, f"{field}.files")
        placed = await self._documents.in_thread(self._of_chunks, earlier.files, contents)
        return Before(placed=placed, message=earlier.message, pins=tuple(earlier.pins))

    def _of_chunks(self, sources: Sequence[FileSource], contents: Sequence[bytes]) -> Placed:
        """Where ``contents`` are hashes of chunks, for some files at least."""
        given = list(zip(sources, contents, strict=True))
        claim = self._content.claims.claim(_hashes(given))
        whole = self._content.place({source.path: content for source, content in given if not source.chunked})
        files = [
            self._content.file_of_chunks(source.path, hashes_in(content)) for source, content in given if source.chunked
        ]
        document = stored_document([*whole.document.files, *files])
        _check_hashes(sources, document)
        return Placed(document=document, places=whole.places, claims=(*whole.claims, claim))

    def _form_of_placed(self, placed: Placed, app: str, suffix: str) -> Format:
        if placed.document.size_bytes > LIMITS["format_bytes"]:
            return self._content.form("plain")
        return self._form_of(self._content.bytes_placed(placed), app, suffix)

    def _form_of(self, document: base.Document, app: str, suffix: str) -> Format:
        if app:
            return self._content.form_for(app, document)
        return recognise(document, self.formats, suffix)[0]

    async def of_parts(
        self, request: Save, payload: Frames, base_snapshot: bytes | None, folder: str
    ) -> tuple[Placed, Format]:
        """The head (or an empty document) with the request's parts put into it. Raises CannotHold, Ambiguous."""
        reader = self.catalog.reader
        parts: list[Part] = []
        whole = None
        form = self.formats.get(request.app, self.formats["parts"])
        if base_snapshot is not None:
            session = reader.session_named(request.app, request.name, folder)
            form = self._content.form(session.format) if session else form
            document = reader.document_of(base_snapshot)
            whole = await self._documents.bytes_of(document)
            parts = [*(await self._documents.read(document, form)).parts]
        for source, content in zip(request.parts, await self.parts_in(request.parts, payload), strict=True):
            try:
                old = naming.find_part(parts, source.part)
                parts[parts.index(old)] = Part(key=old.key, name=old.name, kind=old.kind, content=content)
            except NotFound:
                parts.append(new_part(form, source.part, content, parts))
        return await self._documents.place(await self._documents.written(form, parts, whole)), form

    async def parts_in(self, sources: Sequence[PartSource], payload: Frames) -> list[bytes]:
        """The content of each part. Raises BadField, and TooLarge where no format would read them."""
        if len(sources) > LIMITS["files_count"]:
            raise BadField(f"parts: {LIMITS['files_count']} at most are expected", field="parts")
        contents = contents_of(sources, payload, "parts")
        given = list(zip(sources, contents, strict=True))
        if any(source.chunked for source in sources):
            return await self._documents.in_thread(self._put_together, given)
        for source, content in given:
            _check_part(source, content)
        return contents

    def fulfilled(self, peer: bytes, sources: Sequence[FileSource | PartSource], payload: Frames) -> None:
        """What a client was promised to be there has been named by it."""
        if any(source.chunked for source in sources):
            given = list(zip(sources, contents_of(sources, payload, "sources"), strict=True))
            self._content.claims.kept(peer, _hashes(given))

    def _put_together(self, given: Sequence[tuple[PartSource, bytes]]) -> list[bytes]:
        """Hashes of chunks (where that is what they are) replaced by the content that the chunks make."""
        claim = self._content.claims.claim(_hashes(given))
        files = []
        for number, (source, content) in enumerate(given):
            if source.chunked:
                files.append(self._content.file_of_chunks(str(number).encode(), hashes_in(content)))
                _check_hash(source, source.part, files[-1].hash)
            else:
                _check_part(source, content)
        whole = self._content.bytes_of(stored_document(files))
        del claim  # what was read is placed anew
        return [whole.get(str(number).encode(), content) for number, (_, content) in enumerate(given)]


def _check_hashes(sources: Sequence[FileSource], document: StoredDocument) -> None:
    """Raises Damaged where a file is not what its source says."""
    files = {file.path: file.hash for file in document.files}
    for source in sources:
        _check_hash(source, source.path.decode(errors="backslashreplace"), files[source.path])


def _check_part(source: PartSource, content: bytes) -> None:
    """Raises Damaged where the content is not what its source says."""
    if source.hash is not None:
        _check_hash(source, source.part, hash_of(content))


def _check_hash(source: FileSource | PartSource, name: str, found: bytes) -> None:
    """The same, ``found`` being the hash of the content."""
    if source.hash not in (None, found):
        what = f"What came as {name!r}" if name else "What came"
        raise Damaged(f"{what} is not what its hash says; nothing was changed", path=name)


def _hashes(given: Sequence[tuple[FileSource | PartSource, bytes]]) -> set[bytes]:
    """Of all chunks that are named."""
    return {name for source, content in given if source.chunked for name in hashes_in(content)}


def _check_paths(paths: Sequence[bytes]) -> None:
    """Raises BadField where a document cannot have these paths."""
    if not paths or len(paths) > LIMITS["files_count"]:
        raise BadField(f"files: 1 to {LIMITS['files_count']} are expected", field="files")
    if len(set(paths)) != len(paths) or not all(map(_is_safe, paths)) or (b"" in paths and len(paths) > 1):
        raise BadField("files: paths must be relative, without '..', and each there once", field="files")
    if clash := file_and_folder(paths):
        file, below = (path.decode(errors="backslashreplace") for path in clash)
        raise BadField(f"files: {file} is a file, and a folder that holds {below}", field="files")


def _is_safe(path: bytes) -> bool:
    """Empty, or a relative path that stays below its folder and is not one of our own temporary names."""
    if path == b"":
        return True
    pieces = path.split(b"/")
    return (
        b"\0" not in path
        and len(path) < 3500
        and all(piece not in (b"", b".", b"..") and len(piece) <= 223 for piece in pieces)
        and not any(piece.startswith(TEMPORARY) for piece in pieces)
    )
