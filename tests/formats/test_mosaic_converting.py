"""A session in Mosaic's other container, and for other versions of Mosaic: what changes, what stays, what is named."""

import json
import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Origin
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.geometry import attribute

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

ORIGIN = Origin(name="cell", created=0, modified=0)
THUMBNAIL = b"\x89PNG\r\n\x1a\nnot really"
META = b'{"volume_paths":["/data/tomo_001.mrc"]}'
STATE = made.session()
INDEXED = made.indexed(STATE, thumbnail=THUMBNAIL, meta=META)
VERSIONS = ("1.3.2", "1.3.1", "1.2.4")
#: Version to the writer that is inferred of a pickle that has been made for it.
WRITERS = {"1.3.2": "1.3.2 or newer", "1.3.1": "1.3.0 – 1.3.1", "1.2.4": "1.2.4"}


def converted(content, to):
    return MOSAIC.converted({b"": content}, to, ORIGIN)


def bytes_of(content, to):
    return converted(content, to).document[b""]


def parts_of(content):
    return {part.key: part for part in MOSAIC.read({b"": content}).parts}


def contents_of(content):
    return {key: part.content for key, part in parts_of(content).items()}


def index_of(content):
    length = int.from_bytes(content[:4], "big")
    return json.loads(content[4 : 4 + length])


def segmentation(**more):
    """A session with a segmentation, which has no representation."""
    world = made.World()
    geometry = world.geometry("seg", 3, kind="SegmentationGeometry", **more)
    del geometry.representation
    return world.pickled(world.session([geometry]))


def cylinder(era=made.V1_3_1, radius=10.0, **more):
    """A session with a fitted cylinder."""
    world = made.World(era)
    numbers = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    upright = world.array(world.floats(*numbers, word="f8").content, (3, 3), "f8")
    middle = world.floats(1.0, 2.0, 3.0, word="f8")
    package = f"{era.package}.parametrization"
    fit = world.made(package, "Cylinder", centers=middle, orientations=upright, radius=radius, height=4.0, **more)
    return world.pickled(world.session([], [world.geometry("tube", model=fit)]))


def test_a_plain_pickle_of_an_indexed_session_is_the_very_state_and_names_the_sections():
    """Issue 9 and fact 15: what a pickle has no place for is told part by part."""
    plain = converted(INDEXED, "plain")
    assert plain.document == {b"": STATE}
    assert plain.suffix == ".pickle"
    assert [key for key, _ in plain.losses] == ["section-thumbnail", "section-meta"]
    assert "thumbnail" in plain.losses[0][1]


def test_an_indexed_session_of_a_plain_pickle_has_a_right_index_around_the_very_state():
    """Fact 15: Mosaic goes by ``sections``; the version is the newest that writes such a pickle."""
    for era, version in ((made.NEWEST, "1.3.2"), (made.V1_3_1, "1.3.1"), (made.V1_1_0, "1.2.4")):
        state = made.session(era)
        indexed = converted(state, "indexed")
        content = indexed.document[b""]
        index = index_of(content)
        row = index["sections"].pop("state")
        assert index == {"format_version": 1, "version": version, "sections": {}}
        assert content[row["offset"] : row["offset"] + row["size"]] == state
        assert row["encoding"] == "pickle"
        assert (indexed.suffix, indexed.losses) == (".mosaic", ())


@pytest.mark.parametrize("to", MOSAIC.conversions)
def test_a_session_that_is_in_the_form_already_stays_as_it_is(to):
    """To the byte, and nothing is lost of it."""
    era = {"1.3.1": made.V1_3_1, "1.2.4": made.V1_2_4}.get(to, made.NEWEST)
    content = INDEXED if to == "indexed" else made.session(era)
    if to == "1.2.4":  # as 1.2.4 itself writes a container
        content = bytes_of(content, to)
    assert converted(content, to).document == {b"": content}
    assert not converted(content, to).losses


@pytest.mark.parametrize("to", VERSIONS)
@pytest.mark.parametrize("era", made.ERAS)
def test_a_session_of_any_version_is_for_any_other_what_that_one_writes(era, to):
    """Fact 15: recognised as of that version; every object is the same to its user."""
    before = made.session(made.ERAS[era])
    after = bytes_of(before, to)
    assert MOSAIC.recognise({b"": after}).writer == WRITERS[to]
    old, new = (MOSAIC.read({b"": content}) for content in (before, after))
    assert new.facts == old.facts
    assert new.warnings == ()
    for one, other in zip(geometries(old), geometries(new), strict=True):
        assert other.facts == {**one.facts, "representation": one.facts["representation"] or "pointcloud"}
        assert array_bytes(other) == array_bytes(one)


