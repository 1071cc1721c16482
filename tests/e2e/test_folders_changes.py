"""What happens to one file of a watched folder, adopted or the daemon's own, and what its history says then."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, own
from e2e_daemon import Daemon, until

_NUMBERS = itertools.count(1)


@pytest.fixture(params=["adopted", "sessions"])
def place(request: pytest.FixtureRequest, shared: Daemon, house: Path) -> Iterator[Place]:
    """A folder of this test's own, with twelve sessions that nothing happens to, so that no breaker trips."""
    with shared.client() as client:
        app = f"notes-{next(_NUMBERS)}"
        place = adopt(shared, client, house / app, app) if request.param == "adopted" else own(shared, client, app)
        for number in range(12):
            (place.root / f"still {number}").write_bytes(b"still %d" % number)
        place.settle()
        yield place


def test_a_created_file_is_a_session(place: Place) -> None:
    """Its first snapshot has its bytes, and the cause is the outside."""
    since = place.newest()
    place.write("new.txt", b"new")
    assert place.head("new.txt") == b"new"
    [row] = place.operations(since)
    assert (row.type, row.cause, row.author) == ("created", "outside", "outside")


def test_an_empty_file_is_a_session(place: Place) -> None:
    """Nothing was there before it, so nothing is damaged."""
    place.write("empty", b"")
    assert place.head("empty") == b""
    assert not place.row("empty").suspect


def test_a_file_written_in_place_is_a_change(place: Place) -> None:
    """Truncated and written: one more snapshot, the former one below it."""
    place.write("x", b"one")
    identity = place.row("x").id
    place.write("x", b"two")
    assert place.history(identity) == [b"two", b"one"]


def test_a_file_appended_to_is_a_change(place: Place) -> None:
    """What was there stays, and more comes."""
    file = place.write("x", b"one")
    with file.open("ab") as target:
        target.write(b", two")
    place.settle()
    assert place.history(place.row("x").id) == [b"one, two", b"one"]


def test_a_file_replaced_by_rename_is_a_change(place: Place) -> None:
    """The new file is another inode, and the session is the same one."""
    file = place.write("x", b"one")
    identity = place.row("x").id
    beside = file.with_name(".x.tmp")
    beside.write_bytes(b"two")
    beside.replace(file)
    place.settle()
    assert place.row("x").id == identity
    assert place.history(identity) == [b"two", b"one"]
    assert ".x.tmp" not in place.rows()


def test_a_file_removed_and_written_anew_is_a_change(place: Place) -> None:
    """An editor that unlinks first leaves one session with one history."""
    file = place.write("x", b"one")
    identity = place.row("x").id
    file.unlink()
    file.write_bytes(b"two")
    place.settle()
    assert place.row("x").id == identity
    assert place.history(identity)[0] == b"two"
    assert b"one" in place.history(identity)


def test_a_deleted_file_is_a_deleted_session_and_undo_brings_it_back(place: Place) -> None:
    """It leaves the list at once; undo restores the session, its id and the bytes on disk."""
    file = place.write("x", b"one")
    identity, since = place.row("x").id, place.newest()
    file.unlink()
    place.settle()
    assert "x" not in place.rows()
    [row] = place.operations(since)
    assert (row.type, row.session) == ("deleted-outside", identity)
    place.client.undo(row.number, published=True)
    assert file.read_bytes() == b"one"
    assert place.row("x").id == identity


def test_a_file_moved_to_the_trash_is_deleted(place: Place, house: Path) -> None:
    """A rename out of all watched folders is a deletion, and bringing it back is no new session."""
    file = place.write("x", b"one")
    identity, since = place.row("x").id, place.newest()
    file.rename(house / "trashed")
    place.settle()
    assert place.types(since) == ["deleted-outside"]
    (house / "trashed").rename(file)
    place.settle()
    assert place.row("x").id == identity


def test_a_renamed_file_is_the_same_session(place: Place) -> None:
    """Id and history stay; name and path are the new ones."""
    file = place.write("x", b"one")
    place.write("x", b"two")
    identity = place.row("x").id
    file.rename(file.with_name("y"))
    place.settle()
    assert place.row("y").id == identity
    assert place.row("y").name == "y"
    assert "x" not in place.rows()
    assert place.history(identity) == [b"two", b"one"]


