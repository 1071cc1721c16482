"""What a session is to each version of Mosaic that one may be written for: how it is spelt, and what is kept where.

Up to 1.2.4 the shape stands beside the containers and in the metadata of the first; 1.3.0 has metadata of the whole
(mosaic.md 1.4). What 1.3.2 looks for in the old place (its shapes) is put there, so that the way back loses nothing.
What older versions than these wrote is made what these write, as they would at opening it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast_daemon.formats.mosaic.cylinders import lacks_mesh, with_mesh
from holdfast_daemon.formats.mosaic.fields import settled
from holdfast_daemon.formats.mosaic.geometry import attribute, model_of, represented, uuid_of
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Name, Node, Set, Table, state_of, with_state
from holdfast_daemon.formats.mosaic.oldtree import todays_tree
from holdfast_daemon.formats.mosaic.reading import METADATA
from holdfast_daemon.formats.mosaic.session import DATA, SIDES, Session, Side, class_name
from holdfast_daemon.formats.mosaic.spelling import Target
from holdfast_daemon.formats.mosaic.texts import shown
from holdfast_daemon.formats.mosaic.tree import cleaned, empty_tree, is_tree

#: The meshes of a session's cylinders may take so much; a real one takes a tenth of a megabyte.
MOST_MESH_BYTES = 16 * 1024 * 1024
MOST_NAMES = 8
#: Classes that 1.2.2 renamed; it takes them by their old names as well.
_ALIASES = {
    "ConvexHull": "AlphaShape", "FairHull": "AlphaShape", "MarchingCubes": "FlyingEdges",
    "ClusteredBallPivotingMesh": "BallPivoting",
}  # fmt: skip
_SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Version:
    """``has_metadata``: of the whole. ``has_meshes``: of cylinders."""

    name: str
    spelling: Target
    has_metadata: bool = True
    has_meshes: bool = False


_NUMPY_1 = ("numpy._core", "numpy.core")
VERSIONS = {
    version.name: version
    for version in (
        Version("1.3.2", Target(), has_meshes=True),
        Version("1.3.1", Target(older=(_NUMPY_1,))),
        Version(
            "1.2.4", Target(older=(_NUMPY_1, ("mosaic.formats.records", "mosaic.formats.parser"))), has_metadata=False
        ),
    )
}


@dataclass(slots=True)
class Lost:
    """What the version does not take of which geometry of the session that it was."""

    rows: list[tuple[Made, str]] = field(default_factory=list)


def root_for(session: Session, version: Version, lost: Lost) -> Table:
    """The dict of the whole as the version writes it, with whatever else is in it."""
    changes: dict[str, Node] = {}
    whole, beside = _metadata(session, version)
    makers = _Geometries(version, lost)
    for side in SIDES:
        key = session.containers[side.name]
        if key != side.keys[0]:
            changes[key] = ABSENT
        changes[side.keys[0]] = _container(session, side, makers, beside[side])
    for side in SIDES:
        tree = session.root.get(side.tree)
        if is_tree(tree):
            there = {uuid for each in session.geometries(side) if (uuid := uuid_of(each))}
            changes[side.tree] = cleaned(todays_tree(tree), there, ())  # no version opens one that names others
        elif tree in (None, ABSENT):
            changes[side.tree] = empty_tree()
    return session.root.but({**whole, **changes})


def _metadata(session: Session, version: Version) -> tuple[dict[str, Node], dict[Side, Node]]:
    """Of the whole, and of each container; where a container has other metadata than the whole's, it stays."""
    own, only_shape = session.root.get(METADATA), session.root.get(_SHAPE)
    beside = {side: attribute(session.container(side), METADATA) for side in SIDES}
    held = beside[DATA]
    if version.has_metadata:
        if own is ABSENT:
            own = held if isinstance(held, Table) else Table()
            own = own if only_shape in (None, ABSENT) else own.but({_SHAPE: only_shape})
            beside[DATA] = only_shape = ABSENT
        left = {side: ABSENT if isinstance(each, Table) and not len(each) else each for side, each in beside.items()}
        return {METADATA: own, _SHAPE: only_shape}, left
    if isinstance(own, Table):
        beside[DATA], only_shape = own, own.get(_SHAPE)
    rest = {side: Table() if each is ABSENT else each for side, each in beside.items()}
    own = ABSENT if isinstance(own, Table) else own
    return {METADATA: own, _SHAPE: None if only_shape is ABSENT else only_shape}, rest


