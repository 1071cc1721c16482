"""Content by its hash: large chunks in append-only pack files, small ones beside the rows (STORE.md).

A pack is a header and records of hash, size and bytes, so that the directory of chunks could be made anew from the
packs alone. Bytes beyond the last committed record are what a crash left; nothing names them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from holdfast_daemon.store.nouns import StoredDocument, StoredFile
from holdfast_protocol.chunking import HASH_BYTES, hash_of
from holdfast_protocol.errors import Damaged, NoSpace, Unreadable

SMALL_BYTES = 64 * 1024
PACK_BYTES = 1 << 30
#: What new content leaves free on the disk, so that a deletion, an undo and a rename can still be committed.
ROOM_BYTES = 256 * 1024
PACK_MAGIC = b"holdfast pack 1\n"
_RECORD = struct.Struct("<32sI")


@dataclass(frozen=True, slots=True)
class ChunkPlace:
    """Where one chunk is: in a pack at an offset, or (``content``) in the row itself."""

    hash: bytes
    size_bytes: int
    pack: int | None
    offset_bytes: int | None
    content: bytes | None


class ChunkDirectory(Protocol):
    """The catalog's side: which chunk is where."""

    def chunk(self, content_hash: bytes) -> ChunkPlace | None: ...

    def known_chunks(self, hashes: Iterable[bytes]) -> set[bytes]: ...


@contextlib.contextmanager
def _coded(folder: str) -> Iterator[None]:
    """What the system says while a pack is written, as a coded error."""
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace("The disk of the store is full; nothing was changed", path=folder) from problem
        raise Unreadable(f"{folder}: {problem.strerror}", path=folder) from problem


class Packs:
    """The pack files of one store. ``append`` is for one thread at a time (it holds a lock); ``read`` for any."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._lock = threading.Lock()
        self._numbers = sorted(int(name.split(".")[0]) for name in os.listdir(folder) if name.endswith(".pack"))
        self._writing: int | None = None
        self._size_bytes = 0
        self._dirty = False
        self._readers: dict[int, int] = {}

    def append(self, content_hash: bytes, content: bytes | memoryview) -> ChunkPlace:
        """The chunk, on disk after the next ``sync``."""
        with self._lock, _coded(self._folder):
            if self._writing is None or self._size_bytes > PACK_BYTES:
                self._open_next()
            assert self._writing is not None
            start = self._size_bytes + _RECORD.size
            header = _RECORD.pack(content_hash, len(content))
            self._write(header, content)
            self._dirty = True
            return ChunkPlace(content_hash, len(content), self._numbers[-1], start, None)

    def check_room(self, size_bytes: int) -> None:
        """Raises NoSpace where that much more does not fit."""
        state = os.statvfs(self._folder)
        if state.f_bavail * state.f_frsize < size_bytes + ROOM_BYTES:
            raise NoSpace("The disk of the store is full; nothing was changed", path=self._folder)

    def sync(self) -> None:
        """Everything appended so far is durable."""
        with self._lock, _coded(self._folder):
            if self._dirty and self._writing is not None:
                os.fdatasync(self._writing)
                self._dirty = False

    def read(self, place: ChunkPlace) -> bytes:
        """The bytes of a chunk, unchecked."""
        assert place.pack is not None
        assert place.offset_bytes is not None
        with self._lock:
            if place.pack not in self._readers:
                self._readers[place.pack] = os.open(self._path(place.pack), os.O_RDONLY | os.O_CLOEXEC)
            reader = self._readers[place.pack]
        return os.pread(reader, place.size_bytes, place.offset_bytes)

    def close(self) -> None:
        with self._lock:
            for descriptor in [*self._readers.values(), *([self._writing] if self._writing is not None else [])]:
                os.close(descriptor)
            self._readers, self._writing = {}, None

    def _write(self, header: bytes, content: bytes | memoryview) -> None:
        assert self._writing is not None
        try:
            written = os.writev(self._writing, [header, content])
            while written < len(header) + len(content):
                written += os.write(self._writing, (header + bytes(content))[written:])
        except OSError:
            os.ftruncate(self._writing, self._size_bytes)
            os.lseek(self._writing, self._size_bytes, os.SEEK_SET)
            raise
        self._size_bytes += written

    def _open_next(self) -> None:
        if self._writing is not None:
            os.fdatasync(self._writing)
            os.close(self._writing)
            self._writing = None
        number = (self._numbers[-1] if self._numbers else 0) + 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(self._path(number), flags, 0o600)
        self._numbers.append(number)
        try:
            os.writev(descriptor, [PACK_MAGIC])
            os.fsync(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        os.fsync(folder)
        os.close(folder)
        self._writing, self._size_bytes = descriptor, len(PACK_MAGIC)

    def _path(self, number: int) -> str:
        return os.path.join(self._folder, f"{number:06d}.pack")


class Chunks:
    """Put and get content; what is put is named by a later transaction (``Placed``)."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs

    def place(self, pieces: Iterable[tuple[bytes, bytes | memoryview]], directory: ChunkDirectory) -> list[ChunkPlace]:
        """Rows for these chunks; large ones that ``directory`` does not know yet are appended to a pack here."""
        wanted = dict(pieces)
        known = directory.known_chunks([each for each in wanted if len(wanted[each]) > SMALL_BYTES])
        fresh = {each: content for each, content in wanted.items() if each not in known}
        self._packs.check_room(sum(map(len, fresh.values())))
        return [
            ChunkPlace(content_hash, len(content), None, None, bytes(content))
            if len(content) <= SMALL_BYTES
            else self._packs.append(content_hash, content)
            for content_hash, content in fresh.items()
        ]

    def get(self, content_hash: bytes, directory: ChunkDirectory) -> bytes:
        """A chunk, checked against its name. Raises Damaged."""
        place = directory.chunk(content_hash)
        if place is None:
            raise Damaged(f"Chunk {content_hash.hex()[:12]} is not in the store", chunk=content_hash.hex())
        content = self.placed(place)
        if hash_of(content) != content_hash:
            raise Damaged(f"Chunk {content_hash.hex()[:12]} is damaged", chunk=content_hash.hex())
        return content

    def placed(self, place: ChunkPlace) -> bytes:
        """A chunk that no transaction names yet."""
        return place.content if place.content is not None else self._packs.read(place)

    def window(self, file: StoredFile, offset: int, length: int, directory: ChunkDirectory) -> bytes:
        """``length`` bytes of a file from ``offset``, fewer at its end."""
        wanted, position, found = offset + length, 0, []
        for content_hash in file.chunks:
            place = directory.chunk(content_hash)
            size_bytes = place.size_bytes if place else 0
            if position + size_bytes > offset and position < wanted:
                content = self.get(content_hash, directory)
                found.append(content[max(0, offset - position) : wanted - position])
            position += size_bytes
            if position >= wanted:
                break
        return b"".join(found)

    def contents(self, file: StoredFile, directory: ChunkDirectory) -> Iterator[bytes]:
        """The whole of a file, chunk by chunk."""
        for content_hash in file.chunks:
            yield self.get(content_hash, directory)

    def document(self, document: StoredDocument, directory: ChunkDirectory) -> dict[bytes, bytes]:
        """All of a document's bytes by path; for documents within the limit of a format."""
        return {file.path: b"".join(self.contents(file, directory)) for file in document.files}

    def sync(self) -> None:
        """What was placed is durable, and may be named by a transaction."""
        self._packs.sync()

    def close(self) -> None:
        self._packs.close()


assert _RECORD.size == HASH_BYTES + 4
