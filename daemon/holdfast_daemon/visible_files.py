"""What the kernel can do for a visible file: read it as it is, put another in its place, lose nothing.

Linux gives ``renameat2(RENAME_EXCHANGE)`` and ``syncfs``; Python has neither, so they are called by name.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import stat
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TypeVar

from holdfast_daemon.formats.base import Document
from holdfast_protocol.chunking import new_hash

_LIBC = ctypes.CDLL(None, use_errno=True)
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
_OPENAT2 = 437
_RESOLVE_NO_SYMLINKS = 4
_RESOLVE_BENEATH = 8
#: What a file system says that has no such flags, and one that has no hard links.
_NO_FLAGS = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK})
#: Ends the second name of what is being replaced.
BESIDE = b"+"
TRIES_COUNT = 100

#: So long after its last change, whoever still has a file open for writing is expected to go on.
WRITING_SECONDS = 2.0

PIECE_BYTES = 1024 * 1024

#: How the daemon's own files in the sessions folder begin; nothing of the user's may be called so.
OWN_PREFIX = b".holdfast-"


#: Inode, size and time of change of the content.
Identity = tuple[int, int, int]

Taken = TypeVar("Taken")

#: Whether a folder below a document's, by its path relative to it, is looked into.
Enters = Callable[[bytes], bool]

#: What changed as lately as this may change again without looking different: a kernel's clock for files has steps, and
#: that of a file system (FAT: two seconds) may have longer ones.
RECENT_NANOSECONDS = 2_500_000_000


def everywhere(folder: bytes) -> bool:
    """All folders are looked into."""
    return True


class Unsettled(OSError):
    """The file changed while it was read, or somebody has emptied it to write it anew; look again later."""


class NotAFile(OSError):
    """A symbolic link, socket, FIFO or device: never opened, never followed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a new file takes over from the one that it replaces."""

    mode: int
    owner: int
    group: int


def read_document(path: bytes, enters: Enters = everywhere, *, patient: bool = True) -> Document | None:
    """The document at ``path``: a file, or a folder's regular files; None where nothing is. Raises NotAFile,
    Unsettled (only where ``patient``; else it is taken as it came), OSError."""
    return take_document(path, lambda source: source.read(), enters, patient=patient)


def hash_document(
    path: bytes, enters: Enters = everywhere, *, patient: bool = True, rest: Callable[[], None] = lambda: None
) -> dict[bytes, bytes] | None:
    """The same with the hash of each file in place of its content, and no more of it in memory than a piece; ``rest``
    is called after each."""
    return take_document(path, partial(_hash_of, rest=rest), enters, patient=patient)


def take_document(
    path: bytes, take: Callable[[BinaryIO], Taken], enters: Enters = everywhere, *, patient: bool = True
) -> dict[bytes, Taken] | None:
    """The same with what ``take`` makes of each file."""
    try:
        state = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(state.st_mode):
        names = regular_files(path, enters)
        return {name: _take(os.path.join(path, name), take, patient) for name in names} or None
    _check_regular(state, path)
    return {b"": _take(path, take, patient)}


def signature(path: bytes, enters: Enters = everywhere, *, lately: bool = False) -> bytes | None:
    """How the document at ``path`` looks to the kernel: where that is as it was, its bytes are. None where nothing is;
    empty where it says nothing, because something changed a moment ago; ``lately``: then too, for comparing with what
    it was before that moment. Raises NotAFile, OSError."""
    try:
        state = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISDIR(state.st_mode):
        return signature_of(state, path, lately=lately)
    whole = new_hash()
    for name in (names := regular_files(path, enters)):
        try:
            state = os.lstat(os.path.join(path, name))
        except FileNotFoundError:
            return b""
        one = signature_of(state, path, lately=lately)
        if not one:
            return b""
        whole.update(name + b"\0" + one)
    return whole.digest() if names else None


def signature_of(state: os.stat_result, path: bytes, *, lately: bool = False) -> bytes:
    """The same for one file whose state is known. Raises NotAFile."""
    _check_regular(state, path)
    if not lately and max(state.st_ctime_ns, state.st_mtime_ns) > time.time_ns() - RECENT_NANOSECONDS:
        return b""
    return struct.pack("=QQqqq", state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def _check_regular(state: os.stat_result, path: bytes) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise NotAFile(errno.EINVAL, "a link, socket, FIFO or device", os.fsdecode(path))


def beginning_of(path: bytes, size_bytes: int) -> bytes:
    """The first bytes of a regular file. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as source:
        return source.read(size_bytes)


def _hash_of(source: BinaryIO, rest: Callable[[], None]) -> bytes:
    whole = new_hash()
    while piece := source.read(PIECE_BYTES):
        whole.update(piece)
        rest()
    return whole.digest()


