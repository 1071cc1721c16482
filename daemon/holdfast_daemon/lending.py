"""A file that a client has open, for the daemon to read: that one, and none that the client could not read itself.

A path would be looked up by the daemon: with its rights, among its mounts, a moment later, and the client may be in a
cage (Landlock, a container, a namespace of its own) although it is of the same user. So a client names a file by the
number under which it has it open, and the kernel says what that is (proc(5)), if it lets the daemon look into that
process at all (ptrace(2), "access mode checking").
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from holdfast_daemon.credentials import copy_of, handle_of, process_of
from holdfast_protocol.errors import BadField, NotAllowed, Unreadable


class Lender(NamedTuple):
    """A client's process, by the kernel's word, and libzmq's number of the connection from it."""

    process: int
    connection: int


class _Shown(NamedTuple):
    """What the kernel tells of an open file, all at one moment."""

    flags: int
    mount: bytes
    inode: bytes


def why_not(lender: Lender) -> str | None:
    """The reason why nothing of its can be read, for people; None where there is none."""
    try:
        with _home(lender):
            return None
    except NotAllowed as problem:
        return problem.sentence


@contextlib.contextmanager
def lent(lender: Lender, number: int) -> Iterator[BinaryIO]:
    """The regular file that the client has open for reading under this number, with a position of our own.

    Raises NotAllowed where we may not look, or it may not read; BadField where nothing is open; Unreadable.
    """
    with _home(lender) as home, _coded(number):
        theirs = _shown(f"fdinfo/{number}", home)
        if theirs.flags & os.O_PATH or theirs.flags & os.O_ACCMODE == os.O_WRONLY:
            raise NotAllowed(f"Descriptor {number} is not open for reading")
        _check_regular(os.stat(f"fd/{number}", dir_fd=home), number)  # opening a device may do something
        own = os.open(f"fd/{number}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, dir_fd=home)
        with os.fdopen(own, "rb") as source:
            ours = _shown(f"/proc/self/fdinfo/{own}")
            if ours[1:] != theirs[1:]:
                raise NotAllowed(f"Descriptor {number} became another file")
            _check_regular(os.fstat(own), number)
            yield source


@contextlib.contextmanager
def _home(lender: Lender) -> Iterator[int]:
    """The process's folder in /proc, which stays its own whoever gets its number later. Raises NotAllowed."""
    with contextlib.ExitStack() as held:
        try:
            connection = held.enter_context(copy_of(lender.connection))
            if not lender.process or process_of(connection) != lender.process:
                raise NotAllowed("The kernel does not say which process asks")
            handle = handle_of(connection)
            held.callback(os.close, handle)
            home = os.open(f"/proc/{lender.process}", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            held.callback(os.close, home)
            os.stat("root", dir_fd=home)  # only for those who may look into the process
        except OSError as problem:
            raise NotAllowed(f"What the asking process has open cannot be seen: {problem.strerror}") from problem
        if select.select([handle], [], [], 0)[0]:  # it had not ended when we opened its folder
            raise NotAllowed("The process that connected has ended")
        yield home


@contextlib.contextmanager
def _coded(number: int) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as problem:
        raise BadField(f"descriptor: nothing is open under {number}", field="descriptor") from problem
    except PermissionError as problem:
        raise NotAllowed(f"Descriptor {number} cannot be opened: {problem.strerror}") from problem
    except OSError as problem:
        raise Unreadable(f"Descriptor {number} cannot be read: {problem.strerror}") from problem


def _shown(path: str, folder: int | None = None) -> _Shown:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as source:
        told = dict(line.split(b":", 1) for line in source.read(4096).split(b"\n") if b":" in line)
    return _Shown(int(told[b"flags"], 8), told[b"mnt_id"], told[b"ino"])


def _check_regular(state: os.stat_result, number: int) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise Unreadable(f"Descriptor {number} is no regular file")