def geometries(reading):
    return [part for part in reading.parts if part.kind in ("cluster", "model")]


def array_bytes(part):
    return {each.name: part.content[each.offset : each.offset + each.size_bytes] for each in part.arrays}


def test_for_numpy_1_only_names_change():
    """1.3.1 has the same objects under NumPy's older names; every part stays what it was."""
    after = bytes_of(made.everything(), "1.3.1")
    assert contents_of(after) == contents_of(made.everything())
    assert b"numpy._core" not in after
    assert b"numpy.core" in after


@pytest.mark.parametrize("to", VERSIONS)
def test_there_and_back_again_loses_nothing(to):
    """What 1.2.4 makes no use of lies where 1.3.2 looks for it: the physical shape too."""
    world = made.World()
    physical = world.floats(2720.0, 2720.0, 1360.0, word="f8")
    metadata = {"shape": (400, 400, 200), "physical_shape": physical, "by": "me"}
    models = [world.geometry("b", model=world.sphere())]
    there = world.pickled(world.session([world.geometry("a")], models, metadata=metadata))
    assert contents_of(bytes_of(bytes_of(there, to), "1.3.2")) == contents_of(there)


def test_1_2_4_has_the_shape_where_it_looks_for_it():
    """Beside the containers, and in the first one's metadata, which it needs (its container.py:32)."""
    after = bytes_of(STATE, "1.2.4")
    parts = parts_of(after)
    assert parts["metadata"].facts["shape"] == "400 × 400 × 200"
    for key in ("data-container", "models-container"):
        assert b"metadata" in parts[key].content
    assert b"physical" not in after


@pytest.mark.parametrize("to", VERSIONS)
def test_fact_14_a_tree_for_a_version_names_only_what_is_there(to):
    """Fact 14: no version of Mosaic opens a session whose tree names others; what is there stays where it was."""
    world = made.World()
    clusters = [world.geometry(name) for name in ("a", "b", "c")]
    tree = world.tree({"of gone": ["gone"], "group": ["uuid-a", "gone"]}, ["uuid-c", "gone too", "uuid-b"])
    after = bytes_of(world.pickled(world.session(clusters, _data_tree=tree)), to)
    assert MOSAIC.read({b"": after}).warnings == ()
    left = world.tree({"group": ["uuid-a"]}, ["uuid-c", "uuid-b"])
    wanted = bytes_of(world.pickled(world.session(clusters, _data_tree=left)), to)
    assert MOSAIC.same(parts_of(wanted)["data-tree"], parts_of(after)["data-tree"])


@pytest.mark.parametrize("to", ["1.3.1", "1.3.2"])
def test_fact_13_what_a_version_does_not_look_at_stays(to):
    """Fact 13: an entry with the name that the shape had before 1.3.0 means nothing then, and goes along."""
    world = made.World()
    there = world.pickled(world.session([world.geometry("a")]) | {"shape": (7, 8, 9)})
    assert parts_of(bytes_of(there, to)).keys() == parts_of(there).keys()


@pytest.mark.parametrize(("to", "wanted"), [("1.3.1", True), ("1.2.4", 1)])
def test_visibility_is_what_the_version_writes(to, wanted):
    """Truth since 1.3.0, a number before."""
    for era in (made.NEWEST, made.V1_1_0):
        found = attribute(node_of(parts_of(bytes_of(made.session(era), to))["uuid-inner"]), "visible")
        assert (type(found), found) == (type(wanted), wanted)


def test_an_old_container_gets_what_mosaic_looks_for():
    """Whoever selects something in a session of colabseg would meet an error otherwise (container.py:187)."""
    world = made.World(made.COLABSEG)
    bare = world.container([world.geometry("a")], metadata={})
    after = bytes_of(world.pickled({"shape": None, "_data": bare, "_models": bare}), "1.3.2")
    assert b"_highlighted_uuids" in parts_of(after)["data-container"].content


