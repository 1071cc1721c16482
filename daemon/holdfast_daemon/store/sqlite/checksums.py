"""A checksum at the end of every page of the store's SQLite files, looked at whenever a page is read: a flipped bit is
an error where it is met, never another value. It is SQLite's own shim (https://sqlite.org/cksumvfs.html), which apsw
brings.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import apsw
import apsw.sqlite_extra

from holdfast_daemon.store.sqlite.beside import descriptor_of

#: Of each page, at its end.
CHECKSUM_BYTES = 8
#: Where a database's header says how much of each page is set aside (https://sqlite.org/fileformat.html).
_RESERVED_AT = 20
_VFS = "cksmvfs"
#: A database that is written beside the one that it will replace.
ANEW = "-anew"
_LOOKS_COUNT = 3
_AGAIN_SECONDS = 0.02
_lock = threading.Lock()


def connect(path: str, *, new: bool = False, fresh: bool = False, finished: bool = False) -> apsw.Connection:
    """A connection that looks at checksums where the file has them. A file that may not be there yet is ``new``; a
    ``fresh`` one is, and will have them. One that is ``finished`` is only read, and nothing is made beside it."""
    _load()
    if finished:
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        return apsw.Connection(f"file:{quote(os.fsencode(path))}?immutable=1", flags=flags, vfs=_VFS)
    made = apsw.SQLITE_OPEN_CREATE if new or fresh else 0  # an empty one in place of a deleted one helps nobody
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READWRITE | made, vfs=_VFS)
    if fresh:
        connection.reserve_bytes("main", CHECKSUM_BYTES)
        connection.execute("PRAGMA user_version = 0")  # pages that are written before the header get no checksum
    return connection


def make(path: str, statements: str) -> None:
    """A new database with checksums and what ``statements`` make, durably: whole, or not there at all."""
    beside = f"{path}{ANEW}"
    remove(beside)
    for each in (f"{path}-journal", f"{path}-wal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(each)
    with contextlib.closing(connect(beside, fresh=True)) as made:
        made.execute("PRAGMA synchronous = OFF")  # it is synced as a whole
        made.execute("PRAGMA journal_mode = MEMORY")
        made.execute(statements)
        if made.execute("PRAGMA journal_mode = WAL").fetchall() != [("wal",)]:
            raise apsw.IOError(f"{beside} cannot be written")  # SQLite says so in no other way
    put_in_place(beside, path)


def remove(path: str) -> None:
    """A database, and what SQLite has left beside it."""
    for each in (path, f"{path}-journal", f"{path}-wal", f"{path}-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(each)


def put_in_place(beside: str, path: str) -> None:
    """Durably."""
    os.chmod(beside, 0o600)
    with open(beside, "rb") as written:
        os.fsync(written.fileno())
    os.replace(beside, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect_unwritten(path: str) -> apsw.Connection:
    """A connection that only reads, takes no lock, and makes nothing beside the file; what only its log has, it has
    too. Nobody else may write meanwhile. Only in a process that began with ``take_no_locks``."""
    if not os.path.exists(f"{path}-wal") or not os.path.getsize(f"{path}-wal"):  # an absent one would be made
        return connect(path, finished=True)
    _load()
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(f"file:{quote(os.fsencode(path))}", flags=flags, vfs=_VFS)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()  # the log's index is in memory then
    return connection


def take_no_locks() -> None:
    """From now on, for this process, before it opens anything: on a disk that takes no writes there are no locks to
    write with."""
    apsw.set_default_vfs("unix-none")


def _load() -> None:
    """The shim stands on what is SQLite's default at this moment."""
    with _lock:
        if _VFS not in apsw.vfs_names():
            loading = apsw.Connection(":memory:")
            apsw.sqlite_extra.load(loading, "cksumvfs")
            loading.close()


def has_checksums(path: str) -> bool:
    """Whether the pages of a database have them."""
    return os.pread(descriptor_of(path), 1, _RESERVED_AT) == bytes([CHECKSUM_BYTES])


def damaged_pages(
    connection: apsw.Connection, path: str, rest: Callable[[int], None] = lambda _: None
) -> Iterator[int]:  # fmt: skip
    """The numbers of the pages in the file whose checksum is not theirs; ``rest`` is told of the bytes that were read.
    A page may be on its way there from the log, so one that looks wrong is looked at again."""
    source = descriptor_of(path)
    size_bytes = _page_bytes(os.pread(source, 100, 0))
    for number in range(os.fstat(source).st_size // size_bytes):
        if not any(_is_whole(connection, source, number * size_bytes, size_bytes) for _ in range(_LOOKS_COUNT)):
            yield number + 1
        rest(size_bytes)


def _is_whole(connection: apsw.Connection, source: int, start: int, size_bytes: int) -> bool:
    page = os.pread(source, size_bytes, start)
    if connection.execute("SELECT verify_checksum(?)", (page,)).fetchall() == [(1,)]:
        return True
    time.sleep(_AGAIN_SECONDS)
    return False


def _page_bytes(header: bytes) -> int:
    size_bytes = int.from_bytes(header[16:18], "big")
    return 65536 if size_bytes == 1 else size_bytes


@contextlib.contextmanager
def unverified(connection: apsw.Connection) -> Iterator[None]:
    """Pages are read whatever their checksums say, for whoever looks himself whether they are whole."""
    connection.execute("PRAGMA checksum_verification = OFF")
    try:
        yield
    finally:
        connection.execute("PRAGMA checksum_verification = ON")


def said(problem: BaseException) -> str:
    """What a damage is, for people: SQLite calls a wrong checksum an error of the disk."""
    wrong = getattr(problem, "extendedresult", None) == apsw.SQLITE_IOERR_DATA
    if isinstance(problem, apsw.CorruptError):  # SQLite calls it so too where the disk gives an error (IOERR_CORRUPTFS)
        return f"{problem}, or the disk does not give what is there"
    return "a page of it is not what was written; holdfast check says which" if wrong else str(problem)


def is_damage(problem: BaseException) -> bool:
    """Whether that is what SQLite says of a page that is not as it was written, or of a file that is none of its."""
    code = getattr(problem, "extendedresult", None)  # apsw's types leave it out
    return isinstance(problem, apsw.CorruptError | apsw.NotADBError) or code == apsw.SQLITE_IOERR_DATA
