"""What changed between two sessions, in Mosaic's words; what is no change; which part is which."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.mosaic import MOSAIC

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made


def parts_of(content):
    return [*MOSAIC.read({b"": content}).parts]


def session(edit=None, era=made.NEWEST, prefix="g", groups=None, **more):
    """Two clusters and a sphere, of which ``edit`` may change something first."""
    world = made.World(era)
    clusters = [world.geometry(name, 1000 + n, seed=name) for n, name in enumerate(["membrane 17", "membrane 31"])]
    models = [world.geometry("ball", 5, model=world.sphere())]
    if edit:
        edit(world, *clusters, *models)
    return world.pickled(world.session(clusters, models, groups, prefix, **more))


def lines(edit=None, old_groups=None, new_groups=None):
    old, new = session(groups=old_groups), session(edit, groups=new_groups)
    return [row.line for row in changes(MOSAIC, parts_of(old), parts_of(new))]


def change(name, **attributes):
    def edit(world, *geometries):
        for each in geometries:
            if each.meta["name"] == name:
                each.__dict__.update({key: make(world) for key, make in attributes.items()})

    return edit


def test_fact_11_points_are_counted():
    """Fact 11: how many points there were and are."""
    edit = change("membrane 17", points=lambda w: w.points(900), vertex_properties=lambda w: None)
    assert lines(edit)[0].startswith("cluster membrane 17: 1,000 → 900 points")


def test_fact_11_moved_renamed_and_hidden_are_said():
    """Fact 11: what was done to one cluster, in one line."""

    def edit(world, _, cluster, *__):
        cluster.points = world.points(1001, "elsewhere")
        cluster.meta["name"] = "inner"
        cluster.visible = False

    assert lines(edit) == ["cluster membrane 31 moved, renamed to inner, hidden"]


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"visible": lambda w: False}, " hidden"),
        ({"appearance": lambda w: w.appearance(opacity=0.5)}, ": appearance changed (opacity 1.0 → 0.5)"),
        (
            {"appearance": lambda w: w.appearance(size=3, isovalue=2)},
            ": appearance changed (size 8 → 3, isovalue added)",
        ),
        ({"normals": lambda w: w.points(1000)}, ": normals changed"),
        ({"representation": lambda w: "mesh"}, ": representation pointcloud → mesh"),
        ({"sampling_rate": lambda w: w.floats(1.0, 2.0, 3.0)}, ": sampling_rate 6.8 × 6.8 × 6.8 → 1 × 2 × 3"),
        ({"meta": lambda w: {"name": "membrane 17", "volume_path": "/a"}}, ": meta volume_path added"),
        ({"unheard": lambda w: [1]}, ": unheard added"),
        ({"model": lambda w: w.mesh()}, ": model changed"),
    ],
)
def test_fact_11_each_change_has_words(attributes, said):
    """Fact 11: what of a cluster is different, and where one can say it, from what to what."""
    assert lines(change("membrane 17", **attributes)) == [f"cluster membrane 17{said}"]


def test_fact_11_properties_are_named():
    """Fact 11: which came, went or changed."""

    def edit(world, cluster, *_):
        cluster.vertex_properties._properties = {"thickness": world.floats(*[1.0] * 1000)}

    assert lines(edit) == ["cluster membrane 17: property curvature removed, property thickness added"]


def test_added_and_removed_geometries_are_counted():
    """Whole geometries have their points behind them."""
    cluster = next(part for part in parts_of(session()) if part.kind == "cluster")
    assert MOSAIC.describe_change(None, cluster) == "cluster membrane 17 added (1,000 points)"
    assert MOSAIC.describe_change(cluster, None) == "cluster membrane 17 removed (1,000 points)"


def test_trees_tell_groups_and_order():
    """Members, names, and what stands outside."""
    one, two, both = ["uuid-membrane 17"], ["uuid-membrane 31"], ["uuid-membrane 17", "uuid-membrane 31"]
    assert lines(None, {"A": one}, {"A": both}) == ["tree clusters: group A: +1 −0, outside of groups: +0 −1"]
    assert lines(None, {"A": one}, {"B": one}) == ["tree clusters: group A renamed to B"]
    assert lines(None, {"A": one, "B": two}, {"B": two, "A": one}) == ["tree clusters: order changed"] or lines(
        None, {"A": one, "B": two}, {"A": two, "B": one}
    ) == ["tree clusters: group A: +1 −1, group B: +1 −1"]
    assert lines(None, {"A": both}, {"A": both[::-1]}) == ["tree clusters: group A: order changed"]


def test_metadata_tells_the_shape():
    """Coordinates depend on it."""
    old, new = (parts_of(session(shape=shape))[0] for shape in ((400, 400, 200), (400, 400, 100)))
    assert MOSAIC.describe_change(old, new) == "metadata metadata: shape 400 × 400 × 200 → 400 × 400 × 100"


def test_what_cannot_be_taken_apart_is_measured():
    """An edited part may hold anything."""
    part = parts_of(session())[2]
    assert MOSAIC.describe_change(part, replace(part, content=b"\xff" * 10)).endswith("→ 10 bytes")
    assert not MOSAIC.same(part, replace(part, content=b"\xff" * 10))


def resaved(old, new):
    return [MOSAIC.same(one, other) for one, other in zip(parts_of(old), parts_of(new), strict=True)]


def test_fact_9_groups_with_new_uuids_are_no_change():
    """Fact 9: Mosaic gives groups new uuids at every load, namesakes too."""
    groups = {"A": ["uuid-membrane 17"], "B": ["uuid-membrane 31"]}
    old, new = session(prefix="g", groups=groups), session(prefix="h", groups=groups)
    assert old != new
    assert all(resaved(old, new))
    assert changes(MOSAIC, parts_of(old), parts_of(new)) == []


def test_fact_9_the_selection_is_no_change():
    """Fact 9: what was selected leaks into the file."""
    world = made.World()
    states = []
    for selection in (set(), {"uuid-a"}):
        state = world.session([world.geometry("a")])
        state["_data"] = world.container([world.geometry("a")], _highlighted_uuids=selection)
        states.append(world.pickled(state))
    assert all(resaved(*states))


def test_fact_9_another_version_of_the_same_is_no_change():
    """Fact 9: modules, protocols and 1 for True are spelling."""
    same = resaved(session(era=made.V1_1_0), session(era=made.V1_3_1))
    assert all(same)


def test_fact_9_what_is_shared_is_no_change():
    """Fact 9: one tuple, text or array in two places, or two that are equal."""

    def edit(world, cluster, *_):
        cluster.appearance["base_color"] = cluster.appearance["highlight_color"] = (0.5, 0.5, 0.5)

    def other(world, cluster, *_):
        cluster.appearance["base_color"] = (0.5, 0.5, float("0.5"))
        cluster.appearance["highlight_color"] = (0.5, 0.5, 0.5)
        cluster.sampling_rate = world.floats(6.8, 6.8, 6.8)

    assert all(resaved(session(edit), session(other)))


def test_fact_9_the_order_of_keys_is_no_change():
    """Fact 9: appearance is a dict that is filled in another order at times."""

    def edit(world, cluster, *_):
        cluster.appearance = dict(reversed(cluster.appearance.items()))

    assert all(resaved(session(), session(edit)))


def test_a_thumbnail_is_no_change():
    """It is a picture of the viewport, new at each save; so it is in nobody's way."""
    old, new = (made.indexed(session(), thumbnail=picture) for picture in (b"\x89PNG1", b"\x89PNG2"))
    assert all(resaved(old, new))
    assert not all(resaved(made.indexed(session(), meta=b"1"), made.indexed(session(), meta=b"2")))


