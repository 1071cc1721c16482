"""A stream that is looked through as it comes, a window at a time, so that its size costs no memory."""

from __future__ import annotations

import re
import zlib
from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple

from holdfast.screening.letters import PLAIN, Reading, reading_of
from holdfast.screening.spots import Spot, spots

#: So much is looked at together. What is longer than the reach may be missed where two windows meet; what is before a
#: secret, and tells what it is, has its place too.
WINDOW_BYTES = 1024 * 1024
REACH_BYTES = 64 * 1024
BEFORE_BYTES = 4 * 1024
#: No more is unpacked.
UNPACKED_BYTES = 256 * 1024 * 1024
_GZIP = b"\x1f\x8b"
_PACKED = (b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"%PDF-")
_ENCODED = (b";base64,", b'"iVBORw0KGgo', b'"/9j/')
#: An escape is one letter; what holds a document together stays.
_REPLACED = re.compile(rb"\\[^\x00-\x1f]|[^\\\"'<>\x00-\x1f]+")

PACKED = "is packed, and was not looked into"
DAMAGED = "is packed, and damaged: what could be unpacked was looked into"
PARTLY = f"was only looked into up to {UNPACKED_BYTES // 1024**2} MiB of what is packed there"
ENCODED = "has pictures, or other things, in Base64, which were not looked into"


class Found(NamedTuple):
    """``place``: line and column, or the byte. ``is_packed``: it cannot be replaced. ``secret``: what it is."""

    place: str
    spot: Spot
    is_packed: bool
    secret: bytes


class Screen:
    """``runs`` has then from where to where, in bytes, stars belong; ``remarks`` what was not looked at. ``reading``:
    where it is known, however the bytes begin."""

    def __init__(
        self, tell: Callable[[Found], None], *, is_packed: bool = False, reading: Reading | None = None
    ) -> None:
        self._tell = tell
        self._is_packed = is_packed
        self._raw = bytearray()
        self._offset = self._seen = 0  # of the first byte that is held, and of the first that was not looked at
        self._lines = _Lines()
        self._is_binary = False
        self._unpacked: _Unpacked | None = None
        self.reading = reading
        self.runs = array("Q")
        self.remarks: dict[str, None] = {}

    def feed(self, piece: bytes) -> None:
        """The next bytes."""
        for at in range(0, len(piece), WINDOW_BYTES):
            self._raw += piece[at : at + WINDOW_BYTES]
            if len(self._raw) >= WINDOW_BYTES + REACH_BYTES + BEFORE_BYTES:
                self._look(len(self._raw) - REACH_BYTES)

    def end(self) -> None:
        """There are no more."""
        self._look(len(self._raw))
        if self._unpacked is not None:
            self._unpacked.screen.end()
            self.remarks |= self._unpacked.remarks

    def _look(self, until: int) -> None:
        if self.reading is None:
            self._begin(bytes(self._raw[:16]))
        assert self.reading is not None
        if self._unpacked is not None:
            self._unpacked.feed(bytes(self._raw))
        if PACKED in self.remarks or self._unpacked is not None:
            self._raw.clear()
            return
        letters, width = self.reading.letters(bytes(self._raw)), self.reading.width
        self._is_binary = self._is_binary or b"\0" in letters
        if ENCODED not in self.remarks and any(sign in letters for sign in _ENCODED):
            self.remarks[ENCODED] = None
        for spot in spots(letters):
            if self._seen <= self._offset + spot.start * width < self._offset + until:
                secret = letters[spot.start : spot.end]
                self._tell(Found(self._place(letters, spot.start), spot, self._is_packed, secret))
                for start, end in _replaced(letters, spot):
                    self.runs.extend((self._offset + start * width, self._offset + end * width))
        self._seen = max(self._seen, self._offset + until)
        self._drop(letters, max(0, until - BEFORE_BYTES) // width)

    def _begin(self, beginning: bytes) -> None:
        is_packed = beginning.startswith(_PACKED)
        if is_packed:
            self.remarks[PACKED] = None
        if beginning.startswith(_GZIP):
            self._unpacked = _Unpacked(self._tell)
        self.reading = PLAIN if is_packed or self._unpacked is not None else reading_of(beginning)

    def _place(self, letters: bytes, at: int) -> str:
        assert self.reading is not None
        if self._is_binary:
            return f"byte {self._offset + at * self.reading.width}"
        return self._lines.place(letters, self._offset // self.reading.width, at)

    def _drop(self, letters: bytes, count: int) -> None:
        """The first letters are done."""
        assert self.reading is not None
        self._lines.place(letters, self._offset // self.reading.width, count)
        del self._raw[: count * self.reading.width]
        self._offset += count * self.reading.width


class _Lines:
    """Where letters are, as editors count, each asked for after those before it. ``offset``: of the first letter that
    is held."""

    def __init__(self) -> None:
        self._line, self._begins, self._at = 1, 0, 0

    def place(self, letters: bytes, offset: int, at: int) -> str:
        """Line and column, from 1."""
        counted = self._at - offset
        if at > counted and (more := letters.count(b"\n", counted, at)):
            self._line += more
            self._begins = offset + letters.rfind(b"\n", counted, at) + 1
        self._at = max(self._at, offset + at)
        return f"{self._line}:{offset + at - self._begins + 1}"


class _Unpacked:
    """What is in a gzip file, of one member or of many."""

    def __init__(self, tell: Callable[[Found], None]) -> None:
        self.screen = Screen(tell, is_packed=True)
        self.remarks: dict[str, None] = {}
        self._unpack = zlib.decompressobj(wbits=31)
        self._left_bytes = UNPACKED_BYTES

    def feed(self, packed: bytes) -> None:
        """The next bytes."""
        is_more = True
        while is_more and self._left_bytes > 0:
            try:
                piece = self._unpack.decompress(packed, WINDOW_BYTES)
            except zlib.error:
                self.remarks[DAMAGED] = None
                self._left_bytes = 0
                return
            self.screen.feed(piece)
            self._left_bytes -= len(piece)
            packed = self._unpack.unconsumed_tail
            if self._unpack.eof:
                packed, self._unpack = self._unpack.unused_data, zlib.decompressobj(wbits=31)
            is_more = bool(packed) or len(piece) == WINDOW_BYTES
        if is_more and DAMAGED not in self.remarks:
            self.remarks[PARTLY] = None


def _replaced(letters: bytes, spot: Spot) -> Iterator[tuple[int, int]]:
    """Where stars belong, so that what is around stays what it is: a quote, an end of a line."""
    return (run.span() for run in _REPLACED.finditer(letters, spot.start, spot.end))
