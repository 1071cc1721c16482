"""The daemon below a service manager: handed a socket, watched, told to read its configuration again."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from e2e_daemon import Daemon, until

import holdfast
from holdfast_protocol.errors import Unreadable

DEADLINE_SECONDS = 30
#: What systemd does between fork and exec, for the descriptor of that number.
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, "-m", "holdfast_daemon.app", *sys.argv[2:]])
"""


class ServiceManager:
    """What systemd does for a unit with a socket: listens, starts, is told how it goes."""

    def __init__(self, folder: Path, daemon: Daemon) -> None:
        self._daemon = daemon
        self._folder = folder
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(str(folder / "notify"))
        self.notices.settimeout(DEADLINE_SECONDS)
        daemon.home.mkdir(mode=0o700, exist_ok=True)
        self.path = daemon.home / "handed" / "over.sock"
        self.path.parent.mkdir(mode=0o700)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o600)
        self.listener.listen()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, watchdog_seconds: float | None = None, words: Sequence[str] = ()) -> None:
        """The unit's process: what is handed over is its descriptor 3."""
        number = self.listener.fileno()
        environment = self._daemon.environment | {"NOTIFY_SOCKET": str(self._folder / "notify")}
        if watchdog_seconds is not None:
            environment["WATCHDOG_USEC"] = str(round(watchdog_seconds * 1e6))
        with self._daemon.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", HAND_OVER, str(number), *words], env=environment, pass_fds=[number],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def log(self) -> str:
        """What the process said."""
        return self._daemon.log.read_text()

    def hears(self, word: str) -> str:
        """The first message with this word; those before it are passed over."""
        while True:
            said = self.notices.recv(4096).decode()
            if word in said.split("\n")[0]:
                return said

    def is_told(self, word: str, seconds: float) -> bool:
        """Whether it is said within that time, from now on."""
        self.notices.setblocking(False)
        try:
            while True:
                self.notices.recv(4096)
        except BlockingIOError:
            pass
        self.notices.settimeout(seconds)
        try:
            return bool(self.hears(word))
        except TimeoutError:
            return False
        finally:
            self.notices.settimeout(DEADLINE_SECONDS)

    def stop(self) -> None:
        """SIGTERM, as ``systemctl stop`` does."""
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(DEADLINE_SECONDS) == 0

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.listener.close()
        self.notices.close()


@pytest.fixture
def manager(house: Path) -> Iterator[ServiceManager]:
    made = ServiceManager(house, Daemon(house / "d"))
    yield made
    made.close()


def test_the_first_use_of_a_socket_that_was_handed_over_is_answered(manager: ServiceManager) -> None:
    """A client that connects before there is a daemon waits for it, and the socket stays as it was made."""
    manager.start()
    with holdfast.Client(str(manager.path)) as client:
        assert client.status().socket == str(manager.path)
    assert manager.path.stat().st_mode & 0o777 == 0o600


def test_it_says_when_it_serves_and_when_it_ends(manager: ServiceManager) -> None:
    """READY comes when clients are served, with a line for people; STOPPING before the end."""
    manager.start()
    assert "STATUS=Serves the sessions in" in manager.hears("READY=1")
    manager.stop()
    assert "STATUS=" in manager.hears("STOPPING=1")


def test_a_restart_keeps_the_socket_and_clients_see_a_pause(manager: ServiceManager) -> None:
    """What is saved while the daemon is down is answered by the next one."""
    manager.start()
    with holdfast.Client(str(manager.path), timeout_seconds=DEADLINE_SECONDS) as client:
        before = client.save("notes", "a", b"one\n")
        manager.stop()
        assert manager.path.exists()
        manager.start()
        assert client.save("notes", "a", b"two\n").session.revision == before.session.revision + 1


def test_a_watched_daemon_is_heard_of_as_long_as_it_works(manager: ServiceManager) -> None:
    """Each time a request has gone through the store; not any more where the store does not give way; then again."""
    manager.start(watchdog_seconds=1.5)
    manager.hears("READY=1")
    assert manager.is_told("WATCHDOG=1", DEADLINE_SECONDS)
    catalog = sqlite3.connect(str(manager.path.parents[1] / "store" / "catalog.sqlite"), isolation_level=None)
    catalog.execute("BEGIN IMMEDIATE")
    assert manager.is_told("WATCHDOG=1", 2.0) in (True, False)  # one that was on its way
    assert not manager.is_told("WATCHDOG=1", 3.0)
    catalog.execute("ROLLBACK")
    catalog.close()
    assert manager.is_told("WATCHDOG=1", DEADLINE_SECONDS)


