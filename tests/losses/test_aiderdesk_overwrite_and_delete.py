"""AiderDesk's Sessions Popup: the disk icon saves the chat of now over a named session without asking, and the dustbin
removes one for good (aiderdesk.md 1 and 4, 8)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e_daemon import until
from losses_adopted import Adopted
from losses_documents import chat, long_chat
from losses_writers import node_writes

DESIGN = long_chat(12, "design")
NOW = chat("an idea", "an answer", "thanks", files=("src/other.ts",))


def test_an_overwritten_session_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Both chats are kept; the one from the disk icon is the head, as its user wanted."""
    sessions = desk / "project" / ".aider-desk" / "sessions"
    sessions.mkdir(parents=True)
    node_writes(sessions / "design v1.0.json", DESIGN)
    adopted = adopt(desk / "project", "aiderdesk")
    longer = long_chat(6, "another day")
    for state in (DESIGN, longer):
        node_writes(sessions / "design v1.0.json", state)
        adopted.head_is("design v1.0", state)
    adopted.comes_back("design v1.0", DESIGN, longer)


def test_a_deleted_session_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """One unlink is one event, at once; ``undo`` without a number is enough."""
    sessions = desk / "project" / ".aider-desk" / "sessions"
    sessions.mkdir(parents=True)
    for name, state in (("design", DESIGN), ("now", NOW)):
        node_writes(sessions / f"{name}.json", state)
    adopted = adopt(desk / "project", "aiderdesk")

    (sessions / "design.json").unlink()

    until(lambda: adopted.events("deleted-outside", name="design"))
    assert adopted.rows().keys() == {"now"}
    adopted.daemon.ok("undo")
    assert (sessions / "design.json").read_bytes() == DESIGN
    assert adopted.rows().keys() == {"design", "now"}
    assert adopted.row()["held"] is None
