"""Mosaic's sessions as they are printed: drawn from three sides, and every object in a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from holdfast.documents import Windows
from holdfast.looking.rows import Rows
from holdfast.looking.shapes import Drawn, every_of, groups_of
from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Heading, Picture, Remark, Table
from holdfast.printing.reading import Tally, named
from holdfast.printing.scene import VIEWS, Shape, drawn
from holdfast_protocol.errors import BadField
from holdfast_protocol.messages import Cat, Shown
from holdfast_protocol.model import ArrayRow, Ref

#: Corners and triangles of one mesh; a larger one is named, and not drawn.
_MESH_BYTES = 256 * 1024 * 1024


def cloud(shown: Shown, snapshot: Ref, tally: Tally) -> Plan[list[Block]]:
    """The picture, what is not on it, the table."""
    groups = groups_of(shown.parts)
    members = [member for group in groups for member in group.members]
    every = every_of(members)
    shapes: list[Shape] = []
    remarks: list[Block] = []
    for each in members:
        if each.visible and each.array is not None:
            shape = yield from _shape(snapshot, each, every, tally)
            shapes += [shape] if shape else []
            remarks += [] if shape else [Remark(f"{each.name} is not drawn.")]
    if every > 1:
        remarks.append(Remark(f"One point in {every} is drawn."))
    unit = next((each.array.unit for each in members if each.array), "")
    png = drawn(shapes, unit)
    pictures: list[Block] = [Picture(png, "image/png", f"Seen {', '.join(VIEWS)}")] if png else []
    if png:
        pictures.append(Remark(f"Seen {', '.join(VIEWS)}; colors and opacity are the session's."))
    return [*pictures, *remarks, Heading(f"{len(members):,} object{'s'[: len(members) != 1]}"), _table(members)]


def _shape(snapshot: Ref, each: Drawn, every: int, tally: Tally) -> Plan[Shape | None]:
    assert each.array is not None
    mesh = each.triangles
    if mesh is not None and each.array.size_bytes + mesh.size_bytes > _MESH_BYTES:
        return None
    try:
        points = yield from _rows(snapshot, each.key, each.array, tally, 1 if mesh else every)
        triangles = (yield from _rows(snapshot, each.key, mesh, tally, is_index=True)) if mesh else None
    except BadField:
        return None
    color = tuple(int(each.color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return Shape(
        numpy.frombuffer(points, "<f4").reshape(-1, 3).astype(numpy.float32),
        numpy.frombuffer(triangles, "<u4").reshape(-1, 3).astype(numpy.uint32) if triangles is not None else None,
        (color[0], color[1], color[2]), each.opacity,
    )  # fmt: skip


def _rows(
    snapshot: Ref, key: str, array: ArrayRow, tally: Tally, every: int = 1, *, is_index: bool = False
) -> Plan[bytes]:  # fmt: skip
    rows = Rows(array.dtype, every, is_index=is_index)
    windows = Windows(Cat(ref=named(snapshot, f"{key}/{array.name}")))
    found: list[bytes] = []
    while pieces := (yield from windows.next()):
        found += map(rows.of, pieces)
        tally.size_bytes += sum(map(len, pieces))
    return b"".join(found)


def _table(members: Sequence[Drawn]) -> Table:
    shown = {True: "", False: "hidden"}
    rows = [(each.name, each.group, each.details, f"{each.count:,}", shown[each.visible]) for each in members]
    return Table(["Name", "Group", "What", "Points", ""], rows, [each.color for each in members])
