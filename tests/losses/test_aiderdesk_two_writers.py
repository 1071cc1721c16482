"""Two instances of AiderDesk have one project open and save its autosave in place, unserialised: of 200 reads 71 to 102
were not valid JSON, and the last writer wins (aiderdesk.md 4, 3; seen)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from losses_adopted import Adopted
from losses_documents import long_chat
from losses_processes import Writer
from losses_writers import node_writes

BEFORE = long_chat(40, "before", text_bytes=500)
FIRST = long_chat(900, "the first window", text_bytes=1000)
SECOND = long_chat(600, "the second window", text_bytes=1000)


@pytest.fixture
def slot(desk: Path) -> Path:
    """The autosave slot of a project."""
    slot = desk / "project" / ".aider-desk" / "sessions" / ".autosaved.json"
    slot.parent.mkdir(parents=True)
    node_writes(slot, BEFORE)
    return slot


def test_writes_that_interleave_leave_damage_and_take_nothing(
    adopt: Callable[..., Adopted], desk: Path, slot: Path
) -> None:
    """Both empty the file, then write by turns: the second's session with the first's tail behind it."""
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(".autosaved", BEFORE)

    with Writer(slot, FIRST) as first, Writer(slot, SECOND) as second:
        first.step("open")
        second.step("open")
        while first.step("write") < len(FIRST):
            second.step("write")
        second.finish()
        first.step("close")
    mixed = SECOND + FIRST[len(SECOND) :]
    assert slot.read_bytes() == mixed

    assert adopted.damaged(".autosaved", mixed)
    assert slot.read_bytes() == mixed
    adopted.command("restore", ".autosaved")
    assert slot.read_bytes() == BEFORE
    assert adopted.flags(".autosaved") == (False, False, False)


def test_the_one_who_lost_comes_back(adopt: Callable[..., Adopted], desk: Path, slot: Path) -> None:
    """Each saves a whole session over the other's: the later is the head, and each is one command away."""
    adopted = adopt(desk / "project", "aiderdesk")
    adopted.head_is(".autosaved", BEFORE)
    for content in (FIRST, SECOND):
        with Writer(slot, content) as window:
            window.step("open")
            window.finish()
        assert adopted.kept(".autosaved", content)["cause"] == "outside"
    adopted.comes_back(".autosaved", FIRST, SECOND, BEFORE)
