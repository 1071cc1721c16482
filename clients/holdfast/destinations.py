"""Files on their way from the daemon to the disk. Each is written once: under another name beside its place, to the
disk, then in its place, and not before its hash is right.

What came of a large one stays in ``.holdfast-NAME.part`` where it is cut off, by a kill too, and whoever asks for it
again goes on from there. Nothing of that is trusted, nor of an older file at the place: a chunk on this disk is used
where its hash is right, and then it does not travel.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import accumulate, pairwise
from typing import BinaryIO

from holdfast.documents import AHEAD_COUNT, Opened, OpenedFile, check_whole
from holdfast.plans import Plan, Step
from holdfast_protocol.chunking import cut_stream, hash_of, new_hash
from holdfast_protocol.errors import Damaged, Unreadable
from holdfast_protocol.messages import LIMITS, Cat
from holdfast_protocol.model import FileRow

#: Larger ones go on after a cut.
LARGE_BYTES = LIMITS["window_bytes"]
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
#: Of its name, so that what is put around it fits into a directory.
_NAME_BYTES = 200
#: A chunk's hash to a descriptor and the offset at which it should be there.
_Places = dict[bytes, tuple[int, int]]


def written(document: Opened, row: FileRow, path: bytes) -> Plan[int]:
    """``path`` holds the file, durably, or is what it was. An existing file's mode is kept; what is not a regular file
    (a pipe, a device) is written to directly. Gives how many bytes travelled. Raises Damaged, Unreadable where it
    cannot be written."""
    try:
        return (yield from _written(document, row, path))
    except OSError as problem:
        name = os.fsdecode(path)
        raise Unreadable(f"{name} cannot be written: {problem.strerror or problem}", path=name) from problem


def _written(document: Opened, row: FileRow, path: bytes) -> Plan[int]:
    mode = mode_of(path)
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        with open(path, "wb") as pipe:
            return (yield from _poured(document.file(row), pipe))
    target = os.path.realpath(path)
    chunks = (yield from document.chunks(row)) if row.size_bytes > LARGE_BYTES else None
    if chunks is None:
        with put_in_place(target, mode, new_beside(target)) as file:
            return (yield from _poured(document.file(row), file))
    with ExitStack() as opened:
        places: _Places = {}
        before = _existing(target)
        if before is not None:
            opened.enter_context(before)
            if _look_through(before, places) == row.hash:
                return 0
        place = _left_behind(target)
        file = opened.enter_context(put_in_place(target, mode, place or new_beside(target), goes_on=place is not None))
        assembly = _Assembly(document, row, file.fileno(), places)
        for name, size_bytes in chunks:
            yield from assembly.add(name, size_bytes)
        return (yield from assembly.end())


def _poured(source: OpenedFile, file: BinaryIO) -> Plan[int]:
    """All of it, in order; how many bytes that were."""
    size_bytes = 0
    while windows := (yield from source.next()):
        file.writelines(windows)
        size_bytes += sum(map(len, windows))
    return size_bytes


class _Assembly:
    """A file made of chunks that are on this disk and of chunks that travel, from its beginning to its end."""

    def __init__(self, document: Opened, row: FileRow, here: int, places: _Places) -> None:
        self._document = document
        self._row = row
        self._here = here
        self._places = places
        self._whole = new_hash()
        self._done_bytes = 0
        self._lacking: dict[bytes, int] = {}  # from there on, one behind the other: hash and size
        self._lacking_bytes = 0
        self._travelled_bytes = 0

    def add(self, name: bytes, size_bytes: int) -> Plan[None]:
        """The next chunk."""
        if name in self._lacking:  # it comes once
            yield from self._fetch()
        start = self._done_bytes + self._lacking_bytes
        there = [(self._here, start), *([self._places[name]] if name in self._places else [])]
        for descriptor, offset in there:
            content = os.pread(descriptor, size_bytes, offset)
            if hash_of(content) == name:
                yield from self._fetch()
                self._take(name, content, is_there=(descriptor, offset) == (self._here, start))
                return
        self._lacking[name] = size_bytes
        self._lacking_bytes += size_bytes

    def end(self) -> Plan[int]:
        """It is whole; how many bytes travelled."""
        yield from self._fetch()
        os.ftruncate(self._here, self._done_bytes)
        check_whole(self._whole.digest(), self._row.hash, self._row.path, self._document.snapshot)
        return self._travelled_bytes

    def _fetch(self) -> Plan[None]:
        windows = _windows_of(self._lacking)
        self._lacking, self._lacking_bytes = {}, 0
        for number in range(0, len(windows), AHEAD_COUNT):
            some = windows[number : number + AHEAD_COUNT]
            ends = [*accumulate(sum(window.values()) for window in some)]
            steps = [self._step(start, end) for start, end in pairwise([0, *ends])]
            for window, answer in zip(some, (yield steps), strict=True):
                yield from self._take_window(window, b"".join(answer.payload[:1]))

    def _step(self, start: int, end: int) -> Step:
        """What asks for these bytes, counted from the end of what is done."""
        offset = self._done_bytes + start
        return Step(Cat(ref=self._document.ref, path=self._row.path, offset=offset, length=end - start))

    def _take_window(self, window: Mapping[bytes, int], came: bytes) -> Plan[None]:
        size_bytes = sum(window.values())
        while len(came) < size_bytes:  # it gives less at once
            (answer,) = yield [self._step(len(came), size_bytes)]
            if not any(answer.payload[:1]):
                raise Damaged(f"The content ends after {self._done_bytes + len(came)} of {self._row.size_bytes} bytes")
            came += answer.payload[0]
        end = 0
        for name, size_bytes in window.items():
            content = came[end : end + size_bytes]
            end += size_bytes
            if hash_of(content) != name:
                raise Damaged(f"Chunk {name.hex()[:12]} is not what its hash says", chunk=name.hex())
            self._travelled_bytes += size_bytes
            self._take(name, content, is_there=False)

    def _take(self, name: bytes, content: bytes, *, is_there: bool) -> None:
        self._places[name] = self._here, self._done_bytes
        self._whole.update(content)
        rest = memoryview(b"" if is_there else content)
        while rest:
            rest = rest[os.pwrite(self._here, rest, self._done_bytes + len(content) - len(rest)) :]
        self._done_bytes += len(content)


def _windows_of(chunks: Mapping[bytes, int]) -> list[dict[bytes, int]]:
    """As many of them in a window as it holds, and no halves: of half a chunk, the daemon reads the whole."""
    windows: list[dict[bytes, int]] = [{}]
    for name, size_bytes in chunks.items():
        if sum(windows[-1].values()) + size_bytes > LIMITS["window_bytes"] and windows[-1]:
            windows.append({})
        windows[-1][name] = size_bytes
    return windows if windows[-1] else []


def _look_through(file: BinaryIO, places: _Places) -> bytes:
    """Where which chunk is in a file; the hash of the whole."""
    whole, offset = new_hash(), 0
    for chunk in cut_stream(file):
        places.setdefault(hash_of(chunk), (file.fileno(), offset))
        whole.update(chunk)
        offset += len(chunk)
    return whole.digest()


def _existing(target: bytes) -> BinaryIO | None:
    try:
        return open(target, "rb")
    except OSError:  # what cannot be read is replaced all the same, where it can be
        return None


@contextmanager
def put_in_place(
    target: bytes, mode: int | None, made: tuple[bytes, int], *, goes_on: bool = False
) -> Iterator[BinaryIO]:
    """What is written into ``made`` (path and descriptor) is at ``target`` then, durably. Where it does not come to
    that, ``made`` is gone, unless it ``goes_on`` and nothing is wrong with what it holds, or with its disk."""
    temporary, descriptor = made
    try:
        with open(descriptor, "r+b") as file:
            if mode is not None:
                os.fchmod(descriptor, stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(descriptor)
            os.rename(temporary, target)
    except BaseException as problem:
        if not goes_on or isinstance(problem, OSError | Damaged):
            os.unlink(temporary)
        raise
    sync_folder(os.path.dirname(target))


def new_beside(target: bytes) -> tuple[bytes, int]:
    """Path and descriptor of a new file, under a name of ours."""
    path = os.path.join(os.path.dirname(target), b".holdfast-" + secrets.token_hex(8).encode() + b".tmp")
    return path, os.open(path, _FLAGS | os.O_EXCL, 0o666)


def _left_behind(target: bytes) -> tuple[bytes, int] | None:
    """What an earlier try left, or a new file in its place; None where another process is at it, or has a hand on it:
    whoever can change it later could change what is put in place."""
    folder, name = os.path.split(target)
    path = os.path.join(folder, b".holdfast-" + name[:_NAME_BYTES] + b".part")
    try:
        descriptor = os.open(path, _FLAGS, 0o666)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        state, named = os.fstat(descriptor), os.lstat(path)
        is_ours = stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid() and state.st_nlink == 1
        if is_ours and os.path.samestat(state, named):  # and not put in place by another since it was opened
            return path, descriptor
    except OSError:  # it is locked, or gone
        pass
    os.close(descriptor)
    return None


def mode_of(path: bytes) -> int | None:
    """None where nothing is."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def sync_folder(folder: bytes) -> None:
    """What was renamed into it is there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
