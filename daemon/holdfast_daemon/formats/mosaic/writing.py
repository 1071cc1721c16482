"""A session of these parts, written as the template was; what no part holds stays as the template has it.

An object that the template holds too is written from there; one from elsewhere, perhaps of another version, is spelt
as the template spells. A tree never names what is not there: Mosaic would not open the session (mosaic.md 1.3).
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.emitter import Allowance, NotInspectable, Written, written_document
from holdfast_daemon.formats.mosaic.geometry import represented, uuid_of
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Name, Node, Set, Table, state_of, with_state
from holdfast_daemon.formats.mosaic.oldtree import is_old, old_tree
from holdfast_daemon.formats.mosaic.reading import (
    CONTAINER,
    ENTRY,
    GEOMETRY_KINDS,
    METADATA,
    OPAQUE,
    SECTION,
    TREE,
    Taken,
    read_session,
    taken_apart,
)
from holdfast_daemon.formats.mosaic.session import SIDES, Session, Side, session_of
from holdfast_daemon.formats.mosaic.spelling import Spelling, spelling_of
from holdfast_daemon.formats.mosaic.texts import shown
from holdfast_daemon.formats.mosaic.tree import Tree, cleaned, empty_tree, tree_of
from holdfast_daemon.formats.mosaic.wrapping import INDEXED, newly_indexed, wrapped

#: What a new session is written as, where its parts need an index.
NEWEST_VERSION = "1.3.2"
#: Of the keys that a session cannot hold.
MOST_TOLD = 8
_COLOURS = {"data": (0.8, 0.2, 0.2), "models": (0.2, 0.4, 0.8)}


@dataclass(slots=True)
class _Model:
    """The template, taken apart; empty where there is none. ``nodes``: of each kind and content."""

    session: Session | None = None
    taken: list[Taken] = field(default_factory=list)
    nodes: dict[tuple[str, bytes], deque[Node]] = field(default_factory=lambda: defaultdict(deque))

    @property
    def root(self) -> Table:
        return self.session.root if self.session else Table()

    @property
    def has_only_shape(self) -> bool:
        """Whether it is of before 1.3.0, which had no other metadata."""
        return "shape" in self.root.texts() and self.root.get(METADATA) is ABSENT

    @property
    def spelling(self) -> Spelling:
        return spelling_of(self.session.pickle) if self.session else Spelling()

    def uuids(self, kind: str) -> Counter[str]:
        """How often each is there."""
        return Counter(uuid for each in self.taken if each.part.kind == kind and (uuid := uuid_of(each.node)))

    def tree(self, side: Side) -> Tree:
        """A side's; one that names nothing where there is none."""
        node = next((each.node for each in self.taken if each.part.key == f"{side.name}-{TREE}"), None)
        return Tree((), ()) if node is None else tree_of(node)


def write_session(parts: Sequence[Part], template: bytes | None) -> bytes:
    """Raises CannotHold; a part that ``template`` has is no reason to."""
    if any(part.kind == OPAQUE for part in parts):
        return _opaque(parts)
    model = _model(template)
    if template is not None and _substance(parts) == _substance([each.part for each in model.taken]):
        return template
    _check(parts, model)
    nodes = [None if part.kind == SECTION else _node(part, model) for part in parts]
    root = _root([*zip(parts, nodes, strict=True)], model)
    allowance = Allowance(16 * 1024 * 1024 + 4 * sum(len(part.content) + 1024 for part in parts), 1 << 40)
    try:
        pickle = written_document(root, model.spelling, allowance)
    except NotInspectable as reason:
        raise CannotHold([("session", str(reason))]) from reason
    return _wrapped(pickle, {part.name: part.content for part in parts if part.kind == SECTION}, model)


def _opaque(parts: Sequence[Part]) -> bytes:
    if len(parts) > 1:
        raise CannotHold([(part.key, "a session that is stored uninspected takes no parts") for part in parts])
    content = parts[0].content
    try:
        read_session(content)
    except DamagedDocument as error:
        raise CannotHold([(parts[0].key, str(error))]) from error
    return content


def _model(template: bytes | None) -> _Model:
    if template is None:
        return _Model()
    try:
        session = session_of(template)
        model = _Model(session, taken_apart(session))
    except (DamagedDocument, NotInspectable) as error:
        raise CannotHold(
            [("session", f"the session it should be written into cannot be taken apart: {error}")]
        ) from error
    for each in model.taken:
        model.nodes[each.part.kind, each.part.content].append(each.node)
    return model


def _substance(parts: Sequence[Part]) -> list[tuple[str, str, bytes]]:
    """What tells two documents apart. The name of a geometry is in its content, a singular part's is its key."""
    return [(part.kind, "" if part.kind in GEOMETRY_KINDS else part.key, part.content) for part in parts]


def _check(parts: Sequence[Part], model: _Model) -> None:
    problems = []
    singular = Counter(part.key for part in parts if part.kind not in GEOMETRY_KINDS)
    problems += [(key, "it is there more than once") for key, count in singular.items() if count > 1]
    known = {(kind, f"{side.name}-{kind}") for side in SIDES for kind in (CONTAINER, TREE)} | {(METADATA, METADATA)}
    problems += [
        (part.key, f"a Mosaic session has no part of kind {part.kind} with this key")
        for part in parts
        if part.kind in (CONTAINER, TREE, METADATA) and (part.kind, part.key) not in known
    ]
    if model.session is not None and model.session.wrapping.kind != INDEXED:
        problems += [(part.key, "a plain pickle has no sections") for part in parts if part.kind == SECTION]
    if problems:
        raise CannotHold(problems)


