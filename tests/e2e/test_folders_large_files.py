"""Files that take long to read or write keep nobody waiting, and lose nothing.

They are sparse: as long to read as any, and no room on the disk.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, identities, own
from e2e_daemon import Daemon, until

#: A second or two to hash and cut, on any machine of these years.
LARGE_BYTES = 3 * 1024**3 // 2
#: Larger than what a folder's thread reads by itself, and read within a moment.
MIDDLE = bytes(range(256)) * 40 * 1024


@pytest.fixture
def place(daemon: Daemon, house: Path) -> Iterator[Place]:
    """An adopted folder in which nothing is yet."""
    with daemon.client(timeout_seconds=60) as client:
        yield adopt(daemon, client, house / "notes")


@pytest.fixture
def drafts(daemon: Daemon) -> Iterator[Place]:
    """The same among the daemon's own sessions."""
    with daemon.client(timeout_seconds=60) as client:
        yield own(daemon, client)


def _sparse(path: Path, size_bytes: int = LARGE_BYTES, content: bytes = b"large") -> Path:
    with path.open("wb") as target:
        target.write(content)
        target.truncate(size_bytes)
    return path


def test_states_beside_a_large_file_are_all_kept(place: Place) -> None:
    """While it is read for the first time, every state of another file is seen, and a deletion told."""
    place.write("gone", b"x")
    since = place.newest()
    _sparse(place.root / "large")
    for number in range(4):
        (place.root / "small").write_bytes(b"state %d" % number)
        until(lambda state=b"state %d" % number: "small" in place.rows() and place.head("small") == state)  # type: ignore[misc]
    (place.root / "gone").unlink()
    until(lambda: "gone" not in place.rows())
    assert "large" not in place.rows()
    place.settle()
    assert place.row("large").size_bytes == LARGE_BYTES
    assert place.history(place.row("small").id) == [b"state %d" % number for number in reversed(range(4))]
    assert len(place.operations(since)) == 4 + 1 + 1


def test_a_large_file_that_is_renamed_keeps_its_session(place: Place) -> None:
    """Though it is read for as long as it takes before that is known; it is not deleted meanwhile."""
    _sparse(place.root / "large")
    place.settle()
    identity, since = place.row("large").id, place.newest()
    (place.root / "large").rename(place.root / "larger")
    place.settle()
    assert place.row("larger").id == identity
    assert place.types(since) == ["renamed"]


def test_a_large_file_that_is_deleted_is_told_at_once(place: Place) -> None:
    """Also while another one of another size is read."""
    _sparse(place.root / "large")
    place.settle()
    _sparse(place.root / "other", LARGE_BYTES + 1)
    (place.root / "large").unlink()
    until(lambda: "large" not in place.rows())
    assert "other" not in place.rows()


@pytest.mark.parametrize("step", ["grown", "replaced", "deleted", "linked"])
def test_what_happens_while_it_is_read_is_seen(place: Place, step: str) -> None:
    """The last state is the one that counts."""
    path = _sparse(place.root / "large")
    until(lambda: place.state().scanning or any("large" in each for each in os.listdir(place.root)))
    if step == "grown":
        os.truncate(path, LARGE_BYTES + 4096)
    elif step == "replaced":
        path.unlink()
        path.write_bytes(b"small")
    elif step == "deleted":
        path.unlink()
    else:
        path.rename(place.root.parent / "annexed")
        path.symlink_to(place.root.parent / "annexed")
    place.settle()
    rows = place.rows()
    assert {name: row.size_bytes for name, row in rows.items()} == {
        "grown": {"large": LARGE_BYTES + 4096}, "replaced": {"large": 5}, "deleted": {}, "linked": {},
    }[step]  # fmt: skip


