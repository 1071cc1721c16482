"""Content by its hash: large chunks in append-only pack files, small ones beside the rows (STORE.md).

A pack is a header and records of hash, size and bytes, so that the directory of chunks could be made anew from the
packs alone. Bytes beyond the last committed record are what a crash left; nothing names them.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import struct
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence

from holdfast_daemon.store.base import Dropped, Rest
from holdfast_daemon.store.nouns import ChunkPlace, Damage
from holdfast_protocol.chunking import HASH_BYTES, hash_of
from holdfast_protocol.errors import Damaged, NoSpace, Unreadable

_log = logging.getLogger("holdfast.packs")

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


class _Pack:
    """An open pack; closed when nobody reads in it any more."""

    def __init__(self, path: str) -> None:
        self.descriptor = -1
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


class Packs:
    """Chunks in one folder of pack files; small ones go into their rows. Writing holds a lock, reading does not."""

    def __init__(self, folder: str) -> None:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._begin(folder, numbers_in(folder))

    def _begin(self, folder: str, numbers: list[int]) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._numbers = numbers
        self._newest = self._numbers[-1] if self._numbers else 0  # a number is not given twice
        self._writing: int | None = None
        self._size_bytes = 0
        self._dirty = self._has_failed = False
        self._failing = ""  # why what was appended last was not
        self._synced_bytes = 0  # of the newest pack, up to there
        self._readers: dict[int, _Pack] = {}

    def reserve(self, size_bytes: int) -> None:
        """Raises NoSpace where that much more would leave less than ``ROOM_BYTES``, Unreadable."""
        with _coded(self._folder):
            state = os.statvfs(self._folder)
        if state.f_bavail * state.f_frsize < size_bytes + ROOM_BYTES:
            raise NoSpace("The disk of the store is full; nothing was changed", path=self._folder)

    @property
    def problems(self) -> list[str]:
        """For people: that nothing new can be kept, and why."""
        try:
            self.reserve(SMALL_BYTES)
        except NoSpace:
            return [f"Nothing new can be saved: the disk of {self._folder} is full"]
        except Unreadable as problem:
            return [f"Nothing new can be saved: {problem.sentence}"]
        return [f"Large contents cannot be saved: {self._failing}"] if self._failing else []

    def put(self, content_hash: bytes, content: bytes | memoryview) -> ChunkPlace:
        """In the row, or appended to the newest pack."""
        if len(content) <= SMALL_BYTES:
            return ChunkPlace(content_hash, len(content), None, None, bytes(content))
        with self._lock, _coded(self._folder):
            if self._size_bytes > PACK_BYTES:
                self._seal_newest()
            if self._writing is None:
                self._open_next()
            start = self._size_bytes + _RECORD.size
            header = _RECORD.pack(content_hash, len(content))
            self._write(header, content)
            self._dirty, self._failing = True, ""
            return ChunkPlace(content_hash, len(content), self._numbers[-1], start, None)

    def get(self, place: ChunkPlace) -> bytes:
        """From the row or its pack, checked."""
        content = place.content if place.content is not None else self._read(place)
        if hash_of(content) != place.hash:
            where = self._path(place.pack) if place.pack is not None else "the catalog"
            _log.warning("Chunk %s in %s is not what was written, or not all there", place.hash.hex()[:12], where)
            raise Damaged(f"Chunk {place.hash.hex()[:12]} is damaged", chunk=place.hash.hex())
        return content

    def seal(self) -> None:
        """One ``fdatasync`` of the newest pack, where something was appended to it."""
        with self._lock, _coded(self._folder):
            self._sync()

    def _read(self, place: ChunkPlace) -> bytes:
        assert place.pack is not None
        assert place.offset_bytes is not None
        with self._lock:
            if place.pack not in self._readers:
                try:
                    self._readers[place.pack] = _Pack(self._path(place.pack))
                except FileNotFoundError as problem:
                    raise Dropped from problem
                except OSError as problem:
                    raise self._unreadable(place.pack, problem) from problem
            reader = self._readers[place.pack]
        try:
            return os.pread(reader.descriptor, place.size_bytes, place.offset_bytes)
        except OSError as problem:
            raise self._unreadable(place.pack, problem) from problem

    def _unreadable(self, pack: int, problem: OSError) -> Unreadable:
        path = self._path(pack)
        return Unreadable(f"{path} cannot be read: {problem.strerror}", path=path)

    def sealed(self) -> dict[int, int]:
        """Those of older starts, and those that are full."""
        with self._lock:
            numbers = self._numbers if self._writing is None else self._numbers[:-1]
            return {number: _size_of(self._path(number)) for number in numbers}

    def missing(self, packs: Collection[int]) -> list[str]:
        """The paths of those of these packs that are not there."""
        return [path for path in map(self._path, packs) if not os.path.exists(path)]

    def rotate(self) -> None:
        """Durably."""
        with self._lock, _coded(self._folder):
            self._seal_newest()

    def drop(self, pack: int) -> None:
        """Whoever reads in it may finish; its bytes are given back then."""
        with self._lock, _coded(self._folder):
            self._numbers.remove(pack)
            self._readers.pop(pack, None)
            with contextlib.suppress(FileNotFoundError):  # lost, and what was in it put back elsewhere
                os.unlink(self._path(pack))

    def examine(self, pack: int, places: Sequence[ChunkPlace], rest: Rest) -> Iterator[Damage]:
        """Its beginning, the record before each chunk, and the chunk. Bytes that no chunk is in are nobody's."""
        path, reader = self._path(pack), None
        try:
            reader = _Pack(path)
            os.posix_fadvise(reader.descriptor, 0, 0, os.POSIX_FADV_DONTNEED)  # what is on the disk is to be read
            beginning = os.pread(reader.descriptor, len(PACK_MAGIC), 0)
            is_begun = not places and len(beginning) < len(PACK_MAGIC) and PACK_MAGIC.startswith(beginning)
            if beginning != PACK_MAGIC and not is_begun:  # the daemon ended as it began one, and nothing is in it
                yield Damage("pack", f"The beginning of pack {pack:06d} is damaged", os.fsencode(path), pack=pack)
        except OSError as problem:
            yield Damage("pack", f"Pack {pack:06d}: {problem.strerror}", os.fsencode(path), pack=pack)
        for place in sorted(places, key=lambda each: each.offset_bytes or 0):
            offset = place.offset_bytes or 0
            wrong = _what_is_wrong(reader.descriptor, place, offset) if reader else "its pack is not there"
            if wrong:
                said = f"Chunk {place.hash.hex()[:12]} in pack {pack:06d} at {offset}: {wrong}"
                yield Damage("chunk", said, os.fsencode(path), place.hash, pack, offset)
            rest(place.size_bytes)

    def copies(self, hashes: Collection[bytes], rest: Rest) -> Iterator[tuple[bytes, bytes]]:
        """By the records of all packs, from one to the next."""
        with self._lock:
            numbers = [*self._numbers]
        for number in numbers:
            yield from found_in(self._path(number), hashes, rest)

    def close(self) -> None:
        with self._lock:
            if self._writing is not None:
                os.close(self._writing)
            self._readers, self._writing = {}, None

    def _write(self, header: bytes, content: bytes | memoryview) -> None:
        assert self._writing is not None
        try:
            written = os.pwritev(self._writing, [header, content], self._size_bytes)
            while written < len(header) + len(content):
                rest = (header + bytes(content))[written:]
                written += os.pwrite(self._writing, rest, self._size_bytes + written)
        except OSError as problem:
            self._failing = f"{self._path(self._numbers[-1])}: {problem.strerror}"
            with contextlib.suppress(OSError):  # what is left there is written over by the next
                os.ftruncate(self._writing, self._size_bytes)
            raise
        self._size_bytes += written

    def _seal_newest(self) -> None:
        if self._writing is not None:
            self._sync()
            os.close(self._writing)
            self._writing = None

    def _sync(self) -> None:
        """After a sync that failed the kernel takes what it could not write for written, and the next would go well
        without it: all since the last good one is written again."""
        if not self._dirty or self._writing is None:
            return
        if self._has_failed:
            self._write_again(self._writing)
        self._has_failed = True
        os.fdatasync(self._writing)
        self._has_failed = self._dirty = False
        self._synced_bytes = self._size_bytes

    def _write_again(self, target: int) -> None:
        reader, at = _Pack(self._path(self._numbers[-1])), self._synced_bytes
        while at < self._size_bytes:
            header = os.pread(reader.descriptor, _RECORD.size, at)
            name, size_bytes = _RECORD.unpack(header.ljust(_RECORD.size, b"\0"))
            content = os.pread(reader.descriptor, size_bytes, at + _RECORD.size)
            if hash_of(content) != name:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            os.pwrite(target, header + content, at)
            at += len(header) + len(content)

    def _open_next(self) -> None:
        number = self._newest + 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(self._path(number), flags, 0o600)
        self._numbers.append(number)
        self._newest = number
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
        self._synced_bytes, self._dirty, self._has_failed = self._size_bytes, False, False

    def _path(self, number: int) -> str:
        return os.path.join(self._folder, f"{number:06d}.pack")


