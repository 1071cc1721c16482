"""PLY (binary, little-endian), as most programs for points and meshes read it: what each point or corner has beside its
place stands with it under its name. The points that a mesh was fitted to are an element of their own.

Source: Greg Turk, "The PLY Polygon File Format", 1994. There are no whole numbers of 64 bits in it: they become
``double``, exact up to 2^53.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence

from holdfast.numbers import ORDERS, has_numbers, numbers, size_of
from holdfast.objects.anatomy import CORNERS, POINTS, TRIANGLES, Column, Table, free_name
from holdfast.objects.streaming import Encode, corners_in, side_by_side

#: NumPy's word to the file's, with what Python's arrays call that.
_TYPES = {
    "b1": ("uchar", "B"), "i1": ("char", "b"), "u1": ("uchar", "B"), "i2": ("short", "h"), "u2": ("ushort", "H"),
    "i4": ("int", "i"), "u4": ("uint", "I"), "i8": ("double", "d"), "u8": ("double", "d"), "f2": ("float", "f"),
    "f4": ("float", "f"), "f8": ("double", "d"),
}  # fmt: skip
_COLORS = ("red", "green", "blue")
_COLOR_STEPS = 255
_INDICES = "property list uchar int vertex_indices"
_UNNAMED = re.compile(r"[^\x21-\x7e]+")
_LONGEST_NAME = 60


def held(tables: Mapping[str, Table]) -> dict[str, Table]:
    """By element, what the file has: ``vertex``, ``face``, and ``point`` where the vertices are a mesh's."""
    mesh, points = tables.get(CORNERS), tables.get(POINTS)
    found = {"vertex": mesh or points, "face": tables.get(TRIANGLES), "point": points if mesh else None}
    kept = {name: _with_numbers(table) for name, table in found.items() if table is not None}
    if "point" in kept:  # what both have stands with the corners
        shown = {each.array.name for each in kept["vertex"].columns}
        kept["point"] = kept["point"].only(*(each for each in kept["point"].columns if each.array.name not in shown))
    return kept if all(table.columns for table in kept.values()) else {}


def header(elements: Mapping[str, Table], comments: Iterable[str]) -> bytes:
    """All before the numbers."""
    lines = ["ply", "format binary_little_endian 1.0", *(f"comment {each}" for each in comments)]
    for element, table in elements.items():
        lines.append(f"element {element} {table.count}")
        lines += _properties(element, table)
    return "\n".join([*lines, "end_header", ""]).encode()


def encoder(element: str, elements: Mapping[str, Table]) -> Encode:
    """What writes an element's rows."""

    def faces(columns: Sequence[Column], count: int, contents: Sequence[bytes]) -> bytes:
        corners = array("i", corners_in(contents[0], columns[0].array.dtype, elements["vertex"].count))
        rest = [_cell(column, content, count) for column, content in zip(columns[1:], contents[1:], strict=True)]
        return side_by_side([(b"\x03" * count, 1), (_little(corners), 12), *rest])

    return faces if element == "face" else _records


def _with_numbers(table: Table) -> Table:
    return table.only(*(each for each in table.columns if has_numbers(each.array.dtype)))


def _properties(element: str, table: Table) -> Iterator[str]:
    taken: set[str] = set()
    for column in table.columns:
        if element == "face" and column is table.columns[0]:
            yield _INDICES
            continue
        word = "uchar" if _is_color(column) else _TYPES[column.array.dtype[1:]][0]
        for name in column.names:
            yield f"property {word} {free_name(_word(name), taken)}"


def _word(name: str) -> str:
    """As the file may have it."""
    return _UNNAMED.sub("_", name)[:_LONGEST_NAME] or "_"


def _is_color(column: Column) -> bool:
    return not column.is_property and (*column.names,) == _COLORS


def _records(columns: Sequence[Column], count: int, contents: Sequence[bytes]) -> bytes:
    return side_by_side([_cell(column, content, count) for column, content in zip(columns, contents, strict=True)])


def _cell(column: Column, content: bytes, count: int) -> tuple[bytes, int]:
    dtype = column.array.dtype
    if _is_color(column):
        steps = (round(_COLOR_STEPS * min(1.0, max(0.0, each))) for each in numbers(content, dtype))
        return bytes(steps), len(_COLORS)
    _, kind = _TYPES[dtype[1:]]
    if dtype[1:] not in ("i8", "u8", "f2") and ORDERS[dtype[0]] == "little":
        return content, len(column.names) * size_of(dtype)
    found = _little(array(kind, numbers(content, dtype)))
    return found, len(found) // count


def _little(values: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()
