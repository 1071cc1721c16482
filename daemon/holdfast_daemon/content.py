"""Documents between their bytes, their chunks and their parts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from holdfast_daemon.fault import Faults
from holdfast_daemon.formats.base import DamagedDocument, Document, Format, Reading
from holdfast_daemon.store.catalog import Catalog
from holdfast_daemon.store.chunks import ChunkPlace, Chunks
from holdfast_daemon.store.nouns import StoredDocument, StoredFile, stored_document
from holdfast_protocol.chunking import cut, hash_of, new_hash
from holdfast_protocol.errors import BadField, Damaged, TooLarge
from holdfast_protocol.messages import LIMITS

READINGS_COUNT = 32
READINGS_BYTES = 8 * 1024 * 1024  # a larger document is read anew each time


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A document whose chunks are on disk (or in ``places``), to be named by a transaction."""

    document: StoredDocument
    places: tuple[ChunkPlace, ...] = ()


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
        self._readings: OrderedDict[tuple[bytes, str], Reading] = OrderedDict()
        self._lock = threading.Lock()

    def place(self, document: Document) -> Placed:
        """Cut, hash and keep the bytes of a document."""
        files, pieces = [], []
        for path, content in document.items():
            named = [(hash_of(piece), piece) for piece in cut(content)]
            pieces += named
            chunks = tuple(name for name, _ in named)
            whole = chunks[0] if len(chunks) == 1 else hash_of(content)
            files.append(StoredFile(path=path, size_bytes=len(content), hash=whole, chunks=chunks))
        places = self._chunks.place(pieces, self._catalog.reader)
        self._faults.at("chunks-written")
        return Placed(document=stored_document(files), places=tuple(places))

    def file_of(self, path: bytes, content: bytes) -> StoredFile:
        """A file that is only given out, not kept."""
        return StoredFile(path=path, size_bytes=len(content), hash=hash_of(content), chunks=())

    def place_chunks(self, chunks: Iterable[bytes]) -> list[ChunkPlace]:
        """Keep loose chunks, which a later save will name."""
        return self._chunks.place([(hash_of(chunk), chunk) for chunk in chunks], self._catalog.reader)

    def file_of_chunks(self, path: bytes, chunks: list[bytes]) -> StoredFile:
        """The file that these chunks make. Raises BadField where one is not in the store."""
        whole, size_bytes, reader = new_hash(), 0, self._catalog.reader
        for name in chunks:
            if reader.chunk(name) is None:
                raise BadField(f"files: chunk {name.hex()[:12]} is not in the store; put it first", chunk=name.hex())
            content = self._chunks.get(name, reader)
            whole.update(content)
            size_bytes += len(content)
        return StoredFile(path=path, size_bytes=size_bytes, hash=whole.digest(), chunks=tuple(chunks))

    def bytes_of(self, document: StoredDocument) -> dict[bytes, bytes]:
        """All bytes of a document. Raises TooLarge over the limit of a format, Damaged."""
        if document.size_bytes > LIMITS["format_bytes"]:
            raise TooLarge(
                f"The document has {document.size_bytes} bytes; formats read up to {LIMITS['format_bytes']}",
                limit=LIMITS["format_bytes"],
            )
        return self._chunks.document(document, self._catalog.reader)

    def bytes_placed(self, placed: Placed) -> dict[bytes, bytes]:
        """The same for a document that may not be in the catalog yet."""
        fresh = {place.hash: place.content for place in placed.places if place.content is not None}
        return self._fresh_bytes(placed, fresh)

    def window(self, file: StoredFile, offset: int, length: int) -> bytes:
        """Part of a file's bytes."""
        return self._chunks.window(file, offset, length, self._catalog.reader)

    def contents(self, file: StoredFile) -> Iterable[bytes]:
        """A file's bytes, chunk by chunk."""
        return self._chunks.contents(file, self._catalog.reader)

    def reading_placed(self, placed: Placed, form: Format) -> Reading:
        """The parts of a document that may not be in the catalog yet."""
        return self._read(placed.document, form, lambda: self.bytes_placed(placed))

    def form(self, name: str) -> Format:
        """The format of that name; one whose distribution is gone is read as plain."""
        return self._formats.get(name, self._formats["plain"])

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

    def _fresh_bytes(self, placed: Placed, fresh: dict[bytes, bytes]) -> dict[bytes, bytes]:
        reader = self._catalog.reader
        packed = {place.hash: place for place in placed.places if place.content is None}
        return {
            file.path: b"".join(
                fresh[name] if name in fresh else self._chunks.placed(packed[name]) if name in packed
                else self._chunks.get(name, reader)
                for name in file.chunks
            )
            for file in placed.document.files
        }  # fmt: skip

    def _read(self, document: StoredDocument, form: Format, whole: Callable[[], Document]) -> Reading:
        key = (document.id, form.app)
        with self._lock:
            if key in self._readings:
                self._readings.move_to_end(key)
                return self._readings[key]
        if document.size_bytes > LIMITS["format_bytes"]:
            raise TooLarge(f"The document has {document.size_bytes} bytes", limit=LIMITS["format_bytes"])
        try:
            reading = form.read(whole())
        except DamagedDocument as problem:
            raise Damaged(f"Not a readable {form.app} document: {problem}") from problem
        if document.size_bytes <= READINGS_BYTES:
            with self._lock:
                self._readings[key] = reading
                while len(self._readings) > READINGS_COUNT:
                    self._readings.popitem(last=False)
        return reading
