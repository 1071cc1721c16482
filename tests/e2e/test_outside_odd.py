"""The sessions folder at its worst: writers that stay, links, folders that cannot be read, folders that are gone."""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_daemon import Daemon, until

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
PR_CAPBSET_DROP = 24


def _obey_modes() -> None:
    """In the new process: what root may do beyond a file's mode, it may not after the exec that follows."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.fixture
def modest(house: Path) -> Iterator[Daemon]:
    """A daemon that file modes hold for, whoever runs the tests."""
    daemon = Daemon(house / "d", before=_obey_modes)
    try:
        yield daemon.start()
    finally:
        for folder in (daemon.sessions, *daemon.sessions.iterdir()):
            with contextlib.suppress(NotADirectoryError, FileNotFoundError):
                folder.chmod(0o755)
        daemon.stop()


def _problems(daemon: Daemon) -> str:
    return "\n".join(daemon.ok("status", "--json").rows[0]["problems"])


def _types(daemon: Daemon) -> list[str]:
    return [row["type"] for row in daemon.operations()]


def _snapshots(daemon: Daemon, ref: str) -> list[bytes]:
    return [daemon.ok("load", f"{ref}@{row['snapshot']}").out for row in daemon.log_of(ref)]


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.035, 0.05, 0.07])
def test_an_edit_just_before_a_rename_loses_nothing(pause: float, shared: Daemon) -> None:
    """However the two meet, the file stands at the session's new place, with the edit, and nobody deleted it."""
    name = f"edited-{pause}"
    shared.ok("save", f"notes/{name}", "-", content=b"by a client")
    with shared.client() as client:
        shared.file("notes", name).write_bytes(b"by an editor")
        time.sleep(pause)  # the moment is the case, nothing is waited for
        client.rename(f"notes/{name}", f"{name} renamed")
    new = shared.file("notes", f"{name} renamed")
    until(lambda: new.exists() and new.read_bytes() == b"by an editor")
    until(lambda: not shared.file("notes", name).exists())
    assert shared.ok("cat", f"notes/{name} renamed").out == b"by an editor"
    assert "deleted-outside" not in [row["type"] for row in shared.operations() if (row["name"] or "").startswith(name)]


def test_a_writer_that_stays_over_a_save_is_heard_to_the_end(shared: Daemon) -> None:
    """Somebody holds the file open, a client's save displaces it, and what is written then is kept as well."""
    shared.ok("save", "notes/held", "-", content=b"first")
    with shared.file("notes", "held").open("ab", buffering=0) as held:
        held.write(b" and by hand")
        shared.ok("save", "notes/held", "-", content=b"by a client")
        held.write(b" and later still")
    whole = b"first and by hand and later still"
    names = lambda: [name for name in shared.rows("notes") if name.startswith("held")]  # noqa: E731  # asked anew
    until(lambda: any(whole in _snapshots(shared, f"notes/{name}") for name in names()))
    assert shared.ok("cat", "notes/held@-1").out == b"first" or b"by a client" in _snapshots(shared, "notes/held")


def test_a_whole_folder_moved_away_is_noticed(daemon: Daemon) -> None:
    """An application's folder in the trash: each of its sessions is deleted outside, and undo brings one back."""
    for name in ("a", "b"):
        daemon.ok("save", f"notes/{name}", "-", content=name.encode())
    (daemon.sessions / "notes").rename(daemon.home / "trash")
    until(lambda: _types(daemon).count("deleted-outside") == 2)
    assert daemon.rows("notes") == {}
    daemon.ok("undo")
    assert len(daemon.rows("notes")) == 1


def test_a_link_in_a_files_place_is_left_alone(daemon: Daemon) -> None:
    """A save does not displace it: it is said, and once the link is gone the file is there."""
    daemon.ok("save", "notes/x", "-", content=b"one")
    file, elsewhere = daemon.file("notes", "x"), daemon.home / "elsewhere"
    elsewhere.write_bytes(b"not to be touched")
    until(lambda: daemon.ok("status", "--json").rows[0]["pending_files"] == 0)
    beside = file.with_name("link")
    beside.symlink_to(elsewhere)
    beside.replace(file)
    daemon.cli("--timeout", "2", "save", "notes/x", "-", content=b"two")
    assert file.is_symlink()
    assert elsewhere.read_bytes() == b"not to be touched"
    assert "notes/x" in _problems(daemon)
    file.unlink()
    daemon.restart()
    until(lambda: file.exists() or "x" not in daemon.rows("notes"))
    assert {*(daemon.home / "store" / "staging").glob("*")} == set()


def test_links_of_a_deleted_folder_stay_with_their_owner(daemon: Daemon, tmp_path: Path) -> None:
    """Deleting a session that is a folder takes its files; a link that somebody put there is not a file of it."""
    (tmp_path / "tree").mkdir()
    for name in ("a", "b"):
        (tmp_path / "tree" / name).write_bytes(name.encode())
    daemon.ok("save", "notes/tree", str(tmp_path / "tree"))
    link = daemon.file("notes", "tree") / "link"
    link.symlink_to("a")
    daemon.ok("delete", "notes/tree")
    assert link.is_symlink()
    assert not link.with_name("a").exists()
    daemon.ok("undo")
    assert link.with_name("a").read_bytes() == b"a"


