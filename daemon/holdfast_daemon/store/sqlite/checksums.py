"""A checksum at the end of every page of the store's SQLite files, looked at whenever a page is read: a flipped bit is
an error where it is met, never another value. It is SQLite's own shim (https://sqlite.org/cksumvfs.html), which apsw
brings.
"""

from __future__ import annotations

import threading

import apsw
import apsw.sqlite_extra

#: Of each page, at its end.
CHECKSUM_BYTES = 8
#: Where a database's header says how much of each page is set aside (https://sqlite.org/fileformat.html).
_RESERVED_AT = 20
_VFS = "cksmvfs"
_lock = threading.Lock()


def connect(path: str, *, fresh: bool = False) -> apsw.Connection:
    """A connection that looks at checksums where the file has them; a ``fresh`` file will."""
    with _lock:
        if _VFS not in apsw.vfs_names():
            loading = apsw.Connection(":memory:")
            apsw.sqlite_extra.load(loading, "cksumvfs")
            loading.close()
    connection = apsw.Connection(path, vfs=_VFS)
    if fresh:
        connection.reserve_bytes("main", CHECKSUM_BYTES)
    return connection


def has_checksums(path: str) -> bool:
    """Whether the pages of a database have them."""
    with open(path, "rb") as source:
        return source.read(_RESERVED_AT + 1)[_RESERVED_AT:] == bytes([CHECKSUM_BYTES])


def is_damage(problem: BaseException) -> bool:
    """Whether that is what SQLite says of a page that is not as it was written, or of a file that is none of its."""
    code = getattr(problem, "extendedresult", None)  # apsw's types leave it out
    return isinstance(problem, apsw.CorruptError | apsw.NotADBError) or code == apsw.SQLITE_IOERR_DATA
