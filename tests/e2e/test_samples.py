"""Renardo's real files, through the whole house."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_daemon import Daemon

OWN = sorted((Path(__file__).parents[1] / "data/renardo").glob("*.py"))
SHARED = Path(__file__).parents[3] / "shared/samples/renardo"
SAMPLES = [*OWN, *sorted(SHARED.glob("*.py"))]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_comes_back_to_the_byte(sample: Path, shared: Daemon, tmp_path: Path) -> None:
    """An imported Renardo file is given back by cat and load as it was, and so it lies in the folder."""
    content = sample.read_bytes()
    shared.ok("import", str(sample), "--app", "renardo")
    shared.ok("load", f"renardo/{sample.stem}", "-o", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content
    assert shared.ok("cat", f"renardo/{sample.stem}").out == content
    assert (shared.sessions / shared.show(f"renardo/{sample.stem}")["path"]).read_bytes() == content


def test_a_project_folder_comes_back_to_the_byte(shared: Daemon, tmp_path: Path) -> None:
    """A Renardo project of several files is one session, and a folder of the same files."""
    project = SHARED / "a22_project"
    if not project.exists():
        pytest.skip(f"{project} is not part of this tree")
    shared.ok("import", str(project), "--app", "renardo", "--name", "project")
    expected = {str(file.relative_to(project)): file.read_bytes() for file in project.rglob("*") if file.is_file()}
    visible = shared.sessions / shared.show("renardo/project")["path"]
    assert {str(f.relative_to(visible)): f.read_bytes() for f in visible.rglob("*") if f.is_file()} == expected
    for path, content in expected.items():
        assert shared.ok("cat", "renardo/project", "--path", path).out == content
