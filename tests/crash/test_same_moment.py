"""An outsider writes at the very moment at which the daemon exchanges the file; nothing of either is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from crash_daemon import APP, NAME, NEW, OLD, OTHER, CrashDaemon, Held, replace
from e2e_daemon import until


def _in_place(visible: Path, content: bytes) -> None:
    visible.write_bytes(content)


@pytest.mark.parametrize("write", [replace, _in_place])
@pytest.mark.parametrize("step", ["temporary-written", "temporary-synced", "before-exchange", "exchanged"])
def test_an_outsider_writes_while_the_daemon_publishes(
    daemon: CrashDaemon, house: Path, step: str, write: Callable[[Path, bytes], None]
) -> None:
    """Whatever the step, the old bytes, the saved ones and the outsider's are in the history."""
    visible = daemon.held_old()
    held = Held(house / "held")
    daemon.start_with(f"{step}={held.action}")
    assert daemon.save(NEW) is not None
    held.reached()
    write(visible, OTHER)
    held.go()
    until(lambda: OTHER in daemon.history())
    daemon.settle()
    assert {*daemon.history()} == {OLD, NEW, OTHER}
    assert visible.read_bytes() in (NEW, OTHER)
    daemon.log_rows()


def test_an_outsider_with_the_file_open_writes_behind_the_exchange(daemon: CrashDaemon, house: Path) -> None:
    """An open descriptor writes into the displaced file before it is looked at: its bytes are kept."""
    visible = daemon.held_old()
    held = Held(house / "held")
    daemon.start_with(f"exchanged={held.action}")
    with visible.open("r+b", buffering=0) as outsider:
        assert daemon.save(NEW) is not None
        held.reached()
        assert visible.read_bytes() == NEW
        outsider.write(OTHER)
        outsider.truncate()
        os.fsync(outsider.fileno())
    held.go()
    until(lambda: OTHER in daemon.history())
    daemon.settle()
    assert {*daemon.history()} == {OLD, NEW, OTHER}
    assert visible.read_bytes() == NEW


def test_an_outsider_takes_the_path_of_a_new_session(daemon: CrashDaemon, house: Path) -> None:
    """A file that appears at the path of a first publication is kept as a session of its own."""
    held = Held(house / "held")
    daemon.start_with(f"before-exchange={held.action}")
    assert daemon.save(NEW) is not None
    held.reached()
    visible = daemon.sessions / APP / NAME
    visible.write_bytes(OTHER)
    held.go()
    until(lambda: len(daemon.names()) == 2)
    daemon.settle()
    assert {*daemon.history()} == {NEW, OTHER}
    assert visible.read_bytes() == NEW


def test_an_outsider_deletes_while_the_daemon_publishes(daemon: CrashDaemon, house: Path) -> None:
    """The file is unlinked before the exchange: the save is visible all the same, and nothing is lost."""
    visible = daemon.held_old()
    held = Held(house / "held")
    daemon.start_with(f"before-exchange={held.action}")
    assert daemon.save(NEW) is not None
    held.reached()
    visible.unlink()
    held.go()
    daemon.settle()
    assert {*daemon.history()} == {OLD, NEW}


def test_an_outsider_writes_where_a_delete_is_under_way(daemon: CrashDaemon, house: Path) -> None:
    """The file was moved aside, and another appears there: it is a session again, with the outsider's bytes."""
    visible = daemon.held_old()
    held = Held(house / "held")
    daemon.start_with(f"removed-aside={held.action}")
    assert daemon.delete() is not None
    held.reached()
    visible.write_bytes(OTHER)
    held.go()
    until(lambda: OTHER in daemon.history())
    daemon.settle()
    assert visible.read_bytes() == OTHER
    assert {*daemon.history()} == {OLD, OTHER}
