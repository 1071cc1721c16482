"""Which process a number in a file means: numbers are given out again, so the machine's run and the process's beginning
go with it."""

from __future__ import annotations


def boot_id() -> str:
    """The kernel's name for this run of the machine; "" where it has none."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
            return source.read().strip()
    except OSError:
        return ""


def began(pid: int) -> int:
    """When a process began, in the kernel's ticks since the machine did; 0 where that cannot be told."""
    try:
        return int(_fields(pid)[19])
    except (OSError, ValueError, IndexError):
        return 0


def is_stopped(pid: int) -> bool:
    """Whether a signal or a debugger keeps it from going on."""
    try:
        return _fields(pid)[0] in ("T", "t")
    except (OSError, IndexError):
        return False


def has_ended(pid: int) -> bool:
    """Whether only its number is left, until its parent has looked, which some containers' first process never does."""
    try:
        return _fields(pid)[0] in ("Z", "X")
    except (OSError, IndexError):
        return False


def _fields(pid: int) -> list[str]:
    """Those of proc_pid_stat(5) from the third on: the second is a name, with anything in it."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as source:
        return source.read().rpartition(")")[2].split()
