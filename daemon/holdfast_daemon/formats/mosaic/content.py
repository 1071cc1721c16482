"""A part's content as nodes again. What is not ours is refused here, before anything is written of it."""

from __future__ import annotations

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.mosaic.machine import unpickled
from holdfast_daemon.formats.mosaic.nodes import Node, Table
from holdfast_daemon.formats.mosaic.oldtree import todays_tree
from holdfast_daemon.formats.mosaic.reading import CONTAINER, ENTRY, GEOMETRY_KINDS, METADATA, TREE
from holdfast_daemon.formats.mosaic.session import is_container, is_geometry
from holdfast_daemon.formats.mosaic.tree import is_tree

#: Kind to what a content of it must be.
_WANTED = {
    **dict.fromkeys(GEOMETRY_KINDS, (is_geometry, "no geometry of Mosaic's")),
    TREE: (is_tree, "no tree of Mosaic's"),
    CONTAINER: (is_container, "no container of Mosaic's"),
    METADATA: (lambda node: isinstance(node, Table), "no dict"),
    ENTRY: (lambda node: True, ""),
}


def node_of(part: Part) -> Node:
    """What the content of a part says. Raises CannotHold."""
    if part.kind not in _WANTED:
        raise CannotHold([(part.key, f"a Mosaic session has no part of kind {part.kind}")])
    is_right, sentence = _WANTED[part.kind]
    try:
        pickle = unpickled(part.content)
    except DamagedDocument as error:
        raise CannotHold([(part.key, f"its content is no pickle: {error}")]) from error
    if pickle.unknown:
        raise CannotHold([(part.key, f"its content uses what no session does: {', '.join(pickle.unknown)}")])
    if pickle.end != len(part.content):
        raise CannotHold([(part.key, f"its content goes on behind the pickle's end at byte {pickle.end}")])
    if not is_right(pickle.root):
        raise CannotHold([(part.key, f"its content is {sentence}")])
    return todays_tree(pickle.root) if part.kind == TREE else pickle.root
