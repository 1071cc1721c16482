"""The tree as 1.0.11 to 1.0.16 kept it, made into today's and back.

There a group is told by its name, and each row of the browser has its place: ``groups {name: [uuid]}``, ``root_order
{uuid: (place, name of the group or None)}`` and ``root_items``, the uuids outside of groups (1.0.16,
``widgets/container_list.py:133-180``). Mosaic opens only places without gaps (1.3.2, ``tree_state.py:36-47``).
"""

from __future__ import annotations

from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Name, Node, Table, class_of, state_of

OLD, NEW = "TreeState", "TreeStateData"
_MODULE = "mosaic.tree_state"


def is_old(node: Node) -> bool:
    """Whether it is a tree of 1.0.11 to 1.0.16."""
    name = class_of(node)
    return name is not None and name.name == OLD


def todays_tree(node: Made) -> Made:
    """An old tree as Mosaic itself makes it new; any other as it is. Of namesakes the first has all their members,
    which is how they are shown."""
    if not is_old(node):
        return node
    state = state_of(node) or Table()
    by_name = {name: members for name, members in _texts(state.get("groups")).items() if isinstance(members, list)}
    groups, names, root = Table(), Table(), []
    for uuid, name in _rows(state.get("root_order")):
        root.append(uuid)
        if name is not None:
            groups.flat += [uuid, by_name.pop(name, [])]
            names.flat += [uuid, name]
    return _tree(NEW, state, {"groups": groups, "group_names": names, "root_items": root})


def old_tree(node: Made) -> Made:
    """Today's tree as an old one, its places counted anew."""
    state = state_of(node) or Table()
    members = _texts(state.get("groups"))
    named = _texts(state.get("group_names")).items()
    names = {uuid: name if isinstance(name, str) else uuid for uuid, name in named}
    root = state.get("root_items")
    uuids = [*dict.fromkeys(uuid for uuid in root if isinstance(uuid, str))] if isinstance(root, list) else []
    groups: dict[str, list[Node]] = {}
    for uuid in (uuid for uuid in uuids if uuid in names):
        own = members.get(uuid)
        groups.setdefault(names[uuid], []).extend(own if isinstance(own, list) else ())
    order = [each for place, uuid in enumerate(uuids) for each in (uuid, (place, names.get(uuid)))]
    loose = [uuid for uuid in uuids if uuid not in names]
    grouped = Table([each for pair in groups.items() for each in pair])
    return _tree(OLD, state, {"groups": grouped, "root_order": Table(order), "root_items": loose})


def _rows(order: Node) -> list[tuple[str, str | None]]:
    """Each row's uuid and, where it is a group, its name; by their places."""
    rows: list[tuple[int, str, str | None]] = []
    for uuid, value in _texts(order).items():
        match value:
            case (int() as place, str() | None as name):
                rows.append((place, uuid, name))
    return [(uuid, name) for _, uuid, name in sorted(rows, key=lambda row: row[0])]


def _texts(node: Node) -> dict[str, Node]:
    return node.texts() if isinstance(node, Table) else {}


def _tree(kind: str, state: Table, parts: dict[str, Node]) -> Made:
    """One with these attributes, and whatever else it had behind them."""
    rest = state.but(dict.fromkeys(("groups", "group_names", "root_order", "root_items"), ABSENT))
    flat = [each for pair in parts.items() for each in pair]
    return Made(Name(_MODULE, kind), (), is_new=True, state=Table([*flat, *rest.flat]))
