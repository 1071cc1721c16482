"""Renardo 1.0.0a10: a session is loaded and saved again. Load fills a page variable, save exports a tab list that has
never heard of the load: of eight buffers only the startup section is written (renardo.md 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted, listing
from losses_documents import renardo
from losses_writers import python_writes

EVENING = renardo("Clock.bpm = 96\n", *((f"Untitled {place}", f"p{place} >> pluck([{place}])\n") for place in range(8)))
ONLY_STARTUP = renardo("Clock.bpm = 96\n")


def test_eight_buffers_come_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The emptied file looks like damage, the user is told why, and restore puts the eight buffers back on disk."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    python_writes(folder / "evening.py", EVENING)
    adopted = adopt(folder, "renardo")
    adopted.head_is("evening", EVENING.encode())

    python_writes(folder / "evening.py", ONLY_STARTUP)

    assert "only the startup section is left" in adopted.damaged("evening", ONLY_STARTUP.encode())
    assert listing(folder) == {"evening.py": ONLY_STARTUP.encode()}
    adopted.command("restore", "evening")
    assert listing(folder) == {"evening.py": EVENING.encode()}
    assert adopted.flags("evening") == (False, False, False)


def test_it_comes_back_after_a_day_of_going_on(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Who does not notice and goes on with what is left still has every state, one command away."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    python_writes(folder / "evening.py", EVENING)
    adopted = adopt(folder, "renardo")
    adopted.head_is("evening", EVENING.encode())
    python_writes(folder / "evening.py", ONLY_STARTUP)
    adopted.damaged("evening", ONLY_STARTUP.encode())

    later = [renardo("Clock.bpm = 96\n", ("Untitled", f"d1 >> play('{'x-o-' * beats}')\n")) for beats in (1, 2, 3)]
    for text in later:
        python_writes(folder / "evening.py", text)
        adopted.kept("evening", text.encode())

    adopted.comes_back("evening", *(text.encode() for text in (*later, EVENING)))
