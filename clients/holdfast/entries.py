"""What an export is made of: files that are read when they are wanted, each from its beginning to its end."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, Protocol

from holdfast.plans import Plan
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.errors import Unreadable

MANIFEST = "manifest.json"
_PIECE_BYTES = 1024 * 1024


class Source(Protocol):
    """Bytes on their way."""

    def next(self) -> Plan[list[bytes]]:
        """The next few pieces; none at the end."""
        ...


class Entry(NamedTuple):
    """One file of an export. ``path`` has ``/`` between components, and bytes that are not UTF-8 as surrogates; it is
    empty where the export is this one file. ``size_bytes``: as it was when that was asked. It can be begun again.
    ``plain``: of what tells of the other files, what it would tell if nothing were taken out of them. ``called``: by
    people, where the path tells them nothing."""

    path: str
    size_bytes: int
    begin: Callable[[], Source]
    plain: Callable[[], Source] | None = None
    called: str = ""


class Text:
    """A file that is made when its turn comes: it may tell of those before it."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self._make: Callable[[], bytes] | None = make

    def next(self) -> Plan[list[bytes]]:
        """All of it."""
        make, self._make = self._make, None
        found = make() if make is not None else b""
        return [found] if found else []
        yield  # a plan, though it asks nothing


def manifest_file(size_bytes: int, plain: Callable[[], bytes], redacted: Callable[[], bytes] | None) -> Entry:
    """What tells of the other files of an export. ``redacted``: what it tells where something is taken out of them."""
    if redacted is None:
        return Entry(MANIFEST, size_bytes, lambda: Text(plain))
    return Entry(MANIFEST, size_bytes, lambda: Text(redacted), lambda: Text(plain))


class LocalFile:
    """A regular file of this machine, of which ``size_bytes`` are read; ``digest`` is their hash then."""

    def __init__(self, path: bytes, size_bytes: int) -> None:
        self._path = path
        self._size_bytes = self._left_bytes = size_bytes
        self._file: BinaryIO | None = None
        self._hash = new_hash()

    @property
    def digest(self) -> bytes:
        return self._hash.digest()

    def again(self) -> LocalFile:
        """The same from its beginning."""
        return LocalFile(self._path, self._size_bytes)

    def next(self) -> Plan[list[bytes]]:
        """The next piece. Raises Unreadable, also where the file is shorter by now."""
        name = self._path.decode(errors="backslashreplace")
        try:
            if self._file is None:
                self._file = _opened(self._path)
            piece = self._file.read(min(_PIECE_BYTES, self._left_bytes))
            if not self._left_bytes:
                self._file.close()
        except OSError as problem:
            raise Unreadable(f"{name} cannot be read: {problem.strerror or problem}", path=name) from problem
        if not piece and self._left_bytes:
            raise Unreadable(f"{name} became shorter while it was read", path=name)
        self._left_bytes -= len(piece)
        self._hash.update(piece)
        return [piece] if piece else []
        yield  # a plan, though it asks nothing


def size_of(path: bytes) -> int | None:
    """In bytes; None for what is no regular file that we may read."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return state.st_size if stat.S_ISREG(state.st_mode) and os.access(path, os.R_OK) else None


def _opened(path: bytes) -> BinaryIO:
    """Without waiting for another end, should it have become a pipe."""
    return open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb")
