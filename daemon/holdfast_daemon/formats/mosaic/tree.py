"""The object browser's tree: which geometries are in which group, and in what order all are shown.

Mosaic gives groups new uuids at every load, so a group is the same one where its uuid is, or else its name; and it
does not open a session whose tree names a geometry that is not there (mosaic.md 1.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Name, Node, Table, class_of, state_of, with_state
from holdfast_daemon.formats.mosaic.oldtree import NEW, OLD, todays_tree
from holdfast_daemon.formats.mosaic.texts import shown

Item = TypeVar("Item")


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
        return {item for item in self.root if item not in groups} | self.grouped()

    def grouped(self) -> set[str]:
        """Every geometry that is in a group."""
        return {uuid for group in self.groups for uuid in group.members}

    def only(self, geometries: Collection[str]) -> tuple[dict[str, tuple[str, tuple[str, ...]]], list[str]]:
        """Name and members of each group, and the order, of these outside of groups."""
        groups = {group.identity: (group.name, group.members) for group in self.groups}
        return groups, [item for item in self.root if item in groups or item in geometries]


def empty_tree() -> Made:
    """One that names nothing: Mosaic shows at the end what a tree does not name."""
    state = Table(["groups", Table(), "group_names", Table(), "root_items", []])
    return Made(Name("mosaic.tree_state", NEW), (), is_new=True, state=state)


def is_tree(node: Node) -> bool:
    """Whether it is one of Mosaic's trees."""
    name = class_of(node)
    return name is not None and name.name in (NEW, OLD) and state_of(node) is not None


def tree_of(node: Made, *like: Tree) -> Tree:
    """The tree; its groups are told by those of the trees in ``like``, where they have partners there."""
    state = state_of(todays_tree(node)) or Table()
    members = _texts(state.get("groups"))
    names = dict.fromkeys(members) | _texts(state.get("group_names"))
    texts = {uuid: name if isinstance(name, str) else uuid for uuid, name in names.items()}
    identities = _identities(texts, [group for tree in like for group in tree.groups])
    groups = tuple(Group(identities[uuid], uuid, texts[uuid], _of_texts(members.get(uuid))) for uuid in texts)
    return Tree(groups, tuple(identities.get(item, item) for item in _of_texts(state.get("root_items"))))


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
    tree = tree_of(node)
    kept = [replace(group, members=tuple(uuid for uuid in group.members if uuid in there)) for group in tree.groups]
    left = [group for group, was in zip(kept, tree.groups, strict=True) if group.members or not was.members]
    shown_there = {*there, *(group.identity for group in left)}
    named = tree.named()
    root = [*(item for item in tree.root if item in shown_there), *(uuid for uuid in added if uuid not in named)]
    clean = Tree(tuple(left), tuple(root))
    return node if clean == tree else _with(node, clean)


def merged(base: Made, ours: Made, theirs: Made) -> Made | None:
    """``ours`` with what ``theirs`` moved, grouped, renamed, added and removed since ``base``; None where both did
    different things to the same, or where a tree is of another kind."""
    was = tree_of(base)
    our = tree_of(ours, was)
    their = tree_of(theirs, was, our)
    root = merged_order(was.root, our.root, their.root)
    if root is None:
        return None
    groups: list[Group] = []
    rows = [{group.identity: group for group in tree.groups} for tree in (was, our, their)]
    for identity in dict.fromkeys([*rows[1], *rows[2]]):
        group = _merged_group(*(row.get(identity) for row in rows))
        if group is None:
            return None
        if group.members or all(identity in row for row in rows[1:]) or identity not in rows[0]:
            groups.append(group)
    tree = Tree(tuple(groups), tuple(dict.fromkeys([*root, *(group.identity for group in groups)])))
    return None if _is_shown_twice(tree) else _with(ours, tree)


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


def _is_shown_twice(tree: Tree) -> bool:
    """Whether a geometry is in two places, or two groups have one uuid."""
    groups = {group.identity: group.uuid for group in tree.groups}
    members = [uuid for group in tree.groups for uuid in group.members]
    counts = Counter([*(item for item in tree.root if item not in groups), *members])
    return any(count > 1 for count in counts.values()) or len({*groups.values()}) < len(groups)


def _with(node: Made, tree: Tree) -> Made:
    """The node with these groups and this order."""
    uuids = {group.identity: group.uuid for group in tree.groups}
    state = (state_of(node) or Table()).but(
        {
            "groups": Table([each for group in tree.groups for each in (group.uuid, list(group.members))]),
            "group_names": Table([each for group in tree.groups for each in (group.uuid, group.name)]),
            "root_items": [uuids.get(item, item) for item in tree.root],
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
    return (state_of(node) or Table()).but(dict.fromkeys(("groups", "group_names", "root_items"), ABSENT))


def is_same(old: Made, new: Made) -> bool:
    """Whether both show in the same groups and order what both name, and have nothing else but outside of groups: that
    a geometry came or went is told of the geometry, and a new one is shown at the end."""
    before = tree_of(old)
    after = tree_of(new, before)
    common = before.named() & after.named()
    return all(tree.grouped() <= common for tree in (before, after)) and before.only(common) == after.only(common)


def phrases(old: Made, new: Made) -> list[str]:
    """What changed, for people: ``group A: +2 −1``, ``order changed``."""
    before = tree_of(old)
    after = tree_of(new, before)
    was = {group.identity: group for group in before.groups}
    now = {group.identity: group for group in after.groups}
    found = [f"group {shown(now[each].name)} added" for each in now if each not in was]
    found += [f"group {shown(was[each].name)} removed" for each in was if each not in now]
    for identity in (each for each in now if each in was):
        one, other = was[identity], now[identity]
        if one.name != other.name:
            found.append(f"group {shown(one.name)} renamed to {shown(other.name)}")
        plus, minus = _difference(one.members, other.members)
        if plus or minus:
            found.append(f"group {shown(other.name)}: +{plus} −{minus}")
        elif one.members != other.members:
            found.append(f"group {shown(other.name)}: order changed")
    plus, minus = _difference([i for i in before.root if i not in was], [i for i in after.root if i not in now])
    if plus or minus:
        found.append(f"outside of groups: +{plus} −{minus}")
    common = {*before.root} & {*after.root}
    if [item for item in before.root if item in common] != [item for item in after.root if item in common]:
        found.append("order changed")
    return found


def _difference(old: Collection[str], new: Collection[str]) -> tuple[int, int]:
    return len({*new} - {*old}), len({*old} - {*new})
