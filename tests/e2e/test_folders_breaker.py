"""Deletions: those of a person's hand, committed at once, and those that look like the loss of a folder, held."""

from __future__ import annotations

import time

import pytest
from adopted import Place, filled, identities, remove_first
from e2e_daemon import until

from holdfast_protocol.model import Ref


@pytest.mark.parametrize(("there", "gone"), [(4, 4), (6, 4), (15, 5), (16, 5), (30, 10)])
def test_a_loss_that_is_not_too_much_is_committed(place: Place, there: int, gone: int) -> None:
    """Fewer than five, or a third at most: each is deleted, each is told once, each can be undone."""
    filled(place, there)
    remove_first(place, gone)
    assert len(place.rows()) == there - gone
    assert place.types().count("deleted-outside") == gone
    assert place.state().held is None


@pytest.mark.parametrize(("there", "gone"), [(5, 5), (14, 5), (30, 11), (8, 8)])
def test_a_loss_that_is_too_much_is_held(place: Place, there: int, gone: int) -> None:
    """At least five and more than a third: the sessions live on, with their ids, and the folder says why."""
    before = filled(place, there)
    since = place.newest()
    remove_first(place, gone)
    count, rest = place.held().split(" ", 1)
    assert rest == f"of its {there} sessions went within 10 seconds"
    assert there < 3 * int(count) <= 3 * gone  # it was held as soon as so many were seen gone
    assert identities(place) == before
    assert place.state().missing_count == gone
    assert "folder-held" in place.types(since)
    standing = [row for row in place.operations(since) if row.type == "deleted-outside" and row.undone_by is None]
    assert standing == []


def test_a_burst_of_single_deletions_adds_up(place: Place) -> None:
    """One after the other, each seen and committed: the fifth within ten seconds reverses the four before it."""
    before = filled(place, 8)
    for number in range(5):
        (place.root / str(number)).unlink()
        place.settle()
    assert place.held()
    assert identities(place) == before


def test_accepted_deletions_are_committed(place: Place) -> None:
    """The sessions leave the list, the folder is released, and one of them can be undone."""
    before = filled(place, 8)
    remove_first(place, 6)
    place.held()
    place.daemon.ok("folder", "scan", place.folder, "--accept")
    assert place.rows().keys() == {"6", "7"}
    assert place.state().held is None
    gone = next(row for row in reversed(place.operations()) if row.session == before["3"])
    assert gone.type == "deleted-outside"
    place.client.undo(gone.number, published=True)
    assert (place.root / "3").read_bytes() == b"this is 3"


def test_what_was_accepted_does_not_trip_the_breaker_again(place: Place) -> None:
    """The next single deletion is a single one: the loss before it was somebody's will."""
    filled(place, 12)
    remove_first(place, 6)
    place.held()
    place.client.folder_scan(place.folder, accept=True)
    (place.root / "11").unlink()
    place.settle()
    assert place.state().held is None
    assert place.rows().keys() == {"6", "7", "8", "9", "10"}


def test_what_was_undone_does_not_count(place: Place) -> None:
    """Four deleted and brought back, then one more: nobody lost five."""
    filled(place, 8)
    remove_first(place, 4)
    for row in [row for row in place.operations() if row.type == "deleted-outside"]:
        place.client.undo(row.number, published=True)
    (place.root / "7").unlink()
    place.settle()
    assert place.state().held is None
    assert "7" not in place.rows()


def test_what_somebody_deleted_since_does_not_count(place: Place) -> None:
    """Four deleted outside, brought back, and deleted by name; then one more goes outside: that is one."""
    before = filled(place, 8)
    remove_first(place, 4)
    for ref in [Ref(id=before[str(number)]) for number in range(4)]:
        place.client.restore(ref, published=True)
        place.client.delete(ref, published=True)
    (place.root / "7").unlink()
    place.settle()
    assert place.state().held is None
    assert place.rows().keys() == {"4", "5", "6"}


def test_a_file_that_comes_and_goes_is_one_file(place: Place) -> None:
    """Its application removes it and writes it anew, again and again: one session, and nothing is held."""
    before = filled(place, 8)
    since = place.newest()
    for turn in range(7):
        (place.root / "3").unlink()
        place.settle()
        place.write("3", b"in turn %d" % turn)
    assert "folder-held" not in place.types(since)
    assert identities(place) == before
    assert place.history(before["3"])[:7] == [b"in turn %d" % turn for turn in reversed(range(7))]


def test_a_loss_while_nobody_watched_is_held_before_anything_is_deleted(place: Place) -> None:
    """Found by the scan of a start, and large: no session left the list for a moment."""
    before = filled(place, 400)
    since = place.newest()
    place.daemon.stop()
    for number in range(300):
        (place.root / str(number)).unlink()
    place.daemon.start()
    assert "300 of its 400" in place.held()
    assert identities(place) == before
    assert place.types(since) == ["folder-held"]


@pytest.mark.parametrize("place", ["adopted"], indirect=True)
def test_deletions_far_apart_are_no_burst(place: Place) -> None:
    """Four, and ten seconds later another: a person who tidies up. The clock decides, so this takes its time."""
    filled(place, 8)
    remove_first(place, 4)
    newest = max(row.time for row in place.operations())
    until(lambda: time.time_ns() - newest > 10.2e9, 40)
    (place.root / "7").unlink()
    place.settle()
    assert place.state().held is None
    assert place.rows().keys() == {"4", "5", "6"}
