"""The user's own service on macOS: launchd holds the socket, and starts the daemon for the first client and when it
failed."""

from __future__ import annotations

import os
import plistlib
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.service.systemd import STEP_SECONDS, ServiceState, put, remove
from holdfast.starting import program
from holdfast.units import PLACES
from holdfast_protocol.endpoint import places
from holdfast_protocol.errors import BadField, Unreachable

LABEL = "org.holdfast.holdfastd"
#: By this name the daemon asks launchd for its socket.
SOCKET_NAME = "Listener"


class LaunchdService:
    """That of whose environment this is."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        home = environment.get("HOME") or os.path.expanduser("~")
        self._file = Path(home) / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    @property
    def is_installed(self) -> bool:
        """Whether its description is in place."""
        return self._file.exists()

    def install(self) -> list[str]:
        """Raises BadField where another place is named than the user's own, Unreachable, Unreadable."""
        named = [each for each in PLACES if self._environment.get(each)]
        if named:
            reason = f"{named[0]} names another place: the service is that of the user's own sessions"
            raise BadField(reason, field=named[0])
        socket = places(self._environment).socket
        os.makedirs(os.path.dirname(socket), mode=0o700, exist_ok=True)
        text = plistlib.dumps(description(program(""), socket)).decode()
        if self.is_installed:
            _launchctl("bootout", f"{_domain()}/{LABEL}", fails=True)
        done = [put(self._file, text)]
        _launchctl("bootstrap", _domain(), str(self._file))
        return [*done, "the first client starts it, from each login on"]

    def uninstall(self) -> list[str]:
        """Raises Unreachable, Unreadable."""
        if not self.is_installed:
            return []
        _launchctl("bootout", f"{_domain()}/{LABEL}", fails=True)
        return [remove(self._file)]

    def state(self) -> ServiceState:
        """As far as launchd says. Raises Unreachable."""
        said = _launchctl("print", f"{_domain()}/{LABEL}", fails=True).split("\n")
        told = dict(line.strip().split(" = ", 1) for line in said if " = " in line)
        pid = told.get("pid", "")
        return ServiceState(
            program=told.get("program", ""), socket="active" if said != [""] else "inactive",
            service=told.get("state", "not loaded"), enabled="enabled", pid=int(pid) if pid.isdecimal() else 0,
            restarts=max(0, int(told.get("runs", "1")) - 1), status="",
        )  # fmt: skip


def description(daemon: str, socket: str) -> dict[str, Any]:
    """What launchd is to know (launchd.plist(5))."""
    log = os.path.join(os.path.dirname(socket), "holdfastd.log")
    return {
        "Label": LABEL,
        "ProgramArguments": [daemon],
        "Sockets": {SOCKET_NAME: {"SockPathName": socket, "SockPathMode": 0o600, "SockType": "stream"}},
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 1,
        "Umask": 0o077,
        "ExitTimeOut": 60,
        "SoftResourceLimits": {"NumberOfFiles": 65536, "Core": 0},
        "ProcessType": "Interactive",
        "StandardErrorPath": log,
    }


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _launchctl(*words: str, fails: bool = False) -> str:
    """``fails``: it may, as for what is not loaded. Raises Unreachable with what it says."""
    try:
        done = subprocess.run(["launchctl", *words], capture_output=True, timeout=STEP_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Unreachable(f"launchctl {words[0]}: {problem}") from problem
    if done.returncode and not fails:
        raise Unreachable(f"launchctl {' '.join(words)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace")
