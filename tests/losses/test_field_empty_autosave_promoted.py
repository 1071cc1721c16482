"""tmux-resurrect and others: the machine shuts down during the autosave, the new file is empty, and it is put in the
place of the good one by a rename that could not be safer (anchors.md 0, 3: tmux-continuum#166, tmux-resurrect#115)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e_daemon import until
from losses_adopted import Adopted, listing
from losses_writers import replaces

GOOD = "".join(f"pane\twork\t{place}\tvim notes_{place}.txt\n" for place in range(12)).encode()


def test_the_good_file_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Of an application with no format of its own: the empty file is a suspect, whatever safe rename brought it."""
    folder = desk / "resurrect"
    folder.mkdir()
    (folder / "layout.txt").write_bytes(GOOD)
    adopted = adopt(folder, "tmux")
    adopted.head_is("layout.txt", GOOD)

    replaces(folder / "layout.txt", b"", ".layout.txt.tmp")

    assert "it is empty" in adopted.damaged("layout.txt", b"")
    assert listing(folder) == {"layout.txt": b""}
    adopted.command("restore", "layout.txt", snapshot="good")
    assert listing(folder) == {"layout.txt": GOOD}
    assert adopted.flags("layout.txt") == (False, False, False)


def test_the_good_file_comes_back_when_the_empty_one_is_deleted(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Its user throws the empty file away: undo brings back the good one, and nothing is suspect any more."""
    folder = desk / "resurrect"
    folder.mkdir()
    (folder / "layout.txt").write_bytes(GOOD)
    adopted = adopt(folder, "tmux")
    adopted.head_is("layout.txt", GOOD)
    replaces(folder / "layout.txt", b"", ".layout.txt.tmp")
    adopted.damaged("layout.txt", b"")

    (folder / "layout.txt").unlink()

    [event] = until(lambda: adopted.events("deleted-outside", name="layout.txt"))
    adopted.undone(event, GOOD)


def test_a_second_empty_one_hides_it_no_better(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The next autosave is empty too, by another file: ``@good`` is what it was."""
    folder = desk / "resurrect"
    folder.mkdir()
    (folder / "layout.txt").write_bytes(GOOD)
    adopted = adopt(folder, "tmux")
    adopted.head_is("layout.txt", GOOD)
    replaces(folder / "layout.txt", b"", ".layout.txt.tmp")
    adopted.damaged("layout.txt", b"")
    replaces(folder / "layout.txt", b"\n", ".layout.txt.tmp")
    adopted.kept("layout.txt", b"\n", suspect=None)

    replaces(folder / "layout.txt", b"", ".layout.txt.tmp")
    adopted.scan()

    adopted.comes_back("layout.txt", GOOD)
    assert adopted.rows().keys() == {"layout.txt"}
