"""Files as a ZIP archive that is made while it is read: its size costs no memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from holdfast.entries import Entry, Source
from holdfast.plans import Plan

#: Of a larger file it is not tried whether it gets smaller: what is large hardly does, and takes its time.
SMALL_BYTES = 4 * 1024 * 1024
#: Nothing is packed tighter, so that whoever unpacks knows how much at most will come.
LARGEST_FACTOR = 100
_WORTH = 0.9
_ZIP64_BYTES = 2**31
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16


class Zipped:
    """The archive of ``entries``."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = iter(entries)
        self._sink = _Sink()
        self._archive: ZipFile | None = ZipFile(cast(BinaryIO, self._sink), "w", ZIP_STORED)
        self._source: Source | None = None
        self._member: BinaryIO | None = None

    def next(self) -> Plan[list[bytes]]:
        """The next few pieces."""
        while self._archive is not None:
            yield from self._advance(self._archive)
            if pieces := self._sink.taken():
                return pieces
        return []

    def _advance(self, archive: ZipFile) -> Plan[None]:
        if self._member is not None and self._source is not None:
            pieces = yield from self._source.next()
            for piece in pieces:
                self._member.write(piece)
            if not pieces:
                self._member.close()
                self._member = None
            return
        entry = next(self._entries, None)
        if entry is None:
            archive.close()
            self._archive = None
            return
        member, self._source = _member(entry), entry.begin()
        if entry.size_bytes > SMALL_BYTES:
            opened = archive.open(member, "w", force_zip64=entry.size_bytes >= _ZIP64_BYTES)
            self._member = cast(BinaryIO, opened)
            return
        pieces = []
        while more := (yield from self._source.next()):
            pieces += more
        content = b"".join(pieces)
        archive.writestr(member, content, ZIP_DEFLATED if _is_worth_it(content) else ZIP_STORED)


def _member(entry: Entry) -> ZipInfo:
    member = ZipInfo(entry.path.encode(errors="surrogateescape").decode(errors="backslashreplace"), _DATE)
    member.external_attr = _MODE
    return member


def _is_worth_it(content: bytes) -> bool:
    packed_bytes = len(zlib.compress(content, 6))
    return packed_bytes < _WORTH * len(content) < _WORTH * LARGEST_FACTOR * packed_bytes


class _Sink:
    """A file that can only be written, and from which what came is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nothing behind it."""

    def taken(self) -> list[bytes]:
        """What came since the last time."""
        pieces, self._pieces = self._pieces, []
        return pieces
