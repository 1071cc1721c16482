"""A client's save beside a change that was made outside, in an adopted folder: merged by part, or kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import BASE, BASS, HAT, KICK, OTHER_KICK, Place, adopt, adopt_sets, fill, listing, save_set
from e2e_daemon import Daemon, until

from holdfast_protocol.errors import Ambiguous, Busy


@pytest.fixture
def place(daemon: Daemon, house: Path) -> Iterator[Place]:
    """An adopted folder of Renardo's with one session of three buffers, and others that nothing happens to."""
    with daemon.client() as client:
        yield adopt_sets(daemon, client, house / "livecoding_sessions")


def test_a_save_beside_an_outside_change_is_merged_and_the_file_stays(place: Place) -> None:
    """Different buffers: the head has both, the disk what its last writer wrote, and the session says diverged."""
    file = place.write("set.py", KICK)
    before = listing(place.root)
    assert save_set(place, HAT, 1) == "merged"
    assert place.head("set.py") == KICK.replace(b"h7 >>", b"h7 >> reverb >>")
    assert place.row("set.py").diverged
    place.settle()
    assert listing(place.root) == before
    place.client.restore(place.ref("set.py"), published=True)
    assert file.read_bytes() == place.head("set.py")
    assert not place.row("set.py").diverged


def test_the_next_outside_save_of_a_diverged_session_is_merged_again(place: Place) -> None:
    """It knows nothing of the client's: the head has all three, and no writer lost anything."""
    place.write("set.py", KICK)
    assert save_set(place, HAT, 1) == "merged"
    both = KICK.replace(b"bass([0])", b"bass([4])")
    file = place.write("set.py", both)
    assert place.head("set.py") == both.replace(b"h7 >>", b"h7 >> reverb >>")
    assert file.read_bytes() == both
    assert place.row("set.py").diverged


def test_an_outside_save_that_cannot_be_merged_stays_on_disk(place: Place) -> None:
    """It changes what a client changed too: the head is the client's, the outside's state is a fork in the sessions
    folder, and the file is what its application wrote."""
    place.write("set.py", KICK)
    assert save_set(place, HAT, 1) == "merged"
    head = place.head("set.py")
    against = KICK.replace(b"h7 >>", b"h7 >> delay >>")
    file = place.write("set.py", against)
    before = listing(place.root)
    place.client.folder_scan(place.folder, verify=True)
    [fork] = place.client.list(app="renardo", folder="sessions").rows
    assert (place.content(fork.id), place.head("set.py")) == (against, head)
    assert (listing(place.root), file.read_bytes()) == (before, against)
    assert place.row("set.py").diverged


def test_an_outside_save_of_the_head_itself_ends_the_divergence(place: Place) -> None:
    """Its application has loaded the merge, or has it by chance."""
    place.write("set.py", KICK)
    assert save_set(place, HAT, 1) == "merged"
    place.write("set.py", place.head("set.py"))
    assert not place.row("set.py").diverged


def test_a_save_against_an_outside_change_of_the_same_buffer_is_a_fork(place: Place) -> None:
    """The application's file and the head stay, the client's is in the sessions folder, and it is told so."""
    file = place.write("set.py", KICK)
    assert save_set(place, OTHER_KICK, 1) == "forked"
    place.settle()
    assert (file.read_bytes(), place.head("set.py")) == (KICK, KICK)
    [fork] = place.client.list(app="renardo", folder="sessions").rows
    assert place.content(fork.id) == OTHER_KICK


@pytest.mark.parametrize("outside", [BASS, OTHER_KICK], ids=["another buffer", "the same buffer"])
@pytest.mark.parametrize("seen", [True, False], ids=["seen", "not seen yet"])
def test_a_save_and_an_outside_change_at_once_are_both_kept(place: Place, outside: bytes, seen: bool) -> None:
    """Whichever is first: each is a snapshot, and what lies on disk is in the history."""
    identity = place.row("set.py").id
    (place.root / "set.py").write_bytes(outside)
    if seen:
        place.settle()
    save_set(place, KICK, 1)
    place.settle()
    until(lambda: place.daemon.ok("status", "--json").rows[0]["pending_files"] == 0)
    kept = [*place.history(identity)]
    for row in place.client.list(app="renardo", folder="sessions").rows:
        kept += place.history(row.id)
    assert {BASE, outside, KICK} <= {*kept}
    assert (place.root / "set.py").read_bytes() in kept


def test_a_save_over_damage_on_disk_is_written(place: Place) -> None:
    """Somebody asks by name: the good bytes are on disk, the damaged ones in the history."""
    file = place.write("set.py", b"")
    place.client.save("renardo", "set", KICK, folder=place.folder, published=True)
    place.settle()
    assert file.read_bytes() == KICK
    assert b"" in place.history(place.row("set.py").id)
    assert not place.row("set.py").suspect


def test_a_session_of_a_client_that_saved_before_the_adoption_stays_where_it_is(daemon: Daemon, house: Path) -> None:
    """The same name in both folders: a save that names neither is refused rather than guessed."""
    with daemon.client() as client:
        client.save("renardo", "set", BASE, published=True)
        fill(house / "livecoding_sessions", {"set.py": KICK})
        place = adopt(daemon, client, house / "livecoding_sessions", "renardo")
        with daemon.client() as other, pytest.raises(Ambiguous):
            other.save("renardo", "set", HAT)
        assert place.head("set.py") == KICK
        assert (daemon.sessions / "renardo" / "set.py").read_bytes() == BASE


def test_what_a_program_goes_on_writing_to_a_displaced_file_is_kept(daemon: Daemon, house: Path) -> None:
    """It has the file open while a client saves: each state that it leaves lying is in one fork's history, and status
    says so until it closes the file."""
    with daemon.client() as client:
        place = adopt(daemon, client, house / "notes")
        path = place.write("log", b"line 1\n")
        with path.open("ab", buffering=0) as log:
            client.save(place.app, "log", b"of a client\n", folder=place.folder, published=True)
            for number in (2, 3, 4):
                log.write(b"line %d\n" % number)
                state = b"".join(b"line %d\n" % each for each in range(1, number + 1))
                until(lambda state=state: _fork(place) is not None and place.content(_fork(place) or "") == state)  # type: ignore[misc]
            assert "former file open" in place.problems()
            with pytest.raises(Busy):
                client.folder_remove(place.folder)
        until(lambda: "former file open" not in place.problems())
        assert path.read_bytes() == b"of a client\n"
        assert len(place.history(_fork(place) or "")) == 3


def _fork(place: Place) -> str | None:
    rows = place.client.list(app=place.app, folder="sessions").rows
    return next((row.id for row in rows if row.name == "log (outside)"), None)
