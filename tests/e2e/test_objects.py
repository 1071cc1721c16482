"""Mosaic's sessions leave the house for its other versions, and its objects for other programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from e2e_daemon import Daemon

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made


@pytest.fixture
def cell(shared: Daemon) -> str:
    """A session with a group of clusters, a segmentation and a mesh."""
    world = made.World()
    segmentation = world.geometry("seg", 3, kind="SegmentationGeometry")
    del segmentation.representation
    clusters = [world.geometry("inner", 4), segmentation]
    models = [world.geometry("hull", 6, model=world.mesh())]
    shared.ok("save", "mosaic/cell", "-", content=world.pickled(world.session(clusters, models)))
    return "mosaic/cell"


def test_a_session_for_another_version_says_what_that_leaves_out(shared: Daemon, cell: str, tmp_path: Path) -> None:
    """Part by part, before it is written; --strict refuses."""
    place = tmp_path / "cell.pickle"
    refused = shared.cli("export", cell, "--to", "1.2.4", "-o", str(place), "--strict")
    assert refused.code != 0
    assert not place.exists()
    said = shared.cli("export", cell, "--to", "1.2.4", "-o", str(place))
    assert said.code == 0
    for told in (refused.err, said.err):
        assert "seg" in told
        assert "curvature" in told
    assert b"mosaic.formats.parser" in place.read_bytes()
    assert shared.cli("export", cell, "--to", "1.3.1", "-o", str(tmp_path / "newer"), "--strict").code == 0
    shared.ok("import", str(place), "--name", "old")
    assert "1.2.4" in shared.ok("show", "mosaic/old").text


def test_objects_go_out_as_files_with_a_manifest(shared: Daemon, cell: str, tmp_path: Path) -> None:
    """A directory of them, those of a kind, or one by itself to standard output."""
    shared.ok("export", cell, "--to", "ply", "-o", str(tmp_path / "ply"))
    assert sorted(path.name for path in (tmp_path / "ply").iterdir()) == [
        "1 inner.ply", "2 seg.ply", "3 hull.ply", "manifest.json",
    ]  # fmt: skip
    manifest = json.loads((tmp_path / "ply" / "manifest.json").read_bytes())
    assert (manifest["session"], manifest["facts"]["shape"]) == ("cell", "400 × 400 × 200")
    shared.ok("export", cell, "--to", "obj", "--kind", "model", "-o", str(tmp_path / "obj"))
    assert sorted(path.name for path in (tmp_path / "obj").iterdir()) == ["1 hull.obj", "manifest.json"]
    rows = shared.ok("export", f"{cell}:inner", "--to", "csv", "-o", "-").text.splitlines()
    assert rows[0] == "x_angstrom,y_angstrom,z_angstrom,curvature"
    assert len(rows) == 5


def test_a_part_goes_out_as_a_file(shared: Daemon, cell: str, tmp_path: Path) -> None:
    """Its very bytes; what is of whole sessions refuses it with a sentence."""
    shared.ok("export", f"{cell}:inner", "--to", "parts", "-o", str(tmp_path / "inner"))
    assert (tmp_path / "inner").read_bytes() == shared.ok("cat", f"{cell}:inner").out
    refused = shared.cli("export", f"{cell}:inner", "--to", "markdown", "-o", str(tmp_path / "no.md"))
    assert refused.code == 2
    assert "whole session" in refused.err
    shared.ok("save", "renardo/plain", "-", content=b"p1 >> a\n")
    refused = shared.cli("export", "renardo/plain", "--to", "ply", "-o", str(tmp_path / "no"))
    assert refused.code == 2
    assert "native, parts, bundle, markdown" in refused.err
