"""Sessions of several files, in folders that their application names: one snapshot a change, never moved or removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, listing
from e2e_daemon import Daemon, until

from holdfast_protocol.errors import NotAllowed
from holdfast_protocol.model import Ref


@pytest.fixture
def project(daemon: Daemon, house: Path) -> Iterator[Place]:
    """A project folder of Renardo's: one session of several files."""
    with daemon.client() as client:
        root = house / "projects" / "song"
        fill(root, {"main.py": b"Clock.bpm = 96\n", "drums.py": b"d1 >> play('x')\n"})
        yield adopt(daemon, client, root, "renardo", layout="project")


def _only(place: Place) -> Ref:
    [row] = place.rows().values()
    return Ref(id=row.id)


def test_a_project_folder_is_one_session(project: Place) -> None:
    """Called like the folder, with all its files."""
    [row] = project.rows().values()
    assert (row.name, row.path) == ("song", b"")
    assert project.client.load(_only(project)).files.keys() == {b"main.py", b"drums.py"}


def test_two_files_changed_at_once_are_one_snapshot(project: Place) -> None:
    """Within the settling time."""
    since = project.newest()
    (project.root / "main.py").write_bytes(b"Clock.bpm = 120\n")
    (project.root / "drums.py").write_bytes(b"d1 >> play('o')\n")
    until(lambda: project.newest() > since)
    project.settle()
    assert project.types(since) == ["changed-outside"]
    files = project.client.load(_only(project)).files
    assert (files[b"main.py"], files[b"drums.py"]) == (b"Clock.bpm = 120\n", b"d1 >> play('o')\n")


def test_a_file_more_and_a_file_less_are_changes_of_the_session(project: Place) -> None:
    """And one step back has what was."""
    (project.root / "bass.py").write_bytes(b"b1 >> bass([0])\n")
    (project.root / "drums.py").unlink()
    project.settle()
    assert project.client.load(_only(project)).files.keys() == {b"main.py", b"bass.py"}
    project.client.restore(Ref(id=_only(project).id, snapshot="-1"), published=True)
    assert {path.name for path in project.root.iterdir()} == {"main.py", "drums.py"}


@pytest.mark.parametrize("verb", ["delete", "rename"])
def test_a_fixed_folder_is_neither_moved_nor_removed(project: Place, verb: str) -> None:
    """Its application names it and may have it open; exit code 5."""
    before = listing(project.root)
    with pytest.raises(NotAllowed):
        project.client.delete(_only(project)) if verb == "delete" else project.client.rename(_only(project), "other")
    assert project.daemon.cli(verb, "renardo/song", *(["other"] if verb == "rename" else [])).code == 5
    assert listing(project.root) == before
    assert project.rows()[""].name == "song"


def test_a_task_folder_is_neither_moved_nor_removed_and_its_worktree_is_left_out(daemon: Daemon, house: Path) -> None:
    """AiderDesk's: the files of its worktree are not part of the session, and nobody hears of them."""
    with daemon.client() as client:
        task = house / "project" / ".aider-desk" / "tasks" / "0b6b2c1e-6c5c-4b54-8f0e-3f5a4c9c7d11"
        fill(task, {"settings.json": b'{"id": "x", "name": "a task"}', "context.json": b'{"contextMessages": []}'})
        fill(task / "worktree", {"large.py": b"of git's"})
        place = adopt(daemon, client, house / "project", "aiderdesk")
        [row] = place.rows().values()
        assert client.load(Ref(id=row.id)).files.keys() == {b"settings.json", b"context.json"}
        newest = place.newest()
        (task / "worktree" / "large.py").write_bytes(b"changed")
        place.settle()
        assert place.newest() == newest
        for refused in (lambda: client.delete(Ref(id=row.id)), lambda: client.rename(Ref(id=row.id), "other")):
            with pytest.raises(NotAllowed):
                refused()
        assert (task / "worktree" / "large.py").exists()