def test_a_store_that_refuses_in_time_is_no_reason_for_a_restart(manager: ServiceManager) -> None:
    """Another program that keeps the catalog would not be got rid of by one: the daemon refuses with a code."""
    manager.start(watchdog_seconds=9)
    manager.hears("READY=1")
    catalog = sqlite3.connect(str(manager.path.parents[1] / "store" / "catalog.sqlite"), isolation_level=None)
    catalog.execute("BEGIN IMMEDIATE")
    with holdfast.Client(str(manager.path), timeout_seconds=DEADLINE_SECONDS) as client:
        with pytest.raises(Unreadable):
            client.save("notes", "a", b"one\n")
        assert manager.is_told("WATCHDOG=1", 9)
        catalog.execute("ROLLBACK")
        catalog.close()
        client.save("notes", "a", b"one\n")


def test_the_configuration_is_read_again_without_dropping_anybody(manager: ServiceManager) -> None:
    """SIGHUP: the new pace holds for workspaces that are open; nonsense is a problem, not an end."""
    home = manager.path.parents[1]
    (home / "config.toml").write_text("[autosave]\nquiet_seconds = 600\nceiling_seconds = 600\n")
    manager.start()
    manager.hears("READY=1")
    assert manager.process is not None
    with holdfast.Client(str(manager.path)) as client:
        epoch = client.status().epoch
        workspace = client.workspace("notes/a", format="plain")
        workspace["text"] = b"typed"
        (home / "config.toml").write_text("[autosave]\nquiet = 1\n")
        os.kill(manager.process.pid, signal.SIGHUP)
        manager.hears("RELOADING=1")
        manager.hears("READY=1")
        assert any("autosave.quiet_seconds?" in problem for problem in client.status().problems)
        (home / "config.toml").write_text("[autosave]\nquiet_seconds = 0.01\n")
        os.kill(manager.process.pid, signal.SIGHUP)
        until(lambda: client.status().unsaved is None)
        assert client.status().problems == []
        assert client.status().epoch == epoch


def test_anything_else_that_is_handed_over_is_refused(house: Path) -> None:
    """With a sentence and the exit code of what is not allowed; it does not listen somewhere else instead."""
    daemon = Daemon(house / "d")
    daemon.home.mkdir(mode=0o700)
    ended = subprocess.run(
        [sys.executable, "-c", HAND_OVER, "0"], env=daemon.environment, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=60,
    )  # fmt: skip
    assert ended.returncode == 5
    assert b"handed over" in ended.stderr


def test_a_start_that_takes_long_buys_time_and_says_what_it_does(manager: ServiceManager) -> None:
    """Before it is ready; the store is brought to this version meanwhile."""
    store = manager.path.parents[1] / "store"
    store.mkdir(mode=0o700)
    with closing(sqlite3.connect(store / "catalog.sqlite")) as catalog:
        catalog.executescript((Path(__file__).parents[1] / "data" / "store" / "v5.sql").read_text("utf-8"))
        catalog.execute("PRAGMA journal_mode = WAL")
        catalog.execute("BEGIN IMMEDIATE")  # holds the upgrade
        manager.start()
        manager.hears("EXTEND_TIMEOUT_USEC=")
        assert "from version 5 to" in manager.hears("STATUS=Is bringing its store")
        catalog.rollback()
    assert "STATUS=Serves the sessions in" in manager.hears("READY=1")


def test_one_that_does_not_start_leaves_its_reason(manager: ServiceManager) -> None:
    """As the last status, with what mends it; it was never ready."""
    home = manager.path.parents[1]
    (home / "config.toml").write_text("[autosave]\nquiet = 1\n")
    manager.start()
    said = manager.hears("STATUS=The configuration")
    assert f"is it autosave.quiet_seconds?; mend it with: edit {home / 'config.toml'}" in said
    assert manager.process is not None
    assert manager.process.wait(DEADLINE_SECONDS) == 2


def test_a_reload_is_told_with_the_moment_and_changes_what_is_logged(manager: ServiceManager) -> None:
    """RELOADING with the monotonic clock, READY at its end; a level of the log holds from then on, an error changes
    none."""
    home = manager.path.parents[1]
    (home / "config.toml").write_text("[log]\nlevel = 'error'\n")
    manager.start()
    manager.hears("READY=1")
    assert manager.process is not None
    for text in ("[log]\nlevel = 'info'\n", "[log]\nlevel = 'all'\n"):
        (home / "config.toml").write_text(text)
        before = time.monotonic_ns() // 1000
        os.kill(manager.process.pid, signal.SIGHUP)
        told = manager.hears("RELOADING=1")
        assert before <= int(told.partition("MONOTONIC_USEC=")[2].split("\n")[0]) <= time.monotonic_ns() // 1000
        manager.hears("READY=1")
        assert manager.log.count("The configuration was read again") == 1
    assert "log.level: one of debug, info, warning, error is expected; what was set before is still" in manager.log
