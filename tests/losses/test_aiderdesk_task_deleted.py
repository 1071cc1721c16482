"""AiderDesk deletes a task for good: its folder goes file by file (aiderdesk.md 4, 7). A folder that is half gone is no
state of the task."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_daemon import until
from losses_adopted import Adopted, listing
from losses_documents import as_javascript, long_chat, task
from losses_writers import in_one_breath, node_writes

NAME = "9b1deb4d"
BEFORE = {
    "context.json": long_chat(20, "a task", version=2),
    "settings.json": task(NAME),
    "todos.json": as_javascript({"initialUserPrompt": "go", "items": [{"name": "look", "completed": False}]}),
}


@pytest.fixture
def folder(desk: Path) -> Path:
    """A project with one task."""
    folder = desk / "project" / ".aider-desk" / "tasks" / NAME
    folder.mkdir(parents=True)
    for path, content in BEFORE.items():
        node_writes(folder / path, content)
    return folder


def test_a_task_that_its_application_deleted_comes_back(
    adopt: Callable[..., Adopted], desk: Path, folder: Path
) -> None:
    """Undo writes its files again; the worktree, of which nothing was kept, is git's to bring back."""
    (folder / "worktree").mkdir()
    node_writes(folder / "worktree" / "app.ts", b"let x = 1;\n")
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(NAME, BEFORE)
    shutil.rmtree(folder)
    [event] = until(lambda: adopted.events("deleted-outside", name=NAME))
    adopted.undone(event, BEFORE)
    assert listing(folder) == BEFORE


@pytest.mark.parametrize("first", BEFORE)
def test_a_deletion_file_by_file_comes_back_whole(
    adopt: Callable[..., Adopted], desk: Path, folder: Path, first: str
) -> None:
    """``rm -rf`` takes its time: what is left for a moment on the way is no state of the task, and not what undo
    brings back."""
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(NAME, BEFORE)
    files = [first, *(path for path in BEFORE if path != first)]
    if not in_one_breath(*((folder / path).unlink for path in files), folder.rmdir):
        pytest.skip("this machine is too busy to remove three files within the settling time")
    [event] = until(lambda: adopted.events("deleted-outside", name=NAME))
    assert len(adopted.history(NAME)) == 1
    adopted.undone(event, BEFORE)
    assert listing(folder) == BEFORE


def test_a_deletion_that_stopped_half_way_comes_back_whole(
    adopt: Callable[..., Adopted], desk: Path, folder: Path
) -> None:
    """The chat was removed, and the application was killed; later its user removes the rest. The head is the whole
    task all the time."""
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(NAME, BEFORE)
    (folder / "context.json").unlink()
    assert adopted.damaged(NAME, {path: content for path, content in BEFORE.items() if path != "context.json"})
    shutil.rmtree(folder)
    [event] = until(lambda: adopted.events("deleted-outside", name=NAME))
    adopted.undone(event, BEFORE)
