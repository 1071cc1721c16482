"""A file is written once: under another name beside it, to the disk, then in its place."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_once(path: bytes, windows: Iterable[bytes]) -> None:
    """``path`` holds all of ``windows``, durably, or is what it was. An existing file's mode is kept; what is not a
    regular file (a pipe, a device) is written to directly. Raises OSError and whatever ``windows`` raises."""
    mode = _mode_of(path)
    if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        with open(path, "wb") as file:
            file.writelines(windows)
        return
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, b".holdfast-" + secrets.token_hex(8).encode() + b".tmp")
    descriptor = os.open(temporary, _FLAGS, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.writelines(windows)
            file.flush()
            if mode is not None:
                os.fchmod(descriptor, stat.S_IMODE(mode))
            os.fsync(descriptor)
        os.rename(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_folder(folder)


def _mode_of(path: bytes) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _sync_folder(folder: bytes) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
