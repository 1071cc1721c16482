"""AiderDesk 0.9 to 0.33 starts empty; the first message is saved into the one autosave slot, over yesterday's chat of
fifty messages (aiderdesk.md 4, 1; seen)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e_daemon import Daemon
from losses_adopted import Adopted, listing
from losses_documents import chat, long_chat
from losses_writers import node_writes

YESTERDAY = long_chat(50, "yesterday")
HELLO = "Good morning, where were we?"


def _project(desk: Path) -> Path:
    (desk / "project" / ".aider-desk" / "sessions").mkdir(parents=True)
    return desk / "project" / ".aider-desk" / "sessions" / ".autosaved.json"


def test_yesterdays_chat_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """One message where fifty were looks like damage; restore puts the fifty back into the slot."""
    slot = _project(desk)
    node_writes(slot, YESTERDAY)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(".autosaved", YESTERDAY)

    node_writes(slot, chat(HELLO))

    assert adopted.damaged(".autosaved", chat(HELLO))
    assert listing(slot.parent) == {".autosaved.json": chat(HELLO)}
    adopted.command("restore", ".autosaved")
    assert slot.read_bytes() == YESTERDAY
    assert adopted.flags(".autosaved") == (False, False, False)


def test_it_comes_back_when_the_daemon_slept_as_well(adopt: Callable[..., Adopted], daemon: Daemon, desk: Path) -> None:
    """The message was saved before the daemon was started: what it has seen last is what it measures by."""
    slot = _project(desk)
    node_writes(slot, YESTERDAY)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(".autosaved", YESTERDAY)
    daemon.stop()
    node_writes(slot, chat(HELLO))
    daemon.start()

    assert adopted.damaged(".autosaved", chat(HELLO))
    adopted.command("restore", ".autosaved")
    assert slot.read_bytes() == YESTERDAY


def test_todays_chat_is_kept_too(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The new chat goes on in the slot, message by message; every autosave that lay there comes back, the old one
    too."""
    slot = _project(desk)
    node_writes(slot, YESTERDAY)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(".autosaved", YESTERDAY)
    node_writes(slot, chat(HELLO))
    adopted.damaged(".autosaved", chat(HELLO))

    today = [chat(HELLO, *(f"message {place}" for place in range(count))) for count in (1, 2, 30)]
    for state in today:
        node_writes(slot, state)
        _kept(adopted, state)

    for state in (*today, YESTERDAY):
        adopted.command("restore", ".autosaved", snapshot=_kept(adopted, state))
        assert slot.read_bytes() == state


def _kept(adopted: Adopted, state: bytes) -> str:
    """Its snapshot, whether it looked like damage or not: who writes two messages over fifty may mean it."""
    return str(adopted.kept(".autosaved", state, suspect=None)["snapshot"])
