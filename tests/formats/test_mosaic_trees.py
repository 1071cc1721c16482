"""The object browser's trees: of 1.0.11 to 1.0.16, which have places instead of a list, and what is a change of one."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.mosaic.machine import unpickled
from holdfast_daemon.formats.mosaic.nodes import Table, state_of
from holdfast_daemon.merge import merge

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

OLD, NEW = made.V1_0_16, made.V1_1_0


def session(names="abcd", groups=None, root=None, era=OLD, prefix="g"):
    """Clusters of these names; ``groups``: name to theirs; ``root``: the others, as they are shown."""
    world = made.World(era)
    grouped = {name for members in (groups or {}).values() for name in members}
    shown = [f"uuid-{name}" for name in (root if root is not None else names) if name not in grouped]
    state = world.session([world.geometry(name, seed=name) for name in names])
    members = {name: [f"uuid-{each}" for each in each_group] for name, each_group in (groups or {}).items()}
    state["_data_tree"] = world.tree(members, shown, prefix)
    return {b"": world.pickled(state)}


def parts_of(document):
    return [*MOSAIC.read(document).parts]


def without(document, names):
    return MOSAIC.write([part for part in parts_of(document) if part.name not in [*names]], document)


def tree_in(document):
    """The attributes of the tree of clusters, as its Mosaic unpickles them, and its class."""
    tree = unpickled(document[b""]).root.get("_data_tree")
    return plain(state_of(tree)) | {"class": str(tree.callee)}


def plain(node):
    return {key: plain(value) for key, value in node.pairs()} if isinstance(node, Table) else node


def shown(document):
    """What 1.0.16 shows (container_list.py:161-180); 1.3.2 wants the places to be without gaps too
    (tree_state.py:36-47)."""
    tree = tree_in(document)
    there = {part.key for part in parts_of(document) if part.kind == "cluster"}
    order = tree["root_order"]
    assert sorted(place for place, _ in order.values()) == [*range(len(order))]
    rows = []
    for uuid, (_, name) in sorted(order.items(), key=lambda item: item[1][0]):
        assert uuid in there if name is None else name in tree["groups"], "a KeyError"
        members = "" if name is None else "".join(each for each in tree["groups"][name] if each in there)
        rows.append(uuid.removeprefix("uuid-") if name is None else (name, members.replace("uuid-", "")))
    return rows


def lines(old, new):
    return [row.line for row in changes(MOSAIC, parts_of(old), parts_of(new))]


def merged(base, ours, theirs):
    found = merge(*(parts_of(each) for each in (base, ours, theirs)), MOSAIC)
    return None if found.conflicts else MOSAIC.write(found.parts, ours)


def test_a_session_with_places_is_read():
    """Groups, members and order; the writer is told by the class of the tree."""
    found = MOSAIC.read(session(groups={"A": "bc"}, root="da"))
    facts = {part.name: part.facts["group"] for part in found.parts if part.kind == "cluster"}
    assert facts == {"a": None, "b": "A", "c": "A", "d": None}
    assert found.recognition.writer == "1.0.11 – 1.0.16"
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("gone", "left"),
    [("d", [("A", "bc"), "a"]), ("b", [("A", "c"), *"da"]), ("bc", [*"da"]), ("abcd", [])],
)
def test_a_removal_leaves_a_session_with_places_that_mosaic_opens(gone, left):
    """No place for what is gone, none for an emptied group, and no gap."""
    document = without(session(groups={"A": "bc"}, root="da"), gone)
    assert shown(document) == left
    assert tree_in(document)["class"] == "mosaic.widgets.container_list.TreeState"
    assert MOSAIC.read(document).warnings == ()


def test_a_session_that_1_0_16_saved_is_read_and_edited():
    """It came of its MosaicData, with a widget in name only: four clusters, the middle ones grouped by its browser. It
    and 1.3.2 open what is written here."""
    document = {b"": Path(made.__file__).with_name("mosaic-1.0.16.pickle").read_bytes()}
    assert MOSAIC.recognise(document).writer == "1.0.11 – 1.0.16"
    parts = parts_of(document)
    assert [part.facts["group"] for part in parts if part.kind == "cluster"] == [None, "A group", "A group", None]
    keys = {part.name: part.key for part in parts}
    assert MOSAIC.write(parts, document) == document
    assert shown(without(document, "ab")) == [("A group", keys["c"]), keys["d"]]


@pytest.mark.parametrize("strange", [["a"], 5, None, {"a": 1}])
def test_a_strange_tree_in_a_session_with_places_is_written(strange):
    """Names, members and places may be anything."""
    world, document = made.World(made.NEWEST), session()
    states = [
        ("TreeStateData", {"groups": {"g": strange}, "group_names": {"g": strange}, "root_items": ["g", strange]}),
        ("TreeState", {"groups": {"g": strange}, "root_order": {"g": strange, "h": (0, strange)}}),
        ("TreeState", dict.fromkeys(["groups", "root_order", "root_items"], strange)),
    ]
    for kind, state in states:
        content = world.pickled(world.made("mosaic.tree_state", kind, **state))
        parts = [replace(part, content=content) if part.key == "data-tree" else part for part in parts_of(document)]
        written = tree_in(MOSAIC.write(parts, document))
        assert written["class"].endswith(".TreeState")
        assert [place for place, _ in written["root_order"].values()] == [*range(len(written["root_order"]))]


def test_a_tree_with_places_keeps_its_lists_beside_them():
    """Those outside of groups stand in a list too, which newer scripts read."""
    tree = tree_in(without(session(groups={"A": "bc"}, root="da"), "bd"))
    assert tree["groups"] == {"A": ["uuid-c"]}
    assert tree["root_order"] == {"g0": (0, "A"), "uuid-a": (1, None)}
    assert tree["root_items"] == ["uuid-a"]


def test_a_new_geometry_gets_a_place():
    """The last one."""
    document = session("ab")
    new = next(part for part in parts_of(session("c")) if part.kind == "cluster")
    assert shown(MOSAIC.write([*parts_of(document), new], document)) == [*"abc"]


def test_a_cleared_session_has_no_places():
    """Nothing is left that could have one."""
    assert shown(MOSAIC.cleared(session(groups={"A": "bc"}))) == []


def test_the_second_of_two_namesakes_keeps_its_name():
    """Namesakes have one list of members, which the first shows; Mosaic looks for the name of the second too."""
    world = made.World(OLD)
    state = world.session([world.geometry(name) for name in "abc"])
    order = {"g0": (0, "A"), "g1": (1, "A"), "uuid-c": (2, None)}
    groups = {"A": ["uuid-a", "uuid-b"]}
    state["_data_tree"] = world.made(OLD.trees, "TreeState", groups=groups, root_order=order, root_items=["uuid-c"])
    document = without({b"": world.pickled(state)}, "ab")
    assert tree_in(document)["root_order"] == {"g1": (0, "A"), "uuid-c": (1, None)}
    assert tree_in(document)["groups"] == {"A": []}


def test_a_dangling_place_is_warned_of():
    """Mosaic does not open the session."""
    assert "names 1 that are not there" in MOSAIC.read(session("ab", root="abx")).warnings[0]


def test_places_tell_of_order_and_groups():
    """As lists do."""
    assert lines(session(root="abcd"), session(root="dabc")) == ["tree clusters: order changed"]
    assert lines(session(groups={"A": "ab"}), session(groups={"A": "a"})) == [
        "tree clusters: group A: +0 −1, outside of groups: +1 −0"
    ]


def test_a_new_kind_of_tree_is_no_change():
    """1.1.0 opens and saves what 1.0.16 saved."""
    old = session(groups={"A": "bc"}, root="da")
    assert lines(old, session(groups={"A": "bc"}, root="da", era=NEW, prefix="h")) == []


def test_trees_with_places_are_merged():
    """One groups, the other reorders what is outside."""
    ours, theirs = session(groups={"A": "ab"}), session(root="abdc")
    assert shown(merged(session(), ours, theirs)) == [("A", "ab"), *"dc"]
    assert merged(session(), session(root="dcba"), session(root="bacd")) is None


@pytest.mark.parametrize(("era", "other"), [(OLD, NEW), (NEW, OLD)])
def test_trees_of_two_kinds_are_merged_as_ours_is(era, other):
    """One has saved with a newer version."""
    base, ours, theirs = (
        session(era=era),
        session(groups={"A": "ab"}, era=era),
        session(root="abdc", era=other, prefix="h"),
    )
    found = merged(base, ours, theirs)
    assert tree_in(found)["class"] == f"mosaic.widgets.container_list.{era.tree}"
    assert lines(session(groups={"A": "ab"}, root="abdc", era=era), found) == []


def test_a_newer_tree_in_a_session_with_places_gets_places():
    """The class of the newer one is not there."""
    document = session()
    newer = next(part for part in parts_of(session(groups={"A": "bc"}, era=made.NEWEST)) if part.key == "data-tree")
    parts = [newer if part.key == "data-tree" else part for part in parts_of(document)]
    assert shown(MOSAIC.write(parts, document)) == [("A", "bc"), *"ad"]


def test_the_full_name_of_a_group_is_merged():
    """What is shown of it is short and valid, what is written is its own."""
    name = "long \ud800" + "x" * 300
    found = merged(session(), session(groups={name: "ab"}), session(root="abdc"))
    assert [*tree_in(found)["groups"]] == [name]


def test_a_tree_that_follows_its_geometries_is_no_change():
    """The removal and the addition are told of the geometries."""
    old, new = session(groups={"A": "bc"}, era=NEW), session("bcde", groups={"A": "bc"}, era=NEW)
    assert lines(old, new) == ["cluster a removed (10 points)", "cluster e added (10 points)"]


@pytest.mark.parametrize(
    ("names", "groups", "root"),
    [
        ("abcde", {"A": "bce"}, None),
        ("abd", {"A": "b"}, None),
        ("abcde", {"A": "bc", "E": "e"}, None),
        ("bcde", {"A": "cb"}, None),
        ("abcde", {"B": "bc"}, None),
        ("abcde", {"A": "bc"}, "dae"),
    ],
)
def test_groups_and_order_are_a_change_beside_a_new_geometry(names, groups, root):
    """In which group it is is in the tree alone; so are the order of the others, and names."""
    old, new = session(groups={"A": "bc"}, era=NEW), session(names, groups=groups, root=root, era=NEW)
    assert any(line.startswith("tree clusters: ") for line in lines(old, new))


@pytest.mark.parametrize(
    ("ours", "theirs", "rows"),
    [
        ({"names": "abcde"}, {"names": "abcdf"}, [*"abcdef"]),
        ({"names": "abcde"}, {"names": "abcdf", "groups": {"A": "af"}}, [("A", "af"), *"bcde"]),
        ({"names": "abcde", "groups": {"A": "ae"}}, {"names": "abcdf"}, [("A", "ae"), *"bcdf"]),
        ({"names": "abcde"}, {"root": "dcba"}, [*"dcbae"]),
        ({"root": "dcba"}, {"names": "abcde"}, [*"dcbae"]),
        ({"names": "bcd"}, {"root": "dcba"}, [*"dcb"]),
        ({"root": "dcba"}, {"names": "bcde"}, [*"dcbe"]),
        ({"names": "bcde"}, {"names": "abc"}, [*"bce"]),
    ],
)
def test_geometries_of_both_sides_are_shown_after_a_merge(ours, theirs, rows):
    """In their groups, and new ones behind the others."""
    assert shown(merged(session(), session(**ours), session(**theirs))) == rows
