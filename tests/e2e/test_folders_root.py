"""The root of an adopted folder: away, back, another one, not to be read. Its sessions are never taken for deleted."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, hears, identities, own
from e2e_daemon import Daemon, until


@pytest.fixture
def place(daemon: Daemon, house: Path) -> Iterator[Place]:
    """An adopted folder with four sessions: fewer than the breaker minds. It lies in a folder that may be moved."""
    with daemon.client() as client:
        fill(house / "disk" / "notes", range(4))
        yield adopt(daemon, client, house / "disk" / "notes")


@pytest.mark.parametrize("moved", ["notes", "disk"])
def test_a_root_that_is_moved_away_is_held_until_it_is_back(place: Place, house: Path, moved: str) -> None:
    """Itself, or a folder above it, as an unmounted disk; no session leaves, and then it is watched as before."""
    before = identities(place)
    there = place.root if moved == "notes" else place.root.parent
    there.rename(house / "away")
    assert str(place.root) in place.held()
    assert identities(place) == before
    assert place.state().watching == ""
    (house / "away").rename(there)
    place.released()
    assert identities(place) == before
    assert "deleted-outside" not in place.types()
    hears(place)


@pytest.mark.parametrize("rounds", [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
def test_a_root_that_is_away_for_a_moment_is_watched_again(shared: Daemon, house: Path, rounds: int) -> None:
    """Away and back, so and so often, before anybody looked: it is not deaf for an hour then, nor polled for ever."""
    with shared.client() as client:
        fill(house / f"notes-{rounds}", range(4))
        place = adopt(shared, client, house / f"notes-{rounds}")
        for _ in range(rounds):
            place.root.rename(house / "away")
            (house / "away").rename(place.root)
        hears(place)


def test_a_root_that_is_removed_with_all_in_it_is_held(place: Place) -> None:
    """rm -r: the files' deletions are reversed once their folder is gone too."""
    before = identities(place)
    shutil.rmtree(place.root)
    assert "is gone" in place.held()
    until(lambda: identities(place) == before)
    standing = [row for row in place.operations() if row.type == "deleted-outside" and row.undone_by is None]
    assert standing == []


def test_an_empty_folder_in_its_place_is_not_believed(place: Place, house: Path) -> None:
    """An empty mount point is not everything deleted."""
    before = identities(place)
    place.root.rename(house / "away")
    place.root.mkdir()
    assert "Another folder" in until(lambda: (held := place.held()) and "Another" in held and held)
    assert identities(place) == before
    place.root.rmdir()
    (house / "away").rename(place.root)
    place.released()
    assert identities(place) == before
    hears(place)


def test_a_copy_in_its_place_is_the_folder(place: Place, house: Path) -> None:
    """A restored backup has other inodes and the same files: no session is new, and it is watched."""
    before = identities(place)
    place.root.rename(house / "away")
    place.held()
    shutil.copytree(house / "away", place.root)
    place.released()
    assert identities(place) == before
    hears(place)


def test_a_copy_that_takes_its_place_at_once_is_watched(place: Place, house: Path) -> None:
    """A disk is exchanged for its copy between two looks: nothing is lost, and the new one is heard."""
    before = identities(place)
    disk = place.root.parent
    shutil.copytree(disk, house / "copy")
    (house / "copy" / "notes" / "1").write_bytes(b"changed in the copy")
    code = (
        "import ctypes, os, sys; "
        "sys.exit(ctypes.CDLL(None).renameat2(-100, os.fsencode(sys.argv[1]), -100, os.fsencode(sys.argv[2]), 2) != 0)"
    )
    subprocess.run([sys.executable, "-c", code, str(house / "copy"), str(disk)], check=True, timeout=20)
    until(lambda: place.head("1") == b"changed in the copy", 40)
    assert identities(place) == before
    hears(place)


def test_a_folder_made_anew_under_the_same_inode_is_watched(place: Place) -> None:
    """Many file systems give a freed number to the next folder."""
    shutil.rmtree(place.root)
    place.root.mkdir()
    fill(place.root, range(4))
    place.released()
    place.settle()
    assert place.rows().keys() == {"0", "1", "2", "3"}
    hears(place)


def test_changes_of_a_root_that_was_away_are_seen(place: Place, house: Path) -> None:
    """What happened on the disk elsewhere is found when it is back: changed, new, deleted."""
    identity = place.row("1").id
    place.root.rename(house / "away")
    place.held()
    (house / "away" / "1").write_bytes(b"changed elsewhere")
    (house / "away" / "2").unlink()
    (house / "away" / "4").write_bytes(b"new")
    (house / "away").rename(place.root)
    place.released()
    place.settle()
    assert place.rows().keys() == {"0", "1", "3", "4"}
    assert place.history(identity) == [b"changed elsewhere", b"this is 1"]


def test_a_deletion_just_before_the_root_goes_away_stands(place: Place, house: Path) -> None:
    """It may have been the beginning of its removal, and was not: when the folder is back, the rest is there."""
    (place.root / "2").unlink()
    until(lambda: "2" not in place.rows())
    place.root.rename(house / "away")
    place.held()
    (house / "away").rename(place.root)
    place.released()
    assert place.rows().keys() == {"0", "1", "3"}
    hears(place)


