"""Mosaic saves over an existing session while the disk is full: 90,426,089 bytes became 20,971,520 that nothing can
read (mosaic.md 4, 1 and 3; seen: ``O_TRUNC`` and 34 writes, no sync, no rename). Here a thirtieth of that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from losses_adopted import Adopted, listing
from losses_documents import mosaic
from losses_writers import in_place

GOOD = mosaic(90_000, 80_000, 80_000)
NEXT = mosaic(90_000, 78_000, 80_000)
ROOM_BYTES = 700_000


def test_the_session_before_the_full_disk_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """What fitted on the disk is kept as damage, told with its reason, and one command puts the good bytes back."""
    folder = desk / "tomograms"
    folder.mkdir()
    session = folder / "membranes.pickle"
    in_place(session, GOOD, len(GOOD) // 33)
    adopted = adopt(folder, "mosaic")
    adopted.head_is("membranes", GOOD)

    with pytest.raises(OSError, match="No space"):
        in_place(session, NEXT, len(NEXT) // 33, room_bytes=ROOM_BYTES)

    assert adopted.damaged("membranes", NEXT[:ROOM_BYTES])
    assert listing(folder) == {"membranes.pickle": NEXT[:ROOM_BYTES]}
    adopted.command("restore", "membranes", snapshot="good")
    assert listing(folder) == {"membranes.pickle": GOOD}
    assert adopted.flags("membranes") == (False, False, False)


def test_saving_again_with_room_needs_no_help(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Who makes room and saves again has the new session as the head, and the old one a command away."""
    folder = desk / "tomograms"
    folder.mkdir()
    session = folder / "membranes.pickle"
    in_place(session, GOOD, len(GOOD) // 33)
    adopted = adopt(folder, "mosaic")
    adopted.head_is("membranes", GOOD)
    with pytest.raises(OSError, match="No space"):
        in_place(session, NEXT, len(NEXT) // 33, room_bytes=ROOM_BYTES)
    adopted.damaged("membranes", NEXT[:ROOM_BYTES])

    in_place(session, NEXT, len(NEXT) // 33)

    adopted.head_is("membranes", NEXT)
    assert adopted.flags("membranes") == (False, False, False)
    adopted.comes_back("membranes", GOOD, NEXT)
