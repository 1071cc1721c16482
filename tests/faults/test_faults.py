"""Each cause on each place: what cannot be kept is refused with a code, all else goes on, status names the cause, and
when it has gone the daemon goes on by itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import NamedTuple

import pytest
from e2e_daemon import Daemon, until
from faults_calls import READS, RENAMES, SYNCS, WRITES, failing

from holdfast_protocol.errors import Damaged, HoldfastError, NoSpace, Unreadable

LARGE = bytes(range(256)) * 2000
WORDS = {
    "EIO": ("Input/output error",), "EROFS": ("Read-only file system",), "ENOSPC": ("full", "No space left"),
}  # fmt: skip


class Case(NamedTuple):
    """``refused``: what a save of that size is refused with; None where it is durable, and shown later."""

    name: str
    calls: str
    error: str
    place: str
    size_bytes: int
    refused: type[HoldfastError] | None


CASES = [
    *(
        Case("catalog", calls, error, "store/catalog.sqlite-wal", 100, NoSpace if error == "ENOSPC" else Unreadable)
        for calls, error in [(WRITES, "EIO"), (WRITES, "EROFS"), (WRITES, "ENOSPC"), (SYNCS, "EIO")]
    ),
    *(
        Case("packs", calls, error, "store/packs/000001.pack", 400_000, NoSpace if error == "ENOSPC" else Unreadable)
        for calls, error in [(WRITES, "EIO"), (WRITES, "EROFS"), (WRITES, "ENOSPC"), (SYNCS, "EIO")]
    ),
    *(Case("visible", RENAMES, error, "", 100, None) for error in ("EIO", "EROFS", "ENOSPC")),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.calls.split(',')[0]}-{case.error}")
def test_what_cannot_be_written_is_refused_or_shown_later(daemon: Daemon, case: Case) -> None:
    """What was there is read all the while; afterwards the same is saved, survives a kill, and nothing is wrong."""
    content = os.urandom(case.size_bytes)
    paths = [daemon.home / case.place] if case.place else []  # renames are of visible files alone
    with daemon.client() as client:
        with failing(daemon, case.calls, case.error, *paths):
            if case.refused is not None:
                with pytest.raises(case.refused):
                    client.save("notes", "new", content)
            else:
                client.save("notes", "new", content)
            assert client.cat("notes/small") == b"small"
            assert client.cat("notes/large") == LARGE
            assert "small" in {row.name for row in client.list().rows}
            until(lambda: is_named(case.error, "".join(client.status().problems)))
        client.save("notes", "new", content, published=True)
        assert daemon.file("notes", "new").read_bytes() == content
        until(lambda: client.status().problems == [])
    daemon.kill()
    daemon.start()
    assert daemon.ok("cat", "notes/new").out == content


@pytest.mark.parametrize("place", ["store/catalog.sqlite", "store/packs/000001.pack"])
def test_what_cannot_be_read_is_refused_and_read_again_later(daemon: Daemon, place: str) -> None:
    """With a code; the rest is served, and nothing is taken for lost."""
    daemon.restart()  # nothing of it is in memory
    paths = [daemon.home / place, Path(f"{daemon.home / place}-wal")]
    with daemon.client() as client:
        with failing(daemon, READS, "EIO", *paths):
            with pytest.raises((Unreadable, Damaged)):
                client.cat("notes/large")
            client.ping()
        assert client.cat("notes/large") == LARGE
        until(lambda: client.status().problems == [])
        assert client.check(all=True, wait_ms=20_000).problems_count == 0


@pytest.mark.parametrize("error", ["EIO", "EROFS", "ENOSPC"])
@pytest.mark.parametrize("calls", [WRITES, SYNCS], ids=["write", "sync"])
def test_a_backup_that_cannot_be_written_leaves_the_one_before(
    daemon: Daemon, house: Path, calls: str, error: str
) -> None:
    """It says why, status too; saves go on, and the next backup goes well."""
    place = house / "backup"
    with daemon.client() as client:
        client.backup(str(place), wait_ms=20_000)
        before = (place / "backup").read_bytes()
        client.save("notes", "more", os.urandom(400_000))
        with failing(daemon, calls, error, place / "packs" / "000001-000001.pack", place / "backup.new"):
            failed = client.backup(str(place), wait_ms=20_000)
            assert (failed.running, bool(failed.failed)) == (False, True)
            assert is_named(error, failed.failed or "")
            client.save("notes", "meanwhile", b"meanwhile")
            assert any("backup failed" in each for each in client.status().problems)
        assert (place / "backup").read_bytes() == before
        assert client.backup(str(place), wait_ms=20_000).failed is None
        assert client.status().problems == []


def test_a_configuration_that_cannot_be_read_leaves_the_one_in_force(daemon: Daemon) -> None:
    """A reload says why not; the next one, when it can be read, takes it."""
    config = daemon.home / "config.toml"
    config.write_text('[log]\nlevel = "warning"\n')
    assert daemon.process is not None
    with daemon.client() as client:
        with failing(daemon, READS, "EIO", config):
            os.kill(daemon.process.pid, signal.SIGHUP)
            until(lambda: "Input/output error" in "".join(client.status().problems))
            client.save("notes", "meanwhile", b"meanwhile")
        os.kill(daemon.process.pid, signal.SIGHUP)
        until(lambda: client.status().problems == [])


def test_what_was_not_synced_is_written_again_before_it_counts(daemon: Daemon) -> None:
    """A sync that failed may have thrown away what it could not write: the next save does not rest on it."""
    pack = daemon.home / "store" / "packs" / "000001.pack"
    first, second = os.urandom(400_000), os.urandom(400_000)
    with daemon.client() as client:
        with failing(daemon, SYNCS, "EIO", pack), pytest.raises(Unreadable):
            client.save("notes", "first", first)
        before = written_bytes(daemon)
        client.save("notes", "second", second)
        assert written_bytes(daemon) - before > len(first) + len(second)
        client.save("notes", "first", first)
        assert (client.cat("notes/first"), client.cat("notes/second")) == (first, second)


def is_named(error: str, said: str) -> bool:
    """Whether people are told what is wrong with the disk."""
    return any(words in said for words in WORDS[error])


def written_bytes(daemon: Daemon) -> int:
    """By the kernel's count."""
    assert daemon.process is not None
    lines = Path(f"/proc/{daemon.process.pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])
