"""Starting the daemon where none runs, so that nobody has to think of it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from holdfast import silence
from holdfast.channel import check_listening
from holdfast.units import PLACES, SERVICE_UNIT, SOCKET_UNIT, unit_folder
from holdfast_protocol import endpoint
from holdfast_protocol.errors import Busy, HoldfastError, StoreLocked, Unreachable, Unreadable

_START_SECONDS = 10.0
_PAUSE_SECONDS = 0.02
INSTALL = "pip install holdfast"
#: How the line begins that a daemon ends with.
SAID = "holdfastd: "


def start_daemon(path: str, environment: Mapping[str, str], *, named: bool) -> None:
    """A daemon listens at socket ``path`` when this returns, ours or one that was faster.

    ``named``: the socket was given by flag, so the daemon is told it by flag too; everything else it takes from the
    environment. The user's own one is started by systemd where its units are in place. Raises Unreachable where none
    answers within 10 s, with what the daemon said, and what mends it. Raises Busy where it goes on with what it has to
    do before it listens. One of a shared store is the machine's to start: raises Unreachable.
    """
    if endpoint.is_shared(path):
        raise silence.of_nobody(path, environment).error(path)
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
            start = _Start(path, log, os.fstat(descriptor).st_size, is_last=not around)
            try:
                process = subprocess.Popen(
                    [*around, *command], stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor,
                    start_new_session=True, cwd="/", env=_absolute(environment),
                )  # fmt: skip
            except OSError as problem:
                raise cannot_run(command[0], problem) from problem
            if start.listens(process, environment):
                return
    finally:
        os.close(descriptor)


def _started_by_systemd(path: str, environment: Mapping[str, str]) -> bool:
    """It serves, or goes on starting; False where the units are not in place, or systemd is not there after all. Raises
    Unreachable where its unit cannot be started."""
    systemctl = shutil.which("systemctl")
    if systemctl is None or not os.path.lexists(os.path.join(unit_folder(environment), SOCKET_UNIT)):
        return False
    if _systemctl(systemctl, "reset-failed", SOCKET_UNIT, SERVICE_UNIT) is None:
        return False
    if _systemctl(systemctl, "start", SERVICE_UNIT) is False:
        cause = silence.trouble_of(path, environment)
        if cause is not None:
            raise cause.error(path)
    with suppress(Unreachable):
        check_listening(path)
        return True
    return False


def _systemctl(program: str, *words: str) -> bool | None:
    """Whether it went well; None where the user's systemd is not there, or hangs."""
    try:
        done = subprocess.run(
            [program, "--user", *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=_START_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return None if b"connect to" in done.stderr else not done.returncode


def _around(environment: Mapping[str, str]) -> list[list[str]]:
    """The words before the command, best first. A daemon in the control group of a terminal ends with it, so systemd
    is asked for another, where it is there."""
    run, runtime = shutil.which("systemd-run"), environment.get("XDG_RUNTIME_DIR", "")
    if run is None or not os.path.exists(os.path.join(runtime, "systemd", "private")):
        return [[]]
    return [[run, "--user", "--scope", "--collect", "--quiet"], []]


class _Start(NamedTuple):
    """``log``: where the daemon says what it says, from byte ``since`` on; ``is_last``: there is no other way."""

    path: str
    log: str
    since: int
    is_last: bool

    def listens(self, process: subprocess.Popen[bytes], environment: Mapping[str, str]) -> bool:
        """The one that lost a race for the store exits; the winner may still be on its way. False where it ended at
        once, and there is another way to start it."""
        until = time.monotonic() + _START_SECONDS
        while True:
            ended = process.poll()
            try:
                check_listening(self.path)
            except Unreachable as problem:
                if ended == 1 and not self.is_last and not self._last_words():
                    return False
                if ended == StoreLocked.exit_code:
                    cause = silence.of_nobody(self.path, environment)
                    if cause.what:
                        raise cause.error(self.path) from problem
                elif ended is not None:
                    raise self._failed(ended) from problem
                if time.monotonic() >= until:
                    raise self._late(environment) from problem
            else:
                return True
            time.sleep(_PAUSE_SECONDS)

    def _failed(self, code: int) -> Unreachable:
        said = self._last_words()
        if not said and not os.statvfs(self.log).f_bavail:
            folder = shlex.quote(os.path.dirname(self.log))
            said = f"there is no room on the disk of {folder}; mend it with: make room there (df -h {folder})"
        return Unreachable(
            f"holdfastd does not start: {said}" if said else f"holdfastd ended with {code}; see {self.log}",
            socket=self.path, log=self.log,
        )  # fmt: skip

    def _late(self, environment: Mapping[str, str]) -> HoldfastError:
        cause = silence.of_nobody(self.path, environment)
        if cause.what or cause.kind is Busy:
            return cause.error(self.path)
        sentence = f"holdfastd does not listen at {self.path}; see {self.log}"
        return Unreachable(sentence, socket=self.path, log=self.log)

    def _last_words(self) -> str:
        """Why it ended, if it said so."""
        return last_words(self.log, self.since)


def last_words(log: str, since: int) -> str:
    """Why the daemon that wrote there last did not start; "" where it did, or said nothing."""
    try:
        with open(log, "rb") as source:
            source.seek(since)
            lines = source.read().decode(errors="replace").strip().split("\n")
    except OSError:
        return ""
    return lines[-1].removeprefix(SAID) if lines[-1].startswith(SAID) else ""


def program(path: str) -> str:
    """The daemon that was installed with this client, or else the one on the search path."""
    beside = os.path.join(os.path.dirname(sys.executable), "holdfastd")
    found = beside if os.access(beside, os.X_OK) else shutil.which("holdfastd")
    if found is None:
        sentence = f"No daemon listens at {path}, and holdfastd is not installed here; mend it with: {INSTALL}"
        raise Unreachable(sentence, socket=path)
    return found


def cannot_run(program: str, problem: OSError) -> Unreachable:
    """It is there, and its interpreter is not, as when the Python that it is for was replaced."""
    sentence = f"{program} cannot be run ({problem.strerror}: the Python that it is for is gone, or it is damaged)"
    return Unreachable(f"{sentence}{silence.MEND}{reinstall()}")


def reinstall() -> str:
    """The command that puts the programs in place again."""
    return f"{shlex.quote(sys.executable)} -m {INSTALL.replace('install', 'install --force-reinstall')}"


def _absolute(environment: Mapping[str, str]) -> dict[str, str]:
    """The daemon works from the root folder: relative places are made absolute."""
    absolute = {name: os.path.abspath(environment[name]) for name in PLACES if environment.get(name)}
    return {**environment, **absolute}
