"""Starting the daemon where none runs, so that nobody has to think of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping

from holdfast.channel import check_listening
from holdfast_protocol import endpoint
from holdfast_protocol.errors import Busy, StoreLocked, Unreachable, Unreadable

_START_SECONDS = 10.0
_PAUSE_SECONDS = 0.02
_PLACES = ("HOLDFAST_HOME", "HOLDFAST_STORE", "HOLDFAST_SESSIONS", "HOLDFAST_SOCKET", "HOLDFAST_CONFIG")


def start_daemon(path: str, environment: Mapping[str, str], *, named: bool) -> None:
    """A daemon listens at socket ``path`` when this returns, ours or one that was faster.

    ``named``: the socket was given by flag, so the daemon is told it by flag too; everything else it takes from the
    environment. Raises Unreachable where none answers within 10 s; its log, beside the socket, says why. Raises Busy
    where it goes on with what it has to do before it listens.
    """
    folder = os.path.dirname(path)
    log = os.path.join(folder, "holdfastd.log")
    command = [_program(path), *(["--socket", path] if named else [])]
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        endpoint.check_private(folder)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise Unreadable(f"{folder}: {problem.strerror}", path=folder) from problem
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            cwd="/",
            env=_absolute(environment),
        )
    finally:
        os.close(descriptor)
    _wait_until_it_listens(path, process, log)


def _wait_until_it_listens(path: str, process: subprocess.Popen[bytes], log: str) -> None:
    """The one that lost a race for the store exits; the winner may still be on its way."""
    until = time.monotonic() + _START_SECONDS
    while True:
        ended = process.poll()
        try:
            return check_listening(path)
        except Unreachable as problem:
            if ended is not None and ended != StoreLocked.exit_code:
                raise Unreachable(f"holdfastd ended with {ended}; see {log}", socket=path, log=log) from problem
            if time.monotonic() >= until:
                check_not_busy(path)
                raise Unreachable(f"holdfastd does not listen at {path}; see {log}", socket=path, log=log) from problem
        time.sleep(_PAUSE_SECONDS)


def check_not_busy(path: str) -> None:
    """Raises Busy where a daemon that does not listen at ``path`` yet has said beside it what it is doing first."""
    try:
        with open(f"{path}.lock", "rb") as lock:
            said = json.loads(lock.read())
        os.kill(said["pid"], 0)
        doing = said["doing"]
    except (OSError, ValueError, TypeError, KeyError):
        return
    raise Busy(f"holdfastd is {doing}, and listens after that; try again then", socket=path)


def _program(path: str) -> str:
    """The daemon that was installed with this client, or else the one on the search path."""
    beside = os.path.join(os.path.dirname(sys.executable), "holdfastd")
    found = beside if os.access(beside, os.X_OK) else shutil.which("holdfastd")
    if found is None:
        raise Unreachable(f"No daemon listens at {path}, and holdfastd is not installed here", socket=path)
    return found


def _absolute(environment: Mapping[str, str]) -> dict[str, str]:
    """The daemon works from the root folder: relative places are made absolute."""
    absolute = {name: os.path.abspath(environment[name]) for name in _PLACES if environment.get(name)}
    return {**environment, **absolute}
