"""Content with stars over what had better stay at home. It is as long as it was, so that lengths, indexes and offsets
within it hold."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable

from holdfast.entries import Source
from holdfast.plans import Plan
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.errors import Unreadable


class Redacted:
    """``runs``: from where to where, each in bytes. ``whole`` is the hash of what was looked through: nothing else
    leaves; ``tell`` is given that of what leaves instead."""

    def __init__(
        self, source: Source, runs: array[int], star: bytes, whole: bytes, tell: Callable[[bytes], None]
    ) -> None:
        self._source, self._runs, self._star = source, runs, star
        self._offset = 0
        self._came, self._made = new_hash(), new_hash()
        self._whole, self._tell = whole, tell

    def next(self) -> Plan[list[bytes]]:
        """The next few pieces. Raises Unreadable where a file has changed since it was looked through."""
        pieces = []
        for piece in (yield from self._source.next()):
            self._came.update(piece)
            made = overlaid(piece, self._offset, self._runs, self._star)
            self._made.update(made)
            self._offset += len(piece)
            pieces.append(made)
        if not pieces:
            if self._came.digest() != self._whole:
                raise Unreadable("A file has changed while it was exported; say it again")
            self._tell(self._made.digest())
        return pieces


def overlaid(piece: bytes, offset: int, runs: array[int], star: bytes) -> bytes:
    """A piece that begins at ``offset`` of what the runs are of."""
    at = bisect_right(runs, offset) // 2 * 2
    if at >= len(runs) or runs[at] >= offset + len(piece):
        return piece
    made = bytearray(piece)
    while at < len(runs) and runs[at] < offset + len(piece):
        start, end = max(runs[at], offset), min(runs[at + 1], offset + len(piece))
        phase = (start - runs[at]) % len(star)
        stars = (star[phase:] + star * ((end - start) // len(star) + 1))[: end - start]
        made[start - offset : end - offset] = stars
        at += 2
    return bytes(made)
