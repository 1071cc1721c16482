"""A checksum at the end of every page of the store's SQLite files, looked at whenever a page is read: a flipped bit is
an error where it is met, never another value. It is SQLite's own shim (https://sqlite.org/cksumvfs.html), which apsw
brings.
"""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote

import apsw
import apsw.sqlite_extra

#: Of each page, at its end.
CHECKSUM_BYTES = 8
#: Where a database's header says how much of each page is set aside (https://sqlite.org/fileformat.html).
_RESERVED_AT = 20
_VFS = "cksmvfs"
_LOOKS_COUNT = 3
_AGAIN_SECONDS = 0.02
_lock = threading.Lock()


def connect(path: str, *, fresh: bool = False, finished: bool = False) -> apsw.Connection:
    """A connection that looks at checksums where the file has them; a ``fresh`` file will. One that is ``finished`` is
    only read, and nothing is made beside it."""
    with _lock:
        if _VFS not in apsw.vfs_names():
            loading = apsw.Connection(":memory:")
            apsw.sqlite_extra.load(loading, "cksumvfs")
            loading.close()
    if finished:
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        return apsw.Connection(f"file:{quote(os.fsencode(path))}?immutable=1", flags=flags, vfs=_VFS)
    connection = apsw.Connection(path, vfs=_VFS)
    if fresh:
        connection.reserve_bytes("main", CHECKSUM_BYTES)
    return connection


def make(path: str, statements: str) -> None:
    """A new database with checksums and what ``statements`` make, durably: whole, or not there at all."""
    beside = f"{path}-new"
    for each in (beside, f"{beside}-journal", f"{beside}-wal", f"{beside}-shm", f"{path}-journal", f"{path}-wal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(each)
    with contextlib.closing(connect(beside, fresh=True)) as made:
        made.execute("PRAGMA synchronous = OFF")  # it is synced as a whole, below
        made.execute("PRAGMA journal_mode = MEMORY")
        made.execute(statements)
        made.execute("PRAGMA journal_mode = WAL")
    os.chmod(beside, 0o600)
    with open(beside, "rb") as written:
        os.fsync(written.fileno())
    os.rename(beside, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def has_checksums(path: str) -> bool:
    """Whether the pages of a database have them."""
    with open(path, "rb") as source:
        return source.read(_RESERVED_AT + 1)[_RESERVED_AT:] == bytes([CHECKSUM_BYTES])


def damaged_pages(
    connection: apsw.Connection, path: str, rest: Callable[[int], None] = lambda _: None
) -> Iterator[int]:  # fmt: skip
    """The numbers of the pages in the file whose checksum is not theirs; ``rest`` is told of the bytes that were read.
    A page may be on its way there from the log, so one that looks wrong is looked at again."""
    with open(path, "rb", buffering=0) as source:
        size_bytes = _page_bytes(source.read(100))
        for number in range(os.fstat(source.fileno()).st_size // size_bytes):
            if not any(_is_whole(connection, source, number * size_bytes, size_bytes) for _ in range(_LOOKS_COUNT)):
                yield number + 1
            rest(size_bytes)


def _is_whole(connection: apsw.Connection, source: io.FileIO, start: int, size_bytes: int) -> bool:
    page = os.pread(source.fileno(), size_bytes, start)
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
    return "a page of it is not what was written; holdfast check says which" if wrong else str(problem)


def is_damage(problem: BaseException) -> bool:
    """Whether that is what SQLite says of a page that is not as it was written, or of a file that is none of its."""
    code = getattr(problem, "extendedresult", None)  # apsw's types leave it out
    return isinstance(problem, apsw.CorruptError | apsw.NotADBError) or code == apsw.SQLITE_IOERR_DATA
