"""Renardo: the box for the name is always empty and asks nothing, so another evening's session is saved under the same
name (renardo.md 3.3). And what an editor wrote into the file while Renardo had it open is saved over as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted
from losses_documents import renardo
from losses_writers import python_writes

MONDAY = renardo("Clock.bpm = 96\n", ("intro", "p1 >> pads([0, 2])\n"), ("drop", "b1 >> bass(dur=PDur(3, 8))\n"))
TUESDAY = renardo("Clock.bpm = 140\n", ("noise", "n1 >> noise(amp=.2)\n"))


def test_both_evenings_are_kept(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The later is the head and looks well; undo brings the earlier one back, and each comes back by its snapshot."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    adopted = adopt(folder, "renardo")
    for text in (MONDAY, TUESDAY):
        python_writes(folder / "set.py", text)
        adopted.head_is("set", text.encode())

    assert adopted.flags("set") == (False, False, False)
    [event] = adopted.events("changed-outside", name="set")
    adopted.undone(event, MONDAY.encode())
    adopted.comes_back("set", TUESDAY.encode(), MONDAY.encode())


def test_what_an_editor_wrote_meanwhile_is_kept(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Renardo never learns of the edit and saves its own text over it: both are snapshots."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    edited = MONDAY.replace("PDur(3, 8)", "PDur(5, 8)")
    saved = MONDAY.replace("[0, 2]", "[0, 2, 4]")
    adopted = adopt(folder, "renardo")
    for text in (MONDAY, edited, saved):
        python_writes(folder / "set.py", text)
        adopted.head_is("set", text.encode())

    adopted.comes_back("set", *(text.encode() for text in (edited, saved, MONDAY)))
