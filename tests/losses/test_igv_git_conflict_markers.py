"""Sessions of IGV that are committed to git get conflict markers, and some are committed with them (igv.md 3 and 5: one
such file is public). IGV cannot open it any more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted, listing
from losses_documents import igv
from losses_writers import recreates

OURS, THEIRS = (igv("/data/reads.wig", "/data/peaks.wig", color=color) for color in ("0,0,178", "178,0,0"))


def _conflict() -> bytes:
    """As git writes it: both sides of the lines that differ, between markers."""
    lines = []
    for ours, theirs in zip(OURS.splitlines(keepends=True), THEIRS.splitlines(keepends=True), strict=True):
        same = ours == theirs
        lines += [ours] if same else [b"<<<<<<< HEAD\n", ours, b"=======\n", theirs, b">>>>>>> colors\n"]
    return b"".join(lines)


def test_the_session_before_the_merge_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """A file with markers is never the head, however git put it there, and one command puts the good one back."""
    folder = desk / "repository" / "sessions"
    folder.mkdir(parents=True)
    (folder / "cohort.xml").write_bytes(OURS)
    adopted = adopt(folder, "igv")
    adopted.head_is("cohort", OURS)

    recreates(folder / "cohort.xml", _conflict())

    assert adopted.damaged("cohort", _conflict())
    assert listing(folder) == {"cohort.xml": _conflict()}
    adopted.command("restore", "cohort")
    assert listing(folder) == {"cohort.xml": OURS}
    assert adopted.flags("cohort") == (False, False, False)


def test_a_deletion_between_hides_no_damage(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The old file was gone long enough to be seen as deleted: what then comes is measured against it nevertheless."""
    folder = desk / "repository" / "sessions"
    folder.mkdir(parents=True)
    (folder / "cohort.xml").write_bytes(OURS)
    adopted = adopt(folder, "igv")
    adopted.head_is("cohort", OURS)
    (folder / "cohort.xml").unlink()
    adopted.gone("cohort")

    recreates(folder / "cohort.xml", _conflict())

    assert adopted.damaged("cohort", _conflict())
    adopted.command("restore", "cohort")
    assert listing(folder) == {"cohort.xml": OURS}