def test_what_1_2_4_drops_of_a_segmentation_is_named_and_stays_in_the_file():
    """Fact 10: its segmentations lost their properties when they were saved."""
    after = converted(segmentation(), "1.2.4")
    assert after.losses == [
        ("uuid-seg", "Mosaic 1.2.4 neither reads nor saves of a segmentation: property curvature"),
    ]
    assert "vertex_properties/curvature" in [each.name for each in parts_of(after.document[b""])["uuid-seg"].arrays]
    assert not converted(segmentation(), "1.3.1").losses


def test_a_version_keeps_the_container_and_its_sections():
    """Only the index names another version."""
    after = bytes_of(INDEXED, "1.3.1")
    index = index_of(after)
    assert index["version"] == "1.3.1"
    assert [*index["sections"]] == ["state", "thumbnail", "meta"]
    assert contents_of(after) == contents_of(INDEXED)
    assert MOSAIC.recognise({b"": after}).writer == "1.3.1"


def test_a_cylinder_gets_the_mesh_that_1_3_2_measures_with():
    """Fact 15: it would raise without one. Older versions keep the mesh that they do not know."""
    tube = parts_of(bytes_of(cylinder(), "1.3.2"))["uuid-tube"]
    arrays = {each.name: each.shape for each in tube.arrays}
    assert arrays["_mesh/vertices"] == (98, 3)
    assert arrays["_mesh/triangles"] == (192, 3)
    with_mesh = bytes_of(cylinder(), "1.3.2")
    assert contents_of(bytes_of(with_mesh, "1.3.1")) == contents_of(with_mesh)


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan"), float("inf"), 1e-320, None, "wide"])
def test_a_cylinder_that_is_none_is_named(radius):
    """Nothing is invented for it."""
    after = converted(cylinder(radius=radius), "1.3.2")
    assert [key for key, _ in after.losses] == ["uuid-tube"]
    assert "measures no distance" in after.losses[0][1]


def test_many_cylinders_do_not_multiply_a_document():
    """Each could have 16,000 corners made of 300 bytes."""
    world = made.World(made.V1_3_1)
    fits = []
    for number in range(200):
        upright = world.array(bytes(72), (3, 3), "f8")
        fit = world.made(
            "mosaic.parametrization", "Cylinder", centers=world.floats(1.0, 2.0, 3.0, word="f8"), orientations=upright,
            radius=1.0, height=1e6,
        )  # fmt: skip
        fits.append(world.geometry(f"tube {number}", 1, model=fit))
    after = converted(world.pickled(world.session([], fits)), "1.3.2")
    assert len(after.document[b""]) < 20e6
    assert 100 < len(after.losses) < 200


def test_what_is_behind_the_end_and_between_the_sections_is_never_dropped_in_silence():
    """It is no part of the session, and may still be somebody's."""
    assert bytes_of(STATE + b"behind", "1.3.1").endswith(b".behind")
    assert bytes_of(STATE + b"behind", "indexed").endswith(b".behind")
    assert converted(INDEXED + b"behind", "1.3.1").document[b""].endswith(b"behind")
    assert "6 bytes" in dict(converted(INDEXED + b"behind", "plain").losses)[""]


def test_a_session_of_an_unreleased_build_becomes_one_that_mosaic_opens():
    """Fact 15; what its header says goes into an index, and is named where there is none."""
    unreleased = made.unreleased(STATE)
    indexed = bytes_of(unreleased, "indexed")
    assert index_of(indexed)["created"] == "2026-04-01"
    assert MOSAIC.recognise({b"": indexed}).generation == "indexed 1.3.2"
    for to in ("plain", "1.3.2"):
        plain = converted(unreleased, to)
        assert plain.document == {b"": STATE}
        assert "created" in dict(plain.losses)[""]


def test_a_session_that_cannot_be_inspected_changes_its_container_only():
    """Nobody knows what a version would make of what is in there."""
    world = made.World()
    odd = world.pickled(world.session([world.geometry("a", 1, note=world.made("somebody", "Else"))]))
    with pytest.raises(CannotHold, match="not inspectable"):
        converted(odd, "1.3.1")
    assert bytes_of(bytes_of(odd, "indexed"), "plain") == odd


@pytest.mark.parametrize("to", MOSAIC.conversions)
def test_what_is_damaged_is_not_converted(to):
    """A cut session, an index that lies, nothing at all."""
    for content in (STATE[:-20], INDEXED[:300], b"", b"\x80\x05}."):
        with pytest.raises(DamagedDocument):
            converted(content, to)