@pytest.mark.parametrize("content", [b"two", b"one"], ids=["changed", "as it was"])
@pytest.mark.parametrize("leaf", ["x~", "tmp-4711"])
def test_a_file_saved_slowly_with_a_backup_is_the_same_session(place: Place, leaf: str, content: bytes) -> None:
    """Renamed, written anew under its name, the backup removed, with time enough between to see each step: the name
    keeps its id, and its history is whole."""
    file = place.write("x", b"one")
    identity = place.row("x").id
    file.rename(file.with_name(leaf))
    place.settle()
    place.write("x", content)
    file.with_name(leaf).unlink()
    place.settle()
    assert {name: row.id for name, row in place.rows().items() if not name.startswith("still")} == {"x": identity}
    assert place.row("x").name == "x"
    assert place.history(identity) == ([b"two", b"one"] if content == b"two" else [b"one"])


@pytest.mark.parametrize("leaf", ["y", "x.broken"])
def test_a_damaged_file_that_is_renamed_keeps_its_session(place: Place, leaf: str) -> None:
    """It shows a suspect, not the head: the history goes along, and nothing is told deleted."""
    file = place.write("x", b"good " * 1000)
    identity, since = place.row("x").id, place.newest()
    place.write("x", b"short")
    assert place.row("x").diverged
    file.rename(file.with_name(leaf))
    place.settle()
    assert place.row(leaf).id == identity
    assert place.row(leaf).diverged
    assert place.types(since) == ["suspect", "renamed"]
    assert place.head(leaf) == b"good " * 1000
    file.with_name(leaf).write_bytes(b"better " * 1000)
    place.settle()
    assert place.head(leaf) == b"better " * 1000


def test_a_new_file_beside_the_old_that_takes_its_name_slowly_is_its_next_state(place: Place) -> None:
    """Written as another, the old one put aside, the new one renamed, the old one removed, each seen: the name keeps
    its id, and its history is whole."""
    file = place.write("x", b"one")
    identity = place.row("x").id
    place.write("x.new", b"two")
    file.rename(file.with_name("x.old"))
    place.settle()
    file.with_name("x.new").rename(file)
    place.settle()
    file.with_name("x.old").unlink()
    place.settle()
    assert {name: row.id for name, row in place.rows().items() if not name.startswith("still")} == {"x": identity}
    assert place.history(identity) == [b"two", b"one"]


def test_a_backup_that_stays_is_a_session_of_its_own(place: Place) -> None:
    """As Emacs leaves one; with the state that it has."""
    file = place.write("x", b"one")
    identity = place.row("x").id
    file.rename(file.with_name("x~"))
    place.settle()
    place.write("x", b"two")
    assert place.row("x").id == identity
    assert place.head("x~") == b"one"


def test_a_renamed_file_that_is_worked_on_is_not_called_back(place: Place) -> None:
    """It is the session now, and what is begun under its old name is another."""
    file = place.write("x", b"one")
    identity = place.row("x").id
    file.rename(file.with_name("y"))
    place.settle()
    place.write("y", b"one, and more")
    place.write("x", b"another")
    assert place.row("y").id == identity
    assert place.history(place.row("x").id) == [b"another"]


def test_a_file_whose_case_changes_is_the_same_session(place: Place) -> None:
    """Where the file system tells cases apart, that is a rename like any other."""
    file = place.write("song.txt", b"one")
    identity = place.row("song.txt").id
    file.rename(file.with_name("Song.txt"))
    place.settle()
    assert {name for name in place.rows() if name.lower() == "song.txt"} == {"Song.txt"}
    assert place.row("Song.txt").id == identity


def test_a_file_renamed_and_changed_at_once_loses_nothing(place: Place) -> None:
    """Nobody can tell the two from a deletion and a new file: the old bytes come back, the new ones are kept."""
    file = place.write("x", b"one")
    since = place.newest()
    new = file.with_name("y")
    file.rename(new)
    new.write_bytes(b"two, quite another")
    place.settle()
    assert place.head("y") == b"two, quite another"
    gone = [row for row in place.operations(since) if row.type == "deleted-outside"]
    for row in gone:
        place.client.undo(row.number, published=True)
    kept = {content for name in ("x", "y") if name in place.rows() for content in place.history(place.row(name).id)}
    assert {b"one", b"two, quite another"} <= kept


def test_two_files_that_change_names_are_both_changed(place: Place) -> None:
    """A is what B was and B what A was: each has both states in its history."""
    first, second = place.write("a", b"this is a"), place.write("b", b"this is b")
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)
    place.settle()
    assert (place.head("a"), place.head("b")) == (b"this is b", b"this is a")
    assert "aside" not in place.rows()


def test_a_copied_file_is_a_session_of_its_own(place: Place) -> None:
    """The original stays what it is."""
    file = place.write("x", b"one")
    identity = place.row("x").id
    place.write("copy of x", file.read_bytes())
    assert place.row("x").id == identity
    assert place.row("copy of x").id != identity