def regular_files(folder: bytes, enters: Enters = everywhere) -> list[bytes]:
    """Relative paths of the regular files below a folder, sorted; the daemon's own and links left out."""
    found = []
    for here, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(OWN_PREFIX) and enters(os.path.relpath(os.path.join(here, name), folder))
        ]
        for name in names:
            whole = os.path.join(here, name)
            with contextlib.suppress(FileNotFoundError):  # gone since it was listed
                if not name.startswith(OWN_PREFIX) and stat.S_ISREG(os.lstat(whole).st_mode):
                    found.append(os.path.relpath(whole, folder))
    return sorted(found)


def _raise(problem: OSError) -> None:
    """A folder that cannot be read is not an empty one."""
    raise problem


def is_file(path: bytes) -> bool:
    """A regular file, not a link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def size_of(path: bytes, enters: Enters = everywhere) -> int:
    """Bytes of the document there, 0 where there is none."""
    try:
        state = os.lstat(path)
        if not stat.S_ISDIR(state.st_mode):
            return state.st_size
        return sum(size_of(os.path.join(path, name)) for name in regular_files(path, enters))
    except OSError:
        return 0


def is_there(path: bytes) -> bool:
    """Anything at all, a link too. Raises OSError where that cannot be seen."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def check_way(root: bytes, path: bytes) -> None:
    """Raises NotAFile where a link stands in the place of a folder between ``root`` and ``path``, relative to it: what
    lies behind it is not below the root."""
    way = root
    for name in path.split(b"/")[:-1]:
        way = os.path.join(way, name)
        if os.path.islink(way):
            raise NotAFile(errno.ELOOP, "a link stands in the place of its folder", os.fsdecode(way))


@contextlib.contextmanager
def way(root: bytes, path: bytes) -> Iterator[bytes | None]:
    """A path to what is at ``path``, relative to ``root``, that holds good whatever becomes of the folders between:
    nobody can put a link in the place of one meanwhile. None where not even its folder is there. Raises NotAFile where
    there is a link already, OSError."""
    folder, leaf = os.path.split(path)
    try:
        descriptor = _open_beneath(root, folder or b".")
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        yield b"/proc/self/fd/%d/%s" % (descriptor, leaf)
    finally:
        os.close(descriptor)


def _open_beneath(root: bytes, folder: bytes) -> int:
    """A folder below another, by no link. Kernels before 5.6, and cages, have no ``openat2``: there a look must do."""
    flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
    above = os.open(root, flags)
    try:
        how = struct.pack("=QQQ", flags, 0, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS)
        found = int(_LIBC.syscall(_OPENAT2, above, folder, how, len(how)))
        number = ctypes.get_errno()
    finally:
        os.close(above)
    if found >= 0:
        return found
    if number in (errno.ENOSYS, errno.EPERM):
        check_way(root, os.path.join(folder, b"."))
        return os.open(os.path.join(root, folder), flags)
    if number == errno.ELOOP:
        raise NotAFile(errno.ELOOP, "a link stands in the place of its folder", os.fsdecode(os.path.join(root, folder)))
    raise OSError(number, os.strerror(number), os.fsdecode(os.path.join(root, folder)))


def check_replaceable(path: bytes) -> None:
    """Raises NotAFile for what no publication may displace: a link, a socket, a FIFO, a device."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise NotAFile(errno.EINVAL, "a link, socket, FIFO or device stands there", os.fsdecode(path))


def has_writer(path: bytes) -> bool:
    """Whether somebody still has the regular file at ``path`` open, or mapped, for writing: only then does the kernel
    refuse a read lease (fcntl(2)). False where the file system knows no leases."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _has_writer(descriptor)
    finally:
        os.close(descriptor)


def _has_writer(descriptor: int) -> bool:
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as problem:
        return problem.errno == errno.EAGAIN
    return False


def is_being_written(path: bytes) -> bool:
    """Whether somebody has the regular file at ``path`` open for writing and has just changed it. Raises OSError."""
    state = os.lstat(path)
    return stat.S_ISREG(state.st_mode) and not _is_older(state, WRITING_SECONDS) and has_writer(path)


def is_quiet(path: bytes, seconds: float) -> bool:
    """Whether its content has not been changed for so long, by the kernel's clock."""
    return _is_older(os.lstat(path), seconds)


def _is_older(state: os.stat_result, seconds: float) -> bool:
    return time.time_ns() - state.st_mtime_ns > seconds * 1e9


def _take(path: bytes, take: Callable[[BinaryIO], Taken], patient: bool) -> Taken:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as source:
        before = os.fstat(descriptor)
        _check_regular(before, path)  # again: another may have taken its place since that was looked at
        taken = take(source)
        after, size_bytes = os.fstat(descriptor), source.tell()
        begun = patient and not size_bytes and not _is_older(after, WRITING_SECONDS) and _has_writer(descriptor)
    moved = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size_bytes != after.st_size
    if patient and (moved or begun):
        raise Unsettled(errno.EBUSY, "it is being written", os.fsdecode(path))
    return taken