def test_all_of_few_sessions_do_not_come_back(place: Place, house: Path) -> None:
    """The same folder, empty: that is a disk's loss, or another disk, and no four deletions. Their return ends it."""
    before = identities(place)
    place.root.rename(house / "away")
    place.held()
    for path in [*(house / "away").iterdir()]:
        path.rename(house / path.name)
    (house / "away").rename(place.root)
    until(lambda: "4 of its 4 sessions did not come back" in (place.state().held or ""))
    assert identities(place) == before
    fill(place.root, range(4))
    place.released()
    assert identities(place) == before
    assert "deleted-outside" not in place.types()


def test_why_it_is_held_outlasts_the_root(daemon: Daemon, house: Path) -> None:
    """Too many sessions went; then the whole folder was away for a while: it is still held for the first."""
    fill(house / "notes", range(12))
    with daemon.client() as client:
        place = adopt(daemon, client, house / "notes")
        for number in range(6):
            (place.root / str(number)).unlink()
        loss = place.held()
        assert "of its 12 sessions went" in loss
        place.root.rename(house / "away")
        until(lambda: f"is gone; before that, {loss}" in (place.state().held or ""))
        (house / "away").rename(place.root)
        until(lambda: place.state().held == loss and place.state().watching)
        client.folder_scan(place.folder)
        assert len(place.rows()) == 12


def test_a_folder_that_is_copied_back_slowly_loses_nothing(place: Place, house: Path) -> None:
    """One file after the other comes, with pauses: the same sessions, none deleted meanwhile."""
    before = identities(place)
    place.root.rename(house / "away")
    place.held()
    place.root.mkdir()
    for number in range(4):
        (place.root / str(number)).write_bytes((house / "away" / str(number)).read_bytes())
        time.sleep(1.5)  # a slow disk
    place.released()
    assert identities(place) == before
    assert "deleted-outside" not in place.types()
    hears(place)


def test_the_loss_of_a_whole_folder_can_be_accepted(place: Place) -> None:
    """It is gone and will not come back: its sessions leave the list, and stay so."""
    shutil.rmtree(place.root)
    place.held()
    until(lambda: len(place.rows()) == 4)
    place.daemon.ok("folder", "scan", place.folder, "--accept")
    assert place.rows() == {}
    place.daemon.restart()
    until(lambda: place.state().held)
    assert place.rows() == {}


def test_another_folder_is_believed_when_somebody_says_so(place: Place, house: Path) -> None:
    """What stands there is the folder now: the old sessions are deleted, the new ones are there."""
    place.root.rename(house / "away")
    place.root.mkdir()
    (place.root / "new").write_bytes(b"new")
    until(lambda: "Another" in place.held())
    place.daemon.ok("folder", "scan", place.folder, "--accept")
    place.settle()
    assert place.rows().keys() == {"new"}
    assert place.state().held is None
    assert [row.type for row in place.operations() if row.undone_by is None].count("deleted-outside") == 4


def test_a_save_waits_for_a_root_that_is_away(place: Place, house: Path) -> None:
    """It is durable, and on disk when the folder is back; nothing is made where the folder was."""
    place.root.rename(house / "away")
    place.held()
    said = place.daemon.ok("save", "notes/0", "-", "--folder", place.folder, content=b"saved meanwhile")
    assert "is gone; the change is kept, and written once that can be" in said.err
    assert place.head("0") == b"saved meanwhile"
    assert not place.root.exists()
    (house / "away").rename(place.root)
    until(lambda: (place.root / "0").read_bytes() == b"saved meanwhile")


def test_a_root_that_is_away_at_the_start_is_held(place: Place, house: Path) -> None:
    """The daemon starts, the sessions are listed, and the folder is watched once it is there."""
    before = identities(place)
    place.daemon.stop()
    place.root.rename(house / "away")
    place.daemon.start()
    assert place.held()
    assert identities(place) == before
    (house / "away").rename(place.root)
    place.released()
    assert identities(place) == before
    hears(place)


def test_a_root_that_becomes_a_file_is_held(place: Place, house: Path) -> None:
    """Whatever stands there, it is no folder."""
    before = identities(place)
    place.root.rename(house / "away")
    place.root.write_bytes(b"a file")
    assert place.held()
    assert identities(place) == before
    assert place.root.read_bytes() == b"a file"


def test_a_scan_of_a_folder_that_is_away_ends(place: Place, house: Path) -> None:
    """Nobody waits for what cannot be: the answer says that it is held. So does the barrier's."""
    place.root.rename(house / "away")
    [row] = place.client.folder_scan(place.folder, timeout_seconds=10).rows
    assert row.held
    place.client.settle(place.folder, timeout_seconds=10)


def test_what_was_seen_while_the_folder_could_not_be_marked_is_not_forgotten(daemon: Daemon) -> None:
    """Something stands in the place of the sessions folder's mark, and goes again: the edit of that time is told."""
    with daemon.client() as client:
        place = own(daemon, client)
        file = place.write("x", b"one")
        mark = daemon.sessions / ".holdfast-folder"
        mark.unlink()
        mark.mkdir()
        file.write_bytes(b"edited by hand")
        until(lambda: "Is a directory" in place.problems())
        mark.rmdir()
        until(lambda: place.head("x") == b"edited by hand")


def test_a_mark_that_is_right_is_not_written_again(daemon: Daemon) -> None:
    """A start that is cut off in the middle of it would leave a folder that nothing is believed of."""
    mark = daemon.sessions / ".holdfast-folder"
    before = mark.stat()
    daemon.restart()
    assert (mark.stat().st_ino, mark.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
