"""What is wrong with the set-up: looked at from outside, with a daemon or without one, and never changed.

Each finding says in one line what is so and, where it is not as it should be, which command mends it. Fit to be pasted:
nothing of a session is in it but names of folders, and the home directory is ``~``.
"""

from __future__ import annotations

import os
import platform
import pwd
import resource
import shlex
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from holdfast.channel import check_listening, library_version
from holdfast.client import Client
from holdfast.finding import BAD, GOOD, NOTE, Finding
from holdfast.holders import Holder
from holdfast.service.user import outdated
from holdfast.silence import Cause, of_nobody, of_silence, parted, trouble_of
from holdfast.starting import SAID, cannot_run, last_words, program, reinstall
from holdfast.surroundings import around, reported
from holdfast.units import INSTALL as INSTALL_UNITS
from holdfast.units import SERVICE_UNIT, SOCKET_UNIT, trouble, unit_folder
from holdfast_protocol import keys
from holdfast_protocol.endpoint import Places, check_trusted, is_remote, is_shared, places
from holdfast_protocol.errors import HoldfastError, NotAllowed, TooLate, UnknownVerb, Unreachable, Unreadable
from holdfast_protocol.messages import StatusReport

ANSWER_SECONDS = 3.0
#: Below the first nothing can be relied on, below the second it is time to make room.
FULL_BYTES, LOW_BYTES = 100 * 10**6, 2 * 10**9
WATCHES_COUNT = 65_536
DESCRIPTORS_COUNT = 4_096
LINGER = Path("/var/lib/systemd/linger")
MORE_WATCHES = "sudo sysctl fs.inotify.max_user_watches=524288  (and a line in /etc/sysctl.d, to keep it)"


def findings(environment: Mapping[str, str], socket: str | None = None) -> Iterator[Finding]:
    """From what everything stands on to what stands on it. ``socket``: where the daemon is, if it was named."""
    where = places(environment, socket=socket)
    yield _versions()
    if is_remote(where.socket):
        yield _elsewhere(socket or where.socket)
        return
    yield _configuration(where)
    yield from _keys(where)
    yield from _runtime(where)
    report, found = _daemon(where, environment, named=socket is not None or is_shared(where.socket))
    yield from found
    if not is_shared(where.socket):  # what that one keeps is not this user's to look at
        yield from around(where, environment)
        yield from _store(where)
        yield from _sessions(where)
    yield from _limits()
    yield from _unit(environment, answers=report is not None)
    if report is not None:
        yield from _reported(report)


def _versions() -> Finding:
    system = f"{platform.system()} {platform.release()}"
    parts = f"Python {platform.python_version()}, libzmq {library_version()}, {system}"
    return Finding(GOOD, "versions", f"holdfast {metadata.version('holdfast')}, {parts}")


def _configuration(where: Places) -> Finding:
    try:
        words = [program(where.socket), "--configuration", "--config", where.config]
        done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL)
    except Unreachable as problem:
        return Finding(BAD, "daemon", *parted(problem.sentence))
    except OSError as problem:
        return Finding(BAD, "daemon", *parted(cannot_run(words[0], problem).sentence))
    if done.returncode == 0:
        there = where.config if os.path.exists(where.config) else "none; every option has its default"
        return Finding(GOOD, "configuration", there)
    said = done.stderr.decode(errors="replace").strip().split("\n")[-1]
    if not said.startswith(SAID):
        return Finding(BAD, "daemon", f"{words[0]} does not run: {said}", reinstall())
    why, mend = parted(said.removeprefix(SAID))
    return Finding(BAD, "configuration", why, mend)


def _elsewhere(address: str) -> Finding:
    """A daemon on the network: what stands on its machine, its own doctor says."""
    try:
        with Client(address, timeout_seconds=ANSWER_SECONDS) as client:
            welcome = client.hello()
    except HoldfastError as problem:
        return Finding(BAD, "daemon", problem.sentence)
    return Finding(GOOD, "daemon", f"{address} answers, and takes us for {welcome.user}; it is {welcome.version}")


def _keys(where: Places) -> Iterator[Finding]:
    for name in keys.FILES:
        path = os.path.join(os.path.dirname(where.config), name)
        with suppress(FileNotFoundError):
            try:
                keys.check_closed(path, os.stat(path))
            except NotAllowed as problem:
                yield Finding(BAD, "keys", *parted(problem.sentence))