def _node(part: Part, model: _Model) -> Node:
    """The template's own, as long as there is one of this content."""
    known = model.nodes.get((part.kind, part.content))
    if known:
        return known.popleft()
    node = node_of(part)
    return _complete(node, model) if part.kind in GEOMETRY_KINDS else node


def _complete(geometry: Made, model: _Model) -> Made:
    return geometry if model.spelling.is_colabseg else represented(geometry)


def _root(rows: Sequence[tuple[Part, Node]], model: _Model) -> Table:
    """The dict of the whole: the template's with other values, or Mosaic's five keys."""
    by_key = {part.key: node for part, node in rows if part.kind in (METADATA, CONTAINER, TREE)}
    changes: dict[str, Node] = dict.fromkeys(_held_keys(model), ABSENT)
    if (metadata := by_key.get(METADATA)) is not None:
        changes |= {"shape": _only_shape(metadata)} if model.has_only_shape else {METADATA: metadata}
    elif model.session is None:
        changes[METADATA] = Table()
    geometries = {side: [(part, node) for part, node in rows if part.kind == side.kind] for side in SIDES}
    for side, found in geometries.items():
        _check_uuids(found, side, model)
        changes[_container_key(side, model)] = _container(by_key, [node for _, node in found], side, model)
    for side, found in geometries.items():
        changes[side.tree] = _tree(by_key, [node for _, node in found], side, model)
    entries = {part.name: node for part, node in rows if part.kind == ENTRY}
    changes |= {name: node for name, node in entries.items() if changes.get(name, ABSENT) is ABSENT}
    return model.root.but(changes)


def _only_shape(metadata: Table) -> Node:
    """What sessions before 1.3.0 have of the metadata."""
    more = [shown(key) if isinstance(key, str) else "what is no text" for key, _ in metadata.pairs() if key != "shape"]
    if more:
        sentence = f"a session of before Mosaic 1.3.0 holds the shape only, and not {', '.join(more[:MOST_TOLD])}"
        raise CannotHold([(METADATA, sentence)])
    shape = metadata.get("shape")
    return None if shape is ABSENT else shape  # it looks for the key


def _held_keys(model: _Model) -> list[str]:
    """The keys of the template's dict that some part holds."""
    held = []
    for each in model.taken:
        if each.part.kind == METADATA:
            held.append("shape" if model.has_only_shape else METADATA)
        elif each.part.kind == TREE:
            held.append(next(side.tree for side in SIDES if each.part.key == f"{side.name}-{TREE}"))
        elif each.part.kind == ENTRY:
            held.append(each.part.name)
    return held


def _check_uuids(geometries: Sequence[tuple[Part, Node]], side: Side, model: _Model) -> None:
    uuids = Counter(uuid for _, node in geometries if (uuid := uuid_of(node)))
    before = model.uuids(side.kind)
    problems = [
        (part.key, f"{uuids[uuid]} {side.kind}s have its uuid, and Mosaic would show only one of them")
        for part, node in geometries
        if (uuid := uuid_of(node)) and uuids[uuid] > max(1, before[uuid])
    ]
    if problems:
        raise CannotHold(problems)


def _container_key(side: Side, model: _Model) -> str:
    return model.session.containers[side.name] if model.session else side.keys[0]


def _container(by_key: dict[str, Node], geometries: list[Node], side: Side, model: _Model) -> Made:
    """Mosaic opens no session without its containers, so where no part is one it is the template's or a new one."""
    there = model.session.container(side) if model.session else None
    given: Made | None = by_key.get(f"{side.name}-{CONTAINER}")
    if given is None and there is None:
        state = Table(["data", geometries, "base_color", (0.7, 0.7, 0.7), "highlight_color", _COLOURS[side.name]])
        state = state.but({"_highlighted_uuids": Set([], is_frozen=False)})
        return Made(Name("mosaic.container", "DataContainer"), (), is_new=True, state=state)
    own = next((each.node for each in model.taken if each.part.key == f"{side.name}-{CONTAINER}"), None)
    if there is not None and (given is None or given is own):
        return with_state(there, (state_of(there) or Table()).but({"data": geometries}))
    assert given is not None
    rest = (state_of(given) or Table()).but({"data": ABSENT})
    return with_state(given, Table(["data", geometries, *rest.flat]))


def _tree(by_key: dict[str, Node], geometries: list[Node], side: Side, model: _Model) -> Node:
    """What the template's tree names, or what is new in it, is shown at the end where this one does not name it, unless
    this is as empty as the shell writes it."""
    tree = by_key.get(f"{side.name}-{TREE}")
    there = {uuid: None for node in geometries if (uuid := uuid_of(node))}
    if tree is None:
        return empty_tree() if model.session is None else ABSENT
    before = model.uuids(side.kind)
    unshown = before.keys() - model.tree(side).named()
    added = [uuid for uuid in there if uuid not in unshown] if tree_of(tree).root and before else []
    found = cleaned(tree, there.keys(), added)
    return old_tree(found) if is_old(model.root.get(side.tree)) else found


def _wrapped(pickle: Written, sections: dict[str, bytes], model: _Model) -> bytes:
    if model.session is not None:
        pieces = [*pickle.pieces, model.session.tail]
        return wrapped(model.session.wrapping, model.session.content, pieces, sections)
    return newly_indexed(pickle.pieces, sections, NEWEST_VERSION) if sections else pickle.joined()
