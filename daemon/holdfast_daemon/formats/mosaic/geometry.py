"""What people want to know of a geometry: its name and uuid, its arrays, and what can be told in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from holdfast_daemon.formats.base import Facts
from holdfast_daemon.formats.mosaic.arrays import Plain, numbers_of, plain_array
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Node, Table, state_of, with_state
from holdfast_daemon.formats.mosaic.session import class_name
from holdfast_daemon.formats.mosaic.texts import shown

#: Where the arrays of Mosaic's and scipy's objects are; deeper ones stay in the content, without a name.
DEEPEST_ARRAY = 10
#: Steps on the way to an array that say nothing to people.
_UNSAID = frozenset({"model", "fit", "_properties"})
_ANGSTROM = frozenset(
    {"points", "vertices", "center", "centers", "positions", "radius", "radii", "height", "physical_shape"}
)
_PER_VOXEL = frozenset({"sampling_rate", "volume_sampling_rate"})


def attribute(geometry: Made, name: str) -> Node:
    """A geometry's attribute, or ABSENT."""
    state = state_of(geometry)
    return state.get(name) if state is not None else ABSENT


def meta(geometry: Made, name: str) -> Node:
    """What the geometry's free dict says, or ABSENT."""
    found = attribute(geometry, "meta")
    return found.get(name) if isinstance(found, Table) else ABSENT


def name_of(geometry: Made) -> str:
    """The name that people gave it, or what it is."""
    name = meta(geometry, "name")
    return shown(name) if isinstance(name, str) and name.strip() else class_name(geometry)


def uuid_of(geometry: Made) -> str | None:
    """What tells it from others since 1.0.11, where it stood among the meta first (mosaic.md 1.4)."""
    uuid = attribute(geometry, "uuid")
    if uuid is ABSENT:
        described = meta(geometry, "info")
        uuid = described.get("uuid") if isinstance(described, Table) else ABSENT
    return uuid if isinstance(uuid, str) and uuid and uuid == shown(uuid) else None


def represented(geometry: Made) -> Made:
    """Mosaic opens no geometry without a representation, which colabseg did not write (mosaic.md 1.4)."""
    state = state_of(geometry)
    if state is None or class_name(geometry) == "SegmentationGeometry" or state.get("representation") is not ABSENT:
        return geometry
    return with_state(geometry, state.but({"representation": "pointcloud"}))


def model_of(geometry: Made) -> Node:
    """What was fitted to its points; None or ABSENT where nothing was. Before 1.0.12 it stood among the meta."""
    model = attribute(geometry, "model")
    return meta(geometry, "fit") if model is ABSENT else model


def unit_of(name: str) -> str:
    """The unit of an array by the last word of its name (mosaic.md 1.2)."""
    last = name.rpartition("/")[2]
    return "Å" if last in _ANGSTROM else "Å/voxel" if last in _PER_VOXEL else ""


def count_of(geometry: Made, name: str = "points") -> int:
    """How many rows an array attribute has; 0 where it is none."""
    return rows_of(attribute(geometry, name))


def rows_of(node: Node) -> int:
    """How many rows an array has; 0 where it is none."""
    plain = plain_array(node)
    return plain.shape[0] if plain is not None and plain.shape else 0


def numbers_shown(node: Node, between: str = " × ") -> str | None:
    """Such as ``400 × 400 × 200``; None for what is no few numbers."""
    numbers = numbers_of(node)
    return None if numbers is None else between.join(f"{number:.7g}" for number in numbers)


def facts_of(geometry: Made) -> Facts:
    """What the content alone tells."""
    model = model_of(geometry)
    representation = attribute(geometry, "representation")
    facts = {
        "type": class_name(geometry),
        "uuid": uuid_of(geometry),
        "points": count_of(geometry),
        "visible": _as_bool(attribute(geometry, "visible")),
        "representation": shown(representation) if isinstance(representation, str) else None,
        "sampling_rate": numbers_shown(attribute(geometry, "sampling_rate")),
        "model": class_name(model) or None,
        "color": _appearance(geometry, "base_color"),
        "opacity": _appearance(geometry, "opacity"),
    }
    state = state_of(model)
    if state is not None and state.get("vertices") is not ABSENT:
        facts |= {"vertices": rows_of(state.get("vertices")), "triangles": rows_of(state.get("triangles"))}
    return facts


def _appearance(geometry: Made, name: str) -> str | None:
    """A number, or a color's three from 0 to 1."""
    appearance = attribute(geometry, "appearance")
    found = appearance.get(name) if isinstance(appearance, Table) else ABSENT
    return numbers_shown((found,) if isinstance(found, (int, float)) else found, ", ")


def _as_bool(node: Node) -> bool | None:
    return bool(node) if isinstance(node, (bool, int)) else None


def arrays_in(geometry: Node, spend: Callable[[], None]) -> Iterator[tuple[str, Plain]]:
    """Every plain array that can be reached, with a name such as ``points``, ``vertices``, ``trajectory/3/vertices``
    or ``vertex_properties/curvature``, in the order of the content. ``spend`` is called for each node looked at."""
    path: list[Node] = []  # a cycle leads back to one of these
    waiting: list[tuple[Node, tuple[str, ...]] | None] = [(geometry, ())]
    while waiting:
        item = waiting.pop()
        if item is None:
            path.pop()
            continue
        spend()
        node, names = item
        plain = plain_array(node) if isinstance(node, Made) else None
        if plain is not None:
            yield "/".join(names), plain
        elif len(path) < DEEPEST_ARRAY and not any(node is each for each in path):
            path.append(node)
            waiting.append(None)
            waiting.extend((child, _named(names, step)) for step, child in reversed([*_within(node)]))


def _within(node: Node) -> Iterator[tuple[str, Node]]:
    match node:
        case Table():
            yield from ((key, value) for key, value in node.texts().items())
        case list() | tuple():
            yield from ((str(number), child) for number, child in enumerate(node))
        case Made(state=Table() as state):
            yield "", state
        case Made(state=(None, Table() as state)):  # an object with slots
            yield "", state


def _named(names: tuple[str, ...], step: str) -> tuple[str, ...]:
    if names == ("meta",) and step == "fit":
        return ()
    return names if not step or step in _UNSAID else (*names, shown(step))
