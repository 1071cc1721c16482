"""Mosaic's sessions in 3D: what is drawn of each geometry, and the numbers that the page gets for it."""

import struct

import pytest

from holdfast.looking import shapes
from holdfast.looking.rows import Rows
from holdfast_protocol.errors import BadField
from holdfast_protocol.model import ArrayRow, PartRow


def array(name, *shape, dtype="<f4", fortran=False):
    return ArrayRow(name=name, dtype=dtype, shape=[*shape], unit="", offset=0, size_bytes=1, fortran=fortran)


def cluster(name, count=10, kind="cluster", arrays=None, **facts):
    rows = [array("points", count, 3)] if arrays is None else arrays
    return PartRow(key=name, name=name, kind=kind, size_bytes=1, facts={"visible": True, **facts}, arrays=rows)


def only(part, *beside):
    return shapes.groups_of([part, *beside])[0].members[0]


def test_a_geometry_has_the_color_and_visibility_of_the_session():
    """And its opacity, and the points that there are."""
    drawn = only(cluster("a", 7, color="1, 0.2, 0", opacity="0.5", visible=False))
    assert (drawn.color, drawn.opacity, drawn.visible, drawn.count) == ("#ff3300", 0.5, False, 7)


def test_a_geometry_without_a_color_has_that_of_its_container():
    """As Mosaic shows it."""
    container = PartRow(key="c", name="clusters", kind="container", size_bytes=1, facts={"base_color": "0, 0, 1"})
    assert only(cluster("a", color=None), container).color == "#0000ff"


@pytest.mark.parametrize("told", ["nan, 0, 0", "2, 0, 0", "1, 1", '"><script>', "", None])
def test_a_color_that_is_none_is_grey(told):
    """Whatever a document has there."""
    assert only(cluster("a", color=told)).color == "#b2b2b2"


def test_a_mesh_is_drawn_of_its_corners_and_triangles():
    """Where the session shows it so; shown as points, of its points."""
    arrays = [array("points", 9, 3), array("vertices", 5, 3, dtype="<f8"), array("triangles", 4, 3, dtype="<i4")]
    mesh = only(cluster("m", kind="model", arrays=arrays, representation="mesh"))
    assert (mesh.array.name, mesh.triangles.shape[0], mesh.count) == ("vertices", 4, 5)
    points = only(cluster("m", kind="model", arrays=arrays, representation="pointcloud"))
    assert (points.array.name, points.triangles) == ("points", None)


@pytest.mark.parametrize("row", [array("points", 0, 3), array("points", 4, 2), array("points", 4, 3, fortran=True)])
def test_what_has_no_rows_of_three_is_listed_and_not_drawn(row):
    """It is in the list all the same."""
    assert only(cluster("a", arrays=[row])).array is None


def test_the_list_has_the_groups_and_the_order_of_the_session():
    """Clusters before models, each in its group."""
    rows = [
        cluster("late", place=3, group=None),
        cluster("model", kind="model", place=1),
        cluster("second", place=2, group="Membranes"),
        cluster("first", place=1, group="Membranes"),
    ]
    groups = shapes.groups_of(rows)
    assert [group.title for group in groups] == ["Clusters · Membranes", "Clusters", "Models"]
    assert [member.name for member in groups[0].members] == ["first", "second"]


def test_of_more_points_than_turn_smoothly_every_so_many_are_drawn():
    """A million are all drawn; hidden ones and meshes do not count."""
    million = only(cluster("a", 1_000_000))
    hidden = only(cluster("b", 5_000_000, visible=False))
    assert shapes.every_of([million, hidden]) == 1
    assert shapes.every_of([million, million, million, hidden]) == 3


def pieces(rows, content, size):
    return b"".join(rows.of(content[at : at + size]) for at in range(0, len(content), size))


FLOATS = [float(number) for number in range(30)]


@pytest.mark.parametrize("size", [1, 7, 12, 50, 1000])
@pytest.mark.parametrize(
    ("dtype", "form"), [("<f4", "<30f"), ("<f8", "<30d"), (">f4", ">30f"), (">f8", ">30d"), ("<i8", "<30q")]
)
def test_numbers_of_every_kind_come_as_float32(size, dtype, form):
    """However the daemon cuts them."""
    content = struct.pack(form, *(map(int, FLOATS) if form.endswith("q") else FLOATS))
    assert pieces(Rows(dtype), content, size) == struct.pack("<30f", *FLOATS)


@pytest.mark.parametrize("size", [1, 24, 37, 1000])
@pytest.mark.parametrize("every", [2, 3, 4, 10, 99])
def test_every_so_many_rows_are_kept_whatever_the_windows(size, every):
    """The first of them always."""
    kept = [number for row in range(0, 10, every) for number in FLOATS[3 * row : 3 * row + 3]]
    assert pieces(Rows("<f4", every), struct.pack("<30f", *FLOATS), size) == struct.pack(f"<{len(kept)}f", *kept)


@pytest.mark.parametrize(("dtype", "form"), [("<i4", "<3i"), (">i4", ">3i"), ("<i8", "<3q"), ("<u2", "<3H")])
def test_triangles_come_as_uint32(dtype, form):
    """Whatever counted their corners."""
    assert Rows(dtype, is_index=True).of(struct.pack(form, 0, 2, 60000)) == struct.pack("<3I", 0, 2, 60000)


@pytest.mark.parametrize(("dtype", "every"), [("<U3", 1), ("", 1), ("<f4", 0), ("|O", 1), ("<c8", 1)])
def test_what_cannot_be_drawn_is_refused(dtype, every):
    """With a coded error, before anything is sent."""
    with pytest.raises(BadField):
        Rows(dtype, every)


@pytest.mark.parametrize(
    ("representation", "said"),
    [("volume", "not the volume"), ("wireframe", "not drawn as wires"), ("normals", "without its normals")],
)
def test_what_is_drawn_otherwise_says_so(representation, said):
    """Points stand for a volume; what is drawn as Mosaic does needs no word."""
    assert said in only(cluster("c", representation=representation)).details
    assert "drawn" not in only(cluster("c", representation="pointcloud")).details
