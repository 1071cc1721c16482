"""A client that is not answered says in one line which of many reasons it is, and what mends it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import zmq
from e2e_daemon import CLI, Daemon, Said, running_whatever_becomes_of_it, until

import holdfast
from holdfast_protocol.connection import ClientConnection
from holdfast_protocol.errors import TooLate, Unreachable, WrongVersion
from holdfast_protocol.messages import Hello
from holdfast_protocol.processes import began, boot_id

MEND = "; mend it with: "


@pytest.fixture
def daemon(house: Path) -> Iterator[Daemon]:
    """Running; a test may have ended it."""
    yield from running_whatever_becomes_of_it(house / "d")


def started(daemon: Daemon, *words: str) -> Said:
    """One run of the command line, which may start a daemon, and waits as long as it is told."""
    done = subprocess.run([*CLI, *words], env=daemon.environment, stdin=subprocess.DEVNULL, capture_output=True)
    return Said(done)


def mended(said: Said) -> str:
    """What the one line tells to type."""
    assert len(said.err.splitlines()) == 1, said
    return said.err.strip().partition(MEND)[2].partition("  (")[0]


def test_a_daemon_that_was_killed_and_that_nobody_buried(daemon: Daemon) -> None:
    """Its number is still there, as for ever in a container whose first process buries nobody: it is not said to
    hang, for killing it once more mends nothing."""
    daemon.kill()
    with subprocess.Popen(["true"]) as dead:
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        for lock in (Path(f"{daemon.socket}.lock"), daemon.home / "store" / "lock"):
            lock.write_text(json.dumps({**json.loads(lock.read_text()), "pid": dead.pid, "began": began(dead.pid)}))
        said = started(daemon, "list", "--no-start")
    assert said.code == Unreachable.exit_code
    assert "a socket that one that was killed left; start one with: holdfastd" in said.err


def test_a_daemon_that_was_stopped_by_a_signal(daemon: Daemon) -> None:
    """The process is named, and what lets it go on does."""
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    said = started(daemon, "list", "--no-start", "--timeout", "1")
    assert said.code == 7
    assert f"process {daemon.process.pid} listens at {daemon.socket} and was stopped" in said.err
    subprocess.run(mended(said), shell=True, check=True)
    daemon.ok("list")


@pytest.mark.parametrize("start", [True, False])
def test_a_socket_that_was_deleted(daemon: Daemon, start: bool) -> None:
    """Its daemon is named, and ending it makes room for the next one. Nobody waits for one that cannot come."""
    assert daemon.process is not None
    os.unlink(daemon.socket)
    said = started(daemon, "list") if start else daemon.cli("list")
    assert said.code == 6
    assert f"process {daemon.process.pid} runs, and its socket {daemon.socket} is gone" in said.err
    subprocess.run(mended(said), shell=True, check=True)
    daemon.process.wait(30)
    assert "No daemon listens" in daemon.cli("list").err


@pytest.mark.parametrize("kind", ["a file", "a directory"])
@pytest.mark.parametrize("runs", [True, False])
def test_something_else_in_the_place_of_the_socket(daemon: Daemon, kind: str, runs: bool) -> None:
    """What it is; moved away, as is told, the next daemon serves."""
    assert daemon.process is not None
    if runs:
        os.unlink(daemon.socket)
    else:
        daemon.stop()
    Path(daemon.socket).touch() if kind == "a file" else Path(daemon.socket).mkdir()
    said = daemon.cli("list")
    assert said.code == 6
    assert kind in said.err
    subprocess.run(mended(said), shell=True, check=True)
    daemon.process.wait(30)
    daemon.start()
    daemon.stop()


def test_a_store_that_another_daemon_serves_elsewhere(daemon: Daemon) -> None:
    """It is asked there, by the command that is told; no second one is waited for."""
    daemon.environment["HOLDFAST_SOCKET"] = str(daemon.home / "other" / "s")
    said = started(daemon, "list")
    assert said.code == 6
    assert f"listens at {daemon.socket} instead of" in said.err
    words = mended(said).split()
    assert words[0] == "holdfast"
    assert "pid: " in daemon.ok(*words[1:]).text


def _bad_configuration(daemon: Daemon) -> tuple[str, str]:
    (daemon.home / "config.toml").write_text("[autosave]\nquiet = 1\n")
    return "is it autosave.quiet_seconds?", f"edit {daemon.home / 'config.toml'}, then: holdfast config check"


def _newer_store(daemon: Daemon) -> tuple[str, str]:
    with closing(sqlite3.connect(daemon.home / "store" / "catalog.sqlite")) as catalog:
        catalog.execute("PRAGMA user_version = 99")
        catalog.commit()
    return "has version 99", "pip install --upgrade holdfast"


def _damaged_store(daemon: Daemon) -> tuple[str, str]:
    (daemon.home / "store" / "catalog.sqlite").write_bytes(b"\xa5" * 8192)
    store = daemon.home / "store"
    return "is not a holdfast catalog", f"mv {store} {store}.damaged; holdfast backup --restore BACKUP"


def _directory_for_a_socket(daemon: Daemon) -> tuple[str, str]:
    Path(daemon.socket).mkdir()
    return f"{daemon.socket}: Is a directory", f"mv {daemon.socket} {daemon.socket}.aside"


def _file_for_a_folder(daemon: Daemon) -> tuple[str, str]:
    shutil.rmtree(daemon.sessions)
    daemon.sessions.touch()
    return f"{daemon.sessions}: File exists", f"mv {daemon.sessions} {daemon.sessions}.aside"


def _open_directory(daemon: Daemon) -> tuple[str, str]:
    runtime = Path(daemon.socket).parent
    runtime.chmod(0o755)
    return "with mode 0700", f"chmod 0700 {runtime}"


@pytest.mark.parametrize(
    "broken",
    [
        _bad_configuration, _newer_store, _damaged_store, _directory_for_a_socket, _file_for_a_folder, _open_directory,
    ],
)  # fmt: skip
def test_why_a_daemon_does_not_start_reaches_who_started_it(daemon: Daemon, broken: object) -> None:
    """One line with the daemon's own reason, and what mends that; the doctor says the same."""
    daemon.stop()
    why, mend = broken(daemon)  # type: ignore[operator]
    said = started(daemon, "list")
    assert said.code in (5, 6)
    assert why in said.err
    assert mended(said) == mend
    rows = daemon.cli("doctor", "--json").rows
    assert any(row["state"] == "bad" and row["mend"] == mend for row in rows)


