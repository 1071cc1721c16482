"""What is read of a session: parts, their facts and arrays, who wrote it, and what people should know."""

import pickletools
import struct
import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.registry import recognise

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

WORLD = made.World()


def reading(content):
    return MOSAIC.read({b"": content})


def parts_of(content):
    return {part.key: part for part in reading(content).parts}


@pytest.mark.parametrize("era", made.ERAS)
def test_fact_17_the_writer_is_inferred(era):
    """Facts 1 and 17: sessions of every era are recognised, and from when on they were written so is concluded."""
    recognition = MOSAIC.recognise({b"": made.session(made.ERAS[era])})
    assert recognition.generation == f"plain {era}"
    assert recognition.certain
    assert recognition.inferred
    assert recognition.writer.startswith(era)


@pytest.mark.parametrize(
    ("era", "writer"), [("1.3.2", "1.3.2 or newer"), ("1.3.0", "1.3.0 – 1.3.1"), ("1.1.0", "1.1.0 – 1.2.3")]
)
def test_fact_17_the_writer_is_a_range(era, writer):
    """Fact 17: records since 1.3.0, numpy._core since 1.3.2, protocol 5 since 1.2.4."""
    assert MOSAIC.recognise({b"": made.session(made.ERAS[era])}).writer == writer


@pytest.mark.parametrize(
    "content",
    [
        *[b"", b"\x80", b"\x80\x05N.", b"mosaic.container DataContainer", b"\x00\x00\x00\x02{}", b"PK\x03\x04"],
        made.World().pickled({"_data": 1, "_models": 2}),
        WORLD.pickled(WORLD.container([])),
        made.World().pickled(["mosaic.container", "DataContainer"]),
        made.indexed(made.World().pickled({"state": 1})),
    ],
)
def test_fact_1_other_documents_are_not_recognised(content):
    """Fact 1: other pickles are not sessions, not even one that holds a container alone."""
    assert MOSAIC.recognise({b"": content}) is None


def test_a_folder_is_no_session():
    """A session is one file."""
    assert MOSAIC.recognise({b"a.pickle": made.session()}) is None
    with pytest.raises(DamagedDocument):
        MOSAIC.read({b"a.pickle": made.session()})


def test_a_session_is_chosen_among_formats():
    """It is certain, whatever the suffix."""
    formats = {MOSAIC.app: MOSAIC}
    assert recognise({b"": made.session()}, formats, ".PICKLE")[0] is MOSAIC


