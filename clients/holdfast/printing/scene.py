"""Points and meshes in 3D as a picture, from three sides. A surface is drawn as the points that it has, so that what is
nearer hides what is farther without anything being sorted but points; no graphics card is needed."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats = NDArray[numpy.float32]

#: Of one view, in pixels of the picture; it is drawn at twice that, and made smaller.
VIEW = 560
_SHARP = 2
_MARGIN = 0.06
_GROUND = (1.0, 1.0, 1.0)
#: As (to the right, up) in the scene's own axes; what is seen is told by ``VIEWS``.
_TILT = math.radians(30)
_TURN = math.radians(45)
VIEWS = ("along z", "along y", "from above, at an angle")
_AXES: Sequence[tuple[Sequence[float], Sequence[float]]] = (
    ((1, 0, 0), (0, 1, 0)),
    ((1, 0, 0), (0, 0, 1)),
    (
        (math.cos(_TURN), math.sin(_TURN), 0),
        (-math.sin(_TURN) * math.sin(_TILT), math.cos(_TURN) * math.sin(_TILT), math.cos(_TILT)),
    ),
)
_LIGHT = numpy.array((0.3, 0.45, 0.84), numpy.float32)
#: In a nanometer; the letter Å is not in every font.
_ANGSTROMS = 10
#: How wide a point is, for so many of them at most.
_WIDTHS = ((2_000, 16), (10_000, 11), (50_000, 8), (200_000, 5), (600_000, 3), (math.inf, 2))
#: So many points of surfaces at most: more than there are pixels, several times over.
_SAMPLES_COUNT = 12_000_000
#: How far in a triangle the next point of it lies: the plastic number's, which fills it evenly.
_STRIDES = (0.7548776662466927, 0.5698402909980532)


@dataclass(frozen=True, slots=True)
class Shape:
    """``points``: n × 3; between them, where there are some, ``triangles``: m × 3 of their numbers. ``color``: red,
    green, blue from 0 to 1."""

    points: Floats
    triangles: NDArray[numpy.uint32] | None
    color: tuple[float, float, float]
    opacity: float


def drawn(shapes: Sequence[Shape], unit: str) -> bytes | None:
    """The three views beside each other, as PNG, each with a bar that tells a length; None where nothing has a
    place."""
    finite = [each for each in map(_finite, shapes) if len(each.points)]
    if not finite:
        return None
    low = numpy.min([each.points.min(0) for each in finite], 0).astype(numpy.float64)
    high = numpy.max([each.points.max(0) for each in finite], 0).astype(numpy.float64)
    middle, radius = (low + high) / 2, float(numpy.linalg.norm(high - low)) / 2 or 1.0
    whole = Image.new("RGB", (VIEW * len(VIEWS), VIEW), "white")
    for place, (right, up) in enumerate(_AXES):
        axes = numpy.array((right, up, numpy.cross(right, up)), numpy.float64)
        spread = max(float(numpy.abs((each.points - middle) @ axes[:2].T).max()) for each in finite)
        scale = VIEW * _SHARP * (0.5 - _MARGIN) / (spread or 1.0)
        view = _view(finite, middle, radius, axes, scale)
        _rule(view, scale, unit)
        whole.paste(view.resize((VIEW, VIEW), Image.Resampling.LANCZOS), (place * VIEW, 0))
    file = io.BytesIO()
    whole.save(file, "PNG", optimize=True)
    return file.getvalue()


def _finite(shape: Shape) -> Shape:
    """Without the points that have no place, and the triangles that lead there."""
    good = numpy.all(numpy.isfinite(shape.points), axis=1)
    triangles = shape.triangles
    if triangles is not None:
        triangles = triangles[(triangles < len(shape.points)).all(1)]
        used, numbers = numpy.unique(triangles[good[triangles].all(axis=1)], return_inverse=True)
        return Shape(shape.points[used], numbers.reshape(-1, 3).astype(numpy.uint32), shape.color, shape.opacity)
    return Shape(shape.points[good], None, shape.color, shape.opacity)


def _view(
    shapes: Sequence[Shape], middle: NDArray[Any], radius: float, axes: NDArray[Any], scale: float
) -> Image.Image:
    side = VIEW * _SHARP
    count = sum(len(each.points) for each in shapes if each.triangles is None)
    size = next(width for most, width in _WIDTHS if count <= most)
    image = numpy.tile(numpy.array(_GROUND, numpy.float32), (side, side, 1))
    depths = numpy.full(side * side, -numpy.inf, numpy.float32)
    flat = image.reshape(-1, 3)
    for shape in shapes:
        seen = ((shape.points.astype(numpy.float64) - middle) @ axes.T).astype(numpy.float32)
        seen[:, :2] = seen[:, :2] * (scale, -scale) + side / 2
        if shape.triangles is not None and len(shape.triangles):
            points, shades = _surface(seen, shape.triangles, scale)
            width = 2
        else:
            points, shades, width = seen, numpy.ones(len(seen), numpy.float32), size
        if shape.opacity < 1:
            kept = (numpy.arange(len(points)) * _STRIDES[0]) % 1 < shape.opacity
            points, shades = points[kept], shades[kept]
        _splat(flat, depths, side, points, shades, shape.color, radius, width)
    return Image.fromarray((image.clip(0, 1) * 255).astype(numpy.uint8), "RGB")


def _surface(seen: Floats, triangles: NDArray[numpy.uint32], scale: float) -> tuple[Floats, Floats]:
    """Points all over the triangles, as close as pixels, and how light falls on each."""
    corners = seen[triangles]
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = numpy.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    true = corners * (1 / scale, -1 / scale, 1)
    normals = numpy.cross(true[:, 1] - true[:, 0], true[:, 2] - true[:, 0])
    length = numpy.linalg.norm(normals, axis=1)
    light = numpy.abs(normals @ _LIGHT) / numpy.where(length > 0, length, 1)
    wanted = numpy.ceil(area * min(1.0, _SAMPLES_COUNT / max(1.0, float(area.sum())))).astype(numpy.int64) + 1
    which = numpy.repeat(numpy.arange(len(triangles)), wanted)
    number = numpy.arange(len(which)) - numpy.repeat(numpy.cumsum(wanted) - wanted, wanted)
    first, second = ((0.5 + number * stride) % 1 for stride in _STRIDES)
    beyond = first + second > 1
    first, second = numpy.where(beyond, 1 - first, first), numpy.where(beyond, 1 - second, second)
    points = corners[which, 0] + first[:, None] * one[which] + second[:, None] * other[which]
    return points.astype(numpy.float32), (0.45 + 0.55 * light[which]).astype(numpy.float32)


def _splat(
    flat: Floats, depths: Floats, side: int, points: Floats, shades: Floats, color: Sequence[float], radius: float,
    width: int,
) -> None:  # fmt: skip
    """The farther a point, the paler it is."""
    near = ((points[:, 2] / radius + 1) / 2).clip(0, 1)
    order = numpy.argsort(points[:, 2], kind="stable")
    points, shades, near = points[order], shades[order], near[order]
    strength = (0.35 + 0.65 * near)[:, None]
    lit = numpy.array(color, numpy.float32) * shades[:, None]
    colors = (lit * strength + numpy.array(_GROUND, numpy.float32) * (1 - strength)).astype(numpy.float32)
    across, down = points[:, 0].astype(numpy.int64), points[:, 1].astype(numpy.int64)
    half = width / 2
    for dx in range(width):
        for dy in range(width):
            away = math.hypot(dx + 0.5 - half, dy + 0.5 - half) / half
            if width > 2 and away > 1:
                continue
            dark = 1 - 0.45 * away * away if width > 4 else 1  # a point is a ball
            x, y = across + dx - width // 2, down + dy - width // 2
            inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
            at = y[inside] * side + x[inside]
            depth = points[inside, 2]
            wins = depth >= depths[at]
            at, depth = at[wins], depth[wins]
            flat[at] = colors[inside][wins] * dark  # of several for one pixel the last, which is the nearest, stays
            depths[at] = depth


def _rule(view: Image.Image, scale: float, unit: str) -> None:
    """A bar of a round length, no more than a quarter of the view."""
    most = view.width / 4 / scale
    power = 10.0 ** math.floor(math.log10(most))
    length = max(factor * power for factor in (1, 2, 5) if factor * power <= most)
    pen = ImageDraw.Draw(view)
    left, bottom = round(view.width * 0.03), round(view.height * 0.97)
    pen.rectangle((left, bottom - 6, left + length * scale, bottom), fill=(60, 60, 70))
    font = ImageFont.load_default(size=40)
    told = f"{length / _ANGSTROMS:,g} nm" if unit == "Å" else f"{length:,g} {unit}".strip()
    pen.text((left, bottom - 58), told, fill=(60, 60, 70), font=font)