def _runtime(where: Places) -> Iterator[Finding]:
    try:
        check_trusted(where.socket)
    except Unreadable:
        return  # it is made at the first start
    except NotAllowed:
        return  # nobody connects then: it is told where the daemon is looked for
    else:
        closed = "root's" if is_shared(where.socket) else "closed to others"
        yield Finding(GOOD, "runtime directory", f"{where.runtime}, {closed}")


def _daemon(where: Places, environment: Mapping[str, str], *, named: bool) -> tuple[StatusReport | None, list[Finding]]:
    """What listens, what holds the locks, and whether it answers: each way of not serving is told from the others."""
    path = where.socket
    try:
        check_listening(path)
    except HoldfastError:
        return None, [_absent(of_nobody(path, environment), path)]
    try:
        with Client(path, timeout_seconds=ANSWER_SECONDS) as client:
            began = time.monotonic()
            with suppress(UnknownVerb):  # an older daemon
                client.probe()
            took = (time.monotonic() - began) * 1000
            report = client.status()
            newest = client.operations(limit=1, newest=True).rows
    except HoldfastError as problem:
        cause = of_silence(path, environment) if isinstance(problem, TooLate) else trouble_of(path, environment)
        return None, [_finding(cause) if cause is not None else Finding(BAD, "daemon", *parted(problem.sentence))]
    found = [Finding(GOOD, "daemon", f"process {report.pid} answers through its store, in {took:.0f} ms")]
    holder = Holder(report.pid, path, "")
    if report.version != metadata.version("holdfast"):
        said = f"the daemon is {report.version}, this client {metadata.version('holdfast')}"
        found.append(Finding(NOTE, "versions", f"{said}: it was installed since", holder.ends()))
    if not named and os.fsdecode(report.store) != where.store:
        sentence = f"the daemon keeps {report.store}, the environment names {where.store}"
        found.append(Finding(BAD, "store", sentence, holder.ends()))
    found += reported(report, newest[0] if newest else None)
    return report, found


def _absent(cause: Cause, path: str) -> Finding:
    """Where nothing is in the way of one, the last one may yet have said why it did not start."""
    if cause.what or cause.kind is not Unreachable:
        return _finding(cause)
    said = last_words(os.path.join(os.path.dirname(path), "holdfastd.log"), 0)
    if said and not said.startswith("The configuration "):  # which was looked at as it is now
        why, mend = parted(said)
        return Finding(BAD, "daemon", f"none runs; the last one did not start: {why}", mend)
    return _finding(cause)


def _finding(cause: Cause) -> Finding:
    return Finding(BAD if cause.what else NOTE, cause.what or "daemon", cause.sentence, cause.mend)


def _store(where: Places) -> Iterator[Finding]:
    yield from _folder("store", where.store, is_private=True)
    yield from _room("store", where.store)


def _sessions(where: Places) -> Iterator[Finding]:
    yield from _folder("sessions folder", where.sessions, is_private=False)
    with suppress(OSError):
        if os.stat(where.sessions).st_dev != os.stat(where.store).st_dev:
            yield from _room("sessions folder", where.sessions)


def _folder(what: str, path: str, *, is_private: bool) -> Iterator[Finding]:
    try:
        state = os.stat(path)
    except FileNotFoundError:
        yield Finding(NOTE, what, f"{path} is not there yet; the first start makes it")
        return
    except OSError as problem:
        yield Finding(BAD, what, f"{path}: {problem.strerror}", f"look at: namei -l {shlex.quote(path)}")
        return
    quoted = shlex.quote(path)
    if not stat.S_ISDIR(state.st_mode):
        yield Finding(BAD, what, f"{path} is no directory", f"mv {quoted} {quoted}.aside")
    elif state.st_uid != os.getuid():
        sentence = f"{path} belongs to uid {state.st_uid}, not to {os.getuid()}"
        yield Finding(BAD, what, sentence, f"sudo chown -R $(id -u) {quoted}")
    elif os.statvfs(path).f_flag & os.ST_RDONLY:
        yield Finding(BAD, what, f"the file system of {path} can only be read", "dmesg | tail")
    elif not state.st_mode & stat.S_IWUSR or not os.access(path, os.W_OK | os.X_OK):
        yield Finding(BAD, what, f"{path} cannot be written to", f"chmod u+rwx {quoted}")
    elif is_private and state.st_mode & 0o077:
        sentence = f"{path} is open to others (mode {stat.S_IMODE(state.st_mode):04o})"
        yield Finding(BAD, what, sentence, f"chmod 0700 {quoted}")
    else:
        yield Finding(GOOD, what, path)


