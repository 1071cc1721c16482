"""The object browser's tree: which geometries are in which group, and in what order all are shown.

Mosaic gives groups new uuids at every load, so a group is the same one where its uuid is, or else its name; and it
does not open a session whose tree names a geometry that is not there (mosaic.md 1.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from holdfast_daemon.formats.mosaic.geometry import shown
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Node, Table, class_of, state_of, with_state

Item = TypeVar("Item")

TREES = ("TreeStateData", "TreeState")
#: The lists of what is shown at the top: geometries and groups. The second is that of 1.0.11 to 1.0.16.
_ROOTS = ("root_items", "root_order")


@dataclass(frozen=True, slots=True)
class Group:
    """``identity``: the uuid that it has, or that its partner has in the tree that it is compared with."""

    identity: str
    uuid: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """``root``: uuids of geometries and identities of groups."""

    groups: tuple[Group, ...]
    root: tuple[str, ...]

    def named(self) -> set[str]:
        """Every geometry that it names."""
        groups = {group.identity for group in self.groups}
        return {item for item in self.root if item not in groups}.union(*(group.members for group in self.groups))


def is_tree(node: Node) -> bool:
    """Whether it is one of Mosaic's trees."""
    name = class_of(node)
    return name is not None and name.name in TREES and state_of(node) is not None


def tree_of(node: Made, *like: Tree) -> Tree:
    """The tree; its groups are told by those of the trees in ``like``, where they have partners there."""
    state = state_of(node) or Table()
    names = _texts(state.get("group_names"))
    members = _texts(state.get("groups"))
    shown_names = {uuid: shown(name) if isinstance(name := names.get(uuid), str) else uuid for uuid in members}
    identities = _identities(shown_names, [group for tree in like for group in tree.groups])
    groups = tuple(Group(identities[uuid], uuid, shown_names[uuid], _of_texts(members[uuid])) for uuid in members)
    root = next((items for key in _ROOTS if (items := _of_texts(state.get(key)))), ())
    return Tree(groups, tuple(identities.get(item, item) for item in root))


def _identities(names: dict[str, str], known: Sequence[Group]) -> dict[str, str]:
    """By uuid, then namesakes in their order; whoever has no partner is told by its own uuid."""
    by_uuid = {group.uuid: group.identity for group in reversed(known)}
    partners = {by_uuid[uuid]: uuid for uuid in names if uuid in by_uuid}  # one for each that is known
    found = {uuid: identity for identity, uuid in partners.items()}
    taken = {*found.values()}
    by_name: dict[str, dict[str, None]] = {}
    for group in known:
        if group.identity not in taken:
            by_name.setdefault(group.name, {})[group.identity] = None
    namesakes = {name: iter(identities) for name, identities in by_name.items()}
    for uuid, name in names.items():
        if uuid not in found:
            found[uuid] = next(namesakes.get(name, iter(())), uuid)
    return found


def _texts(node: Node) -> dict[str, Node]:
    return node.texts() if isinstance(node, Table) else {}


def _of_texts(node: Node) -> tuple[str, ...]:
    return tuple(item for item in node if isinstance(item, str)) if isinstance(node, (list, tuple)) else ()


def cleaned(node: Made, there: Collection[str], added: Sequence[str]) -> Made:
    """The tree without geometries that are not ``there`` and without groups that this empties, ``added`` behind where
    it does not name them; the very same where that changes nothing."""
    state = state_of(node) or Table()
    groups = _texts(state.get("groups"))
    kept = {uuid: _only(members, there) for uuid, members in groups.items()}
    emptied = {uuid for uuid, members in groups.items() if members and not kept[uuid]}
    left = {uuid: members for uuid, members in kept.items() if uuid not in emptied}
    changes: dict[str, Node] = {}
    if any(left.get(uuid) is not members for uuid, members in groups.items()):
        changes["groups"] = Table([each for pair in left.items() for each in pair])
    if emptied and isinstance(names := state.get("group_names"), Table):
        changes["group_names"] = names.but(dict.fromkeys(emptied, ABSENT))
    shown_there = {*there, *left}
    for key in _ROOTS:
        items = state.get(key)
        if isinstance(items, list) and (only := _only(items, shown_there)) is not items:
            changes[key] = only
    named = tree_of(node).named()
    new = [uuid for uuid in added if uuid not in named]
    if new and isinstance(root := changes.get("root_items", state.get("root_items")), list):
        changes["root_items"] = [*root, *new]
    return with_state(node, state.but(changes)) if changes else node


def _only(items: Node, there: Collection[str]) -> Node:
    """The list without texts that are not there; the very same where nothing goes."""
    if not isinstance(items, list):
        return items
    left = [item for item in items if not isinstance(item, str) or item in there]
    return left if len(left) < len(items) else items


