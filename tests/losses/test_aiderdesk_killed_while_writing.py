"""AiderDesk writes in place, so that a SIGKILL in the middle leaves half a session (aiderdesk.md 4, 3; seen: five to
ten unreadable files in forty kills)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted
from losses_documents import long_chat
from losses_processes import Writer
from losses_writers import node_writes

GOOD = long_chat(1000, "before", text_bytes=1500)
NEXT = long_chat(1001, "after", text_bytes=1500)


def test_the_session_before_the_kill_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Half a session is kept as what it is, and never the head; restore puts the whole one back."""
    sessions = desk / "project" / ".aider-desk" / "sessions"
    sessions.mkdir(parents=True)
    node_writes(sessions / "big.json", GOOD)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is("big", GOOD)

    with Writer(sessions / "big.json", NEXT) as application:
        application.step("open")
        application.step("write")
        written = application.step("write")
        application.kill()
    assert 0 < written < len(NEXT)

    assert adopted.damaged("big", NEXT[:written])
    assert (sessions / "big.json").read_bytes() == NEXT[:written]
    adopted.command("restore", "big")
    assert (sessions / "big.json").read_bytes() == GOOD
    assert adopted.flags("big") == (False, False, False)


def test_a_kill_right_after_the_emptying_loses_nothing(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The file is opened and emptied, and the application is gone: the file is empty, the session is not."""
    sessions = desk / "project" / ".aider-desk" / "sessions"
    sessions.mkdir(parents=True)
    node_writes(sessions / "big.json", GOOD)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is("big", GOOD)

    with Writer(sessions / "big.json", NEXT) as application:
        application.step("open")
        application.kill()

    assert "it is empty" in adopted.damaged("big", b"")
    adopted.command("restore", "big")
    assert (sessions / "big.json").read_bytes() == GOOD


def test_what_a_slow_writer_finishes_is_the_head(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Half of it was taken for damage while it lay there; once it is whole, nobody has to accept it."""
    sessions = desk / "project" / ".aider-desk" / "sessions"
    sessions.mkdir(parents=True)
    node_writes(sessions / "big.json", GOOD)
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is("big", GOOD)

    with Writer(sessions / "big.json", NEXT) as application:
        application.step("open")
        written = application.step("write")
        assert adopted.damaged("big", NEXT[:written])
        application.finish()

    adopted.head_is("big", NEXT)
    assert adopted.flags("big") == (False, False, False)
    adopted.comes_back("big", GOOD, NEXT)
