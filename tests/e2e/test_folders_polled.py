"""Folders that cannot be watched by events, and daemons that may not have as many watches as they need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, can_limit_inotify, fill, folder_row, own, with_inotify_limits
from e2e_daemon import Daemon, until

limited = pytest.mark.skipif(not can_limit_inotify(), reason="this machine has no user namespaces to set a limit in")


@pytest.fixture
def polled(daemon: Daemon, house: Path) -> Iterator[Place]:
    """A folder that its user asked to be polled."""
    with daemon.client() as client:
        fill(house / "notes", {"x": b"one"})
        yield adopt(daemon, client, house / "notes", poll=True)


def test_a_polled_folder_says_so(polled: Place) -> None:
    """In the list and in status, with the reason."""
    row = polled.state()
    assert (row.watching, row.watch_note) == ("polling", "it is to be polled")
    assert "polling" in polled.daemon.ok("folder", "list").text


def test_a_change_in_a_polled_folder_is_found(polled: Place) -> None:
    """Nobody asks for it, and no event tells: within a few seconds."""
    (polled.root / "x").write_bytes(b"two")
    (polled.root / "y").write_bytes(b"new")
    until(lambda: "y" in polled.rows() and polled.head("x") == b"two", 10)
    (polled.root / "x").unlink()
    until(lambda: "x" not in polled.rows(), 10)


def test_the_barrier_holds_for_a_polled_folder(polled: Place) -> None:
    """Settle is a scan there."""
    for number in range(5):
        polled.write("x", b"state %d" % number)
        assert polled.head("x") == b"state %d" % number


def test_a_polled_folder_is_polled_after_a_restart(polled: Place) -> None:
    """It was asked for once."""
    polled.daemon.restart()
    until(lambda: polled.state().watching == "polling")
    (polled.root / "x").write_bytes(b"two")
    until(lambda: polled.head("x") == b"two", 10)


def test_a_moved_root_of_a_polled_folder_is_held(polled: Place, house: Path) -> None:
    """And released."""
    identity = polled.row("x").id
    polled.root.rename(house / "away")
    polled.held()
    (house / "away").rename(polled.root)
    polled.released()
    assert polled.row("x").id == identity


def _limited(house: Path, **limits: int) -> Daemon:
    return Daemon(house / "d", before=with_inotify_limits(**limits))


@limited
@pytest.mark.parametrize("limits", [{"instances": 0}, {"watches": 0}], ids=["no instance", "no watch"])
def test_a_daemon_that_gets_no_inotify_polls(house: Path, limits: dict[str, int]) -> None:
    """The machine's limit is reached by others: it starts all the same, polls, says so, and misses nothing."""
    daemon = _limited(house, **limits)
    try:
        daemon.start()
        with daemon.client() as client:
            fill(house / "notes", {"x": b"one"})
            for place in (adopt(daemon, client, house / "notes"), own(daemon, client, "drafts")):
                row = place.state()
                assert row.watching == "polling"
                assert row.watch_note
                place.write("x", b"two")
                assert place.head("x") == b"two"
                (place.root / "x").write_bytes(b"three")
                until(lambda place=place: place.head("x") == b"three", 10)
            assert daemon.ok("folder", "list").text.count("polling") == 2
    finally:
        daemon.stop()


@limited
def test_a_folder_with_more_directories_than_watches_is_polled(house: Path) -> None:
    """The sessions folder is watched; the large one is polled as a whole, and both say what they are."""
    daemon = _limited(house, watches=20)
    try:
        daemon.start()
        with daemon.client() as client:
            for number in range(40):
                fill(house / "notes" / f"folder {number}", {"x": b"one"})
            place = adopt(daemon, client, house / "notes")
            assert place.state().watching == "polling"
            assert place.state().watch_note
            assert folder_row(client, "sessions").watching == "events"
            (place.root / "folder 39" / "x").write_bytes(b"two")
            place.settle()
            assert place.content(place.row("folder 39").id, path=b"x") == b"two"
    finally:
        daemon.stop()


@limited
def test_a_limit_that_is_reached_later_makes_a_folder_polled(house: Path) -> None:
    """A directory too many is made while it is watched: what is written there is seen nevertheless."""
    daemon = _limited(house, watches=20)
    try:
        daemon.start()
        with daemon.client() as client:
            place = adopt(daemon, client, house / "notes")
            assert place.state().watching == "events"
            for number in range(40):
                fill(place.root / f"folder {number}", {"x": b"one"})
            place.settle()
            until(lambda: place.state().watching == "polling")
            assert len(place.rows()) == 40
            (place.root / "folder 39" / "x").write_bytes(b"two")
            until(lambda: place.content(place.row("folder 39").id, path=b"x") == b"two", 65)  # a scan in a minute
    finally:
        daemon.stop()
