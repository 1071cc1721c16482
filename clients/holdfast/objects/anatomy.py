"""What an object is made of: tables with a row for each point, corner or triangle. Decides only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from holdfast.numbers import size_of
from holdfast_protocol.model import ArrayRow, PartRow

POINTS, CORNERS, TRIANGLES = "points", "vertices", "triangles"
PROPERTIES = "vertex_properties/"
#: A property of more numbers than that is none that a table shows.
_MOST_NAMES = 64
_AXES, _NORMAL = ("x", "y", "z"), ("nx", "ny", "nz")
#: The tables, by the array that a row of each begins with: what else stands in a row, with the names of its columns.
_TABLES: Mapping[str, Mapping[str, Sequence[str]]] = {
    POINTS: {POINTS: _AXES, "normals": _NORMAL, "quaternions": ("qw", "qx", "qy", "qz")},
    CORNERS: {CORNERS: _AXES, "vertex_normals": _NORMAL, "vertex_colors": ("red", "green", "blue")},
    TRIANGLES: {TRIANGLES: ("a", "b", "c"), "triangle_normals": _NORMAL},
}
#: What has a row for each of something, however few there are.
ROWS = frozenset(name for known in _TABLES.values() for name in known)


@dataclass(frozen=True, slots=True)
class Column:
    """An array of a row's values: one for each of ``names``. ``is_property``: called as its user likes."""

    array: ArrayRow
    names: Sequence[str]
    is_property: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Arrays of ``count`` rows each, side by side."""

    count: int
    columns: Sequence[Column]

    def column(self, *names: str) -> Column | None:
        """The one of these names."""
        return next((each for each in self.columns if (*each.names,) == names), None)

    def only(self, *wanted: Column | None) -> Table:
        """The table of these."""
        return Table(self.count, [each for each in wanted if each is not None])


def tables_of(part: PartRow) -> dict[str, Table]:
    """Of points, of corners, of triangles: those that it has. What each point has is the corners' too, where there are
    as many."""
    arrays = {each.name: each for each in part.arrays}
    found: dict[str, Table] = {}
    for first, known in _TABLES.items():
        if (rows := _count(arrays.get(first), len(_AXES))) is None:
            continue
        columns = [
            Column(arrays[name], names)
            for name, names in known.items()
            if name in arrays and _count(arrays[name], len(names)) == rows
        ]
        found[first] = Table(rows, columns if first == TRIANGLES else [*columns, *_properties(part.arrays, rows)])
    if CORNERS not in found or TRIANGLES not in found:
        found = {POINTS: found[POINTS]} if POINTS in found else {}
    return found


def _properties(arrays: Sequence[ArrayRow], rows: int) -> Iterator[Column]:
    for each in arrays:
        width = each.shape[1] if len(each.shape) == 2 else 1
        is_one = each.shape[:1] == [rows] and len(each.shape) <= 2 and 0 < width <= _MOST_NAMES and size_of(each.dtype)
        if is_one and each.name.startswith(PROPERTIES):
            name = each.name.removeprefix(PROPERTIES)
            names = [name] if len(each.shape) == 1 else [f"{name} {number}" for number in range(width)]
            yield Column(each, names, is_property=True)


def _count(array: ArrayRow | None, width: int) -> int | None:
    """Its rows, where it has that many values in each."""
    return array.shape[0] if array is not None and len(array.shape) == 2 and array.shape[1] == width else None


def free_name(wanted: str, taken: set[str]) -> str:
    """The name, with a number where it is one of ``taken``; it is one of them then."""
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}_{number}"
    taken.add(found)
    return found
