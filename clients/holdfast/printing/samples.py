"""Surfaces and lines as points so close that they fill the pixels, some hundred thousand at a time: what is drawn has
no bound, and memory has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

Floats = NDArray[numpy.float32]
Numbers = NDArray[numpy.uint32]

#: So many points of one shape at most: more than there are pixels, several times over;
_MOST_COUNT = 12_000_000
#: and so many, and so many triangles, at a time.
_TOGETHER_COUNT = 1_000_000
_LIGHT = numpy.array((0.3, 0.45, 0.84), numpy.float32)
#: How far in a triangle the next point of it lies: the plastic number's, which fills it evenly.
STRIDES = (0.7548776662466927, 0.5698402909980532)


class Sample(NamedTuple):
    """Points (n × 3) and how light falls on each, from 0 to 1."""

    points: Floats
    shades: Floats


def of_points(points: Floats) -> Iterator[Sample]:
    """They as they are."""
    for at in range(0, len(points), _TOGETHER_COUNT):
        some = points[at : at + _TOGETHER_COUNT]
        yield Sample(some, numpy.ones(len(some), numpy.float32))


def of_surface(points: Floats, triangles: Numbers, scale: float) -> Iterator[Sample]:
    """All over the triangles between points whose first two axes are pixels, ``scale`` times what the third is. One
    that is seen from its edge is a line."""
    wanted = numpy.concatenate([_wanted(points, some) for some in _some(triangles)])
    counts = _counts(wanted)
    for first, last in _runs(counts):
        yield _in_triangles(points, triangles[first:last], counts[first:last], scale)


def of_lines(points: Floats, edges: Numbers) -> Iterator[Sample]:
    """All along the edges between such points."""
    ends = points[edges][:, :, :2]
    counts = _counts(numpy.hypot(*(ends[:, 1] - ends[:, 0]).T))
    for first, last in _runs(counts):
        which, number = _numbered(counts[first:last])
        share = (number / numpy.maximum(1, counts[first:last] - 1)[which])[:, None]
        start, end = points[edges[first:last, 0]][which], points[edges[first:last, 1]][which]
        along = (start + (end - start) * share).astype(numpy.float32)
        yield Sample(along, numpy.full(len(along), 0.8, numpy.float32))


def edges_of(triangles: Numbers) -> Numbers:
    """Each edge once."""
    pairs = numpy.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    pairs.sort(axis=1)
    single = numpy.unique(pairs[:, 0].astype(numpy.uint64) << 32 | pairs[:, 1])
    return numpy.stack([single >> 32, single & 0xFFFFFFFF], axis=1).astype(numpy.uint32)


def _some(rows: Numbers) -> Iterator[Numbers]:
    for at in range(0, len(rows), _TOGETHER_COUNT):
        yield rows[at : at + _TOGETHER_COUNT]


def _wanted(points: Floats, triangles: Numbers) -> Floats:
    """How many points each needs: by its area in pixels, or by the length of what is left of it from the side."""
    flat = points[:, :2][triangles]
    one, other = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = numpy.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    length = numpy.abs(flat.max(1) - flat.min(1)).sum(1)
    return numpy.asarray(numpy.maximum(area, 2 * length), numpy.float32)


def _counts(wanted: Floats) -> NDArray[numpy.int64]:
    most = min(1.0, _MOST_COUNT / max(1.0, float(wanted.sum(dtype=numpy.float64))))
    return numpy.asarray(numpy.ceil(wanted * most) + 1, numpy.int64)


def _runs(counts: NDArray[numpy.int64]) -> Iterator[tuple[int, int]]:
    """From which to which row they are together no more than what is made at a time."""
    ends = numpy.cumsum(counts)
    first = 0
    while first < len(counts):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(numpy.searchsorted(ends, done + _TOGETHER_COUNT, "right")))
        yield first, last
        first = last


def _numbered(counts: NDArray[numpy.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of each point the row that it is of, and its number there."""
    which = numpy.repeat(numpy.arange(len(counts)), counts)
    return which, numpy.arange(len(which)) - numpy.repeat(numpy.cumsum(counts) - counts, counts)


def _in_triangles(points: Floats, triangles: Numbers, counts: NDArray[numpy.int64], scale: float) -> Sample:
    corners = points[triangles]
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    true = numpy.array((1 / scale, -1 / scale, 1), numpy.float32)
    normals = numpy.cross(one * true, other * true)
    length = numpy.linalg.norm(normals, axis=1)
    light = numpy.abs(normals @ _LIGHT) / numpy.where(length > 0, length, 1)
    which, number = _numbered(counts)
    first, second = ((0.5 + number * stride) % 1 for stride in STRIDES)
    beyond = first + second > 1
    first, second = numpy.where(beyond, 1 - first, first), numpy.where(beyond, 1 - second, second)
    made = corners[which, 0] + first[:, None] * one[which] + second[:, None] * other[which]
    return Sample(made.astype(numpy.float32), (0.45 + 0.55 * light[which]).astype(numpy.float32))
