"""AiderDesk drops context files that are not there when a task is opened (another branch is checked out, a disk is
away) and saves the task without them (aiderdesk.md 4, 6; seen)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted, listing
from losses_documents import chat, task
from losses_writers import node_writes

MESSAGES = ("rename the parser", "done", "and its tests")


def test_the_list_of_files_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Both lists are kept, and one restore puts the whole one back; whether the shorter was meant, its user says."""
    folder = desk / "project" / ".aider-desk" / "tasks" / "3f0c2a9e"
    folder.mkdir(parents=True)
    (desk / "project" / "README.md").touch()
    whole = chat(*MESSAGES, files=("README.md", "src/parser.ts", "src/tests.ts"), version=2)
    fewer = chat(*MESSAGES, files=("README.md",), version=2)
    node_writes(folder / "settings.json", task("3f0c2a9e"))
    node_writes(folder / "context.json", whole)
    good = listing(folder)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is("3f0c2a9e", good)

    node_writes(folder / "context.json", fewer)

    adopted.kept("3f0c2a9e", {**good, "context.json": fewer}, suspect=None)
    adopted.comes_back("3f0c2a9e", good)
    assert listing(folder) == good