def kept_of(path: bytes) -> Kept | None:
    """Mode and owner of the regular file at ``path``, if one is there."""
    try:
        state = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Kept(stat.S_IMODE(state.st_mode), state.st_uid, state.st_gid) if stat.S_ISREG(state.st_mode) else None


def check_room(folder: bytes, size_bytes: int) -> None:
    """Raises OSError (ENOSPC) where that much does not fit; a disk that is filled first would be full for everybody."""
    state = os.statvfs(folder)
    if state.f_bavail * state.f_frsize < size_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fsdecode(folder))


def identity_of(path: bytes) -> Identity | None:
    """Inode, size and time of change of what is there, a link itself and not its target."""
    try:
        state = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def write_new(path: bytes, content: Iterable[bytes], kept: Kept | None) -> Identity:
    """A new file with that content, not yet synced; gives its ``identity_of``. Nothing is left where it fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with open(descriptor, "wb", buffering=0) as target:
            for piece in content:
                left = memoryview(piece)
                while left:
                    left = left[target.write(left) :]
            state = os.fstat(descriptor)
            if kept is not None:
                if (kept.owner, kept.group) != (state.st_uid, state.st_gid):
                    os.fchown(descriptor, kept.owner, kept.group)
                if kept.mode != stat.S_IMODE(state.st_mode):
                    os.fchmod(descriptor, kept.mode)
            return state.st_ino, state.st_size, state.st_mtime_ns
    except BaseException:
        os.unlink(path)
        raise


def sync_file_system(folder: bytes) -> None:
    """Everything written on that file system is durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _LIBC.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def sync_folder(folder: bytes) -> None:
    """Names made, moved or removed in this folder are durable."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(ours: bytes, target: bytes) -> bool:
    """``target`` becomes our file at once. True: what was there stands at ``ours`` now; False: nothing was there."""
    try:
        for _ in range(TRIES_COUNT):
            try:
                _rename(ours, target, _RENAME_EXCHANGE)
                return True
            except FileNotFoundError:
                pass
            try:
                _rename(ours, target, _RENAME_NOREPLACE)
                return False
            except FileExistsError:
                continue
    except OSError as problem:
        if problem.errno not in _NO_FLAGS:
            raise
        return _put_in_place_by_links(ours, target)
    raise OSError(errno.EBUSY, "the file comes and goes", os.fsdecode(target))


def _put_in_place_by_links(ours: bytes, target: bytes) -> bool:
    """The same where the file system has no exchange (NFS, FUSE, exFAT): what stands there gets a second name first.
    Who replaces it between these two steps, some microseconds, is not seen. Where there are no links either, it is away
    for as long; a crash there is mended by ``put_back``."""
    beside = ours + BESIDE
    for _ in range(TRIES_COUNT):
        try:
            is_linked = _link(target, beside)
        except FileNotFoundError:
            try:
                if _link(ours, target):
                    os.unlink(ours)
            except FileExistsError:
                continue
            return False
        if identity_of(target) in (None, identity_of(beside)):
            os.rename(ours, target)
            os.rename(beside, ours)
            return True
        if not is_linked:
            break  # what was taken away stays where it is until the next start, and another takes its place now
        os.unlink(beside)
    raise OSError(errno.EBUSY, "the file comes and goes", os.fsdecode(target))


def _link(source: bytes, target: bytes) -> bool:
    """A second name for a file; or where the file system gives none, another one: False. Raises FileExistsError."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        if is_there(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fsdecode(target)) from problem
        os.rename(source, target)
        return False
    return True


def put_back(beside: bytes, target: bytes) -> bool:
    """After a crash: whether this is what ``_put_in_place_by_links`` had taken from ``target``, and put back now."""
    if not beside.endswith(BESIDE) or is_there(target):
        return False
    os.rename(beside, target)
    return True


def move_aside(target: bytes, aside: bytes) -> bool:
    """False where nothing is at ``target``; raises OSError where it cannot be moved, or ``aside`` has no folder."""
    try:
        try:
            _rename(target, aside, _RENAME_NOREPLACE)
        except OSError as problem:
            if problem.errno not in _NO_FLAGS:
                raise
            os.rename(target, aside)  # a name that nobody else gives
    except (FileNotFoundError, NotADirectoryError):
        if is_there(target):
            raise
        return False
    return True


def prune(folder: bytes) -> None:
    """Remove a folder and those in it, as far as they are empty."""
    for here, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(here)


def _rename(source: bytes, target: bytes, flags: int) -> None:
    if _LIBC.renameat2(_AT_FDCWD, source, _AT_FDCWD, target, flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), os.fsdecode(source), None, os.fsdecode(target))
