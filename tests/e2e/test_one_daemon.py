"""One daemon for one store and one socket, wherever they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_daemon import Daemon


@pytest.mark.parametrize("shared_place", ["store", "socket"])
def test_a_second_daemon_names_the_first(shared_place: str, daemon: Daemon, house: Path) -> None:
    """A daemon on a store or a socket that another holds exits with 6 and says its process; the first serves on."""
    assert daemon.process is not None
    if shared_place == "store":
        second = Daemon(house / "e", flags=("--store", str(daemon.home / "store")))
    else:
        second = Daemon(house / "e", flags=("--socket", daemon.socket))
    process = second.spawn()
    assert process.wait(30) == 6
    assert str(daemon.process.pid) in second.log.read_text()
    daemon.ok("save", "notes/x", "-", content=b"still here")
    assert daemon.ok("cat", "notes/x").out == b"still here"


def test_a_socket_left_by_a_killed_daemon_is_no_obstacle(daemon: Daemon) -> None:
    """After kill -9 the next daemon starts at the same place, with everything that was answered."""
    daemon.ok("save", "notes/x", "-", content=b"x")
    daemon.kill()
    daemon.start()
    assert daemon.ok("cat", "notes/x").out == b"x"


def test_a_stopped_daemon_leaves_no_socket(daemon: Daemon) -> None:
    """SIGTERM ends it with 0; its socket is gone, and a client is told that none runs: exit 6."""
    assert daemon.stop() == 0
    assert not Path(daemon.socket).exists()
    assert daemon.cli("list").code == 6


def test_a_home_too_long_for_a_socket_works(house: Path) -> None:
    """Where the home's path does not fit into a socket's address, daemon and clients find each other all the same."""
    home = house / ("a-long-name-" * 5) / ("another-long-name-" * 5) / "d"
    home.parent.mkdir(parents=True)
    daemon = Daemon(home)
    try:
        daemon.start()
        assert len(str(home / "run" / "holdfast.sock")) > 107
        daemon.ok("save", "notes/x", "-", content=b"x")
        assert daemon.ok("cat", "notes/x").out == b"x"
    finally:
        daemon.stop()


def test_the_store_is_closed_to_others(daemon: Daemon) -> None:
    """Store, runtime directory and socket are the owner's alone."""
    for path in (daemon.home / "store", Path(daemon.socket).parent, Path(daemon.socket)):
        assert path.stat().st_mode & 0o077 == 0, path