def _room(what: str, path: str) -> Iterator[Finding]:
    """Of the disk and of its inodes."""
    with suppress(OSError):
        disk = os.statvfs(path)
        free_bytes = disk.f_bavail * disk.f_frsize
        sentence = f"{free_bytes / 1e9:.1f} GB are free on its disk"
        if disk.f_files and not disk.f_favail:
            sentence = f"its disk has no room for another file ({disk.f_files} are there)"
            yield Finding(BAD, what, sentence, f"df -i {shlex.quote(path)}")
        elif free_bytes < FULL_BYTES:
            yield Finding(BAD, what, f"{sentence}: saves are refused when it is full", "holdfast prune --dry-run")
        else:
            state = NOTE if free_bytes < LOW_BYTES else GOOD
            yield Finding(state, what, sentence, "holdfast prune --dry-run" if state is NOTE else "")


def _limits() -> Iterator[Finding]:
    watches = Path("/proc/sys/fs/inotify/max_user_watches")
    with suppress(OSError, ValueError):
        count = int(watches.read_text())
        few = count < WATCHES_COUNT
        sentence = f"{count} directories can be watched{', and the rest are looked at in turns' if few else ''}"
        yield Finding(NOTE if few else GOOD, "inotify", sentence, MORE_WATCHES if few else "")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < DESCRIPTORS_COUNT:
        yield Finding(NOTE, "open files", f"{hard} at most, which limits how many clients connect", "ulimit -Hn 65536")


def _unit(environment: Mapping[str, str], *, answers: bool) -> Iterator[Finding]:
    place = Path(unit_folder(environment))
    if not (place / SOCKET_UNIT).exists():
        return
    try:
        lines = (place / SERVICE_UNIT).read_text("utf-8", "replace").split("\n")
    except OSError as problem:
        sentence = f"its socket's unit is there, its own is not: {problem.strerror}"
        yield Finding(BAD, "service", sentence, INSTALL_UNITS)
        return
    found = trouble()
    if found is not None:
        if answers:  # else it was told why none does
            yield Finding(BAD, "service", *found)
        return
    started = next((line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")), "")
    try:
        words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(started)]
    except ValueError:  # edited by hand
        words = [started]
    if not words or not os.access(words[0], os.X_OK):
        sentence = f"its unit starts {words[0] if words else 'nothing'}, which is not there any more"
        yield Finding(BAD, "service", sentence, INSTALL_UNITS)
    else:
        yield Finding(GOOD, "service", f"installed; it starts {words[0]}")
        yield from _kept(place)


def _kept(place: Path) -> Iterator[Finding]:
    """Whether the units are those that this version puts there, and go on when their user is gone."""
    other = outdated(place)
    if other:
        sentence = f"{' and '.join(other)} is not what this version installs: edited, or of another holdfast"
        mend = f"{INSTALL_UNITS}  (own lines belong in a drop-in: systemctl --user edit holdfast.service)"
        yield Finding(NOTE, "service", sentence, mend)
    with suppress(KeyError, OSError):
        user = pwd.getpwuid(os.getuid()).pw_name
        if LINGER.is_dir() and not (LINGER / user).exists():
            sentence = "it ends with the last login of its user, and begins with the first one"
            yield Finding(NOTE, "service", sentence, "loginctl enable-linger, to keep it running between them")


def _reported(report: StatusReport) -> Iterator[Finding]:
    """What the daemon itself knows to be wrong."""
    if report.listening:
        yield Finding(NOTE, "network", f"listens at {report.listening} too, for those whom holdfast key list shows")
    for problem in report.problems:
        yield Finding(BAD, "daemon", problem)
    for folder in report.folders:
        if folder.held is not None:
            sentence = f"{folder.label} is held: {folder.held}; nothing is deleted there until that is decided"
            yield Finding(BAD, "folder", sentence, f"holdfast folder scan {shlex.quote(folder.label)} [--accept]")
        if folder.watch_note:
            yield Finding(NOTE, "folder", f"{folder.label} is looked at in turns: {folder.watch_note}")
        for problem in folder.problems:
            yield Finding(BAD, "folder", f"{folder.label}: {problem}")