def test_a_folder_without_permission_deletes_nothing(modest: Daemon) -> None:
    """Neither what was there nor what is saved meanwhile; it is said, and it goes on when the folder is open again."""
    modest.ok("save", "aa/1", "-", content=b"1")
    modest.ok("save", "bb/1", "-", content=b"1")
    until(lambda: modest.ok("status", "--json").rows[0]["pending_files"] == 0)
    folder = modest.sessions / "aa"
    folder.chmod(0)
    with modest.client() as client:
        client.save("aa", "2", b"2")
        client.save("aa", "1", b"1 changed")
    until(lambda: "aa/" in _problems(modest))
    modest.file("bb", "1").write_bytes(b"1 changed outside")
    until(lambda: modest.ok("cat", "bb/1").out == b"1 changed outside")
    folder.chmod(0o755)
    until(lambda: (folder / "2").exists() and (folder / "1").read_bytes() == b"1 changed", seconds=30)
    assert "deleted-outside" not in _types(modest)


def test_one_unreadable_folder_hides_no_other_at_a_start(modest: Daemon) -> None:
    """What happened elsewhere while the daemon was down is found, and the folder that cannot be read is named."""
    for app in ("aa", "bb"):
        for name in ("1", "2"):
            modest.ok("save", f"{app}/{name}", "-", content=name.encode())
    modest.stop()
    (modest.sessions / "aa").chmod(0)
    modest.file("bb", "1").write_bytes(b"changed while down")
    modest.file("bb", "2").unlink()
    modest.start()
    until(lambda: _types(modest).count("deleted-outside") == 1)
    until(lambda: modest.ok("cat", "bb/1").out == b"changed while down")
    assert set(modest.rows("aa")) == {"1", "2"}
    assert "aa" in _problems(modest)


def test_an_unreadable_subfolder_is_not_an_empty_one(modest: Daemon, tmp_path: Path) -> None:
    """A session that is a folder keeps the files that cannot be seen just now."""
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    for name in ("a", "sub/b"):
        (tmp_path / "tree" / name).write_bytes(name.encode())
    modest.ok("save", "notes/tree", str(tmp_path / "tree"))
    visible = modest.file("notes", "tree")
    until(lambda: modest.ok("status", "--json").rows[0]["pending_files"] == 0)
    (visible / "sub").chmod(0)
    try:
        (visible / "a").write_bytes(b"changed")
        until(lambda: "tree" in _problems(modest))
        assert modest.ok("cat", "notes/tree", "--path", "sub/b").out == b"sub/b"
    finally:
        (visible / "sub").chmod(0o755)
    (visible / "a").write_bytes(b"changed again")
    until(lambda: modest.ok("cat", "notes/tree", "--path", "a").out == b"changed again")
    assert modest.ok("cat", "notes/tree", "--path", "sub/b").out == b"sub/b"


def test_a_folder_that_is_away_at_the_start_is_held(daemon: Daemon) -> None:
    """A disk that is not mounted is not everything deleted: it is said, and it goes on when the folder is back."""
    daemon.ok("save", "notes/x", "-", content=b"x")
    daemon.stop()
    away = daemon.home / "away"
    daemon.sessions.rename(away)
    daemon.start()
    status = daemon.ok("status", "--json").rows[0]
    assert not status["watching"]
    assert str(daemon.sessions) in "".join(status["problems"])
    with daemon.client() as client:
        client.save("notes", "x", b"saved meanwhile")
    assert set(daemon.rows("notes")) == {"x"}
    away.rename(daemon.sessions)
    until(lambda: daemon.file("notes", "x").read_bytes() == b"saved meanwhile")
    assert "deleted-outside" not in _types(daemon)
    assert daemon.ok("status", "--json").rows[0]["watching"]


def test_another_folder_in_its_place_is_held_and_can_be_accepted(daemon: Daemon) -> None:
    """An empty mount point says nothing; the store's id, written into it by hand, says that it is the right one."""
    daemon.ok("save", "notes/x", "-", content=b"x")
    daemon.stop()
    mark = (daemon.sessions / ".holdfast-folder").read_bytes()
    daemon.sessions.rename(daemon.home / "away")
    daemon.sessions.mkdir()
    daemon.start()
    assert mark.decode().strip() in _problems(daemon)
    assert set(daemon.rows("notes")) == {"x"}
    (daemon.sessions / ".holdfast-folder").write_bytes(mark)
    until(lambda: _types(daemon).count("deleted-outside") == 1)


def test_what_an_editor_puts_there_for_a_moment_is_no_session(shared: Daemon) -> None:
    """Vim's swap file and its kind; what has an ordinary name beside them is one."""
    folder = shared.sessions / "editing"
    folder.mkdir()
    for name in (".x.swp", ".#x", "#x#", "4913", ".goutputstream-ABCDEF", "x", ".autosaved"):
        (folder / name).write_bytes(b"text")
    until(lambda: set(shared.rows("editing")) == {"x", ".autosaved"})
    shared.ok("save", "editing/.autosaved", "-", content=b"saved under the name that it was found with")
