"""Where new files are written before they take their place, and where what they displaced stands until it is kept.

Beside the store, where nobody looks and no watcher wakes, if the sessions folder is on the same file system; else in a
hidden folder of its own within the sessions folder. ``new-…`` are never anybody else's bytes, ``old-…`` may be.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import NamedTuple

from holdfast_daemon.store.nouns import Visible, new_id
from holdfast_daemon.visible_files import OWN_PREFIX
from holdfast_protocol.chunking import hash_of

NEW = b"new-"
OLD = b"old-"
_NOBODY = "0" * 32


class Left(NamedTuple):
    """What a temporary name tells: whose it was, what its session showed before, and which file of the document it is
    (the beginning of its path's hash)."""

    session: bytes
    published: bytes | None
    digest: str


class Staging:
    """The names of the daemon's own temporary files."""

    def __init__(self, store: str, root: bytes, name: str = "staging") -> None:
        """``root``: the folder that the files go to; ``name``: of the staging folder beside the store."""
        self._sessions = root
        self._near = os.path.join(os.fsencode(store), os.fsencode(name))
        self._within = os.path.join(self._sessions, OWN_PREFIX + b"staging")
        self._chosen: bytes | None = None
        self._choosing = threading.Lock()  # large files are written beside the folder's own thread

    def new(self, row: Visible, file: bytes) -> bytes:
        """A name for bytes of ours on their way."""
        return os.path.join(self._folder, NEW + _tail(row, file))

    def old(self, row: Visible, file: bytes) -> bytes:
        """A name for what stands at a path now."""
        return os.path.join(self._folder, OLD + _tail(row, file))

    def as_old(self, new: bytes) -> bytes:
        """The second name of a new file: from here on it may hold somebody else's bytes."""
        return os.path.join(self._folder, OLD + os.path.basename(new).removeprefix(NEW))

    def tidy(self) -> None:
        """Nothing is on its way: where the staging folder is within the folder that people see, it goes."""
        if self._chosen == self._within:
            self._chosen = None
            with contextlib.suppress(OSError):
                os.rmdir(self._within)

    def left(self) -> Iterator[bytes]:
        """What a crash left that may be somebody else's; what is surely ours is removed."""
        for place in filter(os.path.isdir, (self._near, self._within)):
            for entry in sorted(os.scandir(place), key=lambda each: each.name):
                if entry.name.startswith(NEW):
                    os.unlink(entry.path)
                else:
                    yield entry.path

    @property
    def _folder(self) -> bytes:
        """Made, and tried, when it is needed first: the sessions folder may be away at the start."""
        with self._choosing:
            if self._chosen is None:
                chosen = self._near if _reaches(self._near, self._sessions) else self._within
                os.makedirs(chosen, mode=0o700, exist_ok=True)
                self._chosen = chosen
            return self._chosen


def digest_of(file: bytes) -> str:
    """What stands for a file's path in a temporary name."""
    return hash_of(file)[:4].hex()


def _tail(row: Visible, file: bytes) -> bytes:
    base = row.published.hex() if row.published else _NOBODY
    return f"{row.session.hex()}-{base}-{digest_of(file)}-{new_id()[:4].hex()}".encode()


def read_name(path: bytes) -> Left:
    """Raises ValueError for a name that none of these functions gave."""
    name = os.path.basename(path)
    if not name.startswith(OLD):
        raise ValueError("its name is not one of ours")
    session, base, digest, _ = name.removeprefix(OLD).decode().split("-")
    return Left(bytes.fromhex(session), None if base == _NOBODY else bytes.fromhex(base), digest)


def _reaches(near: bytes, sessions: bytes) -> bool:
    """Whether a file can be renamed from there into the sessions folder; the same device number is no proof."""
    os.makedirs(near, mode=0o700, exist_ok=True)
    probe, there = os.path.join(near, NEW + b"probe"), os.path.join(sessions, OWN_PREFIX + b"probe")
    with open(probe, "wb"):
        pass
    try:
        os.rename(probe, there)
    except OSError:
        os.unlink(probe)
        return False
    os.unlink(there)
    return True
