"""Mosaic's objects in braille dots, and below them what they are."""

from __future__ import annotations

import asyncio
import math
import sys
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from holdfast.cli.output import plain
from holdfast.tui.looking import Looked
from holdfast.tui.painting import OBJECTS, Line, Piece, cut, fitted
from holdfast_protocol.model import ArrayRow, PartRow

Point = tuple[float, float, float]

#: So many points are drawn of all objects together: a terminal has no room for more.
_POINTS = 20_000
_WINDOW_BYTES = 64 * 1024
_KINDS = ("cluster", "model")
_TYPES = {"<f4": "f", "<f8": "d"}
_TILT, _STEP = math.radians(25), math.radians(15)
#: The bit of each of the 2 × 4 dots of a braille letter, row by row.
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_LISTED = 12


class Cloud(NamedTuple):
    """Points of one object, as many as are drawn."""

    part: PartRow
    points: Sequence[Point]
    meaning: str


class Clouds:
    """A drawing that is turned around the vertical axis."""

    turns = True

    def __init__(self, clouds: Sequence[Cloud]) -> None:
        self._clouds = clouds

    def lines(self, width: int, height: int, turn: int) -> Sequence[Line]:
        table = [cut(_object_line(cloud, width), width) for cloud in self._clouds]
        shown = [cloud for cloud in self._clouds if cloud.points]
        if not shown:
            return table
        rows = max(8, height - min(len(table), _LISTED) - 1)
        return [*braille(shown, width, rows, turn * _STEP + math.radians(30)), [], *table]


async def clouds(looked: Looked, chosen: PartRow | None) -> Clouds:
    """All objects that are visible, or one. Raises HoldfastError."""
    parts = [part for part in looked.shown.parts if part.kind in _KINDS] if chosen is None else [chosen]
    rows = [_points_of(part) if chosen is not None or part.facts.get("visible") else None for part in parts]
    total = sum(row.shape[0] for row in rows if row is not None)
    found = []
    for number, (part, row) in enumerate(zip(parts, rows, strict=True)):
        points: Sequence[Point] = ()
        if row is not None:
            points = await _read(looked, part, row, max(50, _POINTS * row.shape[0] // total))
        found.append(Cloud(part, points, OBJECTS[number % len(OBJECTS)]))
    return Clouds(found)


def _points_of(part: PartRow) -> ArrayRow | None:
    for row in part.arrays:
        if row.name == "points" and len(row.shape) == 2 and row.shape[1] == 3 and row.dtype in _TYPES:
            return row if row.shape[0] and not row.fortran else None
    return None


async def _read(looked: Looked, part: PartRow, row: ArrayRow, wanted: int) -> Sequence[Point]:
    """Some of its points, from windows that lie evenly in the array: what is read does not grow with it."""
    point_bytes = 3 * int(row.dtype[2:])
    window_points = _WINDOW_BYTES // point_bytes
    count = row.shape[0]
    windows = max(1, min(-(-count // window_points), -(-wanted // window_points) * 4))
    whole = looked.part(f"{part.key}/points")
    firsts = [number * count // windows for number in range(windows)]
    lasts = [min(first + window_points, after) for first, after in zip(firsts, [*firsts[1:], count], strict=True)]
    read = await asyncio.gather(
        *(
            looked.window(whole, first * point_bytes, (last - first) * point_bytes)
            for first, last in zip(firsts, lasts, strict=True)
        )
    )
    points = [point for found in read for point in _points(found.data, _TYPES[row.dtype])]
    return points[:: max(1, len(points) // wanted)]


def _points(content: bytes, typecode: str) -> list[Point]:
    numbers = array(typecode, content[: len(content) // array(typecode).itemsize * array(typecode).itemsize])
    if sys.byteorder == "big":
        numbers.byteswap()
    triples = zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=False)
    return [point for point in triples if all(math.isfinite(each) and abs(each) < 1e12 for each in point)]


def braille(clouds: Sequence[Cloud], width: int, height: int, angle: float) -> list[Line]:
    """Every letter has 2 × 4 dots, and the colour of the object that is nearest there."""
    seen = [(_projected(point, angle), cloud.meaning) for cloud in clouds for point in cloud.points]
    if not seen:
        return []
    lefts, tops = [place[0] for place, _ in seen], [place[1] for place, _ in seen]
    left, top = min(lefts), min(tops)
    across, down = max(lefts) - left or 1.0, max(tops) - top or 1.0
    scale = min((width * 2 - 1) / across, (height * 4 - 1) / down)
    aside = (width * 2 - 1 - across * scale) / 2
    dots: dict[tuple[int, int], int] = {}
    nearest: dict[tuple[int, int], tuple[float, str]] = {}
    for (x, y, depth), meaning in seen:
        column, row = int((x - left) * scale + aside), int((y - top) * scale)
        letter = (row // 4, column // 2)
        dots[letter] = dots.get(letter, 0) | _DOTS[row % 4][column % 2]
        if letter not in nearest or depth > nearest[letter][0]:
            nearest[letter] = (depth, meaning)
    rows = min(height, int(down * scale) // 4 + 1)
    return [_letters(row, width, dots, nearest) for row in range(rows)]


def _projected(point: Point, angle: float) -> Point:
    """Where it is seen, downwards, and how near."""
    x, y, z = point
    across = x * math.cos(angle) - y * math.sin(angle)
    depth = x * math.sin(angle) + y * math.cos(angle)
    return across, -(z * math.cos(_TILT) + depth * math.sin(_TILT)), z * math.sin(_TILT) - depth * math.cos(_TILT)


def _letters(
    row: int, width: int, dots: dict[tuple[int, int], int], nearest: dict[tuple[int, int], tuple[float, str]]
) -> Line:
    pieces: list[Piece] = []
    for column in range(width):
        bits = dots.get((row, column), 0)
        meaning = nearest[row, column][1] if bits else ""
        sign = chr(0x2800 + bits) if bits else " "
        if pieces and pieces[-1][1] == meaning:
            pieces[-1] = (pieces[-1][0] + sign, meaning)
        else:
            pieces.append((sign, meaning))
    return pieces


def _object_line(cloud: Cloud, width: int) -> Line:
    facts = cloud.part.facts
    is_visible = bool(facts.get("visible"))
    beside = [f"{facts[name]:,} {name}" for name in ("points", "triangles") if isinstance(facts.get(name), int)]
    beside += [str(facts[name]) for name in ("model", "representation", "group") if facts.get(name)]
    name = fitted(cloud.part.name, max(8, min(30, width // 2)))
    return [
        ("● " if is_visible else "○ ", cloud.meaning), (name, "" if is_visible else "faint"),
        (plain(f"  {' · '.join(beside)}{'' if is_visible else ' · hidden'}"), "faint"),
    ]  # fmt: skip
