"""Objects of a session that the real Mosaic made, exported, are read by Open3D, VTK and NumPy: what they read are the
numbers that Mosaic has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mosaic_desk import Desk, arrays_of
from programs.mosaic import Mosaic
from programs.presence import there
from programs.processes import run

import holdfast

READER = Path(__file__).parent / "programs" / "object_reader.py"
CLUSTERS = ("membrane 0", "membrane 1", "membrane 2", "with normals", "densities", "segmentation")
MODELS = ("sphere", "ellipsoid", "cylinder", "sheet", "curve", "line", "mesh", "run")
MESHES = ("mesh", "run")


@pytest.fixture(scope="module")
def seen(newest: Mosaic, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, dict]]:
    """A session with an object of every class, and what Mosaic sees of each."""
    desk = Desk(tmp_path_factory.mktemp("desk"), newest, ".pickle")
    document = desk.made()
    return document, {name: each["state"] for name, each in desk.seen(document)["objects"].items()}


@pytest.fixture
def read(client: holdfast.Client, seen: tuple[bytes, dict[str, dict]], tmp_path: Path, request: pytest.FixtureRequest):
    """Exports it in the form, and what the readers have of each object's files."""
    client.save("mosaic", "everything", seen[0])
    client.export("mosaic/everything", request.param).write(tmp_path / "out")
    words = [str(there("mosaic-1.3.2").python), "-I", str(READER), str(tmp_path / "out")]
    told = run(words, limit_seconds=90, is_split=True)
    files = json.loads(told.output)
    names = {path: path.partition("/")[0].removesuffix(f".{request.param}").partition(" ")[2] for path in files}
    return {name: {path: files[path] for path in files if names[path] == name} for name in names.values()}


@pytest.mark.parametrize("read", ["ply"], indirect=True)
def test_a_ply_has_mosaics_points_and_meshes(read: dict[str, dict], seen: tuple[bytes, dict[str, dict]]):
    """Fact 16: as many, in the same places, by two readers."""
    assert read.keys() == {*CLUSTERS, *MODELS}
    for name, state in seen[1].items():
        (found,) = read[name].values()
        whole = state["model"]["state"] if name in MESHES else state
        places = whole["vertices" if name in MESHES else "points"]
        assert found["open3d"]["points"]["shape"] == found["vtk"]["points"]["shape"] == places["shape"]
        assert places["sha256"] in found["open3d"]["points"]["digests"]
        assert state["points"]["sha256"] in found["vtk"]["points"]["digests"]
        for reader in found.values():
            if name in MESHES:
                assert whole["triangles"]["sha256"] in reader["triangles"]["digests"]
        if name == "with normals":
            assert state["normals"]["sha256"] in found["open3d"]["normals"]["digests"]


@pytest.mark.parametrize("read", ["obj"], indirect=True)
def test_an_obj_has_mosaics_points_and_meshes(read: dict[str, dict], seen: tuple[bytes, dict[str, dict]]):
    """Fact 16: the same numbers, though they are text."""
    for name, state in seen[1].items():
        (found,) = read[name].values()
        assert state["points"]["shape"] == found["vtk"]["points"]["shape"]
        assert state["points"]["sha256"] in found["vtk"]["points"]["digests"]
        if name in MESHES:
            assert state["model"]["state"]["triangles"]["sha256"] in found["vtk"]["triangles"]["digests"]


@pytest.mark.parametrize("read", ["npy"], indirect=True)
def test_npy_files_are_mosaics_arrays(read: dict[str, dict], seen: tuple[bytes, dict[str, dict]]):
    """Fact 3: of every object every array, with type, shape and bytes."""
    for name, state in seen[1].items():
        ours = {(each["dtype"], tuple(each["shape"]), each["sha256"]) for each in read[name].values()}
        theirs = {*arrays_of(state)}
        assert ours <= theirs
        assert {each for each in theirs if len(each[1]) > 1} <= ours
