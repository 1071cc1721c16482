"""Reading a file that SQLite has open, without SQLite.

When a process closes any descriptor of a file, the kernel drops all locks that the process has on it, SQLite's too
(https://sqlite.org/howtocorrupt.html, "Posix advisory locks canceled by a separate thread doing close()"). From then on
another program that reads the database, and ends, takes itself for the last one: it brings the log over and removes it
while the daemon still writes there. So such a file is opened once here, and closed when SQLite has closed it.
"""

from __future__ import annotations

import os
import threading

_lock = threading.Lock()
#: By device and inode, which nobody else gets as long as it is open.
_descriptors: dict[tuple[int, int], int] = {}


def descriptor_of(path: str) -> int:
    """For ``os.pread``; not to be closed. Raises OSError."""
    state = os.stat(path)
    with _lock:
        known = _descriptors.get((state.st_dev, state.st_ino))
        if known is None:
            known = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            state = os.fstat(known)
            _descriptors[state.st_dev, state.st_ino] = known
        return known


def forget(path: str) -> None:
    """SQLite has closed it."""
    try:
        state = os.stat(path)
    except OSError:
        return
    with _lock:
        known = _descriptors.pop((state.st_dev, state.st_ino), None)
    if known is not None:
        os.close(known)
