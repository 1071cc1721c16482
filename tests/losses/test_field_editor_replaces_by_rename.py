"""Editors do not write into the file they have open: Vim renames it to a backup and makes a new one, gedit writes
beside it and renames over it. To a watcher that is a deletion, a creation and files that nobody ever sees again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from losses_adopted import Adopted, listing
from losses_documents import renardo
from losses_writers import replaces

BEFORE = renardo("Clock.bpm = 96\n", ("a", "p1 >> pluck([0, 2])\n")).encode()
AFTER = BEFORE.replace(b"96", b"104")


def vim(path: Path, content: bytes) -> None:
    """``:w`` with 'writebackup' and 'backupcopy' auto: a probe, a swap file, a backup that is removed at the end (seen
    with strace; below /tmp, which 'backupskip' names, it writes in place)."""
    swap, probe, backup = (path.with_name(name) for name in (f".{path.name}.swp", "4913", f"{path.name}~"))
    swap.write_bytes(b"b0VIM 9.1")
    probe.touch(exist_ok=False)
    probe.unlink()
    path.rename(backup)
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.ftruncate(file, 0)
    os.write(file, content)
    os.fsync(file)
    os.close(file)
    backup.unlink()
    swap.unlink()


def gedit(path: Path, content: bytes) -> None:
    """GLib's g_file_replace."""
    replaces(path, content, ".goutputstream-X7Q2M3")


def emacs(path: Path, content: bytes) -> None:
    """The first save since the file was opened: the old file becomes the backup, and stays."""
    lock, backup = path.with_name(f".#{path.name}"), path.with_name(f"{path.name}~")
    lock.symlink_to("ann@desk.1234:1700000000")
    path.rename(backup)
    path.write_bytes(content)
    lock.unlink()


EDITORS = {"vim": vim, "gedit": gedit, "emacs": emacs}


@pytest.mark.parametrize("editor", EDITORS)
def test_it_stays_one_session_with_both_states(adopt: Callable[..., Adopted], desk: Path, editor: str) -> None:
    """One session of the same id, one change, no deletion that stands, and each state is one command away."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    (folder / "set.py").write_bytes(BEFORE)
    adopted = adopt(folder, "renardo")
    identity = adopted.rows()["set"]["id"]

    EDITORS[editor](folder / "set.py", AFTER)

    adopted.head_is("set", AFTER)
    adopted.scan()
    rows = adopted.rows()
    assert {name: row["id"] for name, row in rows.items()} == {"set": identity}
    assert adopted.history("set")[0]["cause"] == "outside"
    assert len(adopted.history("set")) == 2
    left = listing(folder)
    adopted.comes_back("set", BEFORE, AFTER)
    assert listing(folder) == left