def _container(session: Session, side: Side, makers: _Geometries, metadata: Node) -> Made:
    container = session.container(side)
    state = state_of(container) or Table()
    made = [makers.made(each) for each in session.geometries(side)]
    changes: dict[str, Node] = {"data": made, METADATA: metadata}
    if state.get("_highlighted_uuids") is ABSENT:  # it looks for the attribute
        changes["_highlighted_uuids"] = Set([], is_frozen=False)
    return with_state(container, state.but(changes))


class _Geometries:
    def __init__(self, version: Version, lost: Lost) -> None:
        self._version = version
        self._lost = lost
        self._room_bytes = MOST_MESH_BYTES

    def made(self, geometry: Made) -> Made:
        """As the version writes it."""
        state = state_of(geometry) or Table()
        changes: dict[str, Node] = {}
        uuid, meta = uuid_of(geometry), state.get("meta")
        if uuid is not None and state.get("uuid") is ABSENT:
            changes["uuid"] = uuid
        model = model_of(geometry)
        if isinstance(model, Made):
            changes["model"] = self._model(geometry, model)
            if state.get("model") is ABSENT:
                changes["meta"] = meta.but({"fit": ABSENT})
        frames = state.get("trajectory")
        if isinstance(frames, list):
            changes["trajectory"] = [_frame(each) for each in frames]
        self._note(geometry, state)
        return self._visible(represented(with_state(geometry, state.but(changes))))

    def _model(self, geometry: Made, model: Made) -> Made:
        found = _renamed(model)
        if self._version.has_meshes and lacks_mesh(found):
            found, size_bytes = with_mesh(found, self._room_bytes)
            self._room_bytes -= size_bytes
            if not size_bytes:
                told = f"Mosaic {self._version.name} measures no distance to this cylinder before it is fitted again"
                self._lost.rows.append((geometry, told))
        return found

    def _note(self, geometry: Made, state: Table) -> None:
        """1.3.0 was the first to read these of a segmentation; they stay where they are."""
        if self._version.has_metadata or class_name(geometry) != "SegmentationGeometry":
            return
        lost = [*_property_names(state.get("vertex_properties"))]
        lost += ["its model"] if state.get("model") not in (None, ABSENT) else []
        if lost:
            told = ", ".join([*lost[:MOST_NAMES], *(["and more"] if len(lost) > MOST_NAMES else [])])
            self._lost.rows.append(
                (geometry, f"Mosaic {self._version.name} neither reads nor saves of a segmentation: {told}")
            )

    def _visible(self, geometry: Made) -> Made:
        if self._version.has_metadata:
            return settled(geometry)
        state = state_of(geometry) or Table()
        visible = state.get("visible")
        return with_state(geometry, state.but({"visible": int(visible)})) if type(visible) is bool else geometry


def _renamed(model: Made) -> Made:
    """By the class's name since 1.2.2."""
    alias = _ALIASES.get(class_name(model))
    if alias is None:
        return model
    return Made(Name(model.callee.module, alias), model.arguments, is_new=True, state=model.state)


def _frame(frame: Node) -> Node:
    fit = frame.get("fit") if isinstance(frame, Table) else None
    return frame.but({"fit": _renamed(fit)}) if isinstance(fit, Made) else frame


def _property_names(properties: Node) -> Iterator[str]:
    state = state_of(properties)
    named = state.get("_properties") if state is not None else None
    for name, _ in named.pairs() if isinstance(named, Table) else ():
        yield f"property {shown(name)}" if isinstance(name, str) else "a property"
