"""Sessions written from parts: to the byte where nothing changed, and otherwise only what was asked for."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.mosaic.machine import unpickled

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

WORLD = made.World()
GEOMETRIES = ("cluster", "model")


def parts_of(document):
    return [*MOSAIC.read(document).parts]


def substance(parts, kinds=None):
    return [(part.kind, part.name, part.content) for part in parts if kinds is None or part.kind in kinds]


def modules_of(document):
    return {module for module, _ in unpickled(document[b""]).names}


def tree_of(document, key="data-tree"):
    facts = next(part.facts for part in parts_of(document) if part.key == key)
    return facts["groups"], facts["geometries"]


def session(names, era=made.NEWEST, groups=None):
    world = made.World(era)
    return {b"": world.pickled(world.session([world.geometry(name, seed=name) for name in names], groups=groups))}


@pytest.mark.parametrize("era", made.ERAS)
def test_fact_6_an_unchanged_session_is_its_own_bytes(era):
    """Fact 6: every version comes back as it was."""
    document = {b"": made.session(made.ERAS[era])}
    assert MOSAIC.write(parts_of(document), document) == document


@pytest.mark.parametrize("era", made.ERAS)
@pytest.mark.parametrize("name", ["inner", "picks", "hull"])
def test_one_geometry_can_be_taken_out_and_put_back(era, name):
    """Nothing else changes but the trees, and the session stays of its version."""
    document = {b"": made.session(made.ERAS[era])}
    parts = parts_of(document)
    rest = [part for part in parts if part.name != name]
    without = MOSAIC.write(rest, document)
    kinds = (*GEOMETRIES, "metadata", "container")
    assert substance(parts_of(without), kinds) == substance(rest, kinds)
    assert MOSAIC.recognise(without).generation == MOSAIC.recognise(document).generation
    back = MOSAIC.write(
        [part for part in parts_of(without) if part.kind == "cluster"]
        + [part for part in parts if part.name == name]
        + [part for part in parts_of(without) if part.kind != "cluster"],
        without,
    )
    assert sorted(substance(parts_of(back), GEOMETRIES)) == sorted(substance(parts, GEOMETRIES))


def test_fact_12_one_object_of_an_older_snapshot_is_restored():
    """Fact 12: cluster 1 of the older session in place of that of the newer one; nothing else differs."""
    older, newer = session(["a", "b", "c"]), session(["x", "b", "c"])
    old = next(part for part in parts_of(older) if part.name == "a")
    parts = [old if part.name == "x" else part for part in parts_of(newer)]
    merged = MOSAIC.write(parts, newer)
    assert substance(parts_of(merged), GEOMETRIES) == substance(parts, GEOMETRIES)
    assert MOSAIC.read(merged).warnings == ()


@settings(max_examples=25)
@given(chosen=st.lists(st.sampled_from("abcdefgh"), unique=True), template=st.sampled_from(["", "abcd", "cdefgh"]))
def test_any_choice_of_clusters_is_read_back_as_asked(chosen, template):
    """In this order, from two sessions, with trees that name nothing else."""
    parts = {
        part.name: part for names in ("abcd", "efgh") for part in parts_of(session(names)) if part.kind == "cluster"
    }
    model = session(template)
    rest = [part for part in parts_of(model) if part.kind != "cluster"]
    document = MOSAIC.write([*(parts[name] for name in chosen), *rest], model)
    found = MOSAIC.read(document)
    assert substance(found.parts, ("cluster",)) == [("cluster", name, parts[name].content) for name in chosen]
    assert found.warnings == ()


def test_fact_14_a_tree_names_only_what_is_there():
    """Fact 14: a dangling uuid would keep Mosaic from opening the session; an emptied group goes with its members."""
    document = session("abc", groups={"one": ["uuid-a"], "two": ["uuid-b", "uuid-c"]})
    without = MOSAIC.write([part for part in parts_of(document) if part.name not in "ab"], document)
    assert tree_of(without) == (1, 1)
    assert MOSAIC.read(without).warnings == ()


def test_a_new_geometry_is_shown_at_the_end():
    """A tree that names all others names the new one too."""
    document = session("ab")
    new = next(part for part in parts_of(session("c")) if part.kind == "cluster")
    assert tree_of(MOSAIC.write([*parts_of(document), new], document)) == (0, 3)


def test_fact_14_an_empty_tree_stays_empty():
    """Fact 14: Mosaic itself shows what a tree as the shell saves it does not name, in the order of the clusters."""
    world = made.World()
    state = world.session([world.geometry("a")])
    state["_data_tree"] = world.tree()
    document = {b"": world.pickled(state)}
    new = next(part for part in parts_of(session("b")) if part.kind == "cluster")
    assert tree_of(MOSAIC.write([*parts_of(document), new], document)) == (0, 0)


def test_fact_14_a_uuid_is_held_once():
    """Fact 14: of two with one uuid Mosaic would show one."""
    document = session("ab")
    parts = parts_of(document)
    cluster = next(part for part in parts if part.kind == "cluster")
    with pytest.raises(CannotHold, match="2 clusters have its uuid"):
        MOSAIC.write([*parts, cluster], document)


def test_twins_that_are_there_already_are_no_reason_to_refuse():
    """What a session holds may stay while something else changes."""
    world = made.World()
    twins = [world.geometry("one", uuid="same"), world.geometry("two", uuid="same"), world.geometry("three")]
    document = {b"": world.pickled(world.session(twins))}
    parts = [part for part in parts_of(document) if part.name != "three"]
    assert substance(parts_of(MOSAIC.write(parts, document)), GEOMETRIES) == substance(parts, GEOMETRIES)


@pytest.mark.parametrize("target", [era for era in made.ERAS if era != "colabseg"])
@pytest.mark.parametrize("source", made.ERAS)
def test_a_geometry_of_another_era_is_spelt_as_the_session_is(source, target):
    """Modules are named and arrays pickled as the template does, so that the version that wrote it opens it."""
    document = {b"": made.session(made.ERAS[target])}
    world = made.World(made.ERAS[source])
    more = {b"": world.pickled(world.session([world.geometry("guest", uuid="guest")]))}
    guest = next(part for part in parts_of(more) if part.kind == "cluster")
    both = MOSAIC.write([*parts_of(document), guest], document)
    assert {part.name for part in parts_of(both) if part.kind == "cluster"} == {"inner", "outer", "picks", "guest"}
    assert unpickled(both[b""]).protocol == made.ERAS[target].protocol
    numpy = made.ERAS[target].numpy
    assert {m for m in modules_of(both) if m.startswith("numpy.")} <= {f"{numpy}.multiarray", f"{numpy}.numeric"}
    allowed = {made.ERAS[target].records}
    assert {m for m in modules_of(both) if m.startswith("mosaic.formats")} <= allowed


@pytest.mark.parametrize("era", made.ERAS)
def test_fact_15_any_session_is_written_as_the_newest(era):
    """Fact 15: without a template it is a plain pickle of today's, of five keys, with nothing lost."""
    parts = parts_of({b"": made.session(made.ERAS[era])})
    document = MOSAIC.write(parts)
    assert MOSAIC.recognise(document).generation == "plain 1.3.2"
    assert {*unpickled(document[b""]).root.texts()} == {"metadata", "_data", "_models", "_data_tree", "_models_tree"}
    again = {part.key: part for part in parts_of(document)}
    for part in parts:
        assert MOSAIC.describe_change(part, again[part.key]) in (
            f"{part.kind} {part.name} unchanged",
            f"{part.kind} {part.name}: representation added",
        )


