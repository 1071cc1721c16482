"""Renardo 1.0.0a10: opening a tutorial leaves the old text in the editor, and the next switch of tabs writes that text
over the tutorial, then the tutorial over the user's own buffer. Each is saved, none looks damaged (renardo.md 3.4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted
from losses_documents import renardo
from losses_writers import python_writes

STARTUP = "Clock.bpm = 120\n"
OWN = "b1 >> bass([0, 3, 5], dur=4)\nd1 >> play('x-o-')\n"
TUTORIAL = "# Tutorial 1: players\np1 >> pluck()\n"


def test_every_save_is_kept(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Four saves, each wrong in its own way: all are the user's, and each comes back with one command."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    saves = [
        renardo(STARTUP, ("Untitled", first), ("01_players", second))
        for first, second in ((OWN, TUTORIAL), (OWN, OWN), (TUTORIAL, OWN), (TUTORIAL, TUTORIAL))
    ]
    adopted = adopt(folder, "renardo")
    for text in saves:
        python_writes(folder / "gig.py", text)
        adopted.head_is("gig", text.encode())

    assert adopted.flags("gig") == (False, False, False)
    assert [row["cause"] for row in adopted.history("gig")] == ["outside"] * 4
    assert len(adopted.events("created", "changed-outside", name="gig")) == 4
    adopted.comes_back("gig", *(text.encode() for text in saves))


def test_one_buffer_comes_back_alone(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The user's own buffer is taken out of the older save; the tutorial of the newer one stays."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    good, wrong = (renardo(STARTUP, ("mine", text), ("01_players", TUTORIAL)) for text in (OWN, TUTORIAL))
    adopted = adopt(folder, "renardo")
    for text in (good, wrong):
        python_writes(folder / "gig.py", text)
        adopted.head_is("gig", text.encode())

    adopted.command("restore", "gig", "--part", "mine", snapshot="-1")

    assert (folder / "gig.py").read_bytes() == good.encode()
