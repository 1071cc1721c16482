"""A shared store as a service of the machine: template units, the user that it belongs to, its sandbox."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from holdfast.service import files
from holdfast.service.systemd import STEP_SECONDS, ServiceState, Systemd, put, remove
from holdfast.starting import program
from holdfast_protocol.endpoint import SHARED_SOCKETS
from holdfast_protocol.errors import BadField, BadName, NotAllowed, Unreachable

ETC = Path("/etc")
UNITS = ("holdfast@.socket", "holdfast@.service")
#: What is looked for in ``systemd/`` to where it is put, and the program that makes it so.
MADE = {
    "holdfast.sysusers.conf": ("sysusers.d/holdfast.conf", ("systemd-sysusers",)),
    "holdfast.tmpfiles.conf": ("tmpfiles.d/holdfast.conf", ("systemd-tmpfiles", "--create")),
}
USER = "holdfast"
#: Folders that the service does not see.
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")


class SharedService:
    """The one called ``name``."""

    def __init__(self, name: str, folders: Sequence[str] = ()) -> None:
        """``folders``: of applications, which its sandbox lets it read and write besides its own. Raises BadName."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}", name):
            raise BadName(f"A shared store is named by at most 31 letters, digits, _ and -, not {name!r}", name=name)
        self._name, self._named = name, folders
        self._socket, self._service = (unit.replace("@", f"@{name}") for unit in UNITS)
        self._systemd = Systemd((), ETC / "systemd" / "system")
        self._wanted = self._systemd.units / "sockets.target.wants"

    @property
    def is_installed(self) -> bool:
        """Whether it is started with the machine."""
        return os.path.lexists(self._wanted / self._socket)

    def install(self) -> list[str]:
        """It serves now, and from each start of the machine on; what was done, in lines for people. Raises NotAllowed
        for whoever is not root, and where the program lies in somebody's home; BadField for what is no folder;
        Unreachable, Unreadable."""
        _check_root("install")
        self._systemd.does("show-environment")
        found = program("")
        _check_seen(found)
        drop_in = self._drop_in([*self._folders(), *map(_checked, self._named)])
        done = []
        for source, (place, words) in MADE.items():
            done.append(put(ETC / place, files.text(source, found)))
            _runs(*words, str(ETC / place))
        _check_starts(found)
        done += [put(self._systemd.units / unit, files.text(unit, found)) for unit in UNITS]
        configuration = ETC / "holdfast" / self._name / "config.toml"
        if not configuration.exists():
            if not configuration.parent.exists():
                configuration.parent.mkdir()
                configuration.parent.chmod(0o755)  # the service's user reads it, whatever the umask of root
            done.append(put(configuration, files.text("shared.toml", found)))
        if drop_in:
            done.append(put(self._drop_in_path, drop_in))
        self._systemd.begins(self._socket, self._service)
        done.append(f"started; those whom {configuration} names reach it by: {self._how_to_reach}")
        return done

    def uninstall(self) -> list[str]:
        """It is gone from the machine's services; what it keeps, who it belongs to and its configuration stay. Raises
        NotAllowed, Unreachable, Unreadable."""
        if not self.is_installed:
            return []
        _check_root("uninstall")
        self._systemd.does("disable", "--now", self._socket, self._service)
        done = [f"stopped {self._service}"]
        if self._drop_in_path.exists():
            done.append(remove(self._drop_in_path))
        if not any(self._wanted.glob("holdfast@*.socket")):
            done += [remove(self._systemd.units / unit) for unit in UNITS]
            done += [remove(ETC / place) for place, _ in MADE.values()]
        self._systemd.does("daemon-reload")
        return done

    def state(self) -> ServiceState:
        """Raises Unreachable where there is no systemd."""
        return self._systemd.state(self._socket, self._service, UNITS[1])

    @property
    def _how_to_reach(self) -> str:
        return f"export HOLDFAST_SOCKET={SHARED_SOCKETS}/{self._name}.sock"

    @property
    def _drop_in_path(self) -> Path:
        return self._systemd.units / f"{self._service}.d" / "folders.conf"

    def _folders(self) -> list[str]:
        """Those that were named before, as they stand in the unit."""
        try:
            lines = self._drop_in_path.read_text("utf-8").split("\n")
        except OSError:
            return []
        return [line.removeprefix("ReadWritePaths=") for line in lines if line.startswith("ReadWritePaths=")]

    def _drop_in(self, folders: Sequence[str]) -> str:
        """Bound one by one, because homes are hidden as a whole; one that is not there is no reason not to start."""
        lines = ["# Folders of applications, by `holdfast service install --system`.", "[Service]"]
        for folder in dict.fromkeys(folders):
            lines += [f"BindPaths={folder}", f"ReadWritePaths={folder}"]
        return "\n".join([*lines, ""]) if folders else ""


def _checked(folder: str) -> str:
    """As it is written in a unit. Raises BadField."""
    path = os.path.realpath(folder)
    if not os.path.isdir(path) or path == "/":
        raise BadField(f"--folder: {path} is no folder that could be adopted", field="folder")
    if not path.isprintable() or any(sign in path for sign in '":\\'):
        raise BadField(f"--folder: systemd cannot be told a path such as {path!r}", field="folder")
    return '"-{}"'.format(path.replace("%", "%%"))


def _check_root(verb: str) -> None:
    if os.geteuid() != 0:
        raise NotAllowed(f"A service of the machine is root's to {verb}; type: sudo holdfast service {verb} --system")


def _check_seen(found: str) -> None:
    path = os.path.realpath(found)
    hidden = next((each for each in HIDDEN if path.startswith(f"{each}/") or found.startswith(f"{each}/")), None)
    if hidden is not None:
        raise NotAllowed(
            f"{found} lies in {hidden}, which a service of the machine does not see; install holdfast for all users, "
            "as by: python3 -m venv /opt/holdfast && /opt/holdfast/bin/pip install holdfast",
            path=found,
        )


def _check_starts(found: str) -> None:
    """Raises NotAllowed where the service's user cannot run it: nobody would be told but the journal."""
    try:
        words = [found, "--version"]
        done = subprocess.run(
            words, capture_output=True, timeout=STEP_SECONDS, user=USER, group=USER, extra_groups=[], cwd="/"
        )
        reason = done.stderr.decode(errors="replace").strip().split("\n")[-1] if done.returncode else ""
    except OSError as problem:
        reason = problem.strerror or str(problem)
    except subprocess.TimeoutExpired:
        reason = f"it takes over {STEP_SECONDS} s"
    if reason:
        raise NotAllowed(f"The user {USER} cannot run {found}: {reason}", path=found)


def _runs(*words: str) -> None:
    """Raises Unreachable with what it says."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=STEP_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Unreachable(f"{words[0]}: {problem}") from problem
    if done.returncode:
        raise Unreachable(f"{' '.join(words)}: {done.stderr.decode(errors='replace').strip()}")
