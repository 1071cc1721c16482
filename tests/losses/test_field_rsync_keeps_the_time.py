"""``rsync -t`` brings other bytes of the same size with the time of the old ones: neither size nor time tells that a
file has changed (lessons.md; measured)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_daemon import Daemon
from losses_adopted import Adopted, listing
from losses_documents import renardo
from losses_writers import replaces

BEFORE = renardo("Clock.bpm = 96\n", ("a", "p1 >> pluck([0, 2])\n")).encode()
AFTER = BEFORE.replace(b"96", b"69")


def beside(path: Path, content: bytes) -> None:
    """``rsync -t``: a hidden file beside it, its time set, then renamed over it."""
    replaces(path, content, f".{path.name}.aB3xY9", modified=path.stat().st_mtime)


def in_place(path: Path, content: bytes) -> None:
    """``rsync -t --inplace``: only the blocks that differ are written, nothing is truncated first."""
    modified = path.stat().st_mtime
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    start = next(at for at, byte in enumerate(content) if path.read_bytes()[at] != byte)
    os.pwrite(file, content[start:], start)
    os.ftruncate(file, len(content))
    os.close(file)
    os.utime(path, (modified, modified))


WAYS = {"beside": beside, "in place": in_place}


@pytest.fixture
def adopted(adopt: Callable[..., Adopted], desk: Path) -> Adopted:
    """A folder with a file from long ago."""
    folder = desk / "livecoding_sessions"
    folder.mkdir()
    (folder / "set.py").write_bytes(BEFORE)
    os.utime(folder / "set.py", (1_600_000_000, 1_600_000_000))
    adopted = adopt(folder, "renardo")
    adopted.head_is("set", BEFORE)
    return adopted


@pytest.mark.parametrize("way", WAYS)
def test_the_new_bytes_are_seen_and_the_old_come_back(adopted: Adopted, way: str) -> None:
    """Content decides: one session, two states, no other file."""
    _brought(adopted.folder / "set.py", way)
    adopted.head_is("set", AFTER)
    adopted.scan()
    assert adopted.rows().keys() == {"set"}
    assert len(adopted.history("set")) == 2
    adopted.comes_back("set", BEFORE, AFTER)
    assert listing(adopted.folder).keys() == {"set.py"}


@pytest.mark.parametrize("way", WAYS)
def test_they_are_seen_by_a_daemon_that_was_away(adopted: Adopted, daemon: Daemon, way: str) -> None:
    """No event told of it, and still the first scan finds it."""
    daemon.stop()
    _brought(adopted.folder / "set.py", way)
    daemon.start()
    adopted.head_is("set", AFTER)
    adopted.comes_back("set", BEFORE)


def _brought(path: Path, way: str) -> None:
    before = path.stat()
    WAYS[way](path, AFTER)
    after = path.stat()
    assert (after.st_size, after.st_mtime) == (before.st_size, before.st_mtime)
