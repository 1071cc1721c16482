"""Since when a program of ours listens at a port: what it had before then was another run's."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENING = b"0A"


def listener_started(port: int) -> int | None:
    """When the process began that listens at ``port`` on this machine, UTC nanoseconds by the clock of now; None where
    that cannot be seen: it is another user's, or the system has no ``/proc``."""
    with contextlib.suppress(OSError):
        sockets = {f"socket:[{inode}]" for inode in _listening(port)}
        begun = [_begun(process) for process in os.listdir("/proc") if process.isdigit() and _has(process, sockets)]
        if begun:
            return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) + max(begun)
    return None


def _listening(port: int) -> Iterator[str]:
    """The inodes of its sockets."""
    for table in _TABLES:
        with contextlib.suppress(FileNotFoundError), open(table, "rb") as lines:
            for _, local, _, state, *_, inode in (line.split()[:10] for line in lines.readlines()[1:]):
                if state == _LISTENING and int(local.rpartition(b":")[2], 16) == port:
                    yield inode.decode()


def _has(process: str, sockets: set[str]) -> bool:
    folder = f"/proc/{process}/fd"
    with contextlib.suppress(OSError):  # another user's, or gone
        for each in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                if os.readlink(f"{folder}/{each}") in sockets:
                    return True
    return False


def _begun(process: str) -> int:
    """Nanoseconds after the machine's start."""
    with open(f"/proc/{process}/stat", "rb") as file:
        after_name = file.read().rpartition(b")")[2].split()
    return int(after_name[19]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
