"""Documents between their bytes, their chunks and their parts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from holdfast_daemon.claims import Claim, Claims
from holdfast_daemon.fault import Faults
from holdfast_daemon.formats.base import DamagedDocument, Document, Format, Reading
from holdfast_daemon.recent import Recent
from holdfast_daemon.store.base import Catalog, Chunks, Dropped, Reader
from holdfast_daemon.store.nouns import ChunkPlace, StoredDocument, StoredFile, stored_document
from holdfast_protocol.chunking import LISTED_BYTES, cut, cut_stream, hash_of, listed, new_hash
from holdfast_protocol.errors import BadField, Damaged, TooLarge
from holdfast_protocol.messages import LIMITS

LOOP_BYTES = 64 * 1024  # what is hashed, read, compared and merged on the loop; more goes to a thread
READINGS_COUNT = 32
READINGS_BYTES = 8 * 1024 * 1024  # of a larger document the reading is not kept
ENDS_COUNT = 8
SMALL_BYTES = 64 * 1024  # not looked for among the known chunks: the row is as quickly written


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A document whose chunks are on disk (or in ``places``), to be named by a transaction. While somebody holds it,
    they stay there (``claims``)."""

    document: StoredDocument
    places: tuple[ChunkPlace, ...] = ()
    claims: tuple[Claim, ...] = ()


def named(document: Document) -> bytes:
    """The id that a document has, without keeping it."""
    files = [
        StoredFile(path=path, size_bytes=len(content), hash=hash_of(content), chunks=tuple(map(hash_of, cut(content))))
        for path, content in document.items()
    ]
    return stored_document(files).id