def merged(base: Made, ours: Made, theirs: Made) -> Made | None:
    """``ours`` with what ``theirs`` moved, grouped, renamed, added and removed since ``base``; None where both did
    different things to the same, or where a tree is of another kind."""
    was = tree_of(base)
    our = tree_of(ours, was)
    their = tree_of(theirs, was, our)
    root = merged_order(was.root, our.root, their.root)
    if root is None or not all(_is_current(each) for each in (base, ours, theirs)):
        return None
    groups: list[Group] = []
    rows = [{group.identity: group for group in tree.groups} for tree in (was, our, their)]
    for identity in dict.fromkeys([*rows[1], *rows[2]]):
        group = _merged_group(*(row.get(identity) for row in rows))
        if group is None:
            return None
        if group.members or all(identity in row for row in rows[1:]) or identity not in rows[0]:
            groups.append(group)
    return _with(ours, groups, root)


def _merged_group(was: Group | None, our: Group | None, their: Group | None) -> Group | None:
    members = merged_order(*(group.members if group else () for group in (was, our, their)))
    model = our or their
    if members is None or model is None:
        return None
    names = [group.name for group in (was, our, their) if group]
    if len({*names}) == 3:
        return None
    name = their.name if was and our and their and our.name == was.name else model.name
    return Group(model.identity, model.uuid, name, members)


def _is_current(node: Made) -> bool:
    return isinstance((state_of(node) or Table()).get("group_names"), Table)


def _with(node: Made, groups: Sequence[Group], root: Sequence[str]) -> Made | None:
    """The tree with these groups; None where a geometry would be in two places."""
    uuids = {group.identity: group.uuid for group in groups}
    shown_once = Counter([*(item for item in root if item not in uuids), *(m for g in groups for m in g.members)])
    if any(count > 1 for count in shown_once.values()) or len(set(uuids.values())) < len(uuids):
        return None
    items = [uuids.get(item, item) for item in dict.fromkeys([*root, *uuids])]
    state = (state_of(node) or Table()).but(
        {
            "groups": Table([each for group in groups for each in (group.uuid, list(group.members))]),
            "group_names": Table([each for group in groups for each in (group.uuid, group.name)]),
            "root_items": items,
        }
    )
    return with_state(node, state)


def merged_order(base: Sequence[Item], ours: Sequence[Item], theirs: Sequence[Item]) -> tuple[Item, ...] | None:
    """Lists in which everything stands once: what both sides have or one added, in the order of whoever changed it;
    None where both did so differently."""
    common = {*base} & {*ours} & {*theirs}
    was, our, their = ([item for item in side if item in common] for side in (base, ours, theirs))
    if our not in (was, their) and their != was:
        return None
    leading, other = (ours, theirs) if our != was else (theirs, ours)
    gone = {*base} - common
    row = [item for item in leading if item not in gone]
    placed = {*row}
    behind: dict[Item | None, list[Item]] = {}
    before = None
    for item in other:
        if item in placed:
            before = item
        elif item not in gone:
            behind.setdefault(before, []).append(item)
    result = [*behind.get(None, ())]
    for item in row:
        result += [item, *behind.get(item, ())]
    return tuple(result)


def rest_of(node: Made) -> Table:
    """What the tree has beside groups and order."""
    return (state_of(node) or Table()).but(dict.fromkeys(("groups", "group_names", *_ROOTS), ABSENT))


def phrases(old: Made, new: Made) -> list[str]:
    """What changed, for people: ``group A: +2 −1``, ``order changed``."""
    before = tree_of(old)
    after = tree_of(new, before)
    was = {group.identity: group for group in before.groups}
    now = {group.identity: group for group in after.groups}
    found = [f"group {now[each].name} added" for each in now if each not in was]
    found += [f"group {was[each].name} removed" for each in was if each not in now]
    for identity in (each for each in now if each in was):
        one, other = was[identity], now[identity]
        if one.name != other.name:
            found.append(f"group {one.name} renamed to {other.name}")
        plus, minus = _difference(one.members, other.members)
        if plus or minus:
            found.append(f"group {other.name}: +{plus} −{minus}")
        elif one.members != other.members:
            found.append(f"group {other.name}: order changed")
    plus, minus = _difference([i for i in before.root if i not in was], [i for i in after.root if i not in now])
    if plus or minus:
        found.append(f"outside of groups: +{plus} −{minus}")
    common = {*before.root} & {*after.root}
    if [item for item in before.root if item in common] != [item for item in after.root if item in common]:
        found.append("order changed")
    return found


def _difference(old: Collection[str], new: Collection[str]) -> tuple[int, int]:
    return len({*new} - {*old}), len({*old} - {*new})
