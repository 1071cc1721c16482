"""What a daemon says that does not start: why, and what mends it, in one line. Whoever started it passes that on."""

from __future__ import annotations

import os
import shlex
import sys

from holdfast_protocol.endpoint import Places
from holdfast_protocol.errors import (
    BadField,
    BadName,
    Damaged,
    HoldfastError,
    NoSpace,
    NotAllowed,
    StoreLocked,
    StoreNewer,
    Unreadable,
)


def sentence(problem: HoldfastError, where: Places) -> str:
    """The problem's, and behind it what to type."""
    mend = _mend(problem, where)
    return f"{problem.sentence}; mend it with: {mend}" if mend else problem.sentence


def say(text: str) -> None:
    """On standard error. One that lies on a full disk keeps nothing, and must not change how the process ends."""
    try:
        print(f"holdfastd: {text}", file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = None  # as where there is none: Python flushes no more at its end


def _mend(problem: HoldfastError, where: Places) -> str:
    store, config = shlex.quote(where.store), shlex.quote(where.config)
    path = problem.details.get("path")
    match problem:
        case BadField():
            return f"edit {config}, then: holdfast config check"
        case BadName():
            return "a shorter HOLDFAST_SOCKET"
        case StoreNewer():
            return "pip install --upgrade holdfast"
        case Damaged() if os.path.exists(os.path.join(where.store, "catalog.sqlite")):
            return f"mv {store} {store}.damaged; holdfast backup --restore BACKUP"
        case NoSpace():
            return f"make room where df -h {store} says there is none"
        case StoreLocked() if problem.details.get("pid"):
            return f"kill {problem.details['pid']}  (or use that one)"
        case NotAllowed() if isinstance(path, str) and _is_ours(path):
            return f"chmod 0700 {shlex.quote(path)}"
        case NotAllowed() | Unreadable() if isinstance(path, str) and _is_in_the_way(path, where):
            return f"mv {shlex.quote(path)} {shlex.quote(path)}.aside"
        case Unreadable() if isinstance(path, str) and path:
            return f"look at: ls -ld {shlex.quote(path)}; df {shlex.quote(os.path.dirname(path))}"
    return ""


def _is_in_the_way(path: str, where: Places) -> bool:
    """A folder where a file is to be, or the other way round."""
    if path in (where.socket, where.config):
        return os.path.isdir(path)
    return path in (where.sessions, where.store, where.runtime) and os.path.isfile(path)


def _is_ours(path: str) -> bool:
    try:
        return os.path.isdir(path) and os.stat(path).st_uid == os.getuid()
    except OSError:
        return False
