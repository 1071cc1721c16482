"""What applications hand over while the store cannot be written: in memory, and on a journal beside the store.

The journal has its room from the beginning, so that a full disk does not fill it as well. Each change is one record of
what it made of its workspace; it is synced before the application is answered. When everything is in the store again,
the journal begins anew. After a crash its records are what was answered and is not in the store.

The file: ``MAGIC``, the number of the journal (8 bytes), then records: length of the payload (4 bytes), BLAKE3 of the
journal's number and the payload (32 bytes), payload (msgpack). The first that does not fit its hash ends it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Sequence
from typing import BinaryIO

import msgspec

from holdfast_daemon.store.nouns import Noun, Workspace, WorkspaceContent
from holdfast_protocol.chunking import HASH_BYTES, hash_of

MAGIC = b"HFASIDE1"
HEADER_BYTES = len(MAGIC) + 8
JOURNAL_BYTES = 8 << 20
LEAST_BYTES = 64 << 10
SHARE = 32  # it takes at most so much of what is free

_log = logging.getLogger("holdfast.aside")


class Record(Noun, frozen=True):
    """A workspace as one change left it; ``put`` is what the change put, ``gone`` the keys that it dropped."""

    row: Workspace
    put: list[WorkspaceContent]
    gone: list[str]


class Journal:
    """One file. For any thread."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor = -1
        self._number = 0
        self._end = HEADER_BYTES
        self._size = 0

    def records(self) -> list[Record]:
        """What a crash left. None where there is no journal."""
        with self._lock:
            try:
                with open(self._path, "rb") as source:
                    header = source.read(HEADER_BYTES)
                    if not header.startswith(MAGIC) or len(header) < HEADER_BYTES:
                        return []
                    self._number = int.from_bytes(header[len(MAGIC) :], "big")
                    found, self._end = _records(source, self._number)
                    return found
            except OSError:
                return []

    def make(self) -> None:
        """Has its room from now on. Again is once; where it cannot be had, nothing is kept on it."""
        with self._lock:
            if self._descriptor >= 0:
                return
            try:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                free = os.fstatvfs(self._descriptor)
                wanted = min(JOURNAL_BYTES, free.f_bavail * free.f_frsize // SHARE)
                self._size = os.fstat(self._descriptor).st_size
                if self._size < LEAST_BYTES <= wanted:
                    os.posix_fallocate(self._descriptor, 0, wanted)
                    self._size = wanted
                    self._begin()
                    os.fsync(self._descriptor)
            except OSError as problem:
                _log.warning("No journal for what the store cannot take: %s", problem)

    def keep(self, record: Record) -> bool:
        """True once it is on the disk; False where it cannot be."""
        payload = msgspec.msgpack.encode(record)
        with self._lock:
            if self._descriptor < 0 or self._end + 4 + HASH_BYTES + len(payload) > self._size:
                return False
            whole = len(payload).to_bytes(4, "big") + _seal(self._number, payload) + payload
            try:
                os.pwrite(self._descriptor, whole, self._end)
                os.fsync(self._descriptor)
            except OSError as problem:
                _log.warning("The journal cannot be written: %s", problem)
                return False
            self._end += len(whole)
            return True

    def reset(self) -> None:
        """Everything on it is in the store."""
        with self._lock:
            if self._end == HEADER_BYTES or self._descriptor < 0:
                return
            with contextlib.suppress(OSError):  # its records are older than what the store has: they harm nothing
                self._begin()
                os.fsync(self._descriptor)

    def close(self) -> None:
        """Its content stays."""
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1

    def _begin(self) -> None:
        os.pwrite(self._descriptor, MAGIC + (self._number + 1).to_bytes(8, "big"), 0)
        self._number += 1
        self._end = HEADER_BYTES


def used(path: str) -> bytes:
    """What a journal's file has: its beginning and the records, while others may be added. Nothing where there is no
    record."""
    try:
        with open(path, "rb") as source:
            header = source.read(HEADER_BYTES)
            if not header.startswith(MAGIC) or len(header) < HEADER_BYTES:
                return b""
            found, end = _records(source, int.from_bytes(header[len(MAGIC) :], "big"))
            source.seek(0)
            return source.read(end) if found else b""
    except FileNotFoundError:
        return b""


def _records(source: BinaryIO, number: int) -> tuple[list[Record], int]:
    """Those from here on, and where the last of them ends."""
    found: list[Record] = []
    end = source.tell()
    while (length := int.from_bytes(source.read(4), "big")) > 0:
        seal, payload = source.read(HASH_BYTES), source.read(length)
        if len(payload) < length or seal != _seal(number, payload):
            break
        found.append(msgspec.msgpack.decode(payload, type=Record))
        end = source.tell()
    return found, end


def _seal(number: int, payload: bytes) -> bytes:
    return hash_of(number.to_bytes(8, "big") + payload)


def make_room(path: str) -> None:
    """A journal that was copied has the room again that a full disk is not to take from it, where that can be had."""
    with contextlib.suppress(OSError), open(path, "r+b") as journal:
        os.posix_fallocate(journal.fileno(), 0, JOURNAL_BYTES)


def not_stored(workspace: Workspace, records: Sequence[Record]) -> list[Record]:
    """Those of this workspace that the store does not have, in the order in which they were made."""
    return [each for each in records if each.row.id == workspace.id and each.row.changed > workspace.changed]
