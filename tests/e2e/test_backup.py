"""``backup``: the store on another disk while it serves, and one command that brings it back."""

from __future__ import annotations

import os
import random
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import adopt, fill
from e2e_daemon import Daemon, until

import holdfast
from holdfast_protocol.errors import BadField, Exists, HoldfastError, NoSpace, NotAllowed, Unreadable
from holdfast_protocol.messages import BackedUp

LARGE_BYTES = 400_000


@pytest.fixture
def disk(house: Path) -> Path:
    """Where the backup will be."""
    return house / "disk"


@pytest.fixture
def other(house: Path) -> Iterator[Daemon]:
    """A daemon of another home, which has nothing yet."""
    made = Daemon(house / "other")
    yield made
    made.stop()


def backed_up(client: holdfast.Client, place: Path, *, all: bool = False) -> BackedUp:
    """As it ended."""
    made = client.backup(str(place), all=all, wait_ms=30_000, timeout_seconds=40)
    assert not made.running
    return made


def brought_back(daemon: Daemon, place: Path) -> None:
    """By the one command, and serving."""
    daemon.ok("backup", str(place), "--restore")
    daemon.start()


def everything(client: holdfast.Client) -> dict[str, dict[bytes, bytes]]:
    """The files of each head by name."""
    return {row.name: dict(client.load(holdfast.Ref(id=row.id)).files) for row in client.list(limit=1000).rows}


def test_what_was_answered_before_it_began_is_brought_back(daemon: Daemon, other: Daemon, disk: Path) -> None:
    """While a client saves all the time; elsewhere, byte for byte, with the history and the visible files."""
    chance = random.Random(8)
    before = {f"kept{number}": chance.randbytes(LARGE_BYTES if number % 2 else 300) for number in range(8)}
    ends = threading.Event()

    def saves() -> None:
        with daemon.client() as writer:
            while not ends.is_set():
                writer.save("notes", "busy", os.urandom(LARGE_BYTES))

    with daemon.client() as client:
        for name, content in before.items():
            client.save("notes", name, b"older")
            client.save("notes", name, content, published=True)
        writing = threading.Thread(target=saves)
        writing.start()
        try:
            made = [backed_up(client, disk) for _ in range(3)][-1]
        finally:
            ends.set()
            writing.join()
        assert made.failed is None, made.failed
        assert client.status().last_backup == made.began
    daemon.stop()
    brought_back(other, disk)
    with other.client() as client:
        found = everything(client)
        assert {name: found[name] for name in before} == {name: {b"": content} for name, content in before.items()}
        assert [client.cat(f"notes/{name}@-1") for name in before] == [b"older"] * len(before)
        checked = client.check(all=True, wait_ms=30_000, timeout_seconds=40)
        assert (checked.running, checked.failed, checked.rows) == (False, None, [])
        until(lambda: not client.status().pending_files)
    for name, content in before.items():
        assert (other.sessions / "notes" / name).read_bytes() == content


def test_a_second_backup_copies_only_what_is_new(daemon: Daemon, disk: Path) -> None:
    """A pack that grew by its new piece; after a restart too, which begins a new one; and status knows it then."""
    with daemon.client() as client:
        client.save("notes", "one", os.urandom(10 * LARGE_BYTES))
        whole = backed_up(client, disk)
        client.save("notes", "two", os.urandom(LARGE_BYTES))
        second = backed_up(client, disk)
    assert whole.copied_bytes > 10 * LARGE_BYTES
    assert LARGE_BYTES < second.copied_bytes < 5 * LARGE_BYTES
    daemon.restart()
    with daemon.client() as client:
        status = client.status()
        assert (status.last_backup, status.last_backup_place) == (second.began, bytes(disk))
        client.save("notes", "three", os.urandom(LARGE_BYTES))
        assert backed_up(client, disk).copied_bytes < 5 * LARGE_BYTES
    assert oct(disk.stat().st_mode & 0o777) == oct(0o700)
    assert all(file.stat().st_mode & 0o77 == 0 for file in disk.rglob("*") if file.is_file())


@pytest.mark.parametrize("again", [False, True], ids=["running", "started-again"])
def test_packs_that_no_backup_needs_go(daemon: Daemon, other: Daemon, disk: Path, again: bool) -> None:
    """What was purged and collected leaves the backup too; the rest is brought back, also where a pack has the number
    of one that is gone."""
    kept = os.urandom(LARGE_BYTES)
    with daemon.client() as client:
        client.save("notes", "gone", os.urandom(20 * LARGE_BYTES))
        backed_up(client, disk)
        client.purge("notes/gone")
        client.prune(timeout_seconds=30)
    if again:
        daemon.restart()
    with daemon.client() as client:
        client.save("notes", "kept", kept, published=True)
        made = backed_up(client, disk)
        assert made.failed is None
    assert sum(file.stat().st_size for file in (disk / "packs").iterdir()) < 5 * LARGE_BYTES
    daemon.stop()
    brought_back(other, disk)
    with other.client() as client:
        assert everything(client) == {"kept": {b"": kept}}