def test_a_change_is_a_change():
    """Each of these is one."""
    edits = [
        change("membrane 17", visible=lambda w: False),
        change("membrane 17", points=lambda w: w.points(1000, "other")),
        change("ball", uuid=lambda w: "other"),
    ]
    for edit in edits:
        assert resaved(session(), session(edit)).count(False) >= 1


def names(content, other):
    old, new = parts_of(content), parts_of(other)
    rows = MOSAIC.match(old, new)
    assert sorted(index for index, _ in rows if index is not None) == [*range(len(old))]
    assert sorted(index for _, index in rows if index is not None) == [*range(len(new))]
    return {(old[i].name if i is not None else None, new[j].name if j is not None else None) for i, j in rows}


def test_fact_11_geometries_are_matched_by_uuid():
    """Fact 11: a new name and another place are still the same cluster."""

    def edit(world, one, other, *_):
        one.meta["name"], other.meta["name"] = "membrane 31", "membrane 17"

    assert {("membrane 17", "membrane 31"), ("membrane 31", "membrane 17")} <= names(session(), session(edit))


def test_two_uuids_are_two_geometries():
    """A name tells nothing where there are uuids."""
    edit = change("membrane 17", uuid=lambda w: "another")
    assert {("membrane 17", None), (None, "membrane 17")} <= names(session(), session(edit))


