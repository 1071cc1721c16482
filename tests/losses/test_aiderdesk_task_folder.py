"""A task of AiderDesk is a folder with a whole git worktree in it. A task folder that disappears makes the running
application remove that worktree (aiderdesk.md 4, 7), so nobody but its user may remove or rename it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from losses_adopted import Adopted, listing
from losses_documents import as_javascript, long_chat, task
from losses_writers import in_one_breath, node_writes

NAME = "9b1deb4d"
BEFORE = {
    "context.json": long_chat(20, "a task", version=2),
    "settings.json": task(NAME),
    "todos.json": as_javascript({"initialUserPrompt": "go", "items": [{"name": "look", "completed": False}]}),
}
AFTER = {**BEFORE, "context.json": long_chat(24, "a task", version=2), "settings.json": task(NAME, "DONE")}
WORKTREE = {"worktree/.git": b"gitdir: ../../../.git/worktrees/t\n", "worktree/src/app.ts": b"let x = 1;\n"}


@pytest.fixture
def folder(desk: Path) -> Path:
    """A project with one task."""
    folder = desk / "project" / ".aider-desk" / "tasks" / NAME
    (folder / "worktree" / "src").mkdir(parents=True)
    for path, content in {**BEFORE, **WORKTREE}.items():
        node_writes(folder / path, content)
    return folder


def test_files_written_in_one_breath_are_one_snapshot(adopt: Callable[..., Adopted], desk: Path, folder: Path) -> None:
    """Context, todos and settings of one moment belong together, and come back together."""
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(NAME, BEFORE)
    for count in range(24, 44):
        after = {**AFTER, "context.json": long_chat(count, "a task", version=2), "todos.json": b"{}"}
        before_count = len(adopted.history(NAME))
        swift = in_one_breath(*(partial(node_writes, folder / path, content) for path, content in after.items()))
        adopted.head_is(NAME, after)
        adopted.scan()
        if swift:
            break
    else:
        pytest.skip("this machine is too busy to write three files within the settling time")

    assert len(adopted.history(NAME)) == before_count + 1
    assert len(adopted.events("changed-outside", name=NAME)) == before_count
    adopted.comes_back(NAME, BEFORE, after)


def test_the_worktree_is_no_part_of_it(adopt: Callable[..., Adopted], desk: Path, folder: Path) -> None:
    """What is checked out there is neither kept, nor a change, nor touched when the task is restored."""
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(NAME, BEFORE)
    node_writes(folder / "worktree" / "src" / "app.ts", b"let x = 2;\n")
    (folder / "worktree" / "build").mkdir()
    node_writes(folder / "worktree" / "build" / "context.json", b"{}")
    adopted.scan()
    assert adopted.rows().keys() == {NAME}
    assert len(adopted.history(NAME)) == 1

    node_writes(folder / "context.json", AFTER["context.json"])
    adopted.kept(NAME, {**BEFORE, "context.json": AFTER["context.json"]})
    adopted.comes_back(NAME, BEFORE)
    assert (folder / "worktree" / "src" / "app.ts").read_bytes() == b"let x = 2;\n"
    assert (folder / "worktree" / "build" / "context.json").read_bytes() == b"{}"


@pytest.mark.parametrize("words", [("delete",), ("rename", "another")])
def test_it_is_neither_removed_nor_renamed_by_us(
    adopt: Callable[..., Adopted], desk: Path, folder: Path, words: tuple[str, ...]
) -> None:
    """Both are refused as not allowed, and nothing has happened."""
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(NAME, BEFORE)
    assert adopted.refused(words[0], NAME, *words[1:]).code == 5
    assert listing(folder) == {**BEFORE, **WORKTREE}
    assert adopted.flags(NAME) == (False, False, False)
