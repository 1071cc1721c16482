"""A session of IGV 2.19 is opened and saved by a colleague's 2.16: what 2.16 does not know is lost from it, and nothing
says so (igv.md 4 and 6, 16; seen: ``duplicatesOption``, ``arcOption``)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted
from losses_documents import igv
from losses_writers import java_writes

RICHER = igv("/data/reads.wig", more=' arcOption="ALL" duplicatesOption="SHOW"')
POORER = igv("/data/reads.wig", locus="chr1:999-9000")


def test_the_richer_one_is_kept(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The colleague's save is the head and no damage; the richer one is one command away, and so is the poorer."""
    folder = desk / "shared"
    folder.mkdir()
    adopted = adopt(folder, "igv")
    for state in (RICHER, POORER):
        java_writes(folder / "cohort.xml", state)
        adopted.head_is("cohort", state)

    assert adopted.flags("cohort") == (False, False, False)
    [event] = adopted.events("changed-outside", name="cohort")
    adopted.undone(event, RICHER)
    adopted.comes_back("cohort", POORER, RICHER)


def test_what_was_lost_is_told(adopt: Callable[..., Adopted], desk: Path) -> None:
    """``diff`` names the track whose attributes have gone."""
    folder = desk / "shared"
    folder.mkdir()
    adopted = adopt(folder, "igv")
    for state in (RICHER, POORER):
        java_writes(folder / "cohort.xml", state)
        adopted.head_is("cohort", state)
    assert "reads.wig" in adopted.command("diff", "cohort").text
