"""Renardo 1.0.0a1 to a4: saving a session also writes its copy of the startup text over the user's real startup file
(renardo.md 3.3; seen: five lines became two)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from losses_adopted import Adopted, listing
from losses_documents import renardo
from losses_writers import python_writes

MINE = "# My setup\nClock.bpm = 110\n\nfrom samples import *\nScale.default = 'minor'\n"
OF_THE_SESSION = "# My setup\nClock.bpm = 110"


def test_the_startup_file_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """startup_files/ is adopted along with the sessions; its file is a session of its own, and has a history."""
    sessions, startups = desk / "livecoding_sessions", desk / "startup_files"
    sessions.mkdir()
    startups.mkdir()
    python_writes(startups / "startup.py", MINE)
    adopted = adopt(sessions, "renardo")
    beside = replace(adopted, folder=startups, label=_label(adopted, startups))
    beside.head_is("startup", MINE.encode())

    for bar in (1, 2, 3):  # each save of the session: the startup file first, then the session
        python_writes(startups / "startup.py", OF_THE_SESSION)
        python_writes(sessions / "set.py", renardo(OF_THE_SESSION, ("a", f"p1 >> pluck([{bar}])\n")))
        adopted.head_is("set", renardo(OF_THE_SESSION, ("a", f"p1 >> pluck([{bar}])\n")).encode())
    beside.kept("startup", OF_THE_SESSION.encode())

    [event] = beside.events("changed-outside", name="startup")
    assert event["cause"] == "outside"
    beside.undone(event, MINE.encode())
    assert listing(startups) == {"startup.py": MINE.encode()}


def _label(adopted: Adopted, folder: Path) -> str:
    rows = adopted.daemon.ok("folder", "list", "--json").rows
    return next(str(row["label"]) for row in rows if Path(row["path"]) == folder)
