"""A session as parts: each cluster and model a pickle of its own, and beside them what the whole has.

Never in a session, so never warned of: the camera, the volume viewer's planes, the undo stack, lighting, who wrote it
when; and a volume is only named by its path (mosaic.md 1.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from holdfast_daemon.formats.base import Array, DamagedDocument, Facts, Part, Reading, Recognition
from holdfast_daemon.formats.mosaic.emitter import Allowance, NotInspectable, written_part
from holdfast_daemon.formats.mosaic.eras import recognition_of
from holdfast_daemon.formats.mosaic.geometry import (
    arrays_in,
    count_of,
    facts_of,
    name_of,
    numbers_shown,
    unit_of,
    uuid_of,
)
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Node, Table, state_of, with_state
from holdfast_daemon.formats.mosaic.oldtree import todays_tree
from holdfast_daemon.formats.mosaic.session import (
    SIDES,
    Session,
    Side,
    containers_of,
    has_mark,
    taken_for_session,
    unwrapped,
)
from holdfast_daemon.formats.mosaic.texts import shown
from holdfast_daemon.formats.mosaic.tree import Tree, is_tree, tree_of
from holdfast_daemon.formats.mosaic.wrapping import STATE, UNRELEASED, begins_as_indexed
from holdfast_daemon.formats.trees import free_key

GEOMETRY_KINDS = tuple(side.kind for side in SIDES)
METADATA, CONTAINER, TREE, ENTRY, SECTION, OPAQUE = "metadata", "container", "tree", "entry", "section", "opaque"
#: What a part costs in memory beside its content, and an array of it.
PART_BYTES = 2048
ARRAY_BYTES = 256
MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A part, and the node of the document that it is made of; None for bytes that are no pickle."""

    part: Part
    node: Node = None


def recognise_session(content: bytes) -> Recognition | None:
    """By the first bytes and the mark of Mosaic's container; a damaged session is still one."""
    if not (content[:1] == b"\x80" or begins_as_indexed(content)) or not has_mark(content):
        return None
    try:
        wrapping, pickle = unwrapped(content)
    except DamagedDocument:
        return Recognition(generation="damaged", inferred=True)
    return recognition_of(wrapping, pickle) if len(containers_of(pickle)) == len(SIDES) else None


def read_session(content: bytes) -> Reading:
    """Every part. A whole session that cannot be taken apart is one opaque part. Raises DamagedDocument."""
    wrapping, pickle = unwrapped(content)
    recognition = recognition_of(wrapping, pickle)
    try:
        session = taken_for_session(content, wrapping, pickle)
        taken = taken_apart(session)
    except NotInspectable as reason:
        part = Part(key="session", name="session", kind=OPAQUE, content=content)
        return Reading(recognition=recognition, parts=(part,), warnings=(f"stored, not inspectable: {reason}",))
    parts = tuple(each.part for each in taken)
    metadata = next((part for part in parts if part.kind == METADATA), None)
    return Reading(
        recognition=recognition,
        parts=parts,
        facts={
            "clusters": sum(part.kind == SIDES[0].kind for part in parts),
            "models": sum(part.kind == SIDES[1].kind for part in parts),
            "points": sum(count_of(each) for side in SIDES for each in session.geometries(side)),
            "shape": metadata.facts["shape"] if metadata else None,
        },
        warnings=tuple(islice(_warnings(session), MOST_WARNINGS)),
    )


def taken_apart(session: Session) -> list[Taken]:
    """The parts in the order of the document. Raises NotInspectable."""
    allowance = allowance_for(len(session.content))
    found: list[Taken] = []
    sides = {session.containers[side.name]: side for side in SIDES}
    for key, value in session.root.texts().items():
        side = sides.get(key)
        if side is not None:
            found.append(_container(side, session.container(side), allowance))
            found += _geometries(session, side, allowance)
        elif key == shown(key):
            found.append(_entry(session, key, value, allowance))
    for section in session.wrapping.sections:
        if section.name not in ("", STATE):
            content = session.content[section.start : section.end]
            found.append(Taken(Part(key=f"{SECTION}-{section.name}", name=section.name, kind=SECTION, content=content)))
    return _with_keys(found)


