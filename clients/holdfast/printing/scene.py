"""Points and meshes in 3D as a picture, from three sides. A surface is drawn as the points that it has, so that what is
nearer hides what is farther without anything being sorted but points; no graphics card is needed."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from holdfast.printing.samples import STRIDES, Floats, Numbers, Sample, of_lines, of_points, of_surface

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
#: In a nanometer; the letter Å is not in every font.
_ANGSTROMS = 10
#: How wide a point is, for so many of them at most.
_WIDTHS = ((2_000, 16), (10_000, 11), (50_000, 8), (200_000, 5), (600_000, 3), (math.inf, 2))
_LINE_WIDTH = 3
_TEXT_COLOR = (60, 60, 70)


@dataclass(frozen=True, slots=True)
class Shape:
    """``points``: n × 3; between them, where there are some, ``triangles``: m × 3 of their numbers, or ``edges``:
    m × 2. ``color``: red, green, blue from 0 to 1. ``label`` stands at its upper end."""

    points: Floats
    triangles: Numbers | None
    color: tuple[float, float, float]
    opacity: float
    edges: Numbers | None = None
    label: str = ""

    @property
    def is_cloud(self) -> bool:
        return self.triangles is None and self.edges is None


def box_of(shape: Shape, label: str) -> Shape:
    """What is around its points, as lines."""
    low, high = shape.points.min(0), shape.points.max(0)
    corners = numpy.array([[(low, high)[at >> axis & 1][axis] for axis in range(3)] for at in range(8)], numpy.float32)
    edges = [(at, at | 1 << axis) for at in range(8) for axis in range(3) if not at >> axis & 1]
    return Shape(corners, None, shape.color, 1.0, numpy.array(edges, numpy.uint32), label)


@numpy.errstate(all="ignore")  # numbers beyond all measure are drawn wherever they come to lie
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
        _write(view, (round(view.width * 0.03), round(view.height * 0.02)), VIEWS[place])
        whole.paste(view.resize((VIEW, VIEW), Image.Resampling.LANCZOS), (place * VIEW, 0))
    file = io.BytesIO()
    whole.save(file, "PNG", optimize=True)
    return file.getvalue()


def _finite(shape: Shape) -> Shape:
    """Without the points that have no place, and what leads there."""
    good = numpy.all(numpy.isfinite(shape.points), axis=1)
    between = shape.triangles if shape.triangles is not None else shape.edges
    if between is None:
        return replace(shape, points=shape.points[good])
    between = between[(between < len(shape.points)).all(1)]
    used, numbers = numpy.unique(between[good[between].all(axis=1)], return_inverse=True)
    left = numbers.reshape(-1, between.shape[1]).astype(numpy.uint32)
    if shape.triangles is not None:
        return replace(shape, points=shape.points[used], triangles=left)
    return replace(shape, points=shape.points[used], edges=left)


def _view(
    shapes: Sequence[Shape], middle: NDArray[Any], radius: float, axes: NDArray[Any], scale: float
) -> Image.Image:
    side = VIEW * _SHARP
    count = sum(len(each.points) for each in shapes if each.is_cloud)
    size = next(width for most, width in _WIDTHS if count <= most)
    image = numpy.tile(numpy.array(_GROUND, numpy.float32), (side, side, 1))
    depths = numpy.full(side * side, -numpy.inf, numpy.float32)
    flat = image.reshape(-1, 3)
    labels: list[tuple[tuple[int, int], str]] = []
    for shape in shapes:
        seen = ((shape.points.astype(numpy.float64) - middle) @ axes.T).astype(numpy.float32)
        seen[:, :2] = seen[:, :2] * (scale, -scale) + side / 2
        for sample in _samples(shape, seen, scale):
            points, shades = sample
            if shape.opacity < 1:
                kept = (numpy.arange(len(points)) * STRIDES[0]) % 1 < shape.opacity
                points, shades = points[kept], shades[kept]
            width = size if shape.is_cloud else 2 if shape.edges is None else _LINE_WIDTH
            _splat(flat, depths, side, points, shades, shape.color, radius, width)
        if shape.label:
            labels.append(((round(float(seen[:, 0].min())), round(float(seen[:, 1].min()) - 44)), shape.label))
    view = Image.fromarray((image.clip(0, 1) * 255).astype(numpy.uint8), "RGB")
    for place, label in labels:
        _write(view, place, label)
    return view


def _samples(shape: Shape, seen: Floats, scale: float) -> Iterator[Sample]:
    if shape.triangles is not None:
        return of_surface(seen, shape.triangles, scale) if len(shape.triangles) else iter(())
    if shape.edges is not None:
        return of_lines(seen, shape.edges) if len(shape.edges) else iter(())
    return of_points(seen)


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
    left, bottom = round(view.width * 0.03), round(view.height * 0.97)
    ImageDraw.Draw(view).rectangle((left, bottom - 6, left + length * scale, bottom), fill=_TEXT_COLOR)
    told = f"{length / _ANGSTROMS:,g} nm" if unit == "Å" else f"{length:,g} {unit}".strip()
    _write(view, (left, bottom - 58), told)


def _write(view: Image.Image, place: tuple[int, int], text: str) -> None:
    """In letters that Pillow brings along: they are Latin."""
    font = ImageFont.load_default(size=36)
    ImageDraw.Draw(view).text(place, text, fill=_TEXT_COLOR, font=font, stroke_width=4, stroke_fill="white")
