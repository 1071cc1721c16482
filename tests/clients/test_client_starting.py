"""Starting a daemon where none runs: with a stand-in for the program ``holdfastd``."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients_fake_daemon import DEADLINE_SECONDS

import holdfast
from holdfast import starting
from holdfast.direct import DirectClient
from holdfast.doctor import findings
from holdfast.finding import BAD
from holdfast_protocol.errors import Busy, Unreachable

#: Takes the lock or exits 6 as the daemon does, says who it is and what it was told, and serves.
STAND_IN = f"""#!{sys.executable}
import fcntl, json, os, signal, sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
from clients_fake_daemon import FakeDaemon
home = os.environ["HOLDFAST_HOME"]
lock = open(home + "/lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(6)
if os.path.exists(home + "/over"):
    sys.exit(6)
with open(home + "/told.new", "w") as file:
    json.dump([os.getpid(), os.getsid(0), sys.argv[1:], os.getcwd()], file)
os.rename(home + "/told.new", home + "/told")
print("serving", flush=True)
FakeDaemon(sys.argv[2] if sys.argv[1:] else home + "/run/holdfast.sock").start()
signal.pause()
"""


def _install(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    folder.mkdir()
    program = folder / "holdfastd"
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))


@pytest.fixture
def installed(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The stand-in, installed beside the interpreter; stopped afterwards."""
    _install(tmp_path / "bin", monkeypatch, STAND_IN)
    (home / "run").rmdir()
    yield home / "told"
    (home / "over").touch()  # one that was slower than the test must not stay behind
    if (home / "told").exists():
        os.kill(_told(home / "told")[0], signal.SIGKILL)  # type: ignore[arg-type]  # the process id


def _told(file: Path) -> list[object]:
    found: list[object] = json.loads(file.read_text())
    return found


def test_a_daemon_is_started_detached(installed: Path) -> None:
    """In a session of its own, from the root folder, its log beside the socket in a private directory."""
    with holdfast.connect(start=True) as client:
        client.ping()
    process, session, words, folder = _told(installed)
    assert (session, words, folder) == (process, [], "/")
    run = installed.parent / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert (run / "holdfastd.log").read_text() == "serving\n"


def test_a_relative_home_means_the_same_to_both(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon works elsewhere, so it is told absolute places."""
    monkeypatch.chdir(installed.parent.parent)
    monkeypatch.setenv("HOLDFAST_HOME", "home")
    with holdfast.connect(start=True) as client:
        client.ping()


def test_a_named_socket_is_passed_on(installed: Path) -> None:
    """The flag of the client is the flag of the daemon."""
    path = str(installed.parent / "other" / "s")
    with holdfast.connect(path, start=True) as client:
        client.ping()
    assert _told(installed)[2] == ["--socket", path]


def test_clients_that_race_all_connect(installed: Path) -> None:
    """One daemon wins, the others' clients use it."""
    connected: list[str] = []

    def connect() -> None:
        with holdfast.connect(start=True) as client:
            connected.append(client.hello().epoch)

    threads = [threading.Thread(target=connect) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    assert connected == ["epoch-1"] * 4


def test_a_daemon_that_fails_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its exit code, and where its log is."""
    _install(tmp_path / "bin", monkeypatch, "#!/bin/sh\necho broken; exit 1\n")
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"ended with 1; see .*holdfastd\.log"):
        holdfast.connect(start=True)
    assert time.monotonic() - started < 5


def test_a_daemon_whose_python_is_gone(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting, reading directly and the doctor say so, and what puts it in place again."""
    _install(tmp_path / "bin", monkeypatch, "#!/gone/python\n")
    for begin in (lambda: holdfast.connect(start=True), DirectClient):
        with pytest.raises(Unreachable, match=r"cannot be run .* mend it with: .*--force-reinstall"):
            begin()
    found = [each for each in findings(os.environ) if each.state == BAD]
    assert ["cannot be run" in each.sentence and "--force-reinstall" in each.mend for each in found] == [True]


def test_a_daemon_that_upgrades_its_store_is_waited_for_and_said(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does instead of listening, whether or not a start was asked for; once it is dead, nobody is busy."""
    _install(tmp_path / "bin", monkeypatch, "#!/bin/sh\nexit 6\n")  # one that finds the store held by another
    monkeypatch.setattr("holdfast.starting._START_SECONDS", 0.2)
    lock = home / "run" / "holdfast.sock.lock"
    lock.write_text(json.dumps({"pid": os.getpid(), "doing": "bringing its store from version 1 to 2"}))
    for start in (True, False):
        with pytest.raises(Busy, match="bringing its store from version 1 to 2, and listens after that"):
            holdfast.connect(start=start)
    with subprocess.Popen(["true"]) as ended:
        pass
    lock.write_text(json.dumps({"pid": ended.pid, "doing": "bringing its store from version 1 to 2"}))
    for start in (True, False):
        with pytest.raises(Unreachable):
            holdfast.connect(start=start)


def test_nothing_is_started_unasked(installed: Path) -> None:
    """Without ``start`` nobody is."""
    with pytest.raises(Unreachable):
        holdfast.connect()
    assert not installed.exists()


def test_a_service_manager_that_hangs_is_none(
    installed: Path, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its units are in place, and it does not answer: the client goes on without it, in bounded time."""
    units = tmp_path / "config" / "systemd" / "user"
    units.mkdir(parents=True)
    (units / "holdfast.socket").touch()
    (tmp_path / "path").mkdir()
    hanging = tmp_path / "path" / "systemctl"
    hanging.write_text("#!/bin/sh\nexec sleep 1000\n")
    hanging.chmod(0o755)
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "PATH": os.environ["PATH"]}
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{os.environ['PATH']}")
    monkeypatch.setattr(starting, "_START_SECONDS", 0.2)
    assert not starting._started_by_systemd(str(home / "run" / "holdfast.sock"), environment)


def test_units_are_looked_for_at_home_where_nothing_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in cron; a relative place is none."""
    monkeypatch.delenv("HOME", raising=False)
    usual = os.path.join(os.path.expanduser("~"), ".config", "systemd", "user")
    assert starting.unit_folder({}) == usual
    assert starting.unit_folder({"XDG_CONFIG_HOME": "relative"}) == usual
