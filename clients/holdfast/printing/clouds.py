"""Mosaic's sessions as they are printed: drawn from three sides, and every object in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy

from holdfast.documents import Windows
from holdfast.looking.rows import Rows
from holdfast.looking.shapes import Drawn, every_of, groups_of
from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Heading, Picture, Remark, Table
from holdfast.printing.reading import Tally, named
from holdfast.printing.samples import edges_of
from holdfast.printing.scene import VIEWS, Shape, box_of, drawn
from holdfast_protocol.errors import BadField
from holdfast_protocol.messages import Cat, Shown
from holdfast_protocol.model import ArrayRow, Ref

#: Corners and triangles of all meshes; those that have no room are named, and not drawn.
_MESH_BYTES = 128 * 1024 * 1024
_NAMED_COUNT = 20


def cloud(shown: Shown, snapshot: Ref, tally: Tally) -> Plan[list[Block]]:
    """The picture, what is not on it, the table."""
    groups = groups_of(shown.parts)
    members = [member for group in groups for member in group.members]
    every = every_of(members)
    shapes: list[Shape] = []
    left_out: list[str] = []
    room_bytes = _MESH_BYTES
    for each in members:
        if not each.visible or each.array is None:
            continue
        size_bytes = each.array.size_bytes + each.triangles.size_bytes if each.triangles else 0
        shape = (yield from _shape(snapshot, each, every, tally)) if size_bytes <= room_bytes else None
        room_bytes -= size_bytes if shape else 0
        shapes += _parts_of(shape, each) if shape else []
        left_out += [] if shape else [each.name]
    remarks: list[Block] = [Remark(_not_drawn(left_out), is_told=True)] if left_out else []
    if every > 1:
        remarks.append(Remark(f"One point in {every} is drawn.", is_told=True))
    unit = next((each.array.unit for each in members if each.array), "")
    png = drawn(shapes, unit)
    pictures: list[Block] = [Picture(png, "image/png", f"Seen {', '.join(VIEWS)}")] if png else []
    if png:
        pictures.append(Remark(f"Seen {', '.join(VIEWS)}; colors and opacity are the session's."))
    return [*pictures, *remarks, Heading(f"{len(members):,} object{'s'[: len(members) != 1]}"), _table(members)]


def _shape(snapshot: Ref, each: Drawn, every: int, tally: Tally) -> Plan[Shape | None]:
    assert each.array is not None
    mesh = each.triangles
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


def _parts_of(shape: Shape, each: Drawn) -> list[Shape]:
    """As Mosaic draws them: a wireframe by its edges; of a volume, which is at each of its points, where it lies."""
    if each.representation == "wireframe" and shape.triangles is not None:
        return [replace(shape, triangles=None, edges=edges_of(shape.triangles))]
    if each.representation == "volume" and numpy.isfinite(shape.points).all():
        return [shape, box_of(shape, "volume")]
    return [shape]


def _not_drawn(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED_COUNT:,} more" if len(names) > _NAMED_COUNT else ""
    what = "is" if len(names) == 1 else "are"
    return f"{', '.join(names[:_NAMED_COUNT])}{more} {what} not drawn: too large, or of numbers that are no places"


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


def _what(each: Drawn) -> str:
    """With how it is drawn otherwise than in Mosaic."""
    return each.about if each.representation == "wireframe" else each.details


def _table(members: Sequence[Drawn]) -> Table:
    shown = {True: "", False: "hidden"}
    rows = [(each.name, each.group, _what(each), f"{each.count:,}", shown[each.visible]) for each in members]
    return Table(["Name", "Group", "What", "Points", ""], rows, [each.color for each in members])
