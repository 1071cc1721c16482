"""In an adopted folder nothing is written unless a person asks for it by name; and what is asked is written whole."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import BASE, HAT, KICK, OTHER_KICK, Place, adopt, adopt_sets, listing, save_set
from e2e_daemon import Daemon, until

from holdfast_protocol.model import Ref


@pytest.fixture
def place(daemon: Daemon, house: Path) -> Iterator[Place]:
    """An adopted folder of Renardo's with one session of three buffers, and others that nothing happens to."""
    with daemon.client() as client:
        yield adopt_sets(daemon, client, house / "livecoding_sessions")


def test_scans_write_nothing(place: Place) -> None:
    """Nor do lists, looks at sessions, and a restart: no inode, no time, no byte is another one."""
    before = listing(place.root)
    place.client.folder_scan(place.folder, verify=True)
    place.client.show(place.ref("set.py"))
    place.client.check_resources(place.ref("set.py"))
    place.daemon.restart()
    place.client.folder_scan(place.folder, verify=True)
    assert listing(place.root) == before


def test_an_outside_change_is_read_and_left_as_it_is(place: Place) -> None:
    """The new inode that its writer made is the one that stays."""
    place.write("set.py", KICK)
    before = listing(place.root)
    place.client.folder_scan(place.folder, verify=True)
    assert listing(place.root) == before


def test_an_outside_deletion_is_not_repaired(place: Place) -> None:
    """It is a deletion by its user; the file comes back when somebody says undo."""
    (place.root / "set.py").unlink()
    place.settle()
    place.client.folder_scan(place.folder)
    assert not (place.root / "set.py").exists()


def test_damage_is_not_repaired(place: Place) -> None:
    """The application's file stays as it left it, until somebody says restore."""
    file = place.write("set.py", b"")
    before = listing(place.root)
    place.client.folder_scan(place.folder, verify=True)
    place.daemon.restart()
    place.client.folder_scan(place.folder, verify=True)
    assert listing(place.root) == before
    assert (place.row("set.py").suspect, place.row("set.py").diverged) == (True, True)
    assert place.head("set.py") == BASE
    place.client.restore(place.ref("set.py", "good"), published=True)
    assert file.read_bytes() == BASE


def test_a_fork_goes_to_the_sessions_folder(place: Place) -> None:
    """Two saves that cannot be merged: the later one is a session of its own, not among the application's files."""
    assert save_set(place, KICK, 1) == "saved"
    before = listing(place.root)
    assert save_set(place, OTHER_KICK, 1) == "forked"
    place.settle()
    assert listing(place.root) == before
    [fork] = place.client.list(app="renardo", folder="sessions").rows
    assert place.content(fork.id) == OTHER_KICK
    assert fork.forked_from == place.row("set.py").id
    until(lambda: (place.daemon.sessions / "renardo" / "set (fork).py").read_bytes() == OTHER_KICK)


def test_a_copy_goes_to_the_sessions_folder(place: Place) -> None:
    """So does what is restored under another name, and what is imported."""
    before = listing(place.root)
    place.client.copy(place.ref("set.py"), "a copy", published=True)
    place.client.restore(place.ref("set.py"), name="another", published=True)
    place.client.import_document("a third", BASE, published=True)
    assert listing(place.root) == before
    assert {row.name for row in place.client.list(folder="sessions").rows} == {"a copy", "another", "a third"}


def test_an_explicit_save_is_written_where_it_is_asked(place: Place) -> None:
    """The session of that name in the one folder that has it, with the file's own mode."""
    (place.root / "set.py").chmod(0o640)
    place.settle()
    place.client.save("renardo", "set", KICK, published=True)
    assert (place.root / "set.py").read_bytes() == KICK
    assert (place.root / "set.py").stat().st_mode & 0o777 == 0o640


def test_a_new_session_is_made_where_it_is_asked(place: Place) -> None:
    """A save that names the folder; beside the application's own, with its suffix."""
    place.client.save("renardo", "new", KICK, folder=place.folder, published=True)
    assert (place.root / "new.py").read_bytes() == KICK


def test_rename_delete_undo_and_restore_are_written(place: Place) -> None:
    """Each asked for by the session's name."""
    place.client.rename(place.ref("set.py"), "renamed", published=True)
    assert (place.root / "renamed.py").read_bytes() == BASE
    assert not (place.root / "set.py").exists()
    identity = place.row("renamed.py").id
    deleted = place.client.delete(place.ref("renamed.py"), published=True)
    assert not (place.root / "renamed.py").exists()
    place.client.undo(deleted.operation, published=True)
    assert (place.root / "renamed.py").read_bytes() == BASE
    place.client.save("renardo", "renamed", KICK, folder=place.folder, published=True)
    place.client.restore(Ref(id=identity, snapshot="-1"), published=True)
    assert (place.root / "renamed.py").read_bytes() == BASE


def test_nothing_of_the_daemons_own_is_left_in_the_folder(place: Place) -> None:
    """Neither after saves nor after a crash in the middle of one."""
    for content in (KICK, HAT):
        place.client.save("renardo", "set", content, published=True)
    place.daemon.kill()
    place.daemon.start()
    place.client.folder_scan(place.folder)
    assert not [path for path in place.root.rglob("*") if path.name.startswith(".holdfast")]


def test_nothing_is_left_in_a_folder_on_another_disk_either(daemon: Daemon) -> None:
    """Where files cannot be renamed into it from the store: what stands there after a restore is the sessions."""
    shared_memory = Path("/dev/shm")
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == daemon.home.stat().st_dev:
        pytest.skip("there is no second file system here")
    with tempfile.TemporaryDirectory(dir=shared_memory) as elsewhere, daemon.client() as client:
        place = adopt(daemon, client, Path(elsewhere) / "notes")
        for content in (b"one", b"two"):
            place.write("x", content)
        client.restore(place.ref("x", "-1"), published=True)
        place.settle()
        assert (place.root / "x").read_bytes() == b"one"
        until(lambda: [path.name for path in place.root.iterdir()] == ["x"])
        client.folder_remove(place.folder)


def test_a_reader_never_sees_a_mixture(place: Place) -> None:
    """While saves and restores follow one another, the file is there and is one state or the other, at each moment."""
    states = {content: content + b"\n# " + b"x" * 300_000 + b"\n" for content in (KICK, HAT)}
    place.client.save("renardo", "set", states[KICK], published=True)
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add((place.root / "set.py").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(10):
            for content in states.values():
                place.client.save("renardo", "set", content, published=True)
            place.client.restore(place.ref("set.py", "-1"), published=True)
    finally:
        done.set()
        reader.join()
    assert seen == {*states.values()}