def test_fact_15_colabseg_gets_what_mosaic_asks_for():
    """Fact 15: Mosaic opens no geometry without a representation."""
    cluster = next(
        p for p in parts_of(MOSAIC.write(parts_of({b"": made.session(made.COLABSEG)}))) if p.kind == "cluster"
    )
    assert cluster.facts["representation"] == "pointcloud"


def test_one_geometry_alone_is_a_session():
    """Mosaic's containers and trees come along, new ones."""
    cluster = next(part for part in parts_of({b"": made.session()}) if part.name == "outer")
    document = MOSAIC.write([cluster])
    assert substance(parts_of(document), GEOMETRIES) == substance([cluster])
    assert [part.kind for part in parts_of(document)] == [
        *("metadata", "container", "cluster", "container", "tree", "tree")
    ]


def test_a_partial_load_has_what_mosaic_needs():
    """The shape, the containers and the trees come along with one chosen geometry; other geometries do not."""
    document = {b"": made.indexed(made.session(), thumbnail=b"\x89PNG")}
    parts = parts_of(document)
    chosen = [part for part in parts if part.name == "outer"]
    needed = MOSAIC.needed(parts, chosen)
    assert [part.key for part in needed] == [
        *("metadata", "data-container", "uuid-outer", "models-container", "data-tree", "models-tree")
    ]
    alone = MOSAIC.write(needed, document)
    assert MOSAIC.read(alone).facts == {"clusters": 1, "models": 0, "points": 11, "shape": "400 × 400 × 200"}
    assert MOSAIC.read(alone).warnings == ()


