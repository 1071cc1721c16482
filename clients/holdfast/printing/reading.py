"""What is read of a session to be printed: parts one by one or some at a time, none larger than can be printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holdfast.documents import Windows
from holdfast.plans import Plan, Step
from holdfast_protocol.messages import LIMITS, Cat, Content
from holdfast_protocol.model import PartRow, Ref

#: So much is asked for together.
_TOGETHER_BYTES = 4 * 1024 * 1024
_TOGETHER_COUNT = 16


class Read(NamedTuple):
    """The beginning of a part: ``is_whole`` where that is all of it."""

    part: PartRow
    content: bytes
    is_whole: bool


def named(snapshot: Ref, part: str) -> Ref:
    """A part of a pinned snapshot, or an array in one (``PART/ARRAY``)."""
    return Ref(id=snapshot.id, snapshot=snapshot.snapshot, part=part)


def whole(snapshot: Ref, part: str) -> Plan[bytes]:
    """All of it, however large. Raises NotFound, Damaged."""
    return Windows(Cat(ref=named(snapshot, part))).all()


def some(snapshot: Ref, parts: Sequence[PartRow], limit_bytes: int) -> Plan[list[Read]]:
    """The first ``limit_bytes`` of each. Raises NotFound, Damaged."""
    found: list[Read] = []
    for batch in _batches(parts, limit_bytes):
        length = min(limit_bytes, LIMITS["window_bytes"])
        steps = [Step(Cat(ref=named(snapshot, part.key), length=length)) for part in batch]
        for part, answer in zip(batch, (yield steps), strict=True):
            assert isinstance(answer.reply, Content)
            content, size_bytes = b"".join(answer.payload[:1]), answer.reply.size_bytes
            if len(content) < min(size_bytes, limit_bytes):
                content = (yield from whole(snapshot, part.key))[:limit_bytes]
            found.append(Read(part, content, len(content) == size_bytes))
    return found


def _batches(parts: Sequence[PartRow], limit_bytes: int) -> list[list[PartRow]]:
    batches: list[list[PartRow]] = []
    room = 0
    for part in parts:
        size_bytes = min(part.size_bytes, limit_bytes)
        if not batches or size_bytes > room or len(batches[-1]) == _TOGETHER_COUNT:
            batches.append([])
            room = _TOGETHER_BYTES
        batches[-1].append(part)
        room -= size_bytes
    return batches
