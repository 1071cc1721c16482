"""AiderDesk takes a file that it cannot parse for no session at all, silently, and the next message is saved over it
(aiderdesk.md 4, 4; seen: 50 messages became 1, and a task's context of 4 MB became 146 bytes)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted, listing
from losses_documents import chat, long_chat, task
from losses_writers import node_writes

WHOLE = long_chat(50, "refactoring")
CUT = WHOLE[: len(WHOLE) * 2 // 3]
ONE = chat("hello?")


def test_a_session_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Whole, cut, one message: the head is never one of the last two, and restore puts the whole one back."""
    slot = desk / "project" / ".aider-desk" / "sessions" / ".autosaved.json"
    slot.parent.mkdir(parents=True)
    node_writes(slot, WHOLE)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(".autosaved", WHOLE)

    node_writes(slot, CUT)
    assert adopted.damaged(".autosaved", CUT)
    node_writes(slot, ONE)
    assert adopted.damaged(".autosaved", ONE)

    assert len(adopted.events("suspect", name=".autosaved")) == 2
    assert listing(slot.parent) == {".autosaved.json": ONE}
    adopted.command("restore", ".autosaved", snapshot="good")
    assert slot.read_bytes() == WHOLE
    assert adopted.flags(".autosaved") == (False, False, False)


def test_a_tasks_context_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The task generation does the same: loading throws, autosave is switched on nevertheless."""
    folder = desk / "project" / ".aider-desk" / "tasks" / "3f0c2a9e"
    folder.mkdir(parents=True)
    whole = long_chat(400, "a long task", text_bytes=1000)
    node_writes(folder / "settings.json", task("3f0c2a9e"))
    node_writes(folder / "context.json", whole)
    adopted = adopt(desk / "project", "aiderdesk")
    good = {"context.json": whole, "settings.json": task("3f0c2a9e")}
    adopted.head_is("3f0c2a9e", good)

    node_writes(folder / "context.json", whole[:-1])
    assert adopted.damaged("3f0c2a9e", {**good, "context.json": whole[:-1]})
    node_writes(folder / "context.json", ONE)
    assert adopted.damaged("3f0c2a9e", {**good, "context.json": ONE})

    adopted.command("restore", "3f0c2a9e")
    assert listing(folder) == good
    assert adopted.flags("3f0c2a9e") == (False, False, False)