def allowance_for(size_bytes: int) -> Allowance:
    """For all parts of a document of this size: far more than Mosaic's own need."""
    return Allowance(size_bytes=16 * 1024 * 1024 + 8 * size_bytes, steps=200_000 + size_bytes // 3)


def _with_keys(found: list[Taken]) -> list[Taken]:
    """Every key once: a geometry's is its uuid where that is there once, else its place."""
    taken = {each.part.key for each in found if each.part.kind not in GEOMETRY_KINDS}
    uuids = Counter(each.part.key for each in found)
    taken |= {key for key, count in uuids.items() if key and count == 1}
    rows = []
    for each in found:
        part = each.part
        if part.kind in GEOMETRY_KINDS and (not part.key or uuids[part.key] > 1):
            key = free_key(f"{part.kind}-{part.facts['place']}", taken)
            taken.add(key)
            rows.append(replace(each, part=replace(part, key=key)))
        else:
            rows.append(each)
    return rows


def _container(side: Side, container: Made, allowance: Allowance) -> Taken:
    state = (state_of(container) or Table()).but({"data": ABSENT})
    node = with_state(container, state)
    facts = {name: numbers_shown(state.get(name), ", ") for name in ("base_color", "highlight_color")}
    return _taken(f"{side.name}-{CONTAINER}", f"{side.kind}s", CONTAINER, node, allowance, facts)


def _entry(session: Session, key: str, value: Node, allowance: Allowance) -> Taken:
    for side in SIDES:
        if key == side.tree and is_tree(value):
            tree = tree_of(value)
            facts = {"groups": len(tree.groups), "geometries": len(tree.named())}
            return _taken(f"{side.name}-{TREE}", f"{side.kind}s", TREE, todays_tree(value), allowance, facts)
    if key == METADATA and isinstance(value, Table):
        return _metadata(value, allowance)
    if key == "shape" and session.root.get(METADATA) is ABSENT:
        return _metadata(Table([key, value]), allowance)
    return _taken(f"{ENTRY}-{key}", key, ENTRY, value, allowance, {})


def _metadata(table: Table, allowance: Allowance) -> Taken:
    facts = {name: numbers_shown(table.get(name)) for name in ("shape", "physical_shape")}
    return _taken(METADATA, METADATA, METADATA, table, allowance, facts)


def _taken(key: str, name: str, kind: str, node: Node, allowance: Allowance, facts: Facts) -> Taken:
    allowance.spend(size_bytes=PART_BYTES)
    content = written_part(node, allowance).joined()
    return Taken(Part(key=key, name=name, kind=kind, content=content, facts=facts), node)


def _geometries(session: Session, side: Side, allowance: Allowance) -> Iterator[Taken]:
    groups = _groups(session, side)
    for place, node in enumerate(session.geometries(side), 1):
        part = geometry_part(node, side.kind, allowance)
        group = groups.get(part.key)
        yield Taken(replace(part, facts={**part.facts, "group": group, "place": place}), node)


def _groups(session: Session, side: Side) -> dict[str, str]:
    """A geometry's uuid to the name of its group."""
    return {member: shown(group.name) for group in _tree(session, side).groups for member in group.members}


def _tree(session: Session, side: Side) -> Tree:
    """A side's tree; one that names nothing where there is none."""
    tree = session.root.get(side.tree)
    return tree_of(tree) if is_tree(tree) else Tree((), ())


def geometry_part(node: Made, kind: str, allowance: Allowance) -> Part:
    """A cluster or model by itself; its key is the uuid, or empty. Raises NotInspectable."""
    allowance.spend(size_bytes=PART_BYTES)
    found = [*arrays_in(node, lambda: allowance.spend(steps=1))]
    written = written_part(node, allowance, {id(plain.payload.content) for _, plain in found})
    allowance.spend(size_bytes=ARRAY_BYTES * len(found))
    arrays: dict[str, Array] = {}
    for wanted, plain in found:
        offset = written.places[id(plain.payload.content)]
        name = free_key(wanted, arrays.keys())
        arrays[name] = Array(
            name=name,
            dtype=plain.dtype,
            shape=plain.shape,
            unit=unit_of(wanted),
            offset=offset,
            size_bytes=len(plain.payload.content),
            fortran=plain.is_fortran and len(plain.shape) > 1,
        )
    return Part(
        key=uuid_of(node) or "",
        name=name_of(node),
        kind=kind,
        content=written.joined(),
        facts=facts_of(node),
        arrays=tuple(arrays.values()),
    )


def _warnings(session: Session) -> Iterator[str]:
    if session.wrapping.kind == UNRELEASED:
        yield "it is wrapped as only unreleased builds did: Mosaic cannot open it"
    if session.tail:
        yield f"{len(session.tail)} bytes behind the pickle's end are no part of the session"
    for side in SIDES:
        uuids = Counter(uuid for each in session.geometries(side) if (uuid := uuid_of(each)))
        for each in session.geometries(side):
            if (uuid := uuid_of(each)) and uuids[uuid] > 1:
                yield f"{side.kind} {name_of(each)}: {uuids[uuid]} have its uuid, and Mosaic shows only one of them"
        if dangling := _tree(session, side).named() - uuids.keys():
            yield f"the tree of {side.kind}s names {len(dangling)} that are not there: Mosaic cannot open the session"
