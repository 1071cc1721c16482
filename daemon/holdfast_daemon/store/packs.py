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
from collections.abc import Iterator

from holdfast_daemon.store.nouns import ChunkPlace
from holdfast_protocol.chunking import HASH_BYTES, hash_of
from holdfast_protocol.errors import Damaged, NoSpace, Unreadable

SMALL_BYTES = 64 * 1024
PACK_BYTES = 1 << 30
#: What new content leaves free on the disk, so that a deletion, an undo and a rename can still be committed.
ROOM_BYTES = 512 * 1024
PACK_MAGIC = b"holdfast pack 1\n"
_RECORD = struct.Struct("<32sI")


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
    """Chunks in one folder of pack files; small ones go into their rows. Writing holds a lock, reading does not."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._lock = threading.Lock()
        self._numbers = sorted(int(name.split(".")[0]) for name in os.listdir(folder) if name.endswith(".pack"))
        self._writing: int | None = None
        self._size_bytes = 0
        self._dirty = False
        self._readers: dict[int, int] = {}

    def reserve(self, size_bytes: int) -> None:
        """Raises NoSpace where that much more would leave less than ``ROOM_BYTES``."""
        state = os.statvfs(self._folder)
        if state.f_bavail * state.f_frsize < size_bytes + ROOM_BYTES:
            raise NoSpace("The disk of the store is full; nothing was changed", path=self._folder)

    def put(self, content_hash: bytes, content: bytes | memoryview) -> ChunkPlace:
        """In the row, or appended to the newest pack."""
        if len(content) <= SMALL_BYTES:
            return ChunkPlace(content_hash, len(content), None, None, bytes(content))
        with self._lock, _coded(self._folder):
            if self._writing is None or self._size_bytes > PACK_BYTES:
                self._open_next()
            assert self._writing is not None
            start = self._size_bytes + _RECORD.size
            header = _RECORD.pack(content_hash, len(content))
            self._write(header, content)
            self._dirty = True
            return ChunkPlace(content_hash, len(content), self._numbers[-1], start, None)

    def get(self, place: ChunkPlace) -> bytes:
        """From the row or its pack, checked."""
        content = place.content if place.content is not None else self._read(place)
        if hash_of(content) != place.hash:
            raise Damaged(f"Chunk {place.hash.hex()[:12]} is damaged", chunk=place.hash.hex())
        return content

    def seal(self) -> None:
        """One ``fdatasync`` of the newest pack, where something was appended to it."""
        with self._lock, _coded(self._folder):
            if self._dirty and self._writing is not None:
                os.fdatasync(self._writing)
                self._dirty = False

    def _read(self, place: ChunkPlace) -> bytes:
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


assert _RECORD.size == HASH_BYTES + 4
