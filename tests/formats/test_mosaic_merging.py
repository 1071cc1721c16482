"""Two people changed one session: what does not touch each other is in the merged one, the rest is a conflict."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.mosaic.tree import merged_order
from holdfast_daemon.merge import merge

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made


def session(edit=None, names="abcd", groups=None, prefix="g", root=None, shape=(400, 400, 200), world=None):
    world = world or made.World()
    clusters = [world.geometry(name, 10, seed=name) for name in names]
    state = world.session(clusters, [], groups, prefix, shape)
    if root is not None:
        grouped = {f"uuid-{name}" for name in root}
        state["_data_tree"] = world.tree(groups, [f"uuid-{name}" for name in root if f"uuid-{name}" in grouped], prefix)
    if edit:
        edit(world, state, *clusters)
    return {b"": world.pickled(state)}


def merged(base, ours, theirs):
    """The merged document, or None where there is a conflict."""
    found = merge(*(MOSAIC.read(each).parts for each in (base, ours, theirs)), MOSAIC)
    if found.conflicts:
        return None
    document = MOSAIC.write(found.parts, ours)
    assert MOSAIC.read(document).warnings == ()
    return document


def part(document, key):
    return next(each for each in MOSAIC.read(document).parts if each.key == key)


def setting(**attributes):
    def edit(world, state, cluster, *_):
        cluster.__dict__.update({key: make(world, cluster) for key, make in attributes.items()})

    return edit


POINTS = setting(points=lambda w, c: w.points(10, "moved"))
HIDDEN = setting(visible=lambda w, c: False)
RENAMED = setting(meta=lambda w, c: {**c.meta, "name": "renamed"})
OPAQUE = setting(appearance=lambda w, c: w.appearance(opacity=0.2))
LARGE = setting(appearance=lambda w, c: w.appearance(size=20))
NORMALS = setting(normals=lambda w, c: w.points(10, "normals"))
FEWER = setting(points=lambda w, c: w.points(3))
OTHER = setting(points=lambda w, c: w.points(4))
PATH = setting(meta=lambda w, c: {**c.meta, "volume_path": "/x"})


@pytest.mark.parametrize(
    ("one", "other"),
    [(POINTS, HIDDEN), (POINTS, RENAMED), (HIDDEN, OPAQUE), (OPAQUE, LARGE), (NORMALS, OPAQUE), (RENAMED, PATH)],
)
def test_changes_of_different_attributes_are_both_kept(one, other):
    """Shape and looks are apart, and so are two settings of the looks."""

    def both(world, state, cluster, *_):
        one(world, state, cluster)
        before = {**cluster.appearance}, {**cluster.meta}
        other(world, state, cluster)
        world_default = world.appearance()
        cluster.appearance = {
            key: value if value != world_default.get(key) else before[0].get(key, value)
            for key, value in cluster.appearance.items()
        }
        cluster.meta = {**cluster.meta, **before[1]} if other is PATH else cluster.meta

    found = merged(session(), session(one), session(other))
    assert MOSAIC.same(part(found, "uuid-a"), part(session(both), "uuid-a"))
    found = merged(session(), session(other), session(one))
    assert MOSAIC.same(part(found, "uuid-a"), part(session(both), "uuid-a"))


@pytest.mark.parametrize(
    ("one", "other"),
    [(FEWER, OTHER), (POINTS, NORMALS), (OPAQUE, setting(appearance=lambda w, c: w.appearance(opacity=0.3)))],
)
def test_changes_of_the_same_are_a_conflict(one, other):
    """Points and normals belong together; one setting has one value."""
    assert merged(session(), session(one), session(other)) is None


def test_the_same_change_on_both_sides_is_none():
    """It is simply there."""
    assert part(merged(session(), session(FEWER), session(FEWER)), "uuid-a").facts["points"] == 3


def test_what_both_added_is_kept_and_shown():
    """Both sides' clusters, and both in the tree."""
    found = merged(session(), session(names="abcde"), session(names="abcdf"))
    assert {p.name for p in MOSAIC.read(found).parts if p.kind == "cluster"} == {*"abcdef"}
    assert part(found, "data-tree").facts["geometries"] == 6