class Content:
    """What the daemon knows of documents, whatever their application."""

    def __init__(self, catalog: Catalog, chunks: Chunks, formats: Mapping[str, Format], faults: Faults) -> None:
        self._catalog = catalog
        self._chunks = chunks
        self._formats = formats
        self._faults = faults
        self._readings: Recent[tuple[bytes, str], Reading] = Recent(READINGS_COUNT)
        self._ends: Recent[int, tuple[tuple[bytes, ...], list[int]]] = Recent(ENDS_COUNT)
        self._wholes: Recent[tuple[bytes, ...], bytes] = Recent(ENDS_COUNT)
        #: What is on its way, and not to be collected.
        self.claims = Claims()
        #: Formats of which nobody knows how long they take; small documents too are then read in a thread.
        self.has_strangers = any(not getattr(form, "is_ours", True) for form in formats.values())

    def place(self, document: Document) -> Placed:
        """Cut, hash and keep the bytes of a document."""
        files, pieces = [], []
        for path, content in document.items():
            named = [(hash_of(piece), piece) for piece in cut(content)]
            pieces += named
            chunks = tuple(name for name, _ in named)
            whole = chunks[0] if len(chunks) == 1 else hash_of(content)
            files.append(StoredFile(path=path, size_bytes=len(content), hash=whole, chunks=chunks))
        claim, places = self._keep(pieces)
        self._faults.at("chunks-written")
        return Placed(document=stored_document(files), places=tuple(places), claims=(claim,))

    def place_stream(self, source: BinaryIO) -> Placed:
        """The same for one file of a document that is too large to be in memory; ``joined`` makes one of several."""
        places: dict[bytes, ChunkPlace] = {}
        names, whole, size_bytes, claim = [], new_hash(), 0, self.claims.claim()
        for piece in cut_stream(source):
            name = hash_of(piece)
            names.append(name)
            whole.update(piece)
            size_bytes += len(piece)
            self.claims.extend(claim, [name])
            if name not in places and not self._known([name]):
                self._chunks.reserve(len(piece))
                places[name] = self._put(claim, name, piece)
        file = StoredFile(path=b"", size_bytes=size_bytes, hash=whole.digest(), chunks=tuple(names))
        return Placed(document=stored_document([file]), places=tuple(places.values()), claims=(claim,))

    def joined(self, placed: Mapping[bytes, Placed], others: StoredDocument | None = None) -> Placed:
        """The document that has these, each of one file, as its files, and the ``others`` beside them."""
        files = [file for file in others.files if file.path not in placed] if others is not None else []
        places: list[ChunkPlace] = []
        claims = [claim for each in placed.values() for claim in each.claims]
        for path, each in placed.items():
            (file,) = each.document.files
            files.append(StoredFile(path=path, size_bytes=file.size_bytes, hash=file.hash, chunks=file.chunks))
            places += each.places
        claims.append(self.claims.claim(chunk for file in files for chunk in file.chunks))
        return Placed(document=stored_document(files), places=tuple(places), claims=tuple(claims))

    def file_of(self, path: bytes, content: bytes) -> StoredFile:
        """A file that is only given out, not kept."""
        return StoredFile(path=path, size_bytes=len(content), hash=hash_of(content), chunks=())

    def place_chunks(self, chunks: Iterable[bytes]) -> tuple[Claim, list[ChunkPlace]]:
        """Keep loose chunks, which a later save will name, while the claim is held. Raises NoSpace."""
        return self._keep([(hash_of(chunk), chunk) for chunk in chunks])

    def place_piece(self, piece: bytes, *, end: bool) -> tuple[list[bytes], int, Claim, list[ChunkPlace]]:
        """The same for a piece of a file: the names of its chunks, and how many bytes these are. Where the file does
        not ``end`` with it, its last cut is left to the next piece, which begins there. Raises NoSpace."""
        chunks = [*cut(piece)] if end else [*cut(piece)][:-1]
        named = [(hash_of(chunk), chunk) for chunk in chunks]
        claim, places = self._keep(named)
        return [name for name, _ in named], sum(map(len, chunks)), claim, places

    def _keep(self, pieces: Iterable[tuple[bytes, bytes | memoryview]]) -> tuple[Claim, list[ChunkPlace]]:
        """Rows for these chunks; large ones that are in the store already are left out."""
        wanted = dict(pieces)
        claim = self.claims.claim(wanted)
        known = self._known([each for each in wanted if len(wanted[each]) > SMALL_BYTES])
        fresh = {each: content for each, content in wanted.items() if each not in known}
        self._chunks.reserve(sum(map(len, fresh.values())))
        return claim, [self._put(claim, each, content) for each, content in fresh.items()]

    def _known(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Those that are in the store, and stay there: they are claimed."""
        return self.claims.known(self._catalog.reader.known_chunks(hashes))

    def _put(self, claim: Claim, name: bytes, content: bytes | memoryview) -> ChunkPlace:
        if len(content) <= SMALL_BYTES:
            return self._chunks.put(name, content)
        return self.claims.put(claim, lambda: self._chunks.put(name, content))

    def file_of_chunks(self, path: bytes, chunks: list[bytes]) -> StoredFile:
        """The file that these chunks, which are claimed, make. Raises BadField where one is not in the store."""
        whole, size_bytes, reader = new_hash(), 0, self._catalog.reader
        known = self._wholes.get(tuple(chunks))
        for name in chunks:
            place = reader.chunk(name)
            if place is None or not self.claims.is_known(name):
                raise BadField(f"files: chunk {name.hex()[:12]} is not in the store; put it first", chunk=name.hex())
            if known is None:
                whole.update(self._chunk(reader, name))
            size_bytes += place.size_bytes
        return StoredFile(path=path, size_bytes=size_bytes, hash=known or whole.digest(), chunks=tuple(chunks))

    def remember_whole(self, chunks: Iterable[bytes], whole: bytes) -> None:
        """These chunks make content of that hash: ``file_of_chunks`` need not read them."""
        self._wholes.put(tuple(chunks), whole)

    def bytes_of(self, document: StoredDocument) -> dict[bytes, bytes]:
        """All bytes of a document. Raises TooLarge over the limit of a format, Damaged."""
        if document.size_bytes > LIMITS["format_bytes"]:
            raise TooLarge(
                f"The document has {document.size_bytes} bytes; formats read up to {LIMITS['format_bytes']}",
                limit=LIMITS["format_bytes"],
            )
        return {file.path: b"".join(self.contents(file)) for file in document.files}

    def bytes_placed(self, placed: Placed) -> dict[bytes, bytes]:
        """The same for a document that may not be in the catalog yet."""
        fresh, reader = {place.hash: place for place in placed.places}, self._catalog.reader
        return {
            file.path: b"".join(
                self._chunks.get(fresh[name]) if name in fresh else self._chunk(reader, name) for name in file.chunks
            )
            for file in placed.document.files
        }

    def window(self, file: StoredFile, offset: int, length: int) -> bytes:
        """``length`` bytes of a file from ``offset``, fewer at its end. Raises Damaged."""
        ends = self._ends_of(file)
        first, end = bisect_right(ends, offset), offset + length
        found, reader = [], self._catalog.reader
        for number in range(first, len(ends)):
            start = ends[number - 1] if number else 0
            if start >= end:
                break
            found.append(self._chunk(reader, file.chunks[number])[max(0, offset - start) : end - start])
        return b"".join(found)

    def beginning(self, reader: Reader, document: StoredDocument) -> bytes:
        """The first chunk of the first file."""
        chunks = document.files[0].chunks
        return self._chunk(reader, chunks[0]) if chunks else b""

    def _ends_of(self, file: StoredFile) -> list[int]:
        """Where each chunk of a file ends; kept for a few files, as whoever reads one window reads the next. Found by
        which list of chunks it is: to compare the lists takes as long as to read the window of a very large file."""
        chunks, ends = self._ends.get(id(file.chunks)) or ((), [])
        if chunks is not file.chunks:
            reader = self._catalog.reader
            ends = [*accumulate(_need(reader, name).size_bytes for name in file.chunks)]
            self._ends.put(id(file.chunks), (file.chunks, ends))
        return ends

    def chunk_list(self, file: StoredFile, start: int) -> bytes:
        """Of the chunks from number ``start`` on, as many as a frame holds: hash and size of each. Raises Damaged."""
        ends = self._ends_of(file)
        end = min(len(ends), start + LIMITS["frame_bytes"] // LISTED_BYTES)
        return b"".join(
            listed(file.chunks[number], ends[number] - (ends[number - 1] if number else 0))
            for number in range(start, end)
        )

    def contents(self, file: StoredFile) -> Iterator[bytes]:
        """A file's bytes, chunk by chunk. Raises Damaged."""
        reader = self._catalog.reader
        return (self._chunk(reader, name) for name in file.chunks)

    def _chunk(self, reader: Reader, name: bytes) -> bytes:
        try:
            return self._chunks.get(_need(reader, name))
        except Dropped:  # between the two, its pack was written anew
            reader.end_view()
        try:
            return self._chunks.get(_need(reader, name))
        except Dropped as problem:
            raise Damaged(f"The pack of chunk {name.hex()[:12]} is gone", chunk=name.hex()) from problem

    def reading_placed(self, placed: Placed, form: Format) -> Reading:
        """The parts of a document that may not be in the catalog yet."""
        return self._read(placed.document, form, lambda: self.bytes_placed(placed))

    def form(self, name: str) -> Format:
        """The format of that name; one whose distribution is gone is read as plain."""
        return self._formats.get(name, self._formats["plain"])

    def own_form(self, app: str) -> Format | None:
        """The application's own format, where there is one."""
        return self._formats.get(app)

    def form_for(self, app: str, document: Document) -> Format:
        """The format that fits a document saved for ``app``."""
        own = self._formats.get(app)
        for form in (own, self._formats["parts"]):
            if form is not None and form.recognise(document) is not None:
                return form
        return self._formats["plain"]

    def reading(self, document: StoredDocument, form: Format) -> Reading:
        """A document's parts. Raises Damaged where its format cannot read it."""
        return self._read(document, form, lambda: self.bytes_of(document))

    def _read(self, document: StoredDocument, form: Format, whole: Callable[[], Document]) -> Reading:
        key = (document.id, form.app)
        known = self._readings.get(key)
        if known is not None:
            return known
        if document.size_bytes > LIMITS["format_bytes"]:
            raise TooLarge(f"The document has {document.size_bytes} bytes", limit=LIMITS["format_bytes"])
        try:
            reading = form.read(whole())
        except DamagedDocument as problem:
            raise Damaged(f"Not a readable {form.app} document: {problem}") from problem
        if document.size_bytes <= READINGS_BYTES:
            self._readings.put(key, reading)
        return reading


def _need(reader: Reader, name: bytes) -> ChunkPlace:
    place = reader.chunk(name)
    if place is None:
        raise Damaged(f"Chunk {name.hex()[:12]} is not in the store", chunk=name.hex())
    return place
