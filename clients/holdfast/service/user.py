"""The user's own service below systemd: units put in place, taken away, looked at."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from holdfast.connecting import connect
from holdfast.service import files
from holdfast.service.systemd import STEP_SECONDS, ServiceState, Systemd, put, remove
from holdfast.starting import program
from holdfast.units import PLACES, SERVICE_UNIT, SOCKET_UNIT, unit_folder
from holdfast_protocol.errors import BadField, HoldfastError

UNITS = (SOCKET_UNIT, SERVICE_UNIT)
#: Left out where this user's systemd cannot make a namespace.
NAMESPACES = ("PrivateUsers=yes", "CapabilityBoundingSet=")


class UserService:
    """That of whose environment this is."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._systemd = Systemd(("--user",), Path(unit_folder(environment)))

    @property
    def is_installed(self) -> bool:
        """Whether the socket's unit is in place."""
        return (self._systemd.units / SOCKET_UNIT).exists()

    def install(self) -> list[str]:
        """From now on the first client starts the daemon, and so does the next login; what was done, in lines for
        people. A daemon that runs already is stopped, for two cannot have one socket. Raises BadField where another
        place is named than the user's own, or units are looked for elsewhere; Unreachable where there is no systemd of
        this user; Unreadable."""
        named = [each for each in PLACES if self._environment.get(each)]
        if named:
            reason = f"{named[0]} names another place: the service is that of the user's own sessions"
            raise BadField(reason, field=named[0])
        self._check_read()
        sealed = _can_seal()
        done = []
        for unit in UNITS:
            done.append(put(self._systemd.units / unit, _adapted(unit, sealed=sealed)))
        if not sealed:
            done.append("left out what needs a namespace of the user's own, which this machine does not give")
        self._systemd.does("daemon-reload")
        stopped = self._stop_another()
        if stopped:
            done.append(f"stopped the daemon that ran otherwise, process {stopped}")
        self._systemd.begins(*UNITS)
        done.append("started; it starts by itself at each login (without one too, after: loginctl enable-linger)")
        return done

    def uninstall(self) -> list[str]:
        """The units are gone; sessions and their history stay. Raises Unreachable, Unreadable."""
        if not self.is_installed:
            return []
        self._systemd.does("disable", "--now", *UNITS)
        done = [remove(self._systemd.units / unit) for unit in UNITS]
        self._systemd.does("daemon-reload")
        return done

    def state(self) -> ServiceState:
        """Raises Unreachable where there is no systemd of this user."""
        return self._systemd.state(*UNITS, SERVICE_UNIT)

    def _check_read(self) -> None:
        """Raises BadField where systemd does not look for units where they would be put: it was started with another
        ``XDG_CONFIG_HOME`` than this process."""
        read = self._systemd.does("show", "--property=UnitPath", "--value").strip()
        folder = str(self._systemd.units)
        if f" {folder} " not in f" {read} ":  # they are separated by spaces, whatever is in them
            here = self._environment.get("XDG_CONFIG_HOME") or "not set"
            raise BadField(
                f"XDG_CONFIG_HOME is {here} here, but systemd was started with another one and does not look for units "
                f"in {folder}. Say it to systemd too (environment.d(5)) and log in again, or unset it here",
                field="XDG_CONFIG_HOME",
            )

    def _stop_another(self) -> int:
        """The process that serves already, ended by SIGTERM; 0 where there is none, or it is systemd's."""
        own = self._systemd.shows(SERVICE_UNIT, ("MainPID",)).get("MainPID", "0")
        try:
            with connect() as client:
                pid = client.status().pid
        except HoldfastError:
            return 0
        if str(pid) == own:
            return 0
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                os.kill(pid, signal.SIGTERM)
                select.select([descriptor], [], [], STEP_SECONDS)
            finally:
                os.close(descriptor)
        return pid


def outdated(place: Path) -> list[str]:
    """The units in place there that are not what ``install`` would put there now."""
    possible = {unit: [_adapted(unit, sealed=sealed) for sealed in (True, False)] for unit in UNITS}
    return [unit for unit in UNITS if (place / unit).read_text("utf-8", "replace") not in possible[unit]]


def _adapted(unit: str, *, sealed: bool) -> str:
    lines = files.text(unit, program("")).split("\n")
    return "\n".join(line for line in lines if sealed or line not in NAMESPACES)


def _can_seal() -> bool:
    """Tried with a command that does nothing: kernels, distributions and containers differ."""
    with suppress(OSError, subprocess.TimeoutExpired):
        options = [f"--property={each}" for each in NAMESPACES]
        words = ["systemd-run", "--user", "--quiet", "--wait", "--collect", *options, "true"]
        return subprocess.run(words, capture_output=True, timeout=STEP_SECONDS).returncode == 0
    return False
