"""IGV truncates its target and writes in place: a disk that is full, or a crash, leaves a session that ends in the
middle (igv.md 2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from losses_adopted import Adopted, listing
from losses_documents import igv
from losses_writers import JAVA_BYTES, in_place, java_writes

GOOD, NEXT = (igv(*(f"/data/sample_{place}.wig" for place in range(count))) for count in (60, 61))
ROOM_BYTES = len(NEXT) * 3 // 4


def test_the_whole_session_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Three quarters of a session are no session: a suspect, told with the reason, and one command puts it right."""
    folder = desk / "sessions"
    folder.mkdir()
    java_writes(folder / "cohort.xml", GOOD)
    adopted = adopt(folder, "igv")
    adopted.head_is("cohort", GOOD)

    with pytest.raises(OSError, match="No space"):
        in_place(folder / "cohort.xml", NEXT, JAVA_BYTES, room_bytes=ROOM_BYTES)

    assert adopted.damaged("cohort", NEXT[:ROOM_BYTES])
    assert listing(folder) == {"cohort.xml": NEXT[:ROOM_BYTES]}
    adopted.command("restore", "cohort")
    assert listing(folder) == {"cohort.xml": GOOD}
    assert adopted.flags("cohort") == (False, False, False)
