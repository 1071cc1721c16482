"""Mosaic's sessions in 3D: what of every cluster and model is drawn, with the color and visibility that the session has
for it. Decides only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.looking.colors import hexadecimal
from holdfast_protocol.model import ArrayRow, PartRow

#: What a laptop without a graphics card still turns without stumbling; of more, every so many are drawn.
POINTS_COUNT = 1_000_000

_KINDS = {"cluster": "Clusters", "model": "Models"}
_MESHES = ("mesh", "surface", "wireframe")
#: Representations that are drawn otherwise than Mosaic draws them, and how that is said.
_LACKS = {
    "volume": "its points are drawn, not the volume",
    "wireframe": "not drawn as wires",
    "gaussian_density": "its points are drawn, not their density",
    "normals": "drawn without its normals",
    "pointcloud_normals": "drawn without its normals",
    "basis": "drawn without its axes",
}
_GREY = (0.7, 0.7, 0.7)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One geometry. ``array`` has its points or corners, ``triangles`` what is between corners; where there is nothing
    that can be drawn, ``array`` is None. ``lack`` says how a page draws it otherwise than Mosaic does."""

    key: str
    name: str
    group: str
    about: str
    lack: str
    representation: str
    color: str
    opacity: float
    visible: bool
    count: int
    array: ArrayRow | None
    triangles: ArrayRow | None

    @property
    def details(self) -> str:
        """What it is, and how it is not drawn."""
        return " · ".join(filter(None, (self.about, self.lack)))


@dataclass(frozen=True, slots=True)
class Group:
    """What stands under one heading of the list."""

    title: str
    members: Sequence[Drawn]


def groups_of(parts: Sequence[PartRow]) -> list[Group]:
    """As in Mosaic's object browser: clusters, then models, each by its groups and in the order of its tree."""
    found: dict[str, list[Drawn]] = {}
    for kind, title in _KINDS.items():
        ours = [part for part in parts if part.kind == kind]
        fallback = _container_color(parts, title.lower())
        for part in sorted(ours, key=_place):
            group = str(part.facts.get("group") or "")
            found.setdefault(f"{title} · {group}" if group else title, []).append(_drawn(part, group, fallback))
    return [Group(title, members) for title, members in found.items()]


def every_of(members: Iterable[Drawn]) -> int:
    """Which points are drawn: 1 for all of them, 8 for each eighth."""
    count = sum(each.count for each in members if each.visible and each.array and each.triangles is None)
    return max(1, -(-count // POINTS_COUNT))


def _place(part: PartRow) -> int:
    place = part.facts.get("place")
    return place if isinstance(place, int) else 0


def _container_color(parts: Sequence[PartRow], name: str) -> tuple[float, ...]:
    container = next((part for part in parts if part.kind == "container" and part.name == name), None)
    return _color(container.facts.get("base_color")) or _GREY if container else _GREY


def _drawn(part: PartRow, group: str, fallback: tuple[float, ...]) -> Drawn:
    facts = part.facts
    arrays = {row.name: row for row in part.arrays if is_drawable(row)}
    points, corners, triangles = (arrays.get(name) for name in ("points", "vertices", "triangles"))
    is_mesh = facts.get("representation") in _MESHES and corners is not None and triangles is not None
    array = corners if is_mesh else points
    model = facts.get("model")
    representation = str(facts.get("representation") or "")
    told = (facts.get("type"), model, representation)
    return Drawn(
        key=part.key,
        name=part.name,
        group=group,
        about=" · ".join(dict.fromkeys(str(each) for each in told if each and each != "Geometry")),
        lack=_LACKS.get(representation, ""),
        representation=representation,
        color=hexadecimal(_color(facts.get("color")) or fallback),
        opacity=_opacity(facts.get("opacity")),
        visible=facts.get("visible") is not False,
        count=array.shape[0] if array else 0,
        array=array,
        triangles=triangles if is_mesh else None,
    )


def is_drawable(row: ArrayRow) -> bool:
    """Whether it has rows of three numbers, one behind the other."""
    return len(row.shape) == 2 and row.shape[1] == 3 and row.shape[0] > 0 and not row.fortran


def _color(told: object) -> tuple[float, ...] | None:
    """Three numbers from 0 to 1, as the format tells them."""
    try:
        numbers = tuple(float(word) for word in str(told).split(","))
    except ValueError:
        return None
    return numbers if len(numbers) == 3 and all(0 <= number <= 1 for number in numbers) else None


def _opacity(told: object) -> float:
    try:
        opacity = float(str(told))
    except ValueError:
        return 1.0
    return min(1.0, max(0.05, opacity)) if opacity == opacity else 1.0
