"""Killed while a check reads, and at every step of a repair: nothing is lost, and the next one does the rest."""

from __future__ import annotations

import os

import pytest
from crash_daemon import CrashDaemon

from holdfast_daemon.fault import REPAIR
from holdfast_protocol.messages import Check

LARGE_BYTES = 300_000
NAMES = ("one", "two", "three")


@pytest.fixture
def contents(daemon: CrashDaemon) -> dict[str, bytes]:
    """What is saved, and shown by its files; of each a bit flips in the store. The daemon has ended."""
    saved = {name: os.urandom(LARGE_BYTES) for name in NAMES}
    daemon.start()
    with daemon.client() as client:
        for name, content in saved.items():
            client.save("notes", name, content, published=True)
    daemon.stop()
    (pack,) = (daemon.home / "store" / "packs").iterdir()
    whole = bytearray(pack.read_bytes())
    for content in saved.values():
        whole[whole.index(content[500:700])] ^= 8
    pack.write_bytes(whole)
    return saved


def _whole(daemon: CrashDaemon, contents: dict[str, bytes]) -> None:
    """All is read, and once more repaired where it is not."""
    with daemon.client() as client:
        checked = client.check(all=True, repair=True, wait_ms=30_000, timeout_seconds=40)
        assert (checked.running, checked.failed, checked.problems_count) == (False, None, 0)
        assert {name: client.cat(f"notes/{name}") for name in NAMES} == contents
    for name, content in contents.items():
        assert (daemon.sessions / "notes" / name).read_bytes() == content


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("step", [*REPAIR, "before-commit", "after-commit"])
def test_a_repair_that_is_killed_is_done_by_the_next_one(
    daemon: CrashDaemon, contents: dict[str, bytes], step: str, times: int
) -> None:
    """What was put back is there, and the rest is damaged as before."""
    daemon.start_with(f"{step}#{times}=kill")
    daemon.ask(Check(all=True, repair=True, wait_ms=30_000), (), os.urandom(16))
    daemon.dies()
    daemon.start()
    _whole(daemon, contents)
    rows = daemon.log_rows()
    assert sum(row.type == "repaired" for row in rows) >= len(NAMES)


def test_a_check_that_is_killed_leaves_nothing(daemon: CrashDaemon, contents: dict[str, bytes]) -> None:
    """It is as if it had not begun."""
    daemon.start()
    with daemon.client() as client:
        assert client.check(all=True).running
        daemon.kill()
    daemon.start()
    with daemon.client() as client:
        assert client.check(begin=False).began is None
    _whole(daemon, contents)