def test_files_that_changed_since_are_not_lost(daemon: Daemon, disk: Path) -> None:
    """In the same place: what is on disk is newer than the backup and becomes the head; a session that is only on disk
    is one again, one that is not there any more is published again."""
    with daemon.client() as client:
        for name in ("changed", "gone", "same"):
            client.save("notes", name, f"{name} as it was backed up\n".encode(), published=True)
        backed_up(client, disk)
        client.save("notes", "changed", b"saved after the backup\n", published=True)
        client.save("notes", "new", b"made after the backup\n", published=True)
    daemon.stop()
    (daemon.sessions / "notes" / "gone").unlink()
    (daemon.home / "store").rename(daemon.home / "broken")
    brought_back(daemon, disk)
    with daemon.client() as client:
        client.folder_scan()
        until(lambda: not client.status().pending_files)
        assert everything(client) == {
            "changed": {b"": b"saved after the backup\n"},
            "gone": {b"": b"gone as it was backed up\n"},
            "new": {b"": b"made after the backup\n"},
            "same": {b"": b"same as it was backed up\n"},
        }
        assert client.cat("notes/changed@-1") == b"changed as it was backed up\n"
    assert (daemon.sessions / "notes" / "gone").read_bytes() == b"gone as it was backed up\n"
    assert (daemon.sessions / "notes" / "changed").read_bytes() == b"saved after the backup\n"


def test_a_restored_store_is_another_one_to_its_clients(daemon: Daemon, disk: Path) -> None:
    """Its id is new, so who comes with a number of the future that was lost is told to read again."""
    with daemon.client() as client:
        client.save("notes", "one", b"1")
        store = client.hello().store
        backed_up(client, disk)
    daemon.stop()
    (daemon.home / "store").rename(daemon.home / "broken")
    brought_back(daemon, disk)
    with daemon.client() as client:
        assert client.hello().store != store


def test_a_restore_never_touches_a_store(daemon: Daemon, disk: Path) -> None:
    """Not of a daemon that runs, not of one that ended: the sentence says so, and all is as it was."""
    with daemon.client() as client:
        client.save("notes", "one", b"1", published=True)
        backed_up(client, disk)
        client.save("notes", "one", b"2", published=True)
    assert daemon.cli("backup", str(disk), "--restore").code != 0
    daemon.stop()
    said = daemon.cli("backup", str(disk), "--restore")
    assert said.code == Exists.exit_code
    assert "There is a store" in said.err
    daemon.start()
    with daemon.client() as client:
        assert client.cat("notes/one") == b"2"