def test_a_full_disk_lets_no_daemon_start_and_is_said(house: Path) -> None:
    """Though its log, on the same disk, holds no word of it."""
    if os.getuid() != 0:
        pytest.skip("only root mounts a small disk")
    disk = house / "d"
    disk.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(disk)], check=True)
    try:
        with suppress(OSError):
            (disk / "filler").write_bytes(bytes(100_000))
        said = started(Daemon(disk), "list")
        assert said.code == 6
        assert "there is no room" in said.err
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _noted(daemon: Daemon, **note: object) -> None:
    """Locks as a process leaves them, and holds none."""
    for lock in (Path(f"{daemon.socket}.lock"), daemon.home / "store" / "lock"):
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.write_text(json.dumps({"socket": daemon.socket, "boot": boot_id(), **note}))


def test_the_number_of_a_process_that_ended_is_anothers_now(house: Path) -> None:
    """Nobody is told to end that one: its daemon is gone, and another may start."""
    daemon = Daemon(house / "d")
    _noted(daemon, pid=os.getpid(), began=began(os.getpid()) - 1)
    said = daemon.cli("list")
    assert str(os.getpid()) not in said.err
    assert f"No daemon listens at {daemon.socket}; start one with: holdfastd" in said.err


@pytest.mark.parametrize(("doing", "code"), [("", 7), ("starting", 7), ("stopping", 7)])
def test_one_that_listens_and_says_nothing(house: Path, doing: str, code: int) -> None:
    """It hangs, is starting or is stopping: only who hangs is to be ended."""
    daemon = Daemon(house / "d")
    note = {"pid": os.getpid(), "began": began(os.getpid())} | ({"doing": doing} if doing else {})
    _noted(daemon, **note)
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(daemon.socket)
        listener.listen()
        said = started(daemon, "list", "--no-start", "--timeout", "0.5")
    assert said.code == code
    if doing:
        assert f"process {os.getpid()}, is {doing}" in said.err
    else:
        assert f"process {os.getpid()} listens at {daemon.socket} and does not answer: it hangs" in said.err
        assert mended(said) == f"kill -9 {os.getpid()}"


def test_the_library_raises_what_the_command_line_says(daemon: Daemon) -> None:
    """Whether what was asked was done stays told."""
    assert daemon.process is not None
    with daemon.client(timeout_seconds=1.0) as client:
        client.ping()
        daemon.process.send_signal(signal.SIGSTOP)
        with pytest.raises(TooLate, match=r"whether it was done is unknown: .* kill -CONT"):
            client.save("notes", "a", b"x")
    daemon.process.send_signal(signal.SIGCONT)
    daemon.kill()
    with pytest.raises(Unreachable, match="that one that was killed left"):
        holdfast.connect(daemon.socket)


def test_what_a_daemon_says_of_itself_changes_while_it_starts_and_stops(daemon: Daemon) -> None:
    """A client that comes too early or too late is told so, and no process is called hanging."""
    lock = Path(f"{daemon.socket}.lock")
    assert "doing" not in json.loads(lock.read_text())
    store = sqlite3.connect(daemon.home / "store" / "catalog.sqlite", isolation_level=None)
    with daemon.client() as client:
        workspace = client.workspace("notes/a", format="plain")
        workspace["text"] = b"typed"
    with closing(store):
        store.execute("BEGIN IMMEDIATE")  # holds the end, which writes what is unsaved
        assert daemon.process is not None
        daemon.process.terminate()
        until(lambda: "stopping" in lock.read_text())
        store.execute("ROLLBACK")
    assert daemon.process.wait(30) == 0
    assert re.search("stopping", lock.read_text())


@pytest.mark.parametrize(("protocol", "mend"), [(0, "pip install --upgrade holdfast"), (2, "another start of")])
def test_a_client_of_another_protocol_is_told_which_of_both_is_older(daemon: Daemon, protocol: int, mend: str) -> None:
    """As the answer to its first word."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as way:
        way.setsockopt(zmq.LINGER, 0)
        way.connect(f"ipc://{daemon.socket}")
        wire = ClientConnection()
        _, frames = wire.send(Hello(protocol=protocol), 20_000)
        way.send_multipart(frames)
        assert way.poll(20_000)
        answer = wire.receive(way.recv_multipart())
    assert answer is not None
    assert isinstance(answer.error, WrongVersion)
    assert f"the client {protocol}; mend it with: {mend}" in answer.error.sentence
