"""Objects in space as PLY, OBJ, CSV and NPY: every number as the session has it, and what has no place is named."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import numpy
import pytest
from clients_fake_daemon import FakeDaemon, session_row, snapshot_row

from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import BadField, Damaged, NotFound
from holdfast_protocol.model import ArrayRow, PartRow

POINTS = numpy.array([[0.1, 2.5, -3.0], [1e-8, 16777217.0, 4.0], [5.0, 6.0, 1 / 3]], "<f4")
NORMALS = numpy.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], "<f4")
CORNERS = numpy.array([[0.1, 0, 0], [1, 0.2, 0], [0, 1, 1 / 3], [9, 9, 9]], "<f8")
TRIANGLES = numpy.array([[0, 1, 2], [1, 2, 3]], "<i4")
#: What stands in a file of PLY, as NumPy calls it.
PLY_TYPES = {"float": "f4", "double": "f8", "int": "i4", "uint": "u4", "uchar": "u1", "short": "i2"}


class House:
    """A daemon with one session, of these parts; its windows are as small as may be."""

    def __init__(self, daemon: FakeDaemon, client: Client) -> None:
        self.client = client
        self.parts: list[PartRow] = []
        self.contents: dict[str, bytes] = {}
        self.window_bytes = 7
        shown = lambda _: wire.Shown(  # noqa: E731  # asked anew each time
            session=session_row(), snapshot=snapshot_row(), parts=self.parts, facts={"shape": "4 × 5 × 6"}
        )
        daemon.answers |= {wire.Show: shown, wire.Cat: self.cat}

    def cat(self, asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        request = asked.request
        assert isinstance(request, wire.Cat)
        content = self.contents[request.ref.part or ""]
        window = content[request.offset : request.offset + min(request.length, self.window_bytes)]
        rows = {f"{part.key}/{each.name}": each.size_bytes for part in self.parts for each in part.arrays}
        return wire.Content(snapshot="5" * 32, size_bytes=rows.get(request.ref.part or "", len(content))), [window]

    def add(self, name: str, arrays: Mapping[str, numpy.ndarray], kind: str = "cluster", **facts: str | int) -> str:
        """An object with these arrays; its key."""
        key = f"k{len(self.parts)}"
        rows = []
        for called, array in arrays.items():
            self.contents[f"{key}/{called}"] = array.tobytes("A")
            rows.append(
                ArrayRow(
                    name=called, dtype=array.dtype.str, shape=[*array.shape], offset=0, size_bytes=array.nbytes,
                    unit="Å" if called in ("points", "vertices") else "",
                    fortran=array.ndim > 1 and not array.flags.c_contiguous,
                )
            )  # fmt: skip
        self.contents[key] = b"whole"
        self.parts.append(PartRow(key=key, name=name, kind=kind, size_bytes=5, facts=facts, arrays=rows))
        return key

    def file(self, part: str, to: str) -> bytes:
        """The object by itself."""
        return b"".join(self.client.export("mosaic/cell", to, parts=[part]).read())


@pytest.fixture
def house(daemon: FakeDaemon, client: Client) -> House:
    return House(daemon, client)


def read_ply(content: bytes) -> tuple[list[str], dict[str, numpy.ndarray]]:
    """The comments, and the records of each element: an independent reading of the header."""
    header, _, rest = content.partition(b"end_header\n")
    lines = header.decode().splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    elements: dict[str, tuple[int, list]] = {}
    for words in (line.split(" ") for line in lines[2:]):
        if words[0] == "element":
            elements[words[1]] = (int(words[2]), [])
        elif words[:2] == ["property", "list"]:
            [*elements.values()][-1][1].extend([("count", "u1"), (words[4], "<i4", 3)])
        elif words[0] == "property":
            [*elements.values()][-1][1].append((words[2], f"<{PLY_TYPES[words[1]]}"))
    found = {}
    for name, (count, types) in elements.items():
        found[name] = numpy.frombuffer(rest, types, count)
        rest = rest[found[name].nbytes :]
    assert rest == b""
    return [line.removeprefix("comment ") for line in lines if line.startswith("comment ")], found


def together(records: numpy.ndarray, *names: str) -> numpy.ndarray:
    return numpy.stack([records[name] for name in names], 1)


def test_points_as_ply(house: House) -> None:
    """The very numbers, with what each point has, and in the header what somebody must know who has only the file."""
    properties = {"vertex_properties/score of it": numpy.array([1.5, 2, 3], "<f8"), "sampling_rate": POINTS[0]}
    house.add("inner\nmembrane", {"points": POINTS, "normals": NORMALS, **properties}, representation="pointcloud")
    comments, elements = read_ply(house.file("k0", "ply"))
    assert elements.keys() == {"vertex"}
    assert numpy.array_equal(together(elements["vertex"], "x", "y", "z"), POINTS)
    assert numpy.array_equal(together(elements["vertex"], "nx", "ny", "nz"), NORMALS)
    assert elements["vertex"]["score_of_it"].tolist() == [1.5, 2, 3]
    assert "unit angstrom" in comments
    assert "cluster inner membrane" in comments
    assert "shape 4 x 5 x 6" in comments
    assert "sampling_rate 0.100000001 2.5 -3" in comments
    assert any("snapshot" in each and "holdfast" in each for each in comments)


def test_a_mesh_as_ply(house: House) -> None:
    """Corners and faces as programs read them; the points that it was fitted to are an element beside."""
    colors = numpy.array([[0, 0.5, 1], [1, 1, 1], [0, 0, 0], [2, -1, float("nan")]], "<f8")
    mesh = {"vertices": CORNERS, "triangles": TRIANGLES, "vertex_colors": colors, "triangle_normals": NORMALS[:2]}
    house.add("hull", {"points": POINTS, **mesh}, "model", model="AlphaShape")
    _, elements = read_ply(house.file("hull", "ply"))
    assert numpy.array_equal(together(elements["vertex"], "x", "y", "z"), CORNERS)
    assert together(elements["vertex"], "red", "green", "blue").tolist()[0] == [0, 128, 255]
    assert numpy.array_equal(elements["face"]["vertex_indices"], TRIANGLES)
    assert set(elements["face"]["count"]) == {3}
    assert numpy.array_equal(together(elements["face"], "nx", "ny", "nz"), NORMALS[:2])
    assert numpy.array_equal(together(elements["point"], "x", "y", "z"), POINTS)
    assert house.client.export("mosaic/cell", "ply").losses == ["hull: its vertex_colors are rounded to 256 steps"]


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8", ">f8", "<i8", ">i2", "|u1", "|b1", "<u4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_every_kind_are_what_numpy_has(house: House, dtype: str, order: str) -> None:
    """Of any byte order and length, row by row or column by column, also where windows cut through a number."""
    property_ = numpy.array([[0, 1], [2, 3], [4, 100]]).astype(dtype)
    arrays = {"points": POINTS, "vertex_properties/p": numpy.asarray(property_, order=order)}
    house.add("a", arrays)
    _, elements = read_ply(house.file("a", "ply"))
    assert numpy.array_equal(together(elements["vertex"], "p_0", "p_1"), property_)
    rows = [*csv.DictReader(io.StringIO(house.file("a", "csv").decode()))]
    assert [[float(row["p 0"]), float(row["p 1"])] for row in rows] == property_.astype("f8").tolist()
    with ZipFile(io.BytesIO(house.file("a", "npy"))) as archive:
        again = numpy.load(io.BytesIO(archive.read("vertex_properties/p.npy")))
    assert (again.dtype, again.flags.f_contiguous) == (property_.dtype, order == "F")
    assert numpy.array_equal(again, property_)


def test_a_mesh_as_obj(house: House) -> None:
    """Faces count from 1; normals stand with the corners."""
    normals = numpy.array([[0, 0, 1]] * 4, "<f8")
    house.add("hull", {"vertices": CORNERS, "triangles": TRIANGLES, "vertex_normals": normals}, "model")
    lines = house.file("hull", "obj").decode().splitlines()
    told = {word: [line.split()[1:] for line in lines if line.startswith(f"{word} ")] for word in ("#", "v", "vn", "f")}
    assert numpy.array_equal(numpy.array(told["v"], "f8"), CORNERS)
    assert len(told["vn"]) == 4
    assert told["f"] == [["1//1", "2//2", "3//3"], ["2//2", "3//3", "4//4"]]
    assert ["unit", "angstrom"] in told["#"]


def test_points_as_a_table(house: House) -> None:
    """The unit is in the header; reading it gives the very numbers; text is quoted where it must be."""
    labels = numpy.array(['a "b"', "c,d", "é"], "<U5")
    house.add(
        "picks", {"points": POINTS, "vertex_properties/label": labels, "vertex_properties/x_angstrom": POINTS[:, 0]}
    )
    content = house.file("picks", "csv").decode()
    assert content.splitlines()[0] == "x_angstrom,y_angstrom,z_angstrom,label,x_angstrom_2"
    rows = [*csv.DictReader(io.StringIO(content))]
    places = [[row[f"{axis}_angstrom"] for axis in "xyz"] for row in rows]
    assert numpy.array_equal(numpy.array(places).astype("<f4"), POINTS)
    assert [row["label"] for row in rows] == labels.tolist()


def test_a_table_by_itself_says_what_it_cannot_say(house: House) -> None:
    """Its rate and shape are told beside, as there is no manifest."""
    house.add("picks", {"points": POINTS}, sampling_rate="6.8 × 6.8 × 6.8")
    (remark,) = house.client.export("mosaic/cell", "csv", parts=["picks"]).remarks
    assert "6.8 × 6.8 × 6.8" in remark
    assert "4 × 5 × 6" in remark


def test_a_folder_has_a_manifest_and_every_object_under_a_name_of_its_own(house: House, tmp_path: Path) -> None:
    """Names repeat, and hold what no file's name may."""
    for name in ("same", "same", "../../up", "a/b:c\u202e", "."):
        house.add(name, {"points": POINTS})
    house.parts.append(
        PartRow(key="metadata", name="metadata", kind="metadata", size_bytes=5, facts={"physical_shape": "1"})
    )
    export = house.client.export("mosaic/cell", "ply")
    export.write(tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["1 same.ply", "2 same.ply", "3 _.._up.ply", "4 a_b_c_.ply", "5.ply", "manifest.json"]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert manifest["facts"] == {"shape": "4 × 5 × 6", "physical_shape": "1"}
    assert [row["files"] for row in manifest["objects"]] == [[name] for name in names[:5]]
    assert {row["unit"] for row in manifest["objects"]} == {"Å"}


def test_what_a_form_has_no_place_for_is_named_before_it_is_read(house: House) -> None:
    """By object; what a line of the header holds is none of it."""
    volume = numpy.zeros((2, 3, 4), "<f4")
    points, turned = numpy.zeros((5, 3), "<f4"), numpy.ones((5, 4), "<f4")
    house.add("volume", {"points": points, "quaternions": turned, "volume": volume})
    house.add("ball", {"points": POINTS, "center": POINTS[0], "_c": volume}, "model", model="Sphere")
    house.add(
        "hull", {"vertices": CORNERS, "triangles": TRIANGLES, "points": POINTS}, "model", vertices=4, model="FairHull"
    )
    house.contents.clear()
    told = {to: [*house.client.export("mosaic/cell", to).losses] for to in ("ply", "obj", "csv", "npy")}
    assert told["ply"] == [
        "volume: PLY has no place for its volume", "ball: PLY has no place for its fitted Sphere as such",
    ]  # fmt: skip
    assert told["obj"][0] == "volume: OBJ has no place for its quaternions, volume"
    assert told["obj"][2] == "hull: OBJ has no place for its points"
    assert told["csv"][2] == "hull: CSV has no place for its vertices, triangles, fitted FairHull as such"
    assert told["csv"][1] == "ball: CSV has no place for its center, fitted Sphere as such"
    assert told["npy"] == ["ball: NPY has no place for its fitted Sphere as such"]


def test_an_object_without_points_is_named_among_others(house: House) -> None:
    """And has no file."""
    house.add("only a grid", {"volume": numpy.zeros((2, 2, 2), "<f4")})
    house.add("points", {"points": POINTS})
    export = house.client.export("mosaic/cell", "obj")
    assert export.losses == ["only a grid: it has nothing that OBJ could hold"]
    assert export.files == ("manifest.json", "2 points.obj")
    with pytest.raises(BadField):
        house.client.export("mosaic/cell:k0", "obj")


@pytest.mark.parametrize("to", ["ply", "obj", "csv", "npy"])
def test_a_session_without_objects_is_refused_with_the_forms_that_there_are(house: House, to: str) -> None:
    """A chat has no points."""
    house.parts.append(PartRow(key="m1", name="message", kind="message", size_bytes=5))
    with pytest.raises(BadField, match="markdown") as raised:
        house.client.export("mosaic/cell", to)
    assert to not in raised.value.details["forms"]


def test_chosen_parts_are_what_goes_out(house: House, tmp_path: Path) -> None:
    """By name, key or kind; one by itself is a file, also of the form ``parts``."""
    house.add("a", {"points": POINTS})
    house.add("b", {"points": POINTS}, "model")
    house.add("c", {"points": POINTS}, "model")
    client = house.client
    assert client.export("mosaic/cell", "ply", kinds=["model"]).files == ("manifest.json", "1 b.ply", "2 c.ply")
    assert client.export("mosaic/cell", "ply", parts=["a", "k2"]).files == ("manifest.json", "1 a.ply", "2 c.ply")
    assert client.export("mosaic/cell", "parts", kinds=["cluster"]).files == ("manifest.json", "parts/1 a")
    alone = client.export("mosaic/cell:b", "parts")
    assert (alone.files, alone.file_name, b"".join(alone.read())) == (("",), "b", b"whole")
    assert client.export("mosaic/cell", "obj", parts=["a"]).file_name == "a.obj"
    for wanted in ({"parts": ["nobody"]}, {"kinds": ["nothing"]}):
        with pytest.raises(NotFound):
            client.export("mosaic/cell", "ply", **wanted)
    for to in ("native", "bundle", "markdown", "plain"):
        with pytest.raises(BadField, match="parts, ply, obj, csv, npy"):
            client.export("mosaic/cell:b", to)


@pytest.mark.parametrize("to", ["ply", "obj", "csv", "npy"])
def test_an_object_that_was_emptied_is_a_file_without_rows(house: House, to: str) -> None:
    """It is there, and a reader finds nothing in it."""
    empty = numpy.zeros((0, 3), "<f4")
    house.add("a", {"points": empty, "normals": empty, "vertex_properties/p": numpy.zeros((0, 0), "<f4")})
    content = house.file("a", to)
    if to == "ply":
        assert len(read_ply(content)[1]["vertex"]) == 0
    elif to == "csv":
        assert content == b"x_angstrom,y_angstrom,z_angstrom,nx,ny,nz\n"
    elif to == "obj":
        assert not [line for line in content.splitlines() if not line.startswith(b"#")]
    else:
        with ZipFile(io.BytesIO(content)) as archive:
            assert numpy.load(io.BytesIO(archive.read("points.npy"))).shape == (0, 3)


def test_one_array_is_one_file(house: House) -> None:
    """Called as ``cat`` calls it; what stands there is the part's where one is called so."""
    scores = numpy.array([1.5, 2.5, 3.5], "<f8")
    house.add("a/b", {"points": POINTS, "vertex_properties/score": scores})
    export = house.client.export("mosaic/cell:a/b/vertex_properties/score", "npy")
    assert export.file_name == "a_b vertex_properties_score.npy"
    assert numpy.load(io.BytesIO(b"".join(export.read()))).tolist() == scores.tolist()
    house.add("a/b/points", {"points": NORMALS})
    assert house.client.export("mosaic/cell:a/b/points", "npy").files == ("manifest.json", "points.npy")
    with pytest.raises(NotFound):
        house.client.export("mosaic/cell:a/b/none", "npy")


@pytest.mark.parametrize("to", ["ply", "obj", "csv", "npy"])
def test_an_array_that_is_shorter_than_it_should_be_is_damage(house: House, to: str) -> None:
    """Nothing is padded."""
    key = house.add("a", {"points": POINTS})
    house.contents[f"{key}/points"] = POINTS.tobytes()[:20]
    with pytest.raises(Damaged):
        house.file("a", to)


@pytest.mark.parametrize("to", ["ply", "obj"])
@pytest.mark.parametrize("corner", [-1, 4, 1 << 40, float("nan")])
def test_a_triangle_without_a_corner_is_damage_that_says_whose(house: House, to: str, corner: float) -> None:
    """No program is given a face that it would fall over, and among many objects one is to be found."""
    house.add("sound", {"vertices": CORNERS, "triangles": TRIANGLES})
    house.add("torn", {"vertices": CORNERS, "triangles": numpy.array([[0, 1, corner]])})
    with pytest.raises(Damaged, match="'torn': A triangle names a corner"):
        b"".join(house.client.export("mosaic/cell", to).read())


def test_arrays_whose_names_are_paths_have_files_beside_each_other(house: House, tmp_path: Path) -> None:
    """A property may be called as its user likes, also as the file of another one and something below it."""
    one, two = numpy.array([1.0]), numpy.array([2.0])
    house.add("a", {"points": POINTS, "vertex_properties/p": one, "vertex_properties/p.npy/q": two})
    house.client.export("mosaic/cell:a", "npy").write(tmp_path / "a")
    found = [numpy.load(path).tolist() for path in sorted((tmp_path / "a" / "vertex_properties").rglob("*.npy"))]
    assert found == [[1.0], [2.0]]


def test_a_large_object_is_never_in_memory_as_a_whole(house: House) -> None:
    """It goes out as it comes, window by window."""
    house.window_bytes = 1 << 20
    points = numpy.zeros((1_000_000, 3), "<f4")
    house.add("a", {"points": points, "normals": points.astype("<f8")})
    export = house.client.export("mosaic/cell:a", "ply")
    sizes = [len(piece) for piece in export.read()]
    assert sum(sizes) > 36_000_000
    assert max(sizes) < 8_000_000
    assert export.done_bytes >= export.size_bytes == 36_000_000
