"""Disks that are mounted and unmounted, and what may not be read: nothing of it is a deletion."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, hears, identities, own
from e2e_daemon import Daemon, until

from holdfast_protocol.errors import NotAllowed

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
PR_CAPBSET_DROP = 24


@pytest.fixture
def place(daemon: Daemon, house: Path) -> Iterator[Place]:
    """An adopted folder with four sessions: fewer than the breaker minds."""
    with daemon.client() as client:
        fill(house / "notes", range(4))
        yield adopt(daemon, client, house / "notes")


def _mount(*words: str) -> None:
    """As root on a machine that lets it; elsewhere there is nothing to be tested."""
    done = subprocess.run(["mount", *words], capture_output=True, timeout=20, check=False)
    if done.returncode != 0:
        pytest.skip(f"this user may not mount here: {done.stderr.decode().strip()}")


def _bind_by_fuse(disk: Path, point: Path) -> None:
    """What is changed on the disk is not told at the mount point, as on a server's file system."""
    if shutil.which("bindfs") is None:
        pytest.skip("this machine has no bindfs")
    done = subprocess.run(["bindfs", str(disk), str(point)], capture_output=True, timeout=20, check=False)
    if done.returncode != 0:
        pytest.skip(f"this user may not mount here: {done.stderr.decode().strip()}")


def _disk_in_memory(point: Path, mounts: list[Path]) -> None:
    """A file system of its own there."""
    _mount("-t", "tmpfs", "none", str(point))
    mounts.append(point)


def _unmount(place: Path) -> None:
    subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True, timeout=20)


@pytest.fixture
def mounts(house: Path) -> Iterator[list[Path]]:
    """What a test has mounted, to be unmounted whatever becomes of it."""
    mounted: list[Path] = []
    yield mounted
    for place in reversed(mounted):
        with contextlib.suppress(subprocess.CalledProcessError):
            _unmount(place)


def test_an_unmounted_disk_is_held_and_comes_back(daemon: Daemon, house: Path, mounts: list[Path]) -> None:
    """A real one: its empty mount point is not believed; mounted again, the same sessions are there and are heard."""
    fill(house / "disk", range(4))
    (house / "point").mkdir()
    _mount("--bind", str(house / "disk"), str(house / "point"))
    mounts.append(house / "point")
    with daemon.client() as client:
        place = adopt(daemon, client, house / "point")
        before = identities(place)
        _unmount(house / "point")
        assert place.held()
        assert identities(place) == before
        _mount("--bind", str(house / "disk"), str(house / "point"))
        place.released()
        assert identities(place) == before
        assert "deleted-outside" not in place.types()
        hears(place)


def test_a_folder_by_another_path_is_not_adopted_twice(place: Place, house: Path, mounts: list[Path]) -> None:
    """A bind mount of it: its files would be two sessions each, or hop between the two."""
    (house / "point").mkdir()
    _mount("--bind", str(place.root), str(house / "point"))
    mounts.append(house / "point")
    with pytest.raises(NotAllowed, match=str(place.root)):
        place.client.folder_add(str(house / "point"), place.app)


def test_a_disk_mounted_over_the_folder_is_not_believed(place: Place, mounts: list[Path]) -> None:
    """What is hidden below it is not deleted."""
    before = identities(place)
    _disk_in_memory(place.root, mounts)
    assert "Another folder" in place.held()
    assert identities(place) == before
    _unmount(mounts.pop())
    place.released()
    assert identities(place) == before
    assert "deleted-outside" not in place.types()
    hears(place)


@pytest.mark.parametrize("running", [True, False], ids=["while it runs", "while it is down"])
def test_another_disk_at_the_same_place_is_not_believed(
    daemon: Daemon, house: Path, mounts: list[Path], running: bool
) -> None:
    """Its first folder has the same number as that of any disk: nothing of the former one's is deleted."""
    root = house / "disk"
    root.mkdir()
    _disk_in_memory(root, mounts)
    fill(root, range(4))
    with daemon.client() as client:
        place = adopt(daemon, client, root)
        before = identities(place)
    if not running:
        daemon.stop()
    _unmount(root)
    mounts.clear()
    _disk_in_memory(root, mounts)
    fill(root, ["other"])
    if not running:
        daemon.start()
    with daemon.client() as client:
        place = Place(daemon, client, place.app, root, place.folder)
        assert place.held()
        client.folder_scan(place.folder)
        assert place.held()
        assert before.items() <= identities(place).items()
        assert "deleted-outside" not in place.types()


def test_a_file_system_without_an_exchange_holds_sessions(house: Path, mounts: list[Path]) -> None:
    """FUSE, as of a server: a save over a file arrives, a deletion and its undo too; what is changed there is found."""
    daemon = Daemon(house / "d")
    disk = house / "disk"
    for path in (disk, daemon.sessions):
        path.mkdir(parents=True)
    _bind_by_fuse(disk, daemon.sessions)
    mounts.append(daemon.sessions)
    try:
        with daemon.start().client() as client:
            place = own(daemon, client)
            for state in (b"one", b"two", b"three"):
                client.save(place.app, "x", state, published=True)
                assert (disk / "notes" / "x").read_bytes() == state
            assert place.state().watching == "polling"
            (disk / "notes" / "x").write_bytes(b"changed on the server")
            until(lambda: place.head("x") == b"changed on the server")
            identity = place.row("x").id
            client.delete(place.ref("x"), published=True)
            assert not (disk / "notes" / "x").exists()
            client.undo(published=True)
            assert (disk / "notes" / "x").read_bytes() == b"changed on the server"
            assert place.history(identity) == [b"changed on the server", b"three", b"two", b"one"]
            assert os.listdir(disk / "notes") == ["x"]
    finally:
        daemon.stop()


