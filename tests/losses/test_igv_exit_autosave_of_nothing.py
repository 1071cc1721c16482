"""IGV saves on exit into one file, always the same: New, then Exit, and the day's work in it is replaced by the genome
alone (igv.md 2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted, listing
from losses_documents import IGV_NEW, igv
from losses_writers import java_writes

LEAF = "exit_session_autosave.xml"
NAME = LEAF.removesuffix(".xml")
DAY = igv("/data/tumor.wig", "/data/normal.wig", "/data/genes.wig")


def test_the_days_work_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """A session without any resource over one with three is a suspect; ``@good`` is on disk after one command."""
    folder = desk / "igv" / "autosave"
    folder.mkdir(parents=True)
    java_writes(folder / LEAF, DAY)
    adopted = adopt(folder, "igv")
    adopted.head_is(NAME, DAY)

    java_writes(folder / LEAF, IGV_NEW)

    assert "none of its 3 resources is left" in adopted.damaged(NAME, IGV_NEW)
    assert listing(folder) == {LEAF: IGV_NEW}
    adopted.command("restore", NAME, snapshot="good")
    assert listing(folder) == {LEAF: DAY}
    assert adopted.flags(NAME) == (False, False, False)


def test_a_new_day_after_it_is_no_damage(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The next exit with other tracks, all of them there, is a good state again, and both days come back."""
    folder = desk / "igv" / "autosave"
    folder.mkdir(parents=True)
    tracks = [desk / f"{name}.wig" for name in ("tumor", "normal", "other")]
    for track in tracks:
        track.touch()
    day, tomorrow = (igv(*map(str, chosen)) for chosen in (tracks[:2], tracks[2:]))
    java_writes(folder / LEAF, day)
    adopted = adopt(folder, "igv")
    adopted.head_is(NAME, day)
    java_writes(folder / LEAF, IGV_NEW)
    adopted.damaged(NAME, IGV_NEW)

    java_writes(folder / LEAF, tomorrow)

    adopted.head_is(NAME, tomorrow)
    adopted.comes_back(NAME, day, tomorrow)
