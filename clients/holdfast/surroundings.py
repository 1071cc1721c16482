"""What is around a daemon and can be in its way: the installation, the shell that asks, the disk's file system, the
kernel's limits, the clock. Nothing is said of what is as it should be."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from holdfast.finding import BAD, NOTE, Finding
from holdfast.holders import holder_of
from holdfast.units import PLACES, SOCKET_UNIT, unit_folder
from holdfast_protocol.endpoint import Places
from holdfast_protocol.messages import StatusReport
from holdfast_protocol.model import OperationRow

MOUNTS = Path("/proc/self/mountinfo")
INOTIFY = Path("/proc/sys/fs/inotify")
#: Below the first a program that runs beside may have taken all; below the second a burst is lost, and scanned for.
INSTANCES_COUNT, QUEUED_COUNT = 16, 1024
#: Where a change on another machine is not told, and SQLite's log cannot be shared.
REMOTE = re.compile(r"nfs4?|cifs|smb\w*|fuse\..*|9p|afs|ceph|glusterfs|lustre")
LOG_BYTES = 256 * 10**6
AHEAD_SECONDS = 120
NEARLY = 0.9


def around(where: Places, environment: Mapping[str, str]) -> Iterator[Finding]:
    """With a daemon or without one."""
    yield from _installation()
    yield from _shell(environment)
    yield from _places(where)
    yield from _file_systems(where)
    yield from _write_ahead_log(where)
    yield from _kernel()


def reported(report: StatusReport, newest: OperationRow | None) -> Iterator[Finding]:
    """What follows from what the daemon says."""
    ahead = max([report.started, newest.time if newest is not None else 0, report.last_check or 0])
    if ahead > time.time_ns() + AHEAD_SECONDS * 10**9:
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(ahead / 1e9))
        sentence = f"the clock was set back: what was done last was done at {moment}, which is not yet"
        yield Finding(BAD, "clock", sentence, "timedatectl status; sudo timedatectl set-ntp true")
    if report.last_check_problems:
        sentence = f"the last check found {report.last_check_problems} things damaged that nobody repaired"
        yield Finding(BAD, "store", sentence, "holdfast check --repair")
    if report.last_rehearsal_problem:
        sentence = f"the last rehearsal of restoring failed: {report.last_rehearsal_problem}"
        yield Finding(BAD, "store", sentence, "holdfast check --all")
    if report.connections_count > NEARLY * report.connections_limit:
        sentence = f"{report.connections_count} of {report.connections_limit} connections are taken"
        mend = f"end clients that hold too many (ss -xp | grep {shlex.quote(report.socket)}), or raise LimitNOFILE"
        yield Finding(NOTE, "connections", sentence, mend)


def _installation() -> Iterator[Finding]:
    """What pip would have put there."""
    needed = [text for text in metadata.requires("holdfast") or () if "extra ==" not in text]
    names = [re.split(r"[\s<>=!~;\[]", text, maxsplit=1)[0] for text in needed if _is_for_here(text)]
    missing = []
    for name in names:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        mend = f"{shlex.quote(sys.executable)} -m pip install --force-reinstall holdfast"
        yield Finding(BAD, "installation", f"{', '.join(missing)} is not installed, which holdfast needs", mend)


def _is_for_here(requirement: str) -> bool:
    """The only marker that ours have names the system."""
    _, marker, system = requirement.partition("sys_platform ==")
    return not marker or sys.platform in system


def _shell(environment: Mapping[str, str]) -> Iterator[Finding]:
    own = os.path.dirname(sys.executable)
    for name in ("holdfast", "holdfastd"):
        found = shutil.which(name, path=environment.get("PATH"))
        if found is not None and os.path.dirname(found) != own and os.access(os.path.join(own, name), os.X_OK):
            sentence = f"the shell finds {found} before {os.path.join(own, name)}, another installation's"
            yield Finding(NOTE, "path", sentence, f"export PATH={shlex.quote(own)}:$PATH; hash -r")
    if os.getuid() == 0 and environment.get("SUDO_USER"):
        sentence = "sudo: these are root's own sessions, not those of who typed it"
        yield Finding(NOTE, "user", sentence, "holdfast doctor, without sudo")
    set_here = [name for name in PLACES if environment.get(name)]
    if set_here and os.path.lexists(os.path.join(unit_folder(environment), SOCKET_UNIT)):
        sentence = f"{', '.join(set_here)} is set: this is another daemon than the one that systemd's unit starts"
        yield Finding(NOTE, "environment", sentence, f"unset {' '.join(set_here)}")


def _places(where: Places) -> Iterator[Finding]:
    """Those that the first start could not make."""
    for path in (where.runtime, where.store, where.sessions):
        above = path
        while not os.path.lexists(above):
            above = os.path.dirname(above)
        if above != path and not (os.path.isdir(above) and os.access(above, os.W_OK | os.X_OK) and _is_real(above)):
            sentence = f"{path} cannot be made: {above} takes no new folder"
            yield Finding(BAD, "places", sentence, f"export HOLDFAST_HOME=…, or: ls -ld {shlex.quote(above)}")


def _is_real(path: str) -> bool:
    return not any(path == root or path.startswith(f"{root}/") for root in ("/proc", "/sys"))


def _file_systems(where: Places) -> Iterator[Finding]:
    store, sessions = _file_system(where.store), _file_system(where.sessions)
    if REMOTE.fullmatch(store):
        sentence = f"{where.store} is on a file system of another machine or program ({store}), and not safe there"
        yield Finding(BAD, "store", sentence, "export HOLDFAST_STORE=…, on a disk of this machine")
    if REMOTE.fullmatch(sessions):
        sentence = f"{where.sessions} is on {sessions}: it is looked at in turns, for nobody tells of changes there"
        yield Finding(NOTE, "sessions folder", sentence, "export HOLDFAST_SESSIONS=…, on a disk of this machine")


def _file_system(path: str) -> str:
    """The type of what a path lies on (proc_pid_mountinfo(5)); "" where that cannot be told."""
    best, found = -1, ""
    with suppress(OSError):
        real = os.path.realpath(path)
        for line in MOUNTS.read_text("utf-8", "replace").strip().split("\n"):
            mounted, _, rest = line.partition(" - ")
            point = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), mounted.split(" ")[4])
            is_above = point == "/" or real == point or real.startswith(f"{point}/")
            if is_above and len(point) >= best:
                best, found = len(point), rest.split(" ")[0]
    return found


def _write_ahead_log(where: Places) -> Iterator[Finding]:
    with suppress(OSError):
        size_bytes = os.path.getsize(os.path.join(where.store, "catalog.sqlite-wal"))
        if size_bytes > LOG_BYTES:
            holder = holder_of(os.path.join(where.store, "lock"))
            sentence = f"the catalog's log has grown to {size_bytes / 1e6:.0f} MB: a reader keeps it from ending"
            mend = holder.ends() if holder is not None else f"fuser -v {shlex.quote(where.store)}/catalog.sqlite"
            yield Finding(NOTE, "store", sentence, mend)


def _kernel() -> Iterator[Finding]:
    for name, least, what in (
        ("max_user_instances", INSTANCES_COUNT, "programs of this user can watch folders; the others look in turns"),
        ("max_queued_events", QUEUED_COUNT, "changes at a time are told; more of them mean a scan"),
    ):
        with suppress(OSError, ValueError):
            count = int((INOTIFY / name).read_text())
            if count < least:
                mend = f"sudo sysctl fs.inotify.{name}={least * 8}  (and a line in /etc/sysctl.d, to keep it)"
                yield Finding(NOTE, "inotify", f"only {count} {what}", mend)
