"""What is read of a session to be printed: its parts one after the other, some at a time, none larger than can be
printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holdfast.documents import Windows
from holdfast.plans import Plan, Step
from holdfast_protocol.messages import LIMITS, Cat, Content
from holdfast_protocol.model import PartRow, Ref

#: So much is asked for together,
_TOGETHER_BYTES = 4 * 1024 * 1024
_TOGETHER_COUNT = 16
#: and so much is given together.
_GIVEN_BYTES = 16 * 1024 * 1024
_GIVEN_COUNT = 100


class Tally:
    """How much of a session was looked at so far."""

    def __init__(self) -> None:
        self.size_bytes = 0


class Read(NamedTuple):
    """The beginning of a part: ``is_whole`` where that is all of it."""

    part: PartRow
    content: bytes
    is_whole: bool


class Parts:
    """In their order, the first ``limit_bytes`` of each."""

    def __init__(self, snapshot: Ref, parts: Sequence[PartRow], limit_bytes: int, tally: Tally) -> None:
        self._snapshot = snapshot
        self._parts = parts
        self._limit_bytes = limit_bytes
        self._tally = tally
        self._at = 0

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._parts)

    def next(self) -> Plan[list[Read]]:
        """The next few; none at the end. Raises NotFound, Damaged."""
        few = _together(self._parts, self._at, self._limit_bytes, _GIVEN_COUNT, _GIVEN_BYTES)
        self._at += len(few)
        found: list[Read] = []
        while len(found) < len(few):
            batch = _together(few, len(found), self._limit_bytes, _TOGETHER_COUNT, _TOGETHER_BYTES)
            found += yield from self._read(batch)
        self._tally.size_bytes += sum(part.size_bytes for part in few)
        return found

    def _read(self, batch: Sequence[PartRow]) -> Plan[list[Read]]:
        length = min(self._limit_bytes, LIMITS["window_bytes"])
        steps = [Step(Cat(ref=named(self._snapshot, part.key), length=length)) for part in batch]
        found: list[Read] = []
        for part, answer in zip(batch, (yield steps), strict=True):
            assert isinstance(answer.reply, Content)
            content, size_bytes = b"".join(answer.payload[:1]), answer.reply.size_bytes
            if len(content) < min(size_bytes, self._limit_bytes):
                content = yield from beginning(self._snapshot, part.key, self._limit_bytes)
            found.append(Read(part, content, len(content) == size_bytes))
        return found


def beginning(snapshot: Ref, part: str, limit_bytes: int) -> Plan[bytes]:
    """The first bytes of a part. Raises NotFound, Damaged."""
    windows = Windows(Cat(ref=named(snapshot, part)))
    found = b""
    while len(found) < limit_bytes and (pieces := (yield from windows.next())):
        found += b"".join(pieces)
    return found[:limit_bytes]


def named(snapshot: Ref, part: str) -> Ref:
    """A part of a pinned snapshot, or an array in one (``PART/ARRAY``)."""
    return Ref(id=snapshot.id, snapshot=snapshot.snapshot, part=part)


def _together(
    parts: Sequence[PartRow], start: int, limit_bytes: int, count: int, most_bytes: int
) -> Sequence[PartRow]:  # fmt: skip
    """From there on, one at least, as many as have room."""
    end = start
    while end < min(len(parts), start + count) and (end == start or most_bytes > 0):
        most_bytes -= min(parts[end].size_bytes, limit_bytes)
        end += 1
    return parts[start:end]