def test_a_flipped_bit_in_the_backup_is_named_and_copied_anew(daemon: Daemon, other: Daemon, disk: Path) -> None:
    """A restore names the file and brings the rest back; ``--all`` puts it right."""
    content = os.urandom(LARGE_BYTES)
    with daemon.client() as client:
        client.save("notes", "large", content, published=True)
        client.save("notes", "small", b"small", published=True)
        backed_up(client, disk)
        (pack,) = (disk / "packs").iterdir()
        whole = bytearray(pack.read_bytes())
        whole[len(whole) // 2] ^= 1
        pack.write_bytes(whole)
        said = other.cli("backup", str(disk), "--restore")
        assert said.code == 8
        assert f"{pack} is damaged between bytes 0 and {len(whole)}" in said.text
        other.start()
        assert other.ok("cat", "notes/small").out == b"small"
        again = daemon.ok("backup", str(disk), "--all")
        assert f"was damaged, and is copied anew: {pack}" in again.err
    (pack,) = (disk / "packs").iterdir()
    assert content[:1000] in pack.read_bytes()


@pytest.mark.parametrize("name", ["backup", "catalog-000001.sqlite"])
def test_a_damaged_catalog_or_state_of_a_backup_is_named(daemon: Daemon, other: Daemon, disk: Path, name: str) -> None:
    """Whatever byte of it flipped."""
    with daemon.client() as client:
        client.save("notes", "one", b"1")
        backed_up(client, disk)
    file = disk / name
    whole = bytearray(file.read_bytes())
    whole[len(whole) - 30] ^= 4
    file.write_bytes(whole)
    said = other.cli("backup", str(disk), "--restore")
    assert said.code == 8
    assert name in said.text + said.err


def test_what_an_application_handed_over_is_brought_back(daemon: Daemon, other: Daemon, disk: Path) -> None:
    """Though nothing of it was saved yet."""
    with daemon.client() as client, client.workspace("verse", app="notes") as workspace:
        workspace["intro"] = b"d1 >> play()"
        assert backed_up(client, disk).failed is None
    daemon.stop()
    brought_back(other, disk)
    with other.client() as client:
        (row,) = client.workspaces().rows
        client.recover(row.id)
        assert b"d1 >> play()" in b"".join(everything(client)["verse"].values())


def test_places_that_are_refused(daemon: Daemon, house: Path) -> None:
    """Relative, in the store, in the sessions folder, around them, in a watched folder, not empty, of another store."""
    fill(house / "song", {"a.txt": b"a"})
    (house / "full").mkdir()
    (house / "full" / "file").touch()
    (house / "file").touch()
    with daemon.client() as client:
        adopt(daemon, client, house / "song", "notes")
        refused: list[tuple[Path, type[HoldfastError]]] = [
            (daemon.home / "store" / "backup", NotAllowed), (daemon.sessions / "backup", NotAllowed),
            (daemon.home, NotAllowed), (house / "song" / "backup", NotAllowed), (house / "full", Exists),
            (house / "file", Exists), (house / "no" / "where", Unreadable),
        ]  # fmt: skip
        for place, error in refused:
            with pytest.raises(error):
                client.backup(str(place))
        with pytest.raises(BadField):
            client.backup(b"a\0b")
        assert client.status().last_backup is None
    assert [*(house / "full").iterdir()] == [house / "full" / "file"]


def test_leftovers_of_a_store_that_was_removed_are_none(daemon: Daemon, other: Daemon, disk: Path) -> None:
    """A power cut during its removal may keep what SQLite only had for itself: the backup is brought back beside it."""
    with daemon.client() as client:
        client.save("notes", "a", b"kept", published=True)
        backed_up(client, disk)
    store = other.home / "store"
    (store / "cookies").mkdir(parents=True)
    store.chmod(0o700)
    for name in ("catalog.sqlite-shm", "search.sqlite-shm"):
        (store / name).write_bytes(bytes(32768))
    brought_back(other, disk)
    with other.client() as client:
        assert client.cat("notes/a") == b"kept"


def test_a_backup_of_another_store_is_left_alone(daemon: Daemon, other: Daemon, disk: Path) -> None:
    """Exit 4, and it can be brought back still."""
    other.start().ok("save", "notes/theirs", "-", content=b"theirs")
    daemon.ok("backup", str(disk))
    said = other.cli("backup", str(disk))
    assert said.code == Exists.exit_code
    assert "another store" in said.err


def test_a_full_disk_leaves_the_backup_before(daemon: Daemon, other: Daemon, house: Path) -> None:
    """The code is no-space, status says so, and what is there is brought back; with room the next one succeeds."""
    small = house / "small"
    small.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "none", str(small)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        with daemon.client() as client:
            client.save("notes", "one", b"as it was")
            assert backed_up(client, small).failed is None
            client.save("notes", "large", os.urandom(6 << 20))
            made = backed_up(client, small)
            assert made.code == "no-space"
            assert any("backup" in problem for problem in client.status().problems)
            said = daemon.cli("backup", str(small))
            assert (said.code, "is full" in said.err) == (NoSpace.exit_code, True)
            client.purge("notes/large")
            client.prune(timeout_seconds=30)
            brought_back(other, small)
            assert other.ok("cat", "notes/one").out == b"as it was"
            assert backed_up(client, small).failed is None
            assert not client.status().problems
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_one_that_is_stopped_leaves_the_backup_before(daemon: Daemon, other: Daemon, disk: Path) -> None:
    """Whoever asks meanwhile sees the same one."""
    with daemon.client() as client, daemon.client() as asks:
        client.save("notes", "one", b"1")
        good = backed_up(client, disk)
        for number in range(20):
            client.save("notes", f"more{number}", os.urandom(5 * LARGE_BYTES))
        client.backup(str(disk))
        assert asks.backup(begin=False).directory == bytes(disk)
        asks.backup(begin=False, stop=True)
        ended = until(lambda: (found := asks.backup(begin=False, wait_ms=1000)) and not found.running and found)
        assert ended.failed == "It was stopped"
        assert client.status().last_backup == good.began
    brought_back(other, disk)
    assert other.ok("cat", "notes/one").out == b"1"


@pytest.mark.parametrize("size_bytes", [LARGE_BYTES, 300], ids=["pack", "row"])
def test_damage_in_the_store_is_put_right_from_the_backup(daemon: Daemon, disk: Path, size_bytes: int) -> None:
    """Where no visible file and no pack has those bytes any more; the log says from where."""
    content = os.urandom(size_bytes)
    with daemon.client() as client:
        client.save("notes", "one", content)
        client.save("notes", "one", os.urandom(size_bytes), published=True)
        backed_up(client, disk)
    daemon.stop()
    files = [file for file in (daemon.home / "store").rglob("*") if file.is_file()]
    (holder,) = (file for file in files if content[:200] in file.read_bytes())
    whole = bytearray(holder.read_bytes())
    whole[whole.index(content[:200])] ^= 1
    holder.write_bytes(whole)
    daemon.start()
    said = daemon.ok("check", "--all", "--repair")
    assert "repaired: Chunk" in said.text
    with daemon.client() as client:
        assert client.cat("notes/one@-1") == content
        rows = client.operations(newest=True, limit=10).rows
        assert any(row.type == "repaired" and row.note.endswith("from the backup") for row in rows)