def test_a_cleared_session_keeps_the_shape_and_colours():
    """No geometry, empty trees, no picture; what its user set up stays."""
    document = {b"": made.indexed(made.session(), thumbnail=b"\x89PNG", meta=b"{}")}
    cleared = MOSAIC.cleared(document)
    assert [part.key for part in parts_of(cleared)] == [
        *("metadata", "data-container", "models-container", "data-tree", "models-tree", "section-meta")
    ]
    assert MOSAIC.read(cleared).facts["shape"] == "400 × 400 × 200"
    assert tree_of(cleared) == (0, 0)
    before = {part.key: part.content for part in parts_of(document)}
    kept = ("metadata", "container")
    assert all(before[part.key] == part.content for part in parts_of(cleared) if part.kind in kept)


def test_a_cleared_session_keeps_the_kinds_that_are_asked_for():
    """The models, say."""
    cleared = MOSAIC.cleared({b"": made.session()}, keep={"model"})
    assert MOSAIC.read(cleared).facts["models"] == 2
    assert tree_of(cleared, "models-tree") == (0, 2)


def test_an_opaque_session_takes_no_parts():
    """Nothing is known of it, so nothing is put into it or taken out; it can be replaced as a whole."""
    world = made.World()
    strange = {b"": world.pickled(world.session([], odd=world.made("mosaic.odd", "Odd", a=1)))}
    (opaque,) = parts_of(strange)
    assert MOSAIC.write([opaque]) == strange
    other = parts_of({b"": made.session()})
    for parts, template in (([opaque, *other], None), (other, strange)):
        with pytest.raises(CannotHold):
            MOSAIC.write(parts, template)
    with pytest.raises(CannotHold):
        MOSAIC.cleared(strange)
    with pytest.raises(CannotHold):
        MOSAIC.write([replace(opaque, content=b"x")], strange)


def edited(**changes):
    parts = parts_of({b"": made.session()})
    return [replace(part, **changes) if part.name == "outer" else part for part in parts]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no pickle"),
        (b"not a pickle", "no pickle"),
        (b"\x80\x05N.", "no geometry"),
        (b"\x80\x05}.", "no geometry"),
        (WORLD.pickled(WORLD.geometry("a"))[:-1], "no pickle"),
        (WORLD.pickled(WORLD.geometry("a")) + b".", "behind the pickle's end"),
        (WORLD.pickled(WORLD.container([])), "no geometry"),
        (b"\x80\x05\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.", "posix.system"),
    ],
)
def test_an_edited_part_that_is_no_geometry_is_refused(content, reason):
    """Before anything is written, with a sentence."""
    with pytest.raises(CannotHold, match=reason):
        MOSAIC.write(edited(content=content), {b"": made.session()})


@pytest.mark.parametrize("kind", ["metadata", "container", "tree", "cluster"])
def test_a_part_is_what_its_kind_says(kind):
    """A geometry is no metadata, and a number is neither."""
    parts = parts_of({b"": made.session()})
    number = next(index for index, part in enumerate(parts) if part.kind == kind)
    parts[number] = Part(key=parts[number].key, name=parts[number].name, kind=kind, content=b"\x80\x05K\x01.")
    with pytest.raises(CannotHold):
        MOSAIC.write(parts, {b"": made.session()})


@pytest.mark.parametrize("part", ["buffer", "metadata", "tree"])
def test_strange_parts_are_refused(part):
    """Other kinds, a second metadata, and a tree of nothing."""
    strange = Part(key="metadata" if part == "metadata" else "strange", name="x", kind=part, content=b"\x80\x05}.")
    with pytest.raises(CannotHold):
        MOSAIC.write([*parts_of({b"": made.session()}), strange])


def test_an_edited_part_of_another_protocol_is_held():
    """A script may have made it with whatever pickler it has."""
    world = made.World(made.V1_1_0)
    content = world.pickled(world.geometry("outer", 50, uuid="uuid-outer"), 4)
    found = parts_of(MOSAIC.write(edited(content=content, facts={}, arrays=()), {b"": made.session()}))
    assert next(part for part in found if part.name == "outer").facts["points"] == 50


