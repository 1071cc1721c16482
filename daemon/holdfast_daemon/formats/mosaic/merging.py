"""Two changes of one part in one, where they do not touch each other.

What makes up a geometry's shape is one: points, normals and properties must fit each other, so two sides that both
changed any of them are in conflict. Everything else is merged key by key.
"""

from __future__ import annotations

from dataclasses import replace

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.mosaic import tree
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.emitter import Allowance, NotInspectable, written_part
from holdfast_daemon.formats.mosaic.fields import PASSING, digest_of, settled
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Node, Table, class_of, state_of, with_state
from holdfast_daemon.formats.mosaic.reading import GEOMETRY_KINDS, OPAQUE, SECTION, TREE, allowance_for, geometry_part

#: Attributes that each stand for themselves; all others make up the shape.
_LOOKS = frozenset({"meta", "visible", "appearance", "representation"})
#: What of the shape stood among the meta before 1.0.12 (mosaic.md 1.2).
_FITTED = ("fit", "points", "faces")
_DEEPEST = 8


class _Conflict(Exception):
    """Both sides changed the same."""


def merged_part(base: Part, ours: Part, theirs: Part) -> Part | None:
    """``ours`` with what ``theirs`` changed since ``base``; None for a conflict."""
    if base.kind in (OPAQUE, SECTION) or not base.kind == ours.kind == theirs.kind:
        return None
    allowance = allowance_for(len(base.content) + len(ours.content) + len(theirs.content))
    try:
        nodes = [node_of(part) for part in (base, ours, theirs)]
        if base.kind in GEOMETRY_KINDS:
            nodes = [settled(node) for node in nodes]
        node = tree.merged(*nodes) if base.kind == TREE else _Merge(base.kind, allowance).of(*nodes)
        if node is None:
            return None
        if base.kind in GEOMETRY_KINDS:
            return replace(geometry_part(node, base.kind, allowance), key=ours.key)
        return replace(ours, content=written_part(node, allowance).joined(), facts={})
    except (_Conflict, CannotHold, NotInspectable):
        return None


class _Merge:
    def __init__(self, kind: str, allowance: Allowance) -> None:
        self.kind = kind
        self.allowance = allowance

    def of(self, base: Node, ours: Node, theirs: Node) -> Node:
        if isinstance(ours, Table):
            return self.tables(base, ours, theirs, ())
        was, our, their = (state_of(node) or Table() for node in (base, ours, theirs))
        if len({str(class_of(node)) for node in (base, ours, theirs)}) > 1:
            raise _Conflict
        if self.kind in GEOMETRY_KINDS:
            self.check_shape(was, our, their)
        return with_state(ours, self.tables(was, our, their, ()))

    def check_shape(self, *states: Table) -> None:
        base, ours, theirs = (self.shape(state) for state in states)
        if base not in (ours, theirs) and ours != theirs:
            raise _Conflict

    def shape(self, state: Table) -> bytes:
        meta = state.get("meta")
        texts = meta.texts() if isinstance(meta, Table) else {}
        fitted = [each for key in _FITTED if key in texts for each in (key, texts[key])]
        own = state.but({**dict.fromkeys(_LOOKS, ABSENT), "meta": Table(fitted)})
        return digest_of(own, self.allowance)

    def tables(self, base: Table, ours: Table, theirs: Table, path: tuple[str, ...]) -> Table:
        """Key by key, in the order of ours."""
        was, our, their = (table.texts() for table in (base, ours, theirs))
        if any(len(table) != len(texts) for table, texts in ((base, was), (ours, our), (theirs, their))):
            raise _Conflict
        changes = {
            key: self.value(was.get(key, ABSENT), our.get(key, ABSENT), their.get(key, ABSENT), (*path, key))
            for key in dict.fromkeys([*our, *their])
        }
        return ours.but(changes)

    def value(self, base: Node, ours: Node, theirs: Node, path: tuple[str, ...]) -> Node:
        was, our, their = (self.digest(node) for node in (base, ours, theirs))
        if their in (was, our) or path in PASSING:
            return ours
        if our == was:
            return theirs
        if all(isinstance(node, Table) for node in (base, ours, theirs)) and len(path) < _DEEPEST:
            return self.tables(base, ours, theirs, path)
        raise _Conflict

    def digest(self, node: Node) -> bytes:
        return b"" if node is ABSENT else digest_of(node, self.allowance)
