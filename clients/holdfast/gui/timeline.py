"""The history of a session as a drawing: a bar for each snapshot, the oldest on the left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from holdfast_protocol.model import SnapshotRow

BARS_COUNT = 120
STEP = 12
BASE = 52
_HIGHEST, _LOWEST = 44, 4


class Bar(NamedTuple):
    """Where a snapshot is drawn, in units of the drawing, ``classes`` say how."""

    row: SnapshotRow
    x: int
    y: int
    height: int
    classes: str
    tip: str


def bars(rows: Sequence[SnapshotRow], *, at: str | None, other: str | None, head: str | None) -> list[Bar]:
    """``rows`` are newest first, as ``log`` gives them; heights grow with the size, not in proportion: a document that
    is a tenth of another is still seen."""
    largest = max((row.size_bytes for row in rows), default=0)
    return [
        Bar(row, x * STEP, BASE - height, height, _classes(row, at, other, head), tip(row))
        for x, row in enumerate(reversed(rows))
        for height in [_height(row.size_bytes, largest)]
    ]


def _height(size_bytes: int, largest: int) -> int:
    return _LOWEST + round((_HIGHEST - _LOWEST) * math.sqrt(size_bytes / largest)) if largest else _LOWEST


def _classes(row: SnapshotRow, at: str | None, other: str | None, head: str | None) -> str:
    marks = {
        "suspect": row.suspect is not None, "pinned": bool(row.pins), "at": row.snapshot == at,
        "with": row.snapshot == other, "head": row.snapshot == head,
    }  # fmt: skip
    return " ".join(["snapshot", row.cause, *(mark for mark, is_so in marks.items() if is_so)])


def tip(row: SnapshotRow) -> str:
    """What a person reads of a snapshot, but for its time."""
    said = [row.cause, row.message, *(f"pin {label}" for label in row.pins)]
    return " · ".join(filter(None, [*said, f"suspect: {row.suspect}" if row.suspect else ""]))