def test_a_geometry_comes_by_itself():
    """A new part is a cluster or, with something fitted to it, a model; it gets the name that it is given."""
    world = made.World()
    parts = parts_of({b"": made.session()})
    cluster = MOSAIC.new_part("new name", world.pickled(world.geometry("old", uuid="u")), parts)
    assert (cluster.kind, cluster.key, cluster.name) == ("cluster", "u", "new name")
    model = MOSAIC.new_part("ball", world.pickled(world.geometry("ball", model=world.sphere())), parts)
    assert (model.kind, model.key) == ("model", "uuid-ball")
    document = MOSAIC.write([*parts, cluster, model], {b"": made.session()})
    assert {"new name", "ball"} <= {part.name for part in parts_of(document)}
    with pytest.raises(CannotHold):
        MOSAIC.new_part("x", b"x", parts)


def test_metadata_of_a_newer_session_fits_an_older_one():
    """The shape is written where that version looks for it."""
    older = {b"": made.session(made.V1_2_4, shape=(1, 2, 3))}
    newer = next(part for part in parts_of({b"": made.session()}) if part.kind == "metadata")
    parts = [newer if part.kind == "metadata" else part for part in parts_of(older)]
    root = unpickled(MOSAIC.write(parts, older)[b""]).root
    assert root.get("shape") == (400, 400, 200)
    assert "metadata" not in root.texts()


def test_metadata_that_an_older_session_cannot_hold_is_refused():
    """Before 1.3.0 there was a place for the shape only, so the physical one would be dropped."""
    older, world = {b"": made.session(made.V1_2_4)}, made.World()
    table = {"shape": (1, 2, 3), "physical_shape": world.floats(1.0, 2.0, 3.0, word="f8"), "m\ud800" + "n" * 300: 1}
    parts = [
        replace(part, content=world.pickled(table)) if part.kind == "metadata" else part for part in parts_of(older)
    ]
    with pytest.raises(CannotHold, match=r"the shape only, and not physical_shape, m\\ud800n{1,200}…$"):
        MOSAIC.write(parts, older)


def test_an_older_session_without_a_shape_has_none():
    """Up to 1.0.16 Mosaic looks for the key."""
    older, world = {b"": made.session(made.V1_0_10)}, made.World()
    parts = [replace(part, content=world.pickled({})) if part.kind == "metadata" else part for part in parts_of(older)]
    assert unpickled(MOSAIC.write(parts, older)[b""]).root.texts()["shape"] is None


def test_keys_that_are_not_text_stay():
    """No part holds them; the template does."""
    world = made.World()
    document = {b"": world.pickled({**world.session([world.geometry("a")]), 5: "kept", ("x",): "too"})}
    without = MOSAIC.write([part for part in parts_of(document) if part.kind != "cluster"], document)
    assert [value for key, value in unpickled(without[b""]).root.pairs() if not isinstance(key, str)] == ["kept", "too"]


def test_an_unknown_key_can_be_taken_out_and_comes_from_elsewhere():
    """It is a part like others."""
    document = {b"": made.everything()}
    parts = parts_of(document)
    without = MOSAIC.write([part for part in parts if part.kind != "entry"], document)
    assert "later" not in unpickled(without[b""]).root.texts()
    assert "entry-later" in [part.key for part in parts_of(MOSAIC.write(parts, without))]


def test_a_broken_template_is_refused():
    """It says that it is the template that cannot be read."""
    parts = parts_of({b"": made.session()})
    with pytest.raises(CannotHold, match="written into"):
        MOSAIC.write(parts, {b"": made.session()[:-1]})


def test_an_entry_never_takes_the_place_of_a_container():
    """Mosaic opens no session without its containers."""
    strange = Part(key="entry-x", name="_data", kind="entry", content=b"\x80\x05N.")
    document = {b"": made.session()}
    assert MOSAIC.read(MOSAIC.write([*parts_of(document), strange], document)).facts["clusters"] == 3


def test_a_tree_is_no_container():
    """The key says which side a part is of, and the kind what it is."""
    parts = parts_of({b"": made.session()})
    tree = next(part for part in parts if part.kind == "tree")
    rest = [part for part in parts if part.kind not in ("tree", "container")]
    with pytest.raises(CannotHold, match="with this key"):
        MOSAIC.write([*rest, replace(tree, key="data-container")])


def test_what_is_not_edited_is_shared_as_before():
    """Texts, types and classes that Mosaic writes once are still written once, so an edit makes a file no larger."""
    document = session("abcdefgh")
    without = MOSAIC.write([part for part in parts_of(document) if part.name != "h"], document)
    assert len(without[b""]) < len(document[b""])
