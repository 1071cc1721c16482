"""A session's objects by what they are to Mosaic: two containers of geometries, their trees, and what else there is.

Mosaic knows no more of the whole than a dict; older versions name its keys differently (mosaic.md 1.2 to 1.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.mosaic.allowed import CONTAINER, GEOMETRIES
from holdfast_daemon.formats.mosaic.emitter import NotInspectable
from holdfast_daemon.formats.mosaic.machine import Pickle, unpickled
from holdfast_daemon.formats.mosaic.nodes import Made, Name, Node, Table, class_of, state_of
from holdfast_daemon.formats.mosaic.wrapping import Wrapping, wrapping_of

#: How the class of Mosaic's container is named in a pickle: no other program names it.
_MARK = re.compile(
    rb"\x8c(?:\x10mosaic|\x12colabseg)\.container.{0,3}\x8c\x0dDataContainer"
    rb"|c(?:mosaic|colabseg)\.container\nDataContainer\n",
    re.DOTALL,
)
#: It stands in the first kilobyte, behind nothing but the shape.
MARK_WITHIN_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two halves of a session. ``kind``: of its geometries' parts. ``keys``: of its container, the newest
    first. ``tree``: the key of its tree."""

    name: str
    kind: str
    keys: tuple[str, ...]
    tree: str


DATA = Side("data", "cluster", ("_data", "data"), "_data_tree")
MODELS = Side("models", "model", ("_models", "models"), "_models_tree")
SIDES = (DATA, MODELS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """``root``: the dict of it all. ``containers``: each side's name to the key of its container in there."""

    content: bytes
    wrapping: Wrapping
    pickle: Pickle
    root: Table
    containers: dict[str, str]

    def container(self, side: Side) -> Made:
        """The DataContainer of a side."""
        found = self.root.get(self.containers[side.name])
        assert isinstance(found, Made)
        return found

    def geometries(self, side: Side) -> list[Made]:
        """What a side holds, in order."""
        state = state_of(self.container(side))
        found: list[Made] = state.get("data") if state is not None else []
        return found

    @property
    def tail(self) -> memoryview:
        """What stands behind the pickle's end, where it may lie: nothing, in a session that Mosaic wrote."""
        return memoryview(self.content)[self.pickle.end : self.wrapping.end]


def has_mark(content: bytes, start: int = 0) -> bool:
    """Whether a pickle has the mark of a session of Mosaic's. Cheap for anything."""
    return _MARK.search(content, start, start + MARK_WITHIN_BYTES) is not None


def session_of(content: bytes) -> Session:
    """Raises DamagedDocument; NotInspectable for a whole session of which something is not known."""
    return taken_for_session(content, *unwrapped(content))


def unwrapped(content: bytes) -> tuple[Wrapping, Pickle]:
    """What a document is wrapped in, and the pickle in there. Raises DamagedDocument."""
    wrapping = wrapping_of(content)
    return wrapping, unpickled(content, wrapping.start, wrapping.end)


def taken_for_session(content: bytes, wrapping: Wrapping, pickle: Pickle) -> Session:
    """The same of a document that has been unwrapped."""
    containers = containers_of(pickle)
    if len(containers) < len(SIDES):
        uses = f", but {', '.join(pickle.unknown)}" if pickle.unknown else ""
        raise DamagedDocument(f"it is a pickle, but no Mosaic session: it has not both clusters and models{uses}")
    if pickle.unknown:
        raise NotInspectable(f"it uses what is not known of Mosaic: {', '.join(pickle.unknown)}")
    session = Session(content=content, wrapping=wrapping, pickle=pickle, root=pickle.root, containers=containers)
    for side in SIDES:
        _check_geometries(session, side)
    return session


def containers_of(pickle: Pickle) -> dict[str, str]:
    """Each side's name to the key of its container; a session has both."""
    values = pickle.root.texts() if isinstance(pickle.root, Table) else {}
    return {side.name: key for side in SIDES for key in reversed(side.keys) if is_container(values.get(key))}


def is_container(node: Node) -> bool:
    """Whether it is one of Mosaic's containers, with attributes."""
    name = class_of(node)
    return name is not None and name.name == CONTAINER and state_of(node) is not None


def _check_geometries(session: Session, side: Side) -> None:
    state = state_of(session.container(side))
    if state is None or not isinstance(state.get("data"), list):
        raise NotInspectable(f"the container of {side.name} has no list")
    for number, node in enumerate(session.geometries(side), 1):
        if not is_geometry(node):
            raise NotInspectable(f"{side.kind} {number} is no geometry")


def is_geometry(node: Node) -> bool:
    """Whether it is an object of one of Mosaic's geometries, with attributes."""
    name = class_of(node)
    return name is not None and name.name in GEOMETRIES and state_of(node) is not None


def class_name(node: Node) -> str:
    """Such as ``Geometry`` or ``Sphere``; empty for what is no object of a class."""
    name = class_of(node)
    return name.name if isinstance(name, Name) else ""
