"""What others do to the store's files and to its disk: refused with a code, named, got over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from e2e_daemon import Daemon, read_only, until

from holdfast_protocol.errors import Damaged, HoldfastError, Unreadable

LARGE = bytes(range(256)) * 1600
#: Another program's SQLite, which knows of no checksums; it says when it is ready and ends with its input.
OTHER = """
import sqlite3, sys
catalog = sqlite3.connect(sys.argv[1], isolation_level=None)
catalog.execute(sys.argv[2]).fetchall()
print("ready", flush=True)
sys.stdin.read()
catalog.close()
"""


@pytest.fixture
def kept(daemon: Daemon) -> Daemon:
    """With a small session and a large one, which is in a pack."""
    with daemon.client() as client:
        client.save("notes", "small", b"small", published=True)
        client.save("notes", "large", LARGE, published=True)
    return daemon


@contextmanager
def another(daemon: Daemon, sql: str) -> Iterator[None]:
    """Another program has the catalog open, and has done that."""
    words = [sys.executable, "-c", OTHER, str(daemon.home / "store" / "catalog.sqlite"), sql]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        yield
        assert program.stdin is not None
        program.stdin.close()


def test_a_program_that_reads_the_catalog_and_ends_takes_nothing_away(kept: Daemon) -> None:
    """After a check too, which looks at the same files: what is saved then survives a kill."""
    kept.ok("check", "--all")
    with another(kept, "SELECT count(*) FROM operations"):
        kept.ok("save", "notes/during", "-", content=b"during")
    kept.ok("save", "notes/after", "-", content=b"after")
    kept.kill()
    kept.start()
    assert kept.ok("cat", "notes/during").out == b"during"
    assert kept.ok("cat", "notes/after").out == b"after"
    assert "nothing is damaged" in kept.ok("check", "--all").text


def test_a_catalog_that_another_program_has_locked_is_read_and_written_again_later(kept: Daemon) -> None:
    """Saves are refused, by name, within the time that a client waits; status says so until they go well again, which
    the daemon finds out by itself."""
    with kept.client() as client:
        with another(kept, "BEGIN IMMEDIATE"):
            with pytest.raises(Unreadable, match="locked"):
                client.save("notes", "new", b"new")
            assert client.cat("notes/large") == LARGE
            assert any("locked" in each for each in client.status().problems)
        until(lambda: client.status().problems == [])
        client.save("notes", "new", b"new")
    said = kept.log.read_text()
    assert "Nothing can be saved from here on" in said
    assert "can be written again" in said


def test_a_pack_that_was_cut_gives_what_is_left_and_all_when_it_is_whole_again(kept: Daemon) -> None:
    """Whoever reads what is gone is told, the log names the pack, and nothing else is disturbed."""
    (pack,) = (kept.home / "store" / "packs").iterdir()
    content = pack.read_bytes()
    os.truncate(pack, 1000)
    with kept.client() as client:
        with pytest.raises(Damaged):
            client.cat("notes/large")
        assert str(pack) in kept.log.read_text()
        assert client.cat("notes/small") == b"small"
        client.save("notes", "new", b"new", published=True)
        pack.write_bytes(content)
        assert client.cat("notes/large") == LARGE


def test_a_temporary_file_that_cannot_be_made_is_made_later(kept: Daemon) -> None:
    """The save is durable at once, status names path and cause, and nobody has to ask again."""
    with kept.client() as client:
        with read_only(kept.home / "store" / "staging"):
            client.save("notes", "new", b"new")
            until(lambda: any("notes/new" in each and "Read-only" in each for each in client.status().problems))
            assert client.cat("notes/new") == b"new"
        until(lambda: kept.file("notes", "new").exists() and client.status().problems == [])
        assert kept.file("notes", "new").read_bytes() == b"new"


def test_a_sessions_folder_that_takes_no_writes_shows_what_was_saved_when_it_does(stopped: Daemon) -> None:
    """It is on a disk of its own, which becomes read-only: nothing counts as deleted or changed by that."""
    stopped.sessions.mkdir(parents=True, mode=0o700)
    stopped.home.chmod(0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "none", str(stopped.sessions)], check=True)
    try:
        stopped.start()
        with stopped.client() as client:
            client.save("notes", "old", b"old", published=True)
            subprocess.run(["mount", "-o", "remount,ro", str(stopped.sessions)], check=True)
            client.save("notes", "old", b"new")
            until(lambda: any("Read-only" in each for each in client.status().problems))
            assert stopped.file("notes", "old").read_bytes() == b"old"
            assert client.cat("notes/old") == b"new"
            subprocess.run(["mount", "-o", "remount,rw", str(stopped.sessions)], check=True)
            until(lambda: stopped.file("notes", "old").read_bytes() == b"new" and client.status().problems == [])
            assert [row.message for row in client.log("notes/old").rows] == ["", ""]
    finally:
        stopped.stop()
        subprocess.run(["umount", "--lazy", str(stopped.sessions)], check=True)


def test_a_configuration_that_cannot_be_read_leaves_the_one_in_force(kept: Daemon) -> None:
    """A directory in its place: a reload says so, and takes the file when it is back."""
    assert kept.process is not None
    config = kept.home / "config.toml"
    config.mkdir()
    with kept.client() as client:
        os.kill(kept.process.pid, signal.SIGHUP)
        until(lambda: any("config.toml" in each for each in client.status().problems))
        client.save("notes", "new", b"new")
        config.rmdir()
        os.kill(kept.process.pid, signal.SIGHUP)
        until(lambda: client.status().problems == [])


def test_a_catalog_that_is_deleted_is_named(kept: Daemon) -> None:
    """Under a running daemon: what needs it again is refused with a code, and no empty one is made in its place."""
    store = kept.home / "store"
    for name in ("catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"):
        (store / name).unlink()
    with kept.client() as client:
        coded = set[str]()
        for number in range(20):
            try:
                client.save("notes", f"more {number}", LARGE, published=True)
            except HoldfastError as problem:
                coded.add(problem.code)
    assert coded <= {"unreadable", "damaged"}
    assert not (store / "catalog.sqlite").exists()
