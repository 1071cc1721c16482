"""SQLite's write-ahead log, as its checksums tell it (https://sqlite.org/fileformat.html#the_write_ahead_log).

SQLite looks at these only when it reads a log that a crash has left, and then takes what stands before the first frame
that is damaged for all there is. So a damaged one has to be found before.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable

from holdfast_daemon.store.base import Rest
from holdfast_daemon.store.sqlite.beside import descriptor_of

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
#: Version, nothing, changes, kind, the last frame that counts; what follows is not needed here. It stands there twice.
_INDEX = struct.Struct("=5I28x")
_LITTLE_ENDIAN = 0x377F0682


def damaged_frame(path: str, frames_count: Callable[[], int], rest: Rest) -> int | None:
    """The number of the first frame of a log whose checksum is not its own, of as many as count now; 0 is its header.
    None where they are whole, or another log was begun since its header was read."""
    try:
        with open(path, "rb", buffering=0) as source:
            header = source.read(_HEADER.size)
            count = frames_count()
            if len(header) < _HEADER.size or not count:
                return None
            found = _first_damaged(source, header, count, rest)
            source.seek(0)
            return found if source.read(_HEADER.size) == header else None
    except FileNotFoundError:
        return None


def counted_frames(index: str) -> int:
    """How many frames of a log count, by the index that all have of it (https://sqlite.org/walformat.html): a
    checkpoint says so too, but writes, and a full disk does not let it. 0 where that changes just now."""
    try:
        both = os.pread(descriptor_of(index), 2 * _INDEX.size, 0)
    except FileNotFoundError:
        return 0
    one, other = both[: _INDEX.size], both[_INDEX.size :]
    return int(_INDEX.unpack(one)[4]) if one == other and len(one) == _INDEX.size else 0


def commits(path: str) -> list[int]:
    """The numbers of the frames of a log that end a transaction, by what they say of themselves: those behind a damaged
    one, which SQLite does not look at, among them."""
    try:
        with open(path, "rb", buffering=0) as source:
            header = source.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return []
            _, _, page_bytes, _, *salts, _, _ = _HEADER.unpack(header)
            size_bytes, step = os.fstat(source.fileno()).st_size, _FRAME.size + page_bytes
            starts = range(_HEADER.size, size_bytes - step + 1, step)
            frames = [_FRAME.unpack(os.pread(source.fileno(), _FRAME.size, start)) for start in starts]
    except FileNotFoundError:
        return []
    ours = (salts, [*frames[0][2:4]] if frames else salts)  # one of the two may be what is damaged
    return [number for number, frame in enumerate(frames, 1) if frame[1] and [*frame[2:4]] in ours]


def _first_damaged(source: io.FileIO, header: bytes, count: int, rest: Rest) -> int | None:
    magic, _, page_bytes, _, salt, other_salt, *told = _HEADER.unpack(header)
    order = "<" if magic == _LITTLE_ENDIAN else ">"
    sums = _sums((0, 0), header[:24], order)
    if [*sums] != told or page_bytes % 512:
        return 0
    for number in range(1, count + 1):
        frame = source.read(_FRAME.size)
        page = source.read(page_bytes)
        if len(frame) < _FRAME.size or len(page) < page_bytes:
            return number
        _, _, its_salt, its_other_salt, *told = _FRAME.unpack(frame)
        sums = _sums(_sums(sums, frame[:8], order), page, order)
        if [*sums] != told or (its_salt, its_other_salt) != (salt, other_salt):
            return number
        rest(_FRAME.size + page_bytes)
    return None


def _sums(sums: tuple[int, int], content: bytes, order: str) -> tuple[int, int]:
    """SQLite's own checksum, gone on with."""
    one, other = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        one = (one + even + other) & 0xFFFFFFFF
        other = (other + odd + one) & 0xFFFFFFFF
    return one, other
