"""Killed at every step of a backup, and of bringing one back: the last whole one is there, the next one succeeds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from crash_daemon import CrashDaemon

from holdfast_daemon.fault import BACKUP, RESTORE
from holdfast_protocol.messages import Backup

LARGE_BYTES = 300_000
#: From here on the newer state is the directory's.
NAMED = ("backup-named", "backup-swept")


@pytest.fixture
def disk(house: Path) -> Path:
    """Where the backup is."""
    return house / "disk"


@pytest.fixture
def other(house: Path) -> Iterator[CrashDaemon]:
    """Of a home that has nothing yet."""
    made = CrashDaemon(house / "other")
    yield made
    if made.alive:
        made.kill()


def _save(daemon: CrashDaemon, name: str) -> bytes:
    content = os.urandom(LARGE_BYTES)
    with daemon.client() as client:
        client.save("notes", name, content, published=True)
    return content


def _back_up(daemon: CrashDaemon, disk: Path) -> None:
    with daemon.client() as client:
        made = client.backup(str(disk), wait_ms=30_000, timeout_seconds=40)
        assert (made.running, made.failed, made.damaged) == (False, None, [])


def _contents(daemon: CrashDaemon) -> dict[str, bytes]:
    with daemon.client() as client:
        checked = client.check(all=True, wait_ms=30_000, timeout_seconds=40)
        assert (checked.failed, checked.rows) == (None, [])
        return {row.name: client.cat(f"notes/{row.name}") for row in client.list().rows}


@pytest.mark.parametrize("step", BACKUP)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "second"])
def test_a_backup_that_is_killed_leaves_a_whole_one(
    daemon: CrashDaemon, other: CrashDaemon, disk: Path, step: str, is_first: bool
) -> None:
    """The one before it, or it; of a first one perhaps none. The next one is whole, and leaves nothing else there."""
    daemon.start()
    older = {"older": _save(daemon, "older")}
    if not is_first:
        _back_up(daemon, disk)
    newer = {**older, "newer": _save(daemon, "newer")}
    daemon.stop()
    daemon.start_with(f"{step}=kill")
    daemon.ask(Backup(directory=bytes(disk), wait_ms=30_000), (), os.urandom(16))
    daemon.dies()
    if is_first and step not in NAMED:
        assert other.cli("backup", str(disk), "--restore").code == 3
    else:
        other.ok("backup", str(disk), "--restore")
        other.start()
        assert _contents(other) == (newer if step in NAMED else older)
    daemon.start()
    _back_up(daemon, disk)
    assert len([*disk.glob("catalog-*")]) == len([*disk.glob("aside-*")]) == 1
    assert not [*disk.glob("*.new")]
    again = CrashDaemon(disk.parent / "again")
    again.ok("backup", str(disk), "--restore")
    again.start()
    try:
        assert _contents(again) == newer
    finally:
        again.stop()


@pytest.mark.parametrize("step", RESTORE)
def test_a_restore_that_is_killed_is_done_again(
    daemon: CrashDaemon, other: CrashDaemon, disk: Path, step: str
) -> None:
    """Until it is whole no daemon makes another store there."""
    daemon.start()
    contents = {"one": _save(daemon, "one")}
    _back_up(daemon, disk)
    daemon.stop()
    other.environment["HOLDFAST_FAULT"] = f"{step}=kill"
    assert other.cli("backup", str(disk), "--restore").code != 0
    del other.environment["HOLDFAST_FAULT"]
    if step != "restored":
        process = other.spawn()
        assert process.wait(30) == 8
        assert "bring it back again" in other.log.read_text()
        other.ok("backup", str(disk), "--restore")
    other.start()
    assert _contents(other) == contents
    assert not (other.home / "store" / "restoring").exists()
