"""``holdfast service install`` below a real systemd, as a user without privileges."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from service_units import until
from service_user import DEADLINE_SECONDS, HOME, User

#: Saves until its input ends, and follows what is saved; says how many there were of each.
BUSY = """
import select, sys, threading, time, holdfast
heard = []
def follow(client):
    for row in client.events(since=0):
        if row.type in ("created", "saved"):
            heard.append(row.number)
        if row.type == "deleted":
            return
with holdfast.connect(timeout_seconds=60) as client, holdfast.connect(timeout_seconds=60) as other:
    client.save("notes", "a", b"0")
    listens = threading.Thread(target=follow, args=[other])
    listens.start()
    print("begun", flush=True)
    count = 1
    while not select.select([sys.stdin], [], [], 0)[0]:
        assert client.save("notes", "a", str(count).encode()).session.revision == count + 1
        count += 1
    client.delete("notes/a")
    listens.join(60)
    assert len(set(heard)) == len(heard)
    print(count, len(heard), flush=True)
"""


def test_from_nothing_to_a_watched_service_that_the_first_client_starts(user: User) -> None:
    """Installed by one command; stopped, the next client starts it; taken away again, what was saved is still there."""
    assert "started; it starts by itself at each login" in user.holdfast("service", "install")
    said = user.holdfast("service", "status")
    assert "socket: active" in said
    assert "service: active" in said
    assert f"status: Serves the sessions in {HOME}" in said
    user.runs("sh", "-c", 'echo text | "$0" save notes/a -', os.path.join(os.path.dirname(sys.executable), "holdfast"))
    user.systemctl("stop", "holdfast.service")
    assert user.holdfast("--no-start", "cat", "notes/a") == "text\n"
    user.holdfast("service", "uninstall")
    user.holdfast("--no-start", "list", expect=6)
    user.holdfast("service", "status", expect=3)
    assert user.holdfast("cat", "notes/a") == "text\n"


def test_a_daemon_that_was_started_otherwise_makes_room(user: User) -> None:
    """It had the socket and the store; both are systemd's afterwards, and nothing is served twice."""
    user.holdfast("save", "notes/a", "/etc/hostname")
    before = user.pid()
    assert f"process {before}" in user.holdfast("service", "install")
    assert user.pid() == int(user.systemctl("show", "--property=MainPID", "--value", "holdfast.service"))
    assert user.holdfast("list").startswith("notes/a")


def test_a_daemon_that_is_killed_or_hangs_is_back(user: User) -> None:
    """kill -9 is answered by a start; one that stands still is found by the watchdog, and started anew."""
    user.writes(".config/systemd/user/holdfast.service.d/soon.conf", "[Service]\nWatchdogSec=2\nRestartSec=100ms\n")
    user.holdfast("service", "install")
    first = user.pid()
    os.kill(first, signal.SIGKILL)
    until(lambda: "restarts: 1" in user.holdfast("service", "status"))
    second = user.pid()
    assert second != first
    os.kill(second, signal.SIGSTOP)
    until(lambda: "restarts: 2" in user.holdfast("service", "status"))
    assert user.pid() not in (first, second)


def test_a_unit_that_does_not_start_says_why_to_the_client(user: User) -> None:
    """With the daemon's own reason and what mends it, whether or not the client may start it; once that is mended, the
    next client does, however often it failed before."""
    user.holdfast("service", "install")
    user.writes(".config/holdfast/config.toml", "[autosave]\nquiet = 1\n")
    user.systemctl("restart", "holdfast.service", expect=1)
    for words in (["--no-start", "list"], ["list"], ["list"]):
        said = user.holdfast(*words, expect=6)
        assert "holdfast.service has failed: " in said
        assert "is it autosave.quiet_seconds?; mend it with: edit /run/home/.config/holdfast/config.toml" in said
    assert "holdfast.service has failed" in user.holdfast("doctor", expect=1)
    user.runs("rm", f"{HOME}/.config/holdfast/config.toml")
    user.holdfast("list")
    user.holdfast("doctor")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ln -sf /dev/null $0/holdfast.service", "holdfast.service is masked"),
        ("sed -i 's,^ExecStart=.*,ExecStart=/gone/holdfastd,' $0/holdfast.service", "a program that is not there"),
        ("sed -i 's,^ExecStart=.*,ExecStart=gone/it,' $0/holdfast.service", "cannot use its unit holdfast.service"),
        ("rm $0/holdfast.service", "its socket's unit is there, and holdfast.service is not"),
    ],
)
def test_units_that_somebody_has_broken(user: User, change: str, said: str) -> None:
    """Client and doctor name it, and installing them again mends it."""
    user.holdfast("service", "install")
    user.systemctl("stop", "holdfast.socket", "holdfast.service")
    user.runs("sh", "-c", change, f"{HOME}/.config/systemd/user")
    user.systemctl("daemon-reload")
    line = user.holdfast("--timeout", "5", "list", expect=6)
    assert said in line
    assert "holdfast service install" in line
    assert "holdfast service install" in user.holdfast("doctor", expect=1)
    user.holdfast("service", "install")
    user.holdfast("doctor")


