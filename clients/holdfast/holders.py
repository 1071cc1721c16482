"""Who holds a daemon's lock files, by what it wrote there, and how to end it."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatch
from typing import NamedTuple

from holdfast_protocol.processes import began, boot_id, has_ended


class Holder(NamedTuple):
    """The process that has a lock, and what it wrote there: where it listens, or ``doing`` what it does not yet, or not
    any more, for."""

    pid: int
    socket: str
    doing: str

    @property
    def restart(self) -> str:
        """The command that starts its systemd unit anew, "" where it is of none."""
        try:
            with open(f"/proc/{self.pid}/cgroup", encoding="utf-8", errors="replace") as source:
                groups = [line.split("/") for line in source.read().split("\n")]
        except OSError:
            return ""
        group = next((each for each in groups if fnmatch(each[-1], "holdfast*.service")), None)
        if group is None:
            return ""
        whose = "--user " if any(each.startswith("user@") for each in group) or "app.slice" in group else ""
        return f"systemctl {whose}restart {group[-1]}"

    def ends(self, *, hangs: bool = False) -> str:
        """The command that ends it; systemd starts its own again."""
        return self.restart or f"kill {'-9 ' if hangs else ''}{self.pid}"


def holder_of(lock: str) -> Holder | None:
    """Who has the lock file; None for what a process that ended left behind, whose number another may have since."""
    try:
        with open(lock, "rb") as source:
            said = json.loads(source.read())
        pid, boot = said["pid"], boot_id()
        if said.get("boot", boot) != boot or said.get("began", began(pid)) != began(pid):
            return None
        os.kill(pid, 0)
        if has_ended(pid):
            return None
        return Holder(pid, str(said.get("socket", "")), str(said.get("doing", "")))
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None
