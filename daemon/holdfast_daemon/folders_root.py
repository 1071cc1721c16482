"""Is this the folder that its sessions are in? A missing disk must not look like everything deleted.

The sessions folder bears a mark: a file with the store's id. In an application's own folder nothing is written; it is
told by its inode and its file system's id, and where they are others (a copy was put back, a file system that numbers
anew), by its files. While the daemon runs, the device tells as well.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

from holdfast_daemon.visible_files import OWN_PREFIX, sync_folder
from holdfast_protocol.chunking import hash_of

MARK = OWN_PREFIX + b"folder"


class Identity(NamedTuple):
    """Device and inode of a folder, and the id that its file system says it has (statvfs(3); 0: none)."""

    device: int
    inode: int
    system: int


class Root(Protocol):
    """A folder as a whole."""

    def trouble(self) -> str | None:
        """For people: why nothing in it can be believed; None where it is there."""
        ...

    def accept(self) -> None:
        """What stands there now is the folder, says somebody who must know."""
        ...

    def pinned(self) -> AbstractContextManager[bytes | None]:
        """A path to the folder that holds good while it is moved away and back; None where it is not there."""
        ...


class MarkedRoot:
    """The sessions folder."""

    def __init__(self, path: bytes, store_id: bytes, *, fresh: bool) -> None:
        """``fresh``: the store shows no file yet, so nothing can be missing from the folder, or never marked one."""
        self._path = path
        self._mark = os.path.join(path, MARK)
        self._identity: Identity | None = None
        self._id = store_id.hex().encode()
        if fresh:
            os.makedirs(path, exist_ok=True)
            self._write_mark()

    def trouble(self) -> str | None:
        """Once seen with its mark, it is known by device and inode, and a mark that was removed is written again."""
        identity = folder_identity(self._path)
        if identity is None or self._identity not in (None, identity):
            return self._sentence()
        if self._read_mark() != self._id:
            if self._identity is None:
                return self._sentence()
            self._write_mark()
        self._identity = identity
        return _unreadable(self._path)

    def accept(self) -> None:
        os.makedirs(self._path, exist_ok=True)
        self._write_mark()
        self._identity = folder_identity(self._path)

    def pinned(self) -> AbstractContextManager[bytes | None]:
        return _pinned(self._path, self._identity)

    def _sentence(self) -> str:
        folder, mark = os.fsdecode(self._path), os.fsdecode(self._mark)
        return (
            f"The sessions folder {folder} is gone, or another one stands in its place: nothing in it is touched or "
            f"taken for deleted. Put it back; if this is the right one, write {self._id.decode()} into {mark}"
        )

    def _read_mark(self) -> bytes:
        try:
            with open(self._mark, "rb") as source:
                return source.read(64).strip()
        except OSError:
            return b""

    def _write_mark(self) -> None:
        """Durably, with the folder: after a power cut a folder without its mark would be held."""
        if self._read_mark() == self._id:
            return
        beside = self._mark + b"-new"
        with open(beside, "wb") as target:
            target.write(self._id + b"\n")
            target.flush()
            os.fsync(target.fileno())
        os.rename(beside, self._mark)
        for folder in (self._path, os.path.dirname(self._path)):
            sync_folder(folder)


class AdoptedRoot:
    """An application's own folder; nothing is written into it."""

    def __init__(
        self, path: bytes, number: int | None, agrees: Callable[[], bool], met: Callable[[int], None]
    ) -> None:  # fmt: skip
        """``number``: its lasting one when it was last there; ``agrees``: whether its sessions' files are there;
        ``met`` is told another number that it is known by from now on."""
        self._path = path
        self._number = number
        self._identity: Identity | None = None
        self._agrees = agrees
        self._met = met

    def trouble(self) -> str | None:
        identity = folder_identity(self._path)
        if identity is None:
            return f"The folder {os.fsdecode(self._path)} is gone"
        known = (
            self._number in (None, lasting_number(identity)) if self._identity is None else identity == self._identity
        )
        if not known and not self._agrees():
            return f"Another folder stands in the place of {os.fsdecode(self._path)}"
        unreadable = _unreadable(self._path)
        if unreadable is None:
            self._know(identity)
        return unreadable

    def accept(self) -> None:
        identity = folder_identity(self._path)
        if identity is not None:
            self._know(identity)

    def pinned(self) -> AbstractContextManager[bytes | None]:
        return _pinned(self._path, self._identity)

    def _know(self, identity: Identity) -> None:
        self._identity = identity
        number = lasting_number(identity)
        if self._number != number:
            self._number = number
            self._met(number)


def _unreadable(path: bytes) -> str | None:
    return None if os.access(path, os.R_OK | os.X_OK) else f"The folder {os.fsdecode(path)} cannot be read"


@contextmanager
def _pinned(path: bytes, identity: Identity | None) -> Iterator[bytes | None]:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield b"/proc/self/fd/%d" % descriptor if folder_identity(descriptor) == identity else None
    finally:
        os.close(descriptor)


def folder_identity(path: bytes | int) -> Identity | None:
    """Of what stands there, or of an open descriptor; None where nothing is."""
    try:
        state = os.stat(path)
        return Identity(state.st_dev, state.st_ino, os.statvfs(path).f_fsid)
    except OSError:
        return None


def lasting_number(identity: Identity) -> int:
    """What a folder is told by after a restart, when devices are numbered anew: its inode, and the file system's id
    where that has one, since the first inode of any disk is the same. 63 bits."""
    if not identity.system:
        return identity.inode
    whole = hash_of(struct.pack("=QQ", identity.inode, identity.system))
    return int.from_bytes(whole[:8], "little") >> 1