def test_what_one_side_removed_is_gone_from_the_tree_too():
    """A tree never names it."""
    found = merged(session(), session(names="bcd"), session(names="abcde"))
    assert {p.name for p in MOSAIC.read(found).parts if p.kind == "cluster"} == {*"bcde"}
    assert part(found, "data-tree").facts["geometries"] == 4


def members(document):
    tree = part(document, "data-tree")
    from holdfast_daemon.formats.mosaic.content import node_of
    from holdfast_daemon.formats.mosaic.tree import tree_of

    found = tree_of(node_of(tree))
    names = {group.identity: group.name for group in found.groups}
    shown = [names.get(item, item.removeprefix("uuid-")) for item in found.root]
    return shown, {group.name: [each.removeprefix("uuid-") for each in group.members] for group in found.groups}


def uuids(names):
    return [f"uuid-{name}" for name in names]


def test_groups_of_both_sides_are_kept():
    """One groups a and b, the other c; groups have new uuids on their side."""
    base = session()
    ours, theirs = session(groups={"A": uuids("ab")}), session(groups={"C": uuids("c")}, prefix="h")
    assert members(merged(base, ours, theirs)) == (["A", "C", "d"], {"A": ["a", "b"], "C": ["c"]})


def test_members_and_names_of_one_group_are_merged():
    """One side adds b to the group and loads it anew, the other renames it."""
    base = session(groups={"A": uuids("a")})
    ours = session(groups={"A": uuids("ab")}, prefix="new")
    theirs = session(groups={"Renamed": uuids("a")})
    assert members(merged(base, ours, theirs))[1] == {"Renamed": ["a", "b"]}
    assert members(merged(base, theirs, ours))[1] == {"Renamed": ["a", "b"]}


ORDERS = st.lists(st.integers(0, 7), unique=True)


@given(base=ORDERS, ours=ORDERS, theirs=ORDERS)
def test_a_merged_order_has_what_both_have_and_one_added(base, ours, theirs):
    """Everything once, nothing that a side removed, and the order of a side that alone changed it."""
    found = merged_order(base, ours, theirs)
    kept = {*base} & {*ours} & {*theirs}
    if found is None:
        assert len(kept) > 1
        return
    assert sorted(found) == sorted(kept | ({*ours} - {*base}) | ({*theirs} - {*base}))
    orders = [[item for item in side if item in kept] for side in (ours, theirs)]
    assert [item for item in found if item in kept] in orders


def test_a_geometry_in_two_groups_is_a_conflict():
    """It is shown in one place only."""
    base = session(groups={"A": [], "B": []})
    ours, theirs = session(groups={"A": uuids("a"), "B": []}), session(groups={"A": [], "B": uuids("a")})
    assert merged(base, ours, theirs) is None


def test_two_orders_are_a_conflict_and_one_is_taken():
    """Whoever changed it leads."""
    base = session(root="abcd")
    assert members(merged(base, session(root="dcba"), session(root="abcd")))[0] == [*"dcba"]
    assert members(merged(base, session(root="abcd"), session(root="dcba")))[0] == [*"dcba"]
    assert merged(base, session(root="dcba"), session(root="bacd")) is None


def test_metadata_is_merged_key_by_key():
    """One corrects the shape, the other adds the physical one."""

    def physical(world, state, *_):
        state["metadata"]["physical_shape"] = world.floats(1.0, 2.0, 3.0, word="f8")

    found = part(merged(session(), session(shape=(1, 2, 3)), session(physical)), "metadata")
    assert found.facts == {"shape": "1 × 2 × 3", "physical_shape": "1 × 2 × 3"}
    assert merged(session(), session(shape=(1, 2, 3)), session(shape=(4, 5, 6))) is None


