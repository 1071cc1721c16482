"""One systemd: a user's own, or the machine's. What ``systemctl`` says is passed on."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from holdfast_protocol.errors import NotAllowed, Unreachable, Unreadable

STEP_SECONDS = 90


class ServiceState(NamedTuple):
    """``program``: what the unit in place starts, empty where there is none; ``status``: what the daemon itself says;
    ``restarts``: how often it was started again because it failed."""

    program: str
    socket: str
    service: str
    enabled: str
    pid: int
    restarts: int
    status: str


class Systemd(NamedTuple):
    """``words``: ``--user``, or nothing for the machine's; ``units``: the folder of what is put in place there."""

    words: tuple[str, ...]
    units: Path

    def does(self, *words: str) -> str:
        """What ``systemctl`` answers. Raises Unreachable with what it says where it fails."""
        found = shutil.which("systemctl")
        if found is None:
            raise Unreachable("There is no systemd here; the first client starts holdfastd, or whoever runs it by hand")
        named = " ".join(["systemctl", *self.words, *words])
        try:
            done = subprocess.run([found, *self.words, *words], capture_output=True, timeout=STEP_SECONDS)
        except subprocess.TimeoutExpired as problem:
            raise Unreachable(f"{named} took over {STEP_SECONDS} s") from problem
        if done.returncode:
            raise Unreachable(f"{named}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def shows(self, unit: str, names: Sequence[str]) -> dict[str, str]:
        """Properties of a unit."""
        lines = self.does("show", unit, f"--property={','.join(names)}").split("\n")
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def state(self, socket: str, service: str, file: str) -> ServiceState:
        """Of a daemon, whose unit lies in ``file``."""
        names = ("ActiveState", "UnitFileState", "MainPID", "NRestarts", "StatusText")
        listens, runs = self.shows(socket, names), self.shows(service, names)
        return ServiceState(
            program=_started(self.units / file), socket=listens["ActiveState"], service=runs["ActiveState"],
            enabled=listens.get("UnitFileState", ""), pid=int(runs.get("MainPID") or 0),
            restarts=int(runs.get("NRestarts") or 0), status=runs.get("StatusText", ""),
        )  # fmt: skip

    def begins(self, socket: str, service: str) -> None:
        """At each start of the machine, or each login, and now."""
        self.does("daemon-reload")
        self.does("enable", socket, service)
        self.does("restart", socket)
        self.does("restart", service)


def put(path: Path, text: str) -> str:
    """A file, whole or not at all; says so. Raises NotAllowed, Unreadable."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, "utf-8")
        fresh.chmod(0o644)
        fresh.replace(path)
    except OSError as problem:
        raise _coded(problem) from problem
    return f"installed {path}"


def remove(path: Path) -> str:
    """The file is gone; says so. Raises NotAllowed, Unreadable."""
    try:
        path.unlink(missing_ok=True)
    except OSError as problem:
        raise _coded(problem) from problem
    return f"removed {path}"


def _coded(problem: OSError) -> NotAllowed | Unreadable:
    kind = NotAllowed if isinstance(problem, PermissionError) else Unreadable
    return kind(f"{problem.filename}: {problem.strerror}")


def _started(unit: Path) -> str:
    try:
        lines = unit.read_text("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")), "")
