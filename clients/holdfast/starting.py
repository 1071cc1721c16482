"""Starting the daemon where none runs, so that nobody has to think of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from holdfast.channel import check_listening, nobody_at
from holdfast_protocol import endpoint
from holdfast_protocol.errors import Busy, StoreLocked, Unreachable, Unreadable

_START_SECONDS = 10.0
_PAUSE_SECONDS = 0.02
SOCKET_UNIT = "holdfast.socket"
PLACES = ("HOLDFAST_HOME", "HOLDFAST_STORE", "HOLDFAST_SESSIONS", "HOLDFAST_SOCKET", "HOLDFAST_CONFIG")


def start_daemon(path: str, environment: Mapping[str, str], *, named: bool) -> None:
    """A daemon listens at socket ``path`` when this returns, ours or one that was faster.

    ``named``: the socket was given by flag, so the daemon is told it by flag too; everything else it takes from the
    environment. The user's own one is started by systemd where its units are in place. Raises Unreachable where none
    answers within 10 s; its log, beside the socket, says why. Raises Busy where it goes on with what it has to do
    before it listens. One of a shared store is the machine's to start: raises Unreachable.
    """
    if endpoint.is_shared(path):
        raise nobody_at(path)
    if not named and not any(environment.get(each) for each in PLACES) and _started_by_systemd(path, environment):
        return
    folder = os.path.dirname(path)
    log = os.path.join(folder, "holdfastd.log")
    command = [program(path), *(["--socket", path] if named else [])]
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        endpoint.check_private(folder)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise Unreadable(f"{folder}: {problem.strerror}", path=folder) from problem
    try:
        for around in _around(environment):
            process = subprocess.Popen(
                [*around, *command], stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor,
                start_new_session=True, cwd="/", env=_absolute(environment),
            )  # fmt: skip
            if _wait_until_it_listens(path, process, log, is_last=not around):
                return
    finally:
        os.close(descriptor)


def _started_by_systemd(path: str, environment: Mapping[str, str]) -> bool:
    """Its socket listens; False where the units are not in place, or systemd is not there after all."""
    systemctl = shutil.which("systemctl")
    if systemctl is None or not os.path.exists(os.path.join(unit_folder(environment), SOCKET_UNIT)):
        return False
    words = [systemctl, "--user", "start", SOCKET_UNIT]
    try:
        subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_START_SECONDS, check=True)
        check_listening(path)
    except (OSError, subprocess.SubprocessError, Unreachable):  # a manager that hangs is none either
        return False
    return True


def unit_folder(environment: Mapping[str, str]) -> str:
    """Where a user's own units lie (systemd.unit(5)), without ``HOME`` too, as in cron."""
    named = environment.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(named):  # a relative one is to be ignored (XDG base directory specification)
        named = os.path.join(environment.get("HOME") or os.path.expanduser("~"), ".config")
    return os.path.join(named, "systemd", "user")


def _around(environment: Mapping[str, str]) -> list[list[str]]:
    """The words before the command, best first. A daemon in the control group of a terminal ends with it, so systemd
    is asked for another, where it is there."""
    run, runtime = shutil.which("systemd-run"), environment.get("XDG_RUNTIME_DIR", "")
    if run is None or not os.path.exists(os.path.join(runtime, "systemd", "private")):
        return [[]]
    return [[run, "--user", "--scope", "--collect", "--quiet"], []]


def _wait_until_it_listens(path: str, process: subprocess.Popen[bytes], log: str, *, is_last: bool) -> bool:
    """The one that lost a race for the store exits; the winner may still be on its way. False where it ended at once,
    and there is another way to start it."""
    until = time.monotonic() + _START_SECONDS
    while True:
        ended = process.poll()
        try:
            check_listening(path)
        except Unreachable as problem:
            if ended == 1 and not is_last:
                return False
            if ended is not None and ended != StoreLocked.exit_code:
                raise Unreachable(f"holdfastd ended with {ended}; see {log}", socket=path, log=log) from problem
            if time.monotonic() >= until:
                check_not_busy(path)
                raise Unreachable(f"holdfastd does not listen at {path}; see {log}", socket=path, log=log) from problem
        else:
            return True
        time.sleep(_PAUSE_SECONDS)


class Holder(NamedTuple):
    """The process that has a lock, and what it wrote there: where it listens, or ``doing`` what before it does."""

    pid: int
    socket: str
    doing: str


def holder_of(lock: str) -> Holder | None:
    """Who has the lock file; None for what a process that ended left behind, whose number another may have since."""
    try:
        with open(lock, "rb") as source:
            said = json.loads(source.read())
        boot = _boot()
        if said.get("boot", boot) != boot:
            return None
        os.kill(said["pid"], 0)
        return Holder(said["pid"], str(said.get("socket", "")), str(said.get("doing", "")))
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None


def _boot() -> str:
    """The kernel's name for this run of the machine; "" where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def check_not_busy(path: str) -> None:
    """Raises Busy where a daemon that does not listen at ``path`` yet has said beside it what it is doing first."""
    holder = holder_of(f"{path}.lock")
    if holder is not None and holder.doing:
        raise Busy(f"holdfastd is {holder.doing}, and listens after that; try again then", socket=path)


def program(path: str) -> str:
    """The daemon that was installed with this client, or else the one on the search path."""
    beside = os.path.join(os.path.dirname(sys.executable), "holdfastd")
    found = beside if os.access(beside, os.X_OK) else shutil.which("holdfastd")
    if found is None:
        raise Unreachable(f"No daemon listens at {path}, and holdfastd is not installed here", socket=path)
    return found


def _absolute(environment: Mapping[str, str]) -> dict[str, str]:
    """The daemon works from the root folder: relative places are made absolute."""
    absolute = {name: os.path.abspath(environment[name]) for name in PLACES if environment.get(name)}
    return {**environment, **absolute}