def test_the_doctor_knows_the_units_that_this_version_installs(user: User) -> None:
    """One that was edited is told, with where own lines belong; what stands there is not."""
    user.holdfast("service", "install")
    user.writes(".config/systemd/user/holdfast.service.d/own.conf", "[Service]\nMemoryHigh=2G\n")
    user.systemctl("daemon-reload")
    assert "is not what this version installs" not in user.holdfast("doctor")
    user.runs("sh", "-c", "echo MemoryHigh=2G >> $0/holdfast.service", f"{HOME}/.config/systemd/user")
    user.systemctl("daemon-reload")
    assert "holdfast.service is not what this version installs" in user.holdfast("doctor")


def test_a_restart_is_a_pause_for_who_asks_and_who_listens(user: User) -> None:
    """Saves and a subscription that go on meanwhile lose nothing and get nothing twice."""
    user.holdfast("service", "install")
    before = user.pid()
    with user.runs_beside(sys.executable, "-c", BUSY) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == b"begun\n"
        for _ in range(3):
            user.systemctl("restart", "holdfast.service")
        busy.stdin.close()  # type: ignore[union-attr]  # it is a pipe
        said = busy.stdout.read()
        assert busy.wait(DEADLINE_SECONDS) == 0, said
    saved, heard = said.split()
    assert int(saved) > 3
    assert saved == heard
    assert user.pid() != before


def test_a_reload_reads_the_configuration_again(user: User) -> None:
    """``systemctl reload`` drops nobody: the process is the same, and what it does not understand is a problem."""
    user.holdfast("service", "install")
    before = user.pid()
    user.writes(".config/holdfast/config.toml", "[autosave]\nquiet = 1\n")
    user.systemctl("reload", "holdfast.service")
    until(lambda: "is it autosave.quiet_seconds?" in user.holdfast("status"))
    assert user.pid() == before


def test_a_daemon_that_a_client_starts_outlives_its_terminal(user: User) -> None:
    """Without units: it is in a control group of its own, which does not end with the client's."""
    ended = user.runs(
        "systemd-run", "--user", "--wait", "--collect", "--quiet", "--property=KillMode=control-group",
        os.path.join(os.path.dirname(sys.executable), "holdfast"), "list",
    )  # fmt: skip
    assert ended == ""
    assert user.pid() > 0


def test_another_place_is_not_served_by_it(user: User) -> None:
    """The unit serves the user's own sessions, and nothing is installed for a sandbox."""
    program = os.path.join(os.path.dirname(sys.executable), "holdfast")
    said = user.runs("env", f"HOLDFAST_HOME={HOME}/sandbox", program, "service", "install", expect=2)
    assert "HOLDFAST_HOME names another place" in said
    user.holdfast("service", "status", expect=3)


def test_units_that_systemd_would_not_look_for_are_not_installed(user: User) -> None:
    """Where the shell has another XDG_CONFIG_HOME than systemd was started with, that is said, and nothing is done."""
    program = os.path.join(os.path.dirname(sys.executable), "holdfast")
    said = user.runs("env", f"XDG_CONFIG_HOME={HOME}/elsewhere", program, "service", "install", expect=2)
    assert f"does not look for units in {HOME}/elsewhere/systemd/user" in said
    user.runs("ls", f"{HOME}/elsewhere", expect=2)


def test_a_folder_outside_the_home_is_written_to(user: User) -> None:
    """The user's own service sees what its user does: an adopted folder of theirs, wherever it lies, is watched, and
    restored to."""
    folder = "/run/user/songs"
    user.makes_outside(folder)
    user.holdfast("service", "install")
    user.writes_to(f"{folder}/one", "1")
    user.holdfast("folder", "add", folder, "--app", "songs")
    user.writes_to(f"{folder}/one", "2")
    until(lambda: "outside" in user.holdfast("log", "songs/one"))
    user.holdfast("restore", "songs/one@-1")
    until(lambda: user.runs("cat", f"{folder}/one") == "1")