def test_a_touched_file_is_no_new_snapshot(place: Place) -> None:
    """Another time of change, and the same bytes: nothing happened. A scan that reads everything agrees."""
    file = place.write("x", b"one")
    since = place.newest()
    os.utime(file)
    file.chmod(0o600)
    place.settle()
    place.client.folder_scan(place.folder, verify=True)
    assert place.types(since) == []
    assert place.history(place.row("x").id) == [b"one"]


def test_a_file_written_with_its_own_bytes_is_no_new_snapshot(place: Place) -> None:
    """Saved without a change."""
    place.write("x", b"one")
    since = place.newest()
    place.write("x", b"one")
    assert place.types(since) == []


@pytest.mark.parametrize("how", ["in place", "renamed"])
def test_other_bytes_of_the_same_size_and_time_are_seen(place: Place, how: str) -> None:
    """As rsync -t and many restores leave them; by the hint, not by the slow scan."""
    file = place.write("x", b"one")
    state = file.stat()
    target = file if how == "in place" else file.with_name(".x.tmp")
    target.write_bytes(b"two")
    os.utime(target, ns=(state.st_atime_ns, state.st_mtime_ns))
    target.replace(file)
    place.settle()
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (state.st_size, state.st_mtime_ns)
    assert place.history(place.row("x").id) == [b"two", b"one"]


def _is_old(file: Path) -> None:
    """Once its looks are believed."""
    until(lambda: time.time_ns() > file.stat().st_ctime_ns + 2_600_000_000)


@pytest.mark.parametrize("place", ["adopted"], indirect=True)
def test_other_bytes_of_the_same_size_and_time_are_found_after_a_pause(place: Place) -> None:
    """Nobody watched: the daemon was down. It knows how the file looked, and the time of the inode's change, which
    nobody can set, tells."""
    file = place.write("x", b"one")
    state = file.stat()
    _is_old(file)
    place.client.folder_scan(place.folder)
    place.daemon.stop()
    file.write_bytes(b"two")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    _is_old(file)
    place.daemon.start()
    place.client.folder_scan(place.folder)
    assert place.head("x") == b"two"


def test_a_file_that_stays_open_is_captured_at_the_bound_and_whole_at_the_end(place: Place) -> None:
    """A writer that never closes and never rests: a state of it within two seconds and a little, the last one too."""
    pieces = []
    with (place.root / "long").open("wb", buffering=0) as writer:
        began = time.monotonic()
        while "long" not in place.rows():
            assert time.monotonic() < began + 10
            pieces.append(b"piece %d\n" % len(pieces))
            writer.write(pieces[-1])
            time.sleep(0.01)
        took = time.monotonic() - began
        whole = b"".join(pieces)
        writer.write(b"the end")
    assert took < 6
    place.settle()
    assert place.head("long") == whole + b"the end"
    assert whole.startswith(place.history(place.row("long").id)[-1])


def test_a_file_written_without_pause_is_not_captured_all_the_time(place: Place) -> None:
    """Every two seconds at most, however often it changes."""
    end = time.monotonic() + 5
    with (place.root / "log").open("wb", buffering=0) as writer:
        while time.monotonic() < end:
            writer.write(b"a line\n")
            time.sleep(0.01)  # the writer's own pace
    place.settle()
    assert 2 <= len(place.history(place.row("log").id)) <= 5


def test_a_settled_file_that_stays_open_is_captured_too(place: Place) -> None:
    """Its writer rests and does not close, as many do all day."""
    with (place.root / "resting").open("wb", buffering=0) as writer:
        writer.write(b"first")
        until(lambda: "resting" in place.rows())
        assert place.head("resting") == b"first"
        writer.write(b", second")
        until(lambda: place.head("resting") == b"first, second")


def test_a_truncated_file_is_a_suspect_and_restore_puts_the_good_one_back(place: Place) -> None:
    """The head stays, the session is diverged and suspect; one command, and the good bytes are on disk."""
    good = b"a line of some length\n" * 200
    file = place.write("x", good)
    file.write_bytes(b"")
    place.settle()
    row = place.row("x")
    assert (row.suspect, row.diverged) == (True, True)
    assert place.head("x") == good
    place.client.restore(place.ref("x", "good"), published=True)
    assert file.read_bytes() == good
    row = place.row("x")
    assert (row.suspect, row.diverged) == (False, False)


def test_accept_makes_the_damaged_one_the_head(place: Place) -> None:
    """The disk is as it was, and the good one is one step back."""
    good = b"a line of some length\n" * 200
    file = place.write("x", good)
    file.write_bytes(b"")
    place.settle()
    place.client.accept(place.ref("x"), published=True)
    row = place.row("x")
    assert (row.suspect, row.diverged, file.read_bytes()) == (False, False, b"")
    assert place.content(row.id, "-1") == good