def test_fact_11_files_without_uuids_are_matched_by_content_place_and_name():
    """Fact 11: up to 1.0.10 the first two of three clusters of one name, the first of which goes, stay apart."""
    world = made.World(made.V1_0_10)
    clusters = [world.geometry("same", 10, seed=seed) for seed in range(3)]
    old, new = world.pickled(world.session(clusters)), world.pickled(world.session(clusters[1:]))
    olds, news = parts_of(old), parts_of(new)
    pairs = [(i, j) for i, j in MOSAIC.match(olds, news) if i is not None and olds[i].kind == "cluster"]
    assert [(olds[i].key, news[j].key if j is not None else None) for i, j in sorted(pairs)] == [
        *[("cluster-1", None), ("cluster-2", "cluster-1"), ("cluster-3", "cluster-2")]
    ]


def without_uuids(*clusters):
    """``clusters``: name and seed of the points of each, and how many there are."""
    world = made.World(made.V1_0_10)
    return world.pickled(world.session([world.geometry(name, *count, seed=seed) for name, seed, *count in clusters]))


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        ("a1 b2", "x1 b2", "ax bb"),
        ("a1 b2 c3", "b1 c2 c3", "ab bc cc"),
        ("a1 b2", "b2 x1", "ax bb"),
        ("a1 b2", "x1", "ax b-"),
        ("a1 b2", "x9 b2", "ax bb"),
        ("a1 b2", "b2 x9", "a- bb -x"),
        ("a1 b2", "x9", "a- b- -x"),
    ],
)
def test_fact_11_files_without_uuids_are_matched_by_points_and_then_by_place(old, new, pairs):
    """Fact 11: what was renamed has its points; what was moved too has its place, where as many are there as were."""
    found = names(*(without_uuids(*(each for each in side.split())) for side in (old, new)))
    wanted = {tuple(None if name == "-" else name for name in pair) for pair in pairs.split()}
    assert {pair for pair in found if {*"abcx"} & {*pair}} == wanted


def test_a_rename_without_uuids_is_told_as_one():
    """Not as a removal beside an addition."""
    old, new = parts_of(without_uuids("a1", "b2")), parts_of(without_uuids("x1", "b2"))
    assert [row.line for row in changes(MOSAIC, old, new)] == ["cluster a renamed to x"]


def test_another_geometry_at_the_place_of_one_is_another():
    """It has neither its name nor its points, nor as many."""
    old, new = without_uuids("a1", "b2"), without_uuids(("x", "9", 12), "b2")
    assert {("a", None), (None, "x"), ("b", "b")} <= names(old, new)


def test_a_file_that_got_uuids_is_matched_with_the_one_without():
    """Opened and saved by a newer Mosaic, each keeps its place and name."""
    old, new = made.session(made.V1_0_10), made.session(made.NEWEST)
    assert {(name, name) for name in ("inner", "outer", "picks", "fit", "hull")} <= names(old, new)


def test_some_uuids_may_be_missing():
    """What has none is told by its content, place and name among those with one."""
    world = made.World()
    clusters = [world.geometry(name, seed=name) for name in "abc"]
    del clusters[1].uuid
    content = world.pickled({**world.session(), "_data": world.container(clusters)})
    assert {(name, name) for name in "abc"} <= names(content, content)


def test_clusters_are_never_matched_with_models():
    """Even of one uuid."""
    world = made.World()
    cluster, model = (
        world.pickled(world.session(*side)) for side in (([world.geometry("a")],), ([], [world.geometry("a")]))
    )
    assert {("a", None), (None, "a")} <= names(cluster, model)


def test_edited_parts_are_matched_by_what_they_hold():
    """They carry no facts."""
    parts = parts_of(session())
    bare = [
        replace(part, facts={}, arrays=(), key=f"{n}" if part.facts.get("uuid") else part.key)
        for n, part in enumerate(parts)
    ]
    assert [i for i, j in MOSAIC.match(parts, bare) if i != j] == []


def test_a_session_without_geometries_is_suspicious():
    """Loading a bad file empties Mosaic's workspace (mosaic.md 4, 4), and it may be saved so."""
    full = MOSAIC.read({b"": session()})
    world = made.World()
    empty = MOSAIC.read({b"": world.pickled(world.session())})
    assert "there were 3" in MOSAIC.suspicion(full, empty)
    assert MOSAIC.suspicion(empty, empty) is None
    assert MOSAIC.suspicion(empty, full) is None
