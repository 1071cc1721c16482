"""The parts of a document as answers list them. A chat of many years has more of them than one answer can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holdfast_daemon.formats.base import Array, Part
from holdfast_protocol import codec
from holdfast_protocol.messages import LIMITS
from holdfast_protocol.model import ArrayRow, PartRow

#: So many are listed in a moment, of more a thread takes the time.
FEW_PARTS = 500
#: What else an answer may hold.
_ROOM_BYTES = 1024 * 1024


class Listed(NamedTuple):
    """``more``: others follow."""

    rows: list[PartRow]
    more: bool


def listed(parts: Sequence[Part], start: int) -> Listed:
    """From number ``start`` on, as many as an answer can hold: a longer one would not reach its asker, who would lose
    the connection and ask again."""
    rows: list[PartRow] = []
    room_bytes = LIMITS["answer_header_bytes"] - _ROOM_BYTES
    for part in parts[start:]:
        row = _row(part)
        room_bytes -= len(codec.encode(codec.to_plain(row)))
        if room_bytes < 0 and rows:
            return Listed(rows, more=True)
        rows.append(row)
    return Listed(rows, more=False)


def _row(part: Part) -> PartRow:
    return PartRow(
        key=part.key, name=part.name, kind=part.kind, size_bytes=len(part.content), facts=dict(part.facts),
        arrays=[_array_row(array) for array in part.arrays],
    )  # fmt: skip


def _array_row(array: Array) -> ArrayRow:
    return ArrayRow(
        name=array.name, dtype=array.dtype, shape=[*array.shape], unit=array.unit, offset=array.offset,
        size_bytes=array.size_bytes, fortran=array.fortran,
    )  # fmt: skip
