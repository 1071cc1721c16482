"""A network mount goes away under a watched folder: the root is gone, or an empty mount point is in its place.
Everywhere else that is a mass deletion (anchors.md, table F; lessons.md)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_daemon import Daemon
from losses_adopted import Adopted, listing
from losses_documents import renardo
from losses_writers import python_writes

NAMES = ("monday", "tuesday", "wednesday")
FIRST, SECOND = (
    {name: renardo("Clock.bpm = 96\n", (name, f"p1 >> pluck([{bars}])\n")) for name in NAMES} for bars in (1, 2)
)


@pytest.fixture
def mount(desk: Path) -> Path:
    """What is mounted."""
    mount = desk / "share" / "livecoding_sessions"
    mount.mkdir(parents=True)
    return mount


@pytest.fixture
def adopted(adopt: Callable[..., Adopted], mount: Path) -> Adopted:
    """Three sessions on it, each with two states."""
    adopted = adopt(mount, "renardo")
    for states in (FIRST, SECOND):
        for name, text in states.items():
            python_writes(mount / f"{name}.py", text)
        for name, text in states.items():
            adopted.head_is(name, text.encode())
    return adopted


def _identities(adopted: Adopted) -> dict[str, tuple[str, int]]:
    return {name: (row["id"], len(adopted.history(name))) for name, row in adopted.rows().items()}


@pytest.mark.parametrize("leaves_a_mount_point", [True, False])
def test_nothing_is_deleted_and_nothing_doubled(adopted: Adopted, mount: Path, leaves_a_mount_point: bool) -> None:
    """Away: the folder is held and says why, and every session is in the list. Back: the same sessions, with their
    histories, and what is changed then is seen."""
    before = _identities(adopted)
    mount.rename(mount.with_name("elsewhere"))
    if leaves_a_mount_point:
        mount.mkdir()
    assert adopted.held()
    assert adopted.rows().keys() == {*NAMES}
    assert len(adopted.events("folder-held")) == 1

    if leaves_a_mount_point:
        mount.rmdir()
    mount.with_name("elsewhere").rename(mount)
    adopted.released()
    adopted.scan()

    assert _identities(adopted) == before
    assert adopted.events("deleted-outside", "renamed") == []
    assert len(adopted.events("folder-released")) == 1
    assert listing(mount) == {f"{name}.py": text.encode() for name, text in SECOND.items()}
    python_writes(mount / "monday.py", FIRST["tuesday"])
    adopted.head_is("monday", FIRST["tuesday"].encode())
    adopted.comes_back("monday", SECOND["monday"].encode(), FIRST["monday"].encode())


def test_a_daemon_that_starts_while_it_is_away_waits(adopted: Adopted, daemon: Daemon, mount: Path) -> None:
    """The machine boots before the network is there: the folder is held from the start, not emptied."""
    before = _identities(adopted)
    daemon.stop()
    mount.rename(mount.with_name("elsewhere"))
    mount.mkdir()
    daemon.start()
    assert adopted.held()
    assert adopted.rows().keys() == {*NAMES}
    mount.rmdir()
    mount.with_name("elsewhere").rename(mount)
    adopted.released()
    adopted.scan()
    assert _identities(adopted) == before
    assert adopted.events("deleted-outside", "renamed") == []


def test_a_session_can_be_taken_elsewhere_meanwhile(adopted: Adopted, mount: Path) -> None:
    """While its file is out of reach its content is not: every state can be read and copied to the sessions folder."""
    mount.rename(mount.with_name("elsewhere"))
    adopted.held()
    adopted.command("restore", "monday", "--as", "monday at hand", snapshot="-1")
    assert adopted.daemon.ok("cat", "renardo/monday at hand").out == FIRST["monday"].encode()
