"""Renardo: a buffer holds half of a surrogate pair. ``open('w')`` empties the file, the write fails, and the session
that was there is 0 bytes (renardo.md 3.3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from losses_adopted import Adopted, listing
from losses_documents import renardo
from losses_writers import python_writes

GOOD = renardo("Clock.bpm = 110\n", ("melody", "m1 >> blip([0, 4, 7])\n"), ("drums", "d1 >> play('x-o-')\n"))
CANNOT_BE_ENCODED = renardo("Clock.bpm = 110\n", ("melody", "# \ud83d half a face\n"))


def test_the_emptied_session_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """An empty file is never the head; the good one is ``@good`` and on disk again after one command."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    python_writes(folder / "set.py", GOOD)
    adopted = adopt(folder, "renardo")
    adopted.head_is("set", GOOD.encode())

    with pytest.raises(UnicodeEncodeError):
        python_writes(folder / "set.py", CANNOT_BE_ENCODED)

    assert "it is empty" in adopted.damaged("set", b"")
    assert listing(folder) == {"set.py": b""}
    adopted.command("restore", "set", snapshot="good")
    assert listing(folder) == {"set.py": GOOD.encode()}
    assert adopted.flags("set") == (False, False, False)
