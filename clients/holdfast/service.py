"""The user's own service: the units of ``systemd/``, put in place, taken away, looked at.

Whether systemd is there is asked of ``systemctl --user``; what it says is passed on. Only Linux has it: elsewhere
``holdfastd`` is started by the first client, or by hand.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from holdfast.connecting import connect
from holdfast.starting import program
from holdfast.units import PLACES, SERVICE_UNIT, SOCKET_UNIT, unit_folder
from holdfast_protocol.errors import BadField, HoldfastError, Unreachable, Unreadable

UNITS = (SOCKET_UNIT, SERVICE_UNIT)
#: Left out where this user's manager cannot make a namespace.
NAMESPACES = ("PrivateUsers=yes", "CapabilityBoundingSet=")
STEP_SECONDS = 90


class ServiceState(NamedTuple):
    """``program``: what the unit in place starts, empty where there is none; ``status``: what the daemon itself says;
    ``restarts``: how often systemd started it again because it failed."""

    program: str
    socket: str
    service: str
    enabled: str
    pid: int
    restarts: int
    status: str


def is_installed(environment: Mapping[str, str]) -> bool:
    """Whether the socket's unit is in place."""
    return (Path(unit_folder(environment)) / SOCKET_UNIT).exists()


def install(environment: Mapping[str, str]) -> list[str]:
    """From now on the first client starts the daemon, and so does the next login; what was done, in lines for people.
    A daemon that runs already is stopped, for two cannot have one socket. Raises BadField where another place is named
    than the user's own, Unreachable where there is no systemd of this user, Unreadable."""
    named = [each for each in PLACES if environment.get(each)]
    if named:
        reason = f"{named[0]} names another place: the service is that of the user's own sessions"
        raise BadField(reason, field=named[0])
    _systemctl("show-environment")
    done = []
    sealed = _can_seal()
    place, source = Path(unit_folder(environment)), _source()
    try:
        place.mkdir(parents=True, exist_ok=True)
        for unit in UNITS:
            text = _adapted((source / unit).read_text("utf-8"), sealed=sealed)
            fresh = place / f".{unit}.new"
            fresh.write_text(text, "utf-8")
            fresh.replace(place / unit)
            done.append(f"installed {place / unit}")
    except OSError as problem:
        raise Unreadable(f"{problem.filename}: {problem.strerror}") from problem
    if not sealed:
        done.append("left out what needs a namespace of the user's own, which this machine does not give")
    _systemctl("daemon-reload")
    stopped = _stop_another()
    if stopped:
        done.append(f"stopped the daemon that ran otherwise, process {stopped}")
    _systemctl("enable", *UNITS)
    _systemctl("restart", SOCKET_UNIT)
    _systemctl("restart", SERVICE_UNIT)
    done.append("started; it starts by itself at each login (without one too, after: loginctl enable-linger)")
    return done


def outdated(place: Path) -> list[str]:
    """The units in place there that are not what ``install`` would put there now."""
    source = _source()
    return [unit for unit in UNITS if (place / unit).read_text("utf-8", "replace") not in _possible(source / unit)]


def _possible(unit: Path) -> list[str]:
    text = unit.read_text("utf-8")
    return [_adapted(text, sealed=sealed) for sealed in (True, False)]


def uninstall(environment: Mapping[str, str]) -> list[str]:
    """The units are gone; sessions and their history stay. Raises Unreachable, Unreadable."""
    if not is_installed(environment):
        return []
    _systemctl("disable", "--now", *UNITS)
    place = Path(unit_folder(environment))
    try:
        for unit in UNITS:
            (place / unit).unlink(missing_ok=True)
    except OSError as problem:
        raise Unreadable(f"{problem.filename}: {problem.strerror}") from problem
    _systemctl("daemon-reload")
    return [f"removed {place / unit}" for unit in UNITS]


def state(environment: Mapping[str, str]) -> ServiceState:
    """Raises Unreachable where there is no systemd of this user."""
    names = ("ActiveState", "UnitFileState", "MainPID", "NRestarts", "StatusText")
    socket, service = _shown(SOCKET_UNIT, names), _shown(SERVICE_UNIT, names)
    started = ""
    with suppress(OSError):
        lines = (Path(unit_folder(environment)) / SERVICE_UNIT).read_text("utf-8", "replace").split("\n")
        started = next(line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart="))
    return ServiceState(
        program=started, socket=socket["ActiveState"], service=service["ActiveState"],
        enabled=socket.get("UnitFileState", ""), pid=int(service.get("MainPID") or 0),
        restarts=int(service.get("NRestarts") or 0), status=service.get("StatusText", ""),
    )  # fmt: skip


def _source() -> Path:
    """In a checkout at its top; otherwise where the wheel's shared files were put."""
    checkout = Path(__file__).parents[2] / "systemd"
    installed = [Path(file.locate()).parent for file in metadata.files("holdfast") or () if file.name == SOCKET_UNIT]
    return next((place for place in (checkout, *installed) if (place / SOCKET_UNIT).exists()), checkout)


def _adapted(text: str, *, sealed: bool) -> str:
    """With the path of the daemon that belongs to this client; a space or a ``%`` in it is written out."""
    path = program("").replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    lines = text.replace("ExecStart=holdfastd", f'ExecStart="{path}"').split("\n")
    return "\n".join(line for line in lines if sealed or line not in NAMESPACES)


def _can_seal() -> bool:
    """Tried with a command that does nothing: kernels, distributions and containers differ."""
    with suppress(OSError, subprocess.TimeoutExpired):
        options = [f"--property={each}" for each in NAMESPACES]
        words = ["systemd-run", "--user", "--quiet", "--wait", "--collect", *options, "true"]
        return subprocess.run(words, capture_output=True, timeout=STEP_SECONDS).returncode == 0
    return False


def _stop_another() -> int:
    """The process that serves already, ended by SIGTERM; 0 where there is none, or it is systemd's."""
    own = _shown(SERVICE_UNIT, ("MainPID",)).get("MainPID", "0")
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


def _shown(unit: str, names: Sequence[str]) -> dict[str, str]:
    lines = _systemctl("show", unit, f"--property={','.join(names)}").split("\n")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _systemctl(*words: str) -> str:
    """Raises Unreachable with what it says."""
    found = shutil.which("systemctl")
    if found is None:
        raise Unreachable("There is no systemd here; the first client starts holdfastd, or whoever runs it by hand")
    try:
        done = subprocess.run([found, "--user", *words], capture_output=True, timeout=STEP_SECONDS)
    except subprocess.TimeoutExpired as problem:
        raise Unreachable(f"systemctl --user {words[0]} took over {STEP_SECONDS} s") from problem
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise Unreachable(f"systemctl --user {' '.join(words)}: {said}")
    return done.stdout.decode(errors="replace")
