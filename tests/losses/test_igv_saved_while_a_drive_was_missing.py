"""IGV opens a session while a drive is missing, drops the resources and tracks that it cannot find, and the next save
writes the session without them (igv.md 2; seen)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from losses_adopted import Adopted, listing
from losses_documents import igv
from losses_writers import java_writes


@pytest.mark.parametrize("left_count", [0, 1])
def test_the_references_come_back(adopt: Callable[..., Adopted], desk: Path, left_count: int) -> None:
    """Whether some or all of its files were away: the save without them is a suspect, and says what is missing."""
    drive, folder = desk / "drive", desk / "sessions"
    for place in (drive, folder):
        place.mkdir()
    here = folder / "here.wig"
    for track in (drive / "reads.wig", drive / "peaks.wig", here):
        track.touch()
    left = [str(here)][:left_count]
    whole = igv(*left, str(drive / "reads.wig"), str(drive / "peaks.wig"))
    java_writes(folder / "run.xml", whole)
    adopted = adopt(folder, "igv")
    adopted.head_is("run", whole)

    drive.rename(desk / "unplugged")
    java_writes(folder / "run.xml", igv(*left, locus="chr1:999-9000"))

    reason = adopted.damaged("run", igv(*left, locus="chr1:999-9000"))
    assert "reads.wig" in reason if left else "resources" in reason
    (desk / "unplugged").rename(drive)
    adopted.command("restore", "run")
    assert listing(folder) == {"here.wig": b"", "run.xml": whole}
    assert adopted.flags("run") == (False, False, False)