def test_every_way_to_change_a_middle_sized_file_is_seen(place: Place) -> None:
    """As those that are small, with the barrier after each."""
    for state in (MIDDLE, MIDDLE + b"more", b"less" + MIDDLE, MIDDLE[: len(MIDDLE) // 2], MIDDLE):
        place.write("x", state)
        assert place.head("x") == state
    os.utime(place.root / "x")
    place.settle()
    assert len(place.history(place.row("x").id)) == 5
    (place.root / "x").unlink()
    place.settle()
    assert not place.rows()


def test_saves_of_a_middle_sized_session_come_out_one_after_the_other(drafts: Place) -> None:
    """By a client, each waiting until it is shown; what stood there from outside is kept."""
    client = drafts.client
    for number in range(3):
        client.save(drafts.app, "x", MIDDLE + b"%d" % number, published=True)
        assert (drafts.root / "x").read_bytes() == MIDDLE + b"%d" % number
    drafts.write("x", MIDDLE + b"outside")
    assert drafts.head("x") == MIDDLE + b"outside"
    client.delete(drafts.ref("x"))
    until(lambda: not (drafts.root / "x").exists())


def test_a_daemon_that_is_stopped_has_written_what_was_saved(drafts: Place) -> None:
    """However large, and leaves nothing of its own."""
    drafts.client.save(drafts.app, "x", MIDDLE, published=False)
    drafts.daemon.stop()
    assert (drafts.root / "x").read_bytes() == MIDDLE
    assert not list(drafts.daemon.home.rglob("new-*"))


def test_what_was_written_under_a_publication_is_kept(drafts: Place) -> None:
    """A client saves a large session again and again while somebody outside writes its file: every state that lay
    there when it was displaced is in the history."""
    client = drafts.client
    client.save(drafts.app, "x", MIDDLE, published=True)
    identity = drafts.row("x").id
    for number in range(6):
        with drafts.daemon.client() as other:
            (drafts.root / "x").write_bytes(MIDDLE + b"outside %d" % number)
            other.save(drafts.app, "x", MIDDLE + b"client %d" % number, expect=drafts.row("x").revision, published=True)
        drafts.settle()  # or what was not displaced, because both were seen, would be written over at once
    drafts.settle()
    rows = drafts.client.list(app=drafts.app, limit=1000).rows
    kept = {content for row in rows for content in drafts.history(row.id)} | set(drafts.history(identity))
    assert {MIDDLE + b"outside %d" % number for number in range(6)} <= kept


def test_what_was_read_before_a_publication_is_no_change_after_it(drafts: Place) -> None:
    """A large file is touched, and while it is read anew a client replaces it: nobody outside changed a byte."""
    _sparse(drafts.root / "x")
    drafts.settle()
    since = drafts.newest()
    os.utime(drafts.root / "x")
    with drafts.daemon.client() as client:
        client.save(drafts.app, "x", b"small", accept=True, published=True)
    drafts.settle()
    assert drafts.types(since) == ["saved"]
    assert drafts.head("x") == (drafts.root / "x").read_bytes() == b"small"


def test_a_large_file_that_is_displaced_is_in_the_store_at_the_barrier(drafts: Place) -> None:
    """Somebody wrote it a moment before a client saved: a fork has it when ``settle`` is answered."""
    drafts.client.save(drafts.app, "x", b"one", published=True)
    _sparse(drafts.root / "x")
    with drafts.daemon.client() as client:
        client.save(drafts.app, "x", b"two", expect=1, published=True)
    drafts.settle()
    assert {row.size_bytes for row in drafts.rows().values()} == {3, LARGE_BYTES}


def test_the_barrier_holds_beside_a_large_file_that_is_always_written(place: Place) -> None:
    """It is read as it comes, and nobody waits for its end."""
    path = place.root / "x"
    path.write_bytes(MIDDLE)
    place.settle()
    ended = threading.Event()

    def write() -> None:
        with path.open("r+b") as target:
            while not ended.wait(0.02):
                target.seek(0)
                target.write(os.urandom(8))
                target.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            place.write("small", b"%d" % number)
            assert place.head("small") == b"%d" % number
        place.client.folder_scan(place.folder, timeout_seconds=20)
    finally:
        ended.set()
        writer.join()
    place.settle()
    assert place.head("x") == path.read_bytes()


def test_large_files_renamed_while_the_daemon_is_down_are_no_loss(place: Place) -> None:
    """Six of six: each is the same session, and the folder is not held."""
    for number in range(6):
        (place.root / str(number)).write_bytes(MIDDLE + b"%d" % number)
    place.settle()
    before, since = identities(place), place.newest()
    place.daemon.stop()
    for number in range(6):
        (place.root / str(number)).rename(place.root / f"new {number}")
    place.daemon.start()
    place.client.folder_scan(place.folder, timeout_seconds=30)
    assert set(identities(place).values()) == set(before.values())
    assert place.types(since) == ["renamed"] * 6


def test_a_crash_after_a_large_file_was_kept_keeps_it_once(drafts: Place) -> None:
    """The daemon is killed when what its publication displaced has just gone into the history."""
    drafts.client.save(drafts.app, "x", b"one", published=True)
    drafts.daemon.stop()
    drafts.daemon.environment["HOLDFAST_FAULT"] = "before-exchange=hold:" + str(drafts.daemon.home / "step")
    drafts.daemon.start()
    with drafts.daemon.client() as client:
        client.save(drafts.app, "x", b"two", expect=1)
    until((drafts.daemon.home / "step.reached").exists)
    (drafts.root / "x").write_bytes(MIDDLE)
    drafts.daemon.kill()
    drafts.daemon.environment["HOLDFAST_FAULT"] = "displaced-kept=kill"
    process = drafts.daemon.process = drafts.daemon.spawn()
    until(lambda: process.poll() is not None or not list((drafts.daemon.home / "store" / "staging").glob("old-*")))
    drafts.daemon.kill()
    drafts.daemon.environment["HOLDFAST_FAULT"] = ""
    drafts.daemon.start()
    drafts.settle()
    assert sorted(row.size_bytes for row in drafts.rows().values()).count(len(MIDDLE)) == 1