def test_a_deaf_file_system_that_is_mounted_later_is_polled(daemon: Daemon, house: Path, mounts: list[Path]) -> None:
    """A daemon that starts at login, before a server is reached: the folder is held until then, and polled after."""
    disk, point = house / "disk", house / "point"
    fill(disk, range(4))
    point.mkdir()
    _bind_by_fuse(disk, point)
    mounts.append(point)
    with daemon.client() as client:
        place = adopt(daemon, client, point)
        before = identities(place)
        daemon.stop()
        _unmount(point)
        daemon.start()
        assert place.held()
        _bind_by_fuse(disk, point)
        place.released()
        assert place.state().watching == "polling"
        (disk / "0").write_bytes(b"changed on the server")
        until(lambda: place.head("0") == b"changed on the server")  # a mount may show it a second late
        assert identities(place) == before


def test_a_deaf_file_system_mounted_below_a_folder_makes_it_polled(
    daemon: Daemon, house: Path, mounts: list[Path]
) -> None:
    """While it is watched: what the mount does not tell is found all the same, and the barrier does not lie before."""
    with daemon.client() as client:
        place = own(daemon, client)
        place.write("x", b"local")
        fill(house / "disk", {"y": b"of a server"})
        other = daemon.sessions / "remote"
        other.mkdir()
        _bind_by_fuse(house / "disk", other)
        mounts.append(other)
        remote = Place(daemon, client, "remote", other, "sessions", b"remote/")
        remote.settle()
        assert remote.head("y") == b"of a server"
        (house / "disk" / "y").write_bytes(b"changed on the server")
        until(lambda: remote.head("y") == b"changed on the server")
        until(lambda: place.state().watching == "polling")
        assert "fuse" in place.state().watch_note


def _obey_modes() -> None:
    """In the new process: what root may do beyond a file's mode, it may not after the exec that follows."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.fixture
def modest(house: Path) -> Iterator[Place]:
    """An adopted folder with four sessions of a daemon that file modes hold for, whoever runs the tests."""
    daemon = Daemon(house / "d", before=_obey_modes)
    root = house / "notes"
    fill(root, range(4))
    fill(root / "several", {"a": b"a"})
    try:
        daemon.start()
        with daemon.client() as client:
            yield adopt(daemon, client, root)
    finally:
        for path in (root, *root.rglob("*")):
            with contextlib.suppress(FileNotFoundError):
                path.chmod(0o755)
        daemon.stop()


def test_a_root_that_cannot_be_read_is_held(modest: Place) -> None:
    """No permission is no deletion; it goes on when it may be read again."""
    before = identities(modest)
    modest.root.chmod(0)
    assert "cannot be read" in modest.held()
    assert identities(modest) == before
    modest.root.chmod(0o755)
    modest.released()
    assert identities(modest) == before
    hears(modest)


def test_a_file_that_cannot_be_read_keeps_its_session(modest: Place) -> None:
    """It is named among the problems, its head is what it was, and it is read once that is allowed."""
    file = modest.root / "1"
    file.write_bytes(b"changed")
    file.chmod(0)
    modest.settle()
    until(lambda: "'1' is not read" in modest.problems())
    file.chmod(0o644)
    until(lambda: modest.head("1") == b"changed")
    assert "deleted-outside" not in modest.types()
    assert "'1'" not in modest.problems()


def test_a_folder_of_a_session_that_cannot_be_read_keeps_it(modest: Place) -> None:
    """Several files, of which none can be seen just now."""
    folder = modest.root / "several"
    folder.chmod(0)
    modest.client.folder_scan(modest.folder)
    assert modest.content(modest.row("several").id, path=b"a") == b"a"
    assert "several" in modest.problems()
    assert "deleted-outside" not in modest.types()


def test_what_a_read_only_disk_refused_is_done_once_it_can_be(
    daemon: Daemon, house: Path, mounts: list[Path]
) -> None:  # fmt: skip
    """A disk of its own: neither is a file deleted that is still there, nor is it given up."""
    root = house / "disk"
    root.mkdir()
    _disk_in_memory(root, mounts)
    fill(root, range(3))
    with daemon.client() as client:
        place = adopt(daemon, client, root)
        place.write("0", b"two")
        _mount("-o", "remount,ro", str(root))
        said = daemon.ok("restore", f"{place.app}/0@-1", "--folder", place.folder)
        assert "cannot be written: Read-only file system" in said.err
        assert "Read-only" in daemon.ok("delete", f"{place.app}/1", "--folder", place.folder).err
        daemon.ok("undo")
        until(lambda: "'1'" not in place.problems())  # nothing is wanted there any more
        client.delete(place.ref("1"))
        until(lambda: "Read-only" in place.problems())
        assert (root / "1").exists()
        _mount("-o", "remount,rw", str(root))
        until(lambda: (root / "0").read_bytes() == b"this is 0" and not (root / "1").exists(), 30)
        place.settle()
        assert place.rows().keys() == {"0", "2"}