def test_colours_of_containers_are_merged_key_by_key():
    """And what is selected is in nobody's way."""

    def coloured(key, selection):
        def edit(world, state, *_):
            setattr(state["_data"], key, (0.1, 0.1, 0.1))
            state["_data"]._highlighted_uuids = selection

        return edit

    ours, theirs = session(coloured("base_color", set())), session(coloured("highlight_color", set()))
    found = part(merged(session(), ours, theirs), "data-container").facts
    assert found == {"base_color": "0.1, 0.1, 0.1", "highlight_color": "0.1, 0.1, 0.1"}
    theirs = session(coloured("highlight_color", {"uuid-a"}))
    ours = session(coloured("base_color", {"uuid-b"}))
    assert merged(session(), ours, theirs) is not None


def test_two_thumbnails_are_no_conflict():
    """The picture is made anew at each save."""
    documents = [{b"": made.indexed(session()[b""], thumbnail=b"\x89PNG%d" % n)} for n in range(3)]
    assert merged(*documents) is not None


def test_sections_of_the_viewer_that_both_changed_are_a_conflict():
    """Bytes that are not ours are not merged."""
    documents = [{b"": made.indexed(session()[b""], meta=b"[%d]" % n)} for n in range(3)]
    assert merged(*documents) is None


def fitted(**changes):
    """A sphere as before 1.0.12 it was fitted: among the meta."""
    world = made.World(made.V1_0_10)
    ball = world.geometry("ball", 5, model=world.sphere(), meta={"faces": [1], "points": [2]})
    for key, make in changes.items():
        (ball.meta if key in ("fit", "faces", "name") else ball.__dict__)[key] = make(world)
    return {b"": world.pickled(world.session([], [ball]))}


REFIT = {"fit": lambda w: w.mesh()}
MOVED = {"points": lambda w: w.points(5, "moved")}
FACES = {"faces": lambda w: [3]}


@pytest.mark.parametrize(("one", "other"), [(MOVED, REFIT), (MOVED, FACES), (FACES, REFIT)])
def test_an_old_fit_belongs_to_the_shape(one, other):
    """Points that one side moved do not fit what the other fitted to them where they were."""
    assert merged(fitted(), fitted(**one), fitted(**other)) is None
    assert merged(fitted(), fitted(**other), fitted(**one)) is None


@pytest.mark.parametrize("one", [MOVED, REFIT])
def test_a_name_is_merged_beside_an_old_fit(one):
    """It stands among the same meta, and is looks."""
    renamed = {"name": lambda w: "renamed"}
    both = model_in(fitted(**one, **renamed))
    for documents in ((fitted(**one), fitted(**renamed)), (fitted(**renamed), fitted(**one))):
        found = model_in(merged(fitted(), *documents))
        assert found.name == "renamed"
        assert MOSAIC.same(found, both)


def model_in(document):
    return next(each for each in MOSAIC.read(document).parts if each.kind == "model")


def unnamed(names="ab", **changes):
    """Clusters without uuids; ``changes``: the name of one to what is edited in it."""
    world = made.World(made.V1_0_10)
    clusters = [world.geometry(name, seed=name) for name in names]
    for cluster in clusters:
        for key, value in changes.get(cluster.meta["name"], {}).items():
            setattr(cluster, key, value(world) if callable(value) else value)
    return {b"": world.pickled(world.session(clusters))}


def test_a_rename_without_uuids_is_merged_with_another_edit():
    """It is the same cluster, by its points."""
    ours, theirs = unnamed(a={"meta": {"name": "x"}}), unnamed(a={"visible": 0})
    for found in (merged(unnamed(), ours, theirs), merged(unnamed(), theirs, ours)):
        clusters = [each for each in MOSAIC.read(found).parts if each.kind == "cluster"]
        assert [(each.name, each.facts["visible"]) for each in clusters] == [("x", False), ("b", True)]


def test_a_rename_without_uuids_is_in_conflict_with_a_removal():
    """Neither is ignored."""
    assert merged(unnamed(), unnamed(a={"meta": {"name": "x"}}), unnamed("b")) is None
    assert merged(unnamed(), unnamed("b"), unnamed(a={"meta": {"name": "x"}})) is None
