"""``holdfast service install`` below a real systemd, as a user without privileges."""

from __future__ import annotations

import os
import signal
import sys

from service_units import until
from service_user import HOME, User


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
