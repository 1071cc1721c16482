"""Content on its way to the daemon: small content inside the message, large content as chunks that it lacks.

Files are read in pieces and not mapped: a mapped file that another program cuts short kills the reader (SIGBUS).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from holdfast_protocol import chunking
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import Damaged, TooLarge, Unreadable
from holdfast_protocol.messages import LIMITS, Missing, MissingChunks, Put, Request
from holdfast_protocol.model import FileSource, PartSource

#: One file: its bytes, or a path (``os.PathLike``) from which they are read in pieces.
FileContent = bytes | os.PathLike[str]
#: A document: one file, or relative path (raw bytes, ``/`` between components) to file.
DocumentContent = FileContent | Mapping[bytes, FileContent]
Ask = Callable[[Request, Sequence[bytes]], Answered]

INLINE_BYTES = 1024 * 1024
_PIECE_BYTES = 16 * 1024 * 1024
_PUT_BYTES = 6 * 1024 * 1024
_PUT_COUNT = 200
_MISSING_COUNT = LIMITS["frame_bytes"] // chunking.HASH_BYTES
_Named = tuple[bytes, memoryview]


@dataclass(kw_only=True)
class Parcel:
    """What a ``save`` or ``import`` carries: payload frames and the sources that point into them."""

    files: list[FileSource] = field(default_factory=list)
    parts: list[PartSource] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    size_bytes: int = 0


def pack(content: DocumentContent | None, parts: Mapping[str, bytes], ask: Ask) -> Parcel:
    """The parcel of a document or of parts. Chunks that the daemon lacks are sent by ``ask`` on the way."""
    parcel = Parcel()
    files = content if isinstance(content, Mapping) else {} if content is None else {b"": content}
    if len(files) + len(parts) >= LIMITS["frames_count"]:
        raise TooLarge(
            f"{len(files) + len(parts)} files or parts; a message holds {LIMITS['frames_count'] - 1}",
            limit=LIMITS["frames_count"] - 1,
        )
    room_bytes = INLINE_BYTES
    for path, each in files.items():
        frame, chunked, size_bytes = _frame_of(each, room_bytes, ask)
        room_bytes -= 0 if chunked else size_bytes
        parcel.files.append(FileSource(frame=len(parcel.frames), path=path, chunked=chunked))
        parcel.frames.append(frame)
        parcel.size_bytes += size_bytes
    for part, each in parts.items():
        parcel.parts.append(PartSource(part=part, frame=len(parcel.frames)))
        parcel.frames.append(each)
        parcel.size_bytes += len(each)
    return parcel


def _frame_of(content: FileContent, room_bytes: int, ask: Ask) -> tuple[bytes, bool, int]:
    """Frame, whether it holds hashes, and the size of the content in bytes."""
    if isinstance(content, bytes):
        if len(content) <= room_bytes:
            return content, False, len(content)
        return _upload(chunking.cut(content), ask), True, len(content)
    try:
        with open(content, "rb") as file:
            start = file.read(room_bytes + 1)
            if len(start) <= room_bytes:
                return start, False, len(start)
            hashes = _upload(_cut_file(file, start), ask)
            return hashes, True, file.tell() if file.seekable() else len(hashes) * 8192
    except OSError as problem:
        name = os.fspath(content)
        raise Unreadable(f"{name}: {problem.strerror or problem}", path=name) from problem


def _cut_file(file: BinaryIO, start: bytes) -> Iterator[memoryview]:
    """The same chunks as of the whole content: only the last cut of a piece depends on where the piece ends."""
    rest: bytes | memoryview = start
    while True:
        read = file.read(_PIECE_BYTES)
        piece = b"".join((rest, read))
        if not read:
            yield from chunking.cut(piece)
            return
        *sure, rest = chunking.cut(piece)
        yield from sure


def _upload(chunks: Iterable[memoryview], ask: Ask) -> bytes:
    """The hashes of all chunks; those that the daemon lacks are with it now."""
    hashes = bytearray()
    named = ((chunking.hash_of(chunk), chunk) for chunk in chunks)
    for batch in _batches(named, _PIECE_BYTES, _MISSING_COUNT):
        names = b"".join(name for name, _ in batch)
        hashes += names
        missing = _missing(names, ask)
        lacking = [(name, chunk) for name, chunk in dict(batch).items() if name in missing]
        for some in _batches(lacking, _PUT_BYTES, _PUT_COUNT):
            ask(Put(), [bytes(chunk) for _, chunk in some])
    return bytes(hashes)


def _missing(names: bytes, ask: Ask) -> frozenset[bytes]:
    answer = ask(Missing(), [names])
    assert isinstance(answer.reply, MissingChunks)
    size = chunking.HASH_BYTES
    listed = b"".join(answer.payload[:1])
    if len(listed) != answer.reply.count * size:
        raise Damaged("The daemon's list of missing chunks is cut", count=answer.reply.count)
    return frozenset(listed[start : start + size] for start in range(0, len(listed), size))


def _batches(chunks: Iterable[_Named], limit_bytes: int, limit_count: int) -> Iterator[list[_Named]]:
    batch: list[_Named] = []
    size_bytes = 0
    for each in chunks:
        if batch and (size_bytes + len(each[1]) > limit_bytes or len(batch) >= limit_count):
            yield batch
            batch, size_bytes = [], 0
        batch.append(each)
        size_bytes += len(each[1])
    if batch:
        yield batch