def test_fact_8_a_cut_session_is_still_one_and_damaged():
    """Fact 8: at every length the cut is noticed; from the mark on it is known whose session that was."""
    content = made.session()
    for length in range(len(content)):
        with pytest.raises(DamagedDocument):
            reading(content[:length])
    assert MOSAIC.recognise({b"": content[: len(content) // 2]}).generation == "damaged"


def test_fact_2_parts_are_named_and_counted():
    """Fact 2: clusters, models, trees, containers and metadata, in the order of the document."""
    found = reading(made.session())
    assert [(part.kind, part.key, part.name) for part in found.parts] == [
        ("metadata", "metadata", "metadata"),
        ("container", "data-container", "clusters"),
        *[("cluster", f"uuid-{name}", name) for name in ("inner", "outer", "picks")],
        ("container", "models-container", "models"),
        *[("model", f"uuid-{name}", name) for name in ("fit", "hull")],
        ("tree", "data-tree", "clusters"),
        ("tree", "models-tree", "models"),
    ]
    assert found.facts == {"clusters": 3, "models": 2, "points": 44, "shape": "400 × 400 × 200"}
    assert found.warnings == ()


def test_fact_2_a_part_tells_what_it_is():
    """Fact 2: type, uuid, points, visibility, group, representation, color, sampling rate and model."""
    parts = parts_of(made.session())
    assert parts["uuid-outer"].facts == {
        "type": "Geometry",
        "uuid": "uuid-outer",
        "points": 11,
        "visible": True,
        "representation": "pointcloud",
        "sampling_rate": "6.8 × 6.8 × 6.8",
        "model": None,
        "color": "0.7, 0.7, 0.7",
        "opacity": "1",
        "group": "Membranes",
        "place": 2,
    }
    assert parts["uuid-hull"].facts["model"] == "TriangularMesh"
    assert (parts["uuid-hull"].facts["vertices"], parts["uuid-hull"].facts["triangles"]) == (4, 4)


def test_files_without_uuids_have_places_for_keys():
    """Facts 2 and 11: up to 1.0.10 a geometry is only told by its place and name; the model stands in its meta."""
    parts = parts_of(made.session(made.V1_0_10))
    assert [key for key in parts if key.startswith(("cluster-", "model-"))] == [
        *("cluster-1", "cluster-2", "cluster-3", "model-1", "model-2")
    ]
    assert parts["model-1"].facts["model"] == "Sphere"
    assert parts["metadata"].facts["shape"] == "400 × 400 × 200"


def test_a_uuid_that_is_there_twice_warns_and_is_no_key():
    """Mosaic shows only one of them (mosaic.md 4, 12)."""
    world = made.World()
    twins = [world.geometry("one", uuid="same"), world.geometry("two", uuid="same")]
    found = reading(world.pickled(world.session(twins)))
    assert [part.key for part in found.parts if part.kind == "cluster"] == ["cluster-1", "cluster-2"]
    assert "2 have its uuid" in found.warnings[0]


def test_a_uuid_may_look_like_any_key():
    """Keys are there once, whatever a document calls its geometries."""
    world = made.World()
    uuids = ["metadata", "data-tree", "cluster-4", "cluster-5", "x", "x"]
    found = reading(world.pickled(world.session([world.geometry(f"{n}", uuid=uuid) for n, uuid in enumerate(uuids)])))
    keys = [part.key for part in found.parts]
    assert len({*keys}) == len(keys)


def test_a_tree_that_names_what_is_not_there_warns():
    """Mosaic raises KeyError on such a session (mosaic.md 1.3)."""
    world = made.World()
    state = world.session([world.geometry("one")])
    state["_data_tree"] = world.tree({"A": ["uuid-one", "gone"]}, ["away"])
    assert "names 2 that are not there" in reading(world.pickled(state)).warnings[0]


def test_fact_14_trees_may_be_empty():
    """Fact 14: the shell saves them so."""
    world = made.World()
    state = world.session([world.geometry("one")])
    state["_data_tree"] = world.tree()
    assert reading(world.pickled(state)).warnings == ()


@pytest.mark.parametrize("era", made.ERAS)
def test_fact_3_arrays_lie_in_the_content(era):
    """Fact 3: the bytes of every array are a window of the part, whatever way it was pickled in."""
    world = made.World(made.ERAS[era])
    cloud = world.geometry("cloud", 7, seed="here", normals=world.points(7, "there"))
    part = next(p for p in reading(world.pickled(world.session([cloud]))).parts if p.kind == "cluster")
    arrays = {array.name: array for array in part.arrays}
    for name, wanted in (("points", cloud.points), ("normals", cloud.normals)):
        array = arrays[name]
        assert part.content[array.offset : array.offset + array.size_bytes] == wanted.content
        assert (array.dtype, array.shape, array.fortran) == ("<f4", (7, 3), False)
    assert (arrays["points"].unit, arrays["normals"].unit) == ("Å", "")
    assert arrays["sampling_rate"].unit == "Å/voxel"


def test_large_arrays_lie_in_the_content_too():
    """What is large stands outside of frames."""
    world = made.World()
    cloud = world.geometry("cloud", 20_000)
    part = next(p for p in reading(world.pickled(world.session([cloud]))).parts if p.kind == "cluster")
    points = part.arrays[0]
    assert part.content[points.offset : points.offset + points.size_bytes] == cloud.points.content


def test_arrays_are_named_by_where_they_are():
    """Properties, meshes, frames of trajectories, volumes and what scipy keeps; Fortran's order is told."""
    names = {part.name: [array.name for array in part.arrays] for part in reading(made.everything()).parts}
    assert "vertex_properties/curvature" in names["odd"]
    assert names["trajectory"][-4:] == [
        *("trajectory/0/vertices", "trajectory/0/triangles", "trajectory/1/vertices", "trajectory/1/triangles")
    ]
    assert {"vertices", "triangles"} <= {*names["trajectory"]}
    assert "volume" in names["volume"]
    assert "rbf/xi" in names["rbf"]
    assert "_splines/0/_c" in names["spline"]
    odd = parts_of(made.everything())["uuid-odd"]
    assert [array.name for array in odd.arrays if array.fortran] == ["normals"]


@pytest.mark.parametrize("word", ["O8", "V12", "M8", "x4"])
def test_arrays_that_are_not_plain_values_are_left_in_the_content(word):
    """Objects, records and dates have no short word; nothing is said of their bytes, and nothing is lost."""
    world = made.World()
    cloud = world.geometry("cloud", normals=world.array(bytes(12), (1,), word))
    document = {b"": world.pickled(world.session([cloud]))}
    part = next(p for p in MOSAIC.read(document).parts if p.kind == "cluster")
    assert "normals" not in [array.name for array in part.arrays]
    edited = MOSAIC.write([p for p in MOSAIC.read(document).parts if p.kind != "tree"], document)
    assert part.content in [p.content for p in MOSAIC.read(edited).parts]


def test_an_array_with_too_few_bytes_is_not_one():
    """Shape and content must fit."""
    world = made.World()
    cloud = world.geometry("cloud", normals=world.array(bytes(12), (2, 3)))
    part = next(p for p in reading(world.pickled(world.session([cloud]))).parts if p.kind == "cluster")
    assert "normals" not in [array.name for array in part.arrays]


def test_a_part_is_a_pickle_of_its_own():
    """Any tool for pickles reads it, from the first byte to the last."""
    for part in reading(made.everything()).parts:
        *_, (last, _, place) = pickletools.genops(part.content)
        assert (last.name, place) == ("STOP", len(part.content) - 1)


def test_fact_13_what_is_not_known_is_a_part_too():
    """Fact 13: a further key of the whole, as of a newer version."""
    entry = parts_of(made.everything())["entry-later"]
    assert (entry.kind, entry.name) == ("entry", "later")


def test_fact_13_a_class_that_is_not_known_makes_it_opaque():
    """Fact 13: such a session is stored whole, says so, and is recognised all the same."""
    world = made.World()
    strange = world.made("mosaic.geometry", "Hologram", points=None)
    document = {b"": world.pickled(world.session([world.geometry("one", meta={"odd": strange})]))}
    assert MOSAIC.recognise(document).certain
    found = MOSAIC.read(document)
    assert [(part.kind, part.content) for part in found.parts] == [("opaque", document[b""])]
    assert "stored, not inspectable" in found.warnings[0]
    assert "mosaic.geometry.Hologram" in found.warnings[0]
    assert MOSAIC.write(found.parts, document) == document


def test_facts_and_names_are_text_that_travels():
    """Lone surrogates, numbers without end and very long names are told in valid, short text."""
    world = made.World()
    odd = world.geometry("\ud800" * 300, uuid="\ud800", visible=10**400, representation="x" * 1000)
    odd.sampling_rate = (10**400, 1.0)
    state = world.session([odd], shape=(10**400,))
    state["_data_tree"] = world.tree({"\udfff": ["\ud800"]})
    for part in reading(world.pickled(state)).parts:
        for text in (part.key, part.name, *(value for value in part.facts.values() if isinstance(value, str))):
            assert len(text.encode("utf-8")) < 3000


def test_a_geometry_without_a_name_is_called_what_it_is():
    """Names are for people, and may be missing."""
    world = made.World()
    content = world.pickled(world.session([world.geometry("", kind="VolumeGeometry", uuid="u")]))
    assert parts_of(content)["u"].name == "VolumeGeometry"


def test_fact_19_the_files_that_it_points_to_are_told():
    """Fact 19: volumes and the frames of trajectories, as the document has them."""
    found = MOSAIC.resources(
        MOSAIC.read({b"": made.indexed(made.everything(), meta=b'{"volume_paths":["/data/t.mrc", 5]}')}).parts
    )
    assert [(each.key, each.role, each.reference) for each in found] == [
        ("uuid-volume", "volume", "/data/a.mrc"),
        ("uuid-trajectory", "trajectory", "run/0.tsi"),
        ("uuid-trajectory", "trajectory", "run/1.tsi"),
        ("section-meta", "volume", "/data/t.mrc"),
    ]


@pytest.mark.parametrize("meta", [b"", b"[]", b"{}", b'{"volume_paths":3}', b"[" * 100_000])
def test_a_meta_section_may_be_anything(meta):
    """It is somebody else's JSON, or none."""
    assert MOSAIC.resources(MOSAIC.read({b"": made.indexed(made.session(), meta=meta)}).parts) == []


def test_numbers_in_the_facts_are_those_of_the_arrays():
    """Whatever type the array has."""
    world = made.World()
    cloud = world.geometry("one")
    cloud.sampling_rate = world.array(struct.pack("<2d", 1.5, 2.25), (2,), "f8")
    part = parts_of(world.pickled(world.session([cloud])))["uuid-one"]
    assert part.facts["sampling_rate"] == "1.5 × 2.25"
