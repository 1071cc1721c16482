"""A folder that is held: what is told of it, what may be done in it, and what ends it."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopted import Place, filled, identities, remove_first

from holdfast_protocol.errors import CannotUndo
from holdfast_protocol.model import Ref


def test_a_held_folder_is_told_in_status_and_in_the_list(place: Place) -> None:
    """With the reason, and how many are missing."""
    filled(place, 6)
    remove_first(place, 6)
    reason = place.held()
    [row] = [row for row in place.client.status().folders if row.label == place.folder]
    assert (row.held, row.missing_count) == (reason, 6)
    assert reason in place.problems()
    assert reason in place.daemon.ok("folder", "list").text
    assert reason in place.daemon.ok("status").text


def test_what_is_missing_is_in_the_history(place: Place) -> None:
    """Its content can be read while its file is away."""
    filled(place, 6)
    remove_first(place, 6)
    place.held()
    assert [place.head(str(number)) for number in range(6)] == [b"this is %d" % number for number in range(6)]


def test_a_missing_session_is_restored_by_name(place: Place) -> None:
    """Its file is written; the folder stays held for the others."""
    filled(place, 6)
    remove_first(place, 6)
    place.held()
    place.client.restore(place.ref("3"), published=True)
    assert (place.root / "3").read_bytes() == b"this is 3"
    assert place.state().missing_count == 5
    assert place.state().held


def test_restoring_all_ends_the_hold(place: Place) -> None:
    """The last one releases the folder."""
    before = filled(place, 6)
    remove_first(place, 6)
    place.held()
    for number in range(6):
        place.client.restore(place.ref(str(number)), published=True)
    place.released()
    assert identities(place) == before
    assert place.types()[-1] == "folder-released"


def test_a_held_folder_is_released_when_the_files_are_back(place: Place, house: Path) -> None:
    """As from the trash: the same sessions, and nothing deleted."""
    before = filled(place, 6)
    aside = house / "aside"
    aside.mkdir()
    for number in range(6):
        (place.root / str(number)).rename(aside / str(number))
    place.held()
    for file in aside.iterdir():
        file.rename(place.root / file.name)
    place.released()
    assert identities(place) == before


def test_what_comes_back_changed_is_a_change(place: Place) -> None:
    """Both states are in the history of the one session."""
    before = filled(place, 6)
    remove_first(place, 6)
    place.held()
    for number in range(6):
        place.write(str(number), b"that is %d" % number)
    place.released()
    assert identities(place) == before
    assert place.history(before["2"]) == [b"that is 2", b"this is 2"]


def test_a_deletion_in_a_held_folder_waits(place: Place) -> None:
    """Nothing is deleted while it is held; what goes then is missing too."""
    before = filled(place, 12)
    remove_first(place, 6)
    place.held()
    (place.root / "10").unlink()
    place.settle()
    assert place.row("10").id == before["10"]
    assert place.state().missing_count == 7


def test_work_goes_on_in_a_held_folder(place: Place) -> None:
    """New files, changed files, saves and renames of what is there."""
    filled(place, 12)
    remove_first(place, 6)
    place.held()
    place.write("new", b"new")
    place.write("10", b"changed")
    place.client.save(place.app, "11", b"saved", folder=place.folder, published=True)
    place.client.rename(place.ref("9"), "renamed", published=True)
    assert (place.head("new"), place.head("10"), place.head("11")) == (b"new", b"changed", b"saved")
    assert (place.root / "11").read_bytes() == b"saved"
    assert (place.root / "renamed").read_bytes() == b"this is 9"
    assert place.state().missing_count == 6


def test_a_client_deletes_a_missing_session(place: Place) -> None:
    """It was asked by name, so it is done; undo brings it back with its file."""
    filled(place, 6)
    remove_first(place, 6)
    place.held()
    identity = place.row("0").id
    deleted = place.client.delete(Ref(id=identity), published=True)
    assert "0" not in place.rows()
    assert place.state().missing_count == 5
    place.client.undo(deleted.operation, published=True)
    assert (place.root / "0").read_bytes() == b"this is 0"


def test_a_client_saves_a_missing_session(place: Place) -> None:
    """Its file is written with what is new."""
    filled(place, 6)
    remove_first(place, 6)
    place.held()
    place.client.save(place.app, "0", b"saved", folder=place.folder, published=True)
    assert (place.root / "0").read_bytes() == b"saved"
    assert place.state().missing_count == 5


def test_undo_of_what_was_reversed_says_so(place: Place) -> None:
    """The deletions that the breaker reversed are undone already."""
    filled(place, 8)
    for number in range(5):
        (place.root / str(number)).unlink()
        place.settle()
    place.held()
    gone = next(row for row in place.operations() if row.type == "deleted-outside")
    with pytest.raises(CannotUndo):
        place.client.undo(gone.number)


def test_an_older_deletion_is_undone_in_a_held_folder(place: Place) -> None:
    """What a client deleted before comes back with its file."""
    filled(place, 12)
    deleted = place.client.delete(place.ref("11"), published=True)
    remove_first(place, 6)
    place.held()
    place.client.undo(deleted.operation, published=True)
    assert (place.root / "11").read_bytes() == b"this is 11"


def test_a_restart_does_not_end_the_hold(place: Place) -> None:
    """Killed and started again: held, for the same reason, with the same missing."""
    before = filled(place, 6)
    remove_first(place, 6)
    reason = place.held()
    place.daemon.kill()
    place.daemon.start()
    place.client.folder_scan(place.folder)
    row = place.state()
    assert (row.held, row.missing_count) == (reason, 6)
    assert identities(place) == before


def test_deleting_what_is_missing_ends_the_hold(place: Place) -> None:
    """One by one, by name: the last one releases the folder, and nothing comes back."""
    filled(place, 8)
    remove_first(place, 6)
    place.held()
    for number in range(6):
        place.client.delete(place.ref(str(number)), published=True)
    place.released()
    assert place.rows().keys() == {"6", "7"}
    assert {path.name for path in place.root.iterdir()} == {"6", "7"}
