"""What two contents of one part differ in, field by field: by what is saved alike each time, not by bytes.

Mosaic's own saving changes bytes without a change (mosaic.md 4, 6). What it shares and how arrays and modules are
spelt is gone from a part's content already; left are groups' uuids, the selection, and ``visible`` as a number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TypeAlias

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.mosaic import tree
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.emitter import Allowance, NotInspectable, written_part
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Node, Table, state_of, with_state
from holdfast_daemon.formats.mosaic.reading import GEOMETRY_KINDS, OPAQUE, SECTION, TREE, allowance_for
from holdfast_daemon.formats.mosaic.session import class_name

#: From the part's content to the field; ``appearance``, ``opacity``.
Path: TypeAlias = tuple[str, ...]
#: The selection when it was saved; indexes before 1.0.11.
PASSING = frozenset({("_highlighted_uuids",), ("_highlighted_indices",)})
_DEEPEST = 4
#: A picture of the viewport, made anew at each save.
THUMBNAIL = "section-thumbnail"


def is_same(old: Part, new: Part) -> bool:
    """Whether these contents differ at most as a mere saving makes them."""
    if old.content == new.content or old.key == new.key == THUMBNAIL:
        return True
    if old.kind != new.kind or old.kind in (OPAQUE, SECTION):
        return False
    try:
        if old.kind == TREE:
            return _is_same_tree(node_of(old), node_of(new), allowance_for(len(old.content) + len(new.content)))
        return {*changed(fields_of(old), fields_of(new))} <= PASSING
    except (CannotHold, NotInspectable):
        return False


def _is_same_tree(old: Made, new: Made, allowance: Allowance) -> bool:
    rests = {digest_of(tree.rest_of(each), allowance) for each in (old, new)}
    return len(rests) == 1 and tree.is_same(old, new)


def fields_of(part: Part) -> dict[Path, bytes]:
    """Each field's path to a digest of its value. Raises CannotHold, NotInspectable."""
    allowance = allowance_for(len(part.content))
    node = node_of(part)
    return dict(_fields(settled(node) if part.kind in GEOMETRY_KINDS else node, (), allowance))


def changed(old: dict[Path, bytes], new: dict[Path, bytes]) -> list[Path]:
    """The paths of what is there on one side only, or differs."""
    return [path for path in dict.fromkeys([*old, *new]) if old.get(path) != new.get(path)]


def settled(geometry: Made) -> Made:
    """The geometry with ``visible`` as it is since 1.3.0: it was 0 or 1 before."""
    state = state_of(geometry) or Table()
    visible = state.get("visible")
    return with_state(geometry, state.but({"visible": bool(visible)})) if type(visible) is int else geometry


def _fields(node: Node, path: Path, allowance: Allowance) -> Iterator[tuple[Path, bytes]]:
    state = state_of(node) if class_name(node) else None
    table = node if isinstance(node, Table) else state
    if table is None or len(path) >= _DEEPEST or len(texts := table.texts()) != len(table):
        yield path, digest_of(node, allowance)
        return
    if table is state:
        yield (*path, "class"), class_name(node).encode()
    yield path, b"table"
    for key, value in texts.items():
        yield from _fields(value, (*path, key), allowance)


def digest_of(node: Node, allowance: Allowance) -> bytes:
    """Equal for equal values. Raises NotInspectable."""
    digest = hashlib.blake2b(digest_size=16)
    for piece in written_part(node, allowance).pieces:
        digest.update(piece)
    return digest.digest()


def value_at(node: Node, path: Path) -> Node:
    """The value of a field, or ABSENT."""
    for step in path:
        table = node if isinstance(node, Table) else state_of(node)
        node = table.get(step) if table is not None else ABSENT
    return node