def numbers_in(folder: str) -> list[int]:
    """Of the packs that are there."""
    return sorted(int(name.split(".")[0]) for name in os.listdir(folder) if name.endswith(".pack"))


class UnwrittenPacks(Packs):
    """Those of a store, or of a backup, that is only read: ``files`` by number."""

    def __init__(self, folder: str, files: Mapping[int, str]) -> None:
        self._files = files
        self._begin(folder, sorted(files))

    def _path(self, number: int) -> str:
        return self._files.get(number, super()._path(number))


def found_in(path: str, hashes: Collection[bytes], rest: Rest) -> Iterator[tuple[bytes, bytes]]:
    """Those of the chunks that are whole in the file of a pack, from one record to the next: hash and bytes."""
    with contextlib.suppress(OSError, struct.error):
        reader, at = _Pack(path), len(PACK_MAGIC)
        while header := os.pread(reader.descriptor, _RECORD.size, at):
            name, size_bytes = _RECORD.unpack(header)
            at += _RECORD.size
            if name in hashes:
                content = os.pread(reader.descriptor, size_bytes, at)
                if hash_of(content) == name:
                    yield name, content
            at += size_bytes
            rest(_RECORD.size)


def is_at(descriptor: int, place: ChunkPlace) -> bool:
    """Whether a pack has the record of this chunk there; its bytes are not looked at."""
    header = os.pread(descriptor, _RECORD.size, (place.offset_bytes or 0) - _RECORD.size)
    return header == _RECORD.pack(place.hash, place.size_bytes)


def _size_of(path: str) -> int:
    """0 where it is gone: ``examine`` says so."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def _what_is_wrong(descriptor: int, place: ChunkPlace, offset: int) -> str | None:
    try:
        header = os.pread(descriptor, _RECORD.size, offset - _RECORD.size)
        content = os.pread(descriptor, place.size_bytes, offset)
    except OSError as problem:
        return f"it cannot be read: {problem.strerror}"
    if len(content) < place.size_bytes:
        return f"the pack ends {place.size_bytes - len(content)} bytes before it does"
    if hash_of(content) != place.hash:
        return "its bytes are not what they were"
    return None if header == _RECORD.pack(place.hash, place.size_bytes) else "the record before it is damaged"


assert _RECORD.size == HASH_BYTES + 4
