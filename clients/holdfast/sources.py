"""Content on its way to the daemon: small content inside the message, large content as chunks that it lacks.

Files are read in pieces and not mapped: a mapped file that another program cuts short kills the reader (SIGBUS).
"""

from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple

from holdfast.plans import Plan, Step, asked
from holdfast_protocol import chunking
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import Damaged, HoldfastError, TooLarge, Unreadable
from holdfast_protocol.messages import LIMITS, FilePut, Missing, MissingChunks, Put, PutFile
from holdfast_protocol.model import Earlier, FileSource, PartSource


class Streamed(ABC):
    """One file that comes from elsewhere, in chunks as ``chunking`` cuts them, from its beginning at each asking."""

    @abstractmethod
    def chunks(self) -> Iterator[memoryview]:
        """Of all of it, in order. Raises Damaged, Unreadable."""


#: One file: its bytes, or a path (``os.PathLike``) from which they are read in pieces.
FileContent = bytes | os.PathLike[str] | Streamed
#: A document: one file, or relative path (raw bytes, ``/`` between components) to file.
DocumentContent = FileContent | Mapping[bytes, FileContent]



class EarlierDocument(NamedTuple):
    """A snapshot that comes before the document of an import: ``message`` says what it was, ``pins`` label it."""

    content: DocumentContent
    message: str = ""
    pins: Sequence[str] = ()


INLINE_BYTES = 1024 * 1024
#: Read and cut at once: no other thread of the process goes on meanwhile.
_PIECE_BYTES = 4 * 1024 * 1024
#: Asked for and sent together.
_BATCH_BYTES = 16 * 1024 * 1024
#: Small enough that another request of this client does not wait long behind one.
_PUT_BYTES = 2 * 1024 * 1024
_PUT_COUNT = 200
#: Of a file that changes while it is read.
_TRIES = 3
_MISSING_COUNT = LIMITS["frame_bytes"] // chunking.HASH_BYTES
_Named = tuple[bytes, memoryview]


class Parcel(NamedTuple):
    """What a ``save`` or ``import`` carries: payload frames and the sources that point into them."""

    files: list[FileSource]
    parts: list[PartSource]
    frames: list[bytes]
    size_bytes: int


class _Piece(NamedTuple):
    """One file or part: its content, or the hashes of its chunks and, where it was read here, of the whole;
    ``size_bytes`` is that of the content."""

    travelling: bytes
    size_bytes: int
    chunked: bool = False
    hash: bytes | None = None


class Place(NamedTuple):
    """A window of a payload frame; ``size_bytes`` None: to its end."""

    frame: int
    offset: int
    size_bytes: int | None


def pack(
    content: DocumentContent | None, parts: Mapping[str, FileContent], room_bytes: int | None = None,
    *, lends: bool = False,
) -> Plan[Parcel]:  # fmt: skip
    """The parcel of a document or of parts. Chunks that the daemon lacks are sent on the way. ``room_bytes``: what
    travels in the message itself, by default INLINE_BYTES; ``lends``: the daemon has offered to read files itself."""
    files = content if isinstance(content, Mapping) else {} if content is None else {b"": content}
    limit = LIMITS["files_count"]
    if max(len(files), len(parts)) > limit:
        raise TooLarge(f"{max(len(files), len(parts))} files or parts; a document holds {limit}", limit=limit)
    upload = _Upload(lends=lends)
    room_bytes = INLINE_BYTES if room_bytes is None else room_bytes
    pieces = []
    for each in (*files.values(), *parts.values()):
        piece = yield from _piece_of(each, room_bytes, upload)
        room_bytes -= 0 if piece.chunked else len(piece.travelling)
        pieces.append(piece)
    yield from upload.finish()
    frames, places = _framed([piece.travelling for piece in pieces])
    placed = [
        {"chunked": piece.chunked, "hash": piece.hash, **place._asdict()}
        for piece, place in zip(pieces, places, strict=True)
    ]
    return Parcel(
        files=[FileSource(path=path, **place) for path, place in zip(files, placed, strict=False)],
        parts=[PartSource(part=part, **place) for part, place in zip(parts, placed[len(files) :], strict=True)],
        frames=frames,
        size_bytes=sum(piece.size_bytes for piece in pieces),
    )


def joined(frames: Sequence[Sequence[bytes]]) -> tuple[list[bytes], list[list[Place]]]:
    """The payload frames of several requests as those of one; and of each request, where its frames are in these."""
    whole, places = _framed([frame for some in frames for frame in some])
    following = iter(places)
    return whole, [[next(following) for _ in some] for some in frames]


def pack_history(history: Sequence[EarlierDocument], parcel: Parcel) -> Plan[tuple[list[Earlier], Parcel]]:
    """The documents before that of ``parcel``, all of them as chunks, and the parcel with their frames."""
    parcels = [parcel]
    for each in history:
        parcels.append((yield from pack(each.content, {}, 0)))
    frames, places = joined([each.frames for each in parcels])
    files = [
        [_at(source, some[source.frame]) for source in each.files] for each, some in zip(parcels, places, strict=True)
    ]
    earlier = [
        Earlier(files=some, message=each.message, pins=[*each.pins])
        for each, some in zip(history, files[1:], strict=True)
    ]
    size_bytes = sum(each.size_bytes for each in parcels)
    return earlier, parcel._replace(files=files[0], frames=frames, size_bytes=size_bytes)


def _at(source: FileSource, place: Place) -> FileSource:
    """The source of a frame that is now there."""
    return FileSource(
        path=source.path, frame=place.frame, chunked=source.chunked, offset=place.offset + source.offset,
        size_bytes=place.size_bytes if source.size_bytes is None else source.size_bytes, hash=source.hash,
    )  # fmt: skip


def _piece_of(content: FileContent, room_bytes: int, upload: _Upload) -> Plan[_Piece]:
    """The content itself where it fits into the room, otherwise the hashes of its chunks, which are on their way."""
    if isinstance(content, bytes):
        if len(content) <= room_bytes:
            return _Piece(content, len(content))
        return (yield from upload.add(chunking.cut(content)))
    if isinstance(content, Streamed):
        return (yield from upload.add(content.chunks()))
    name = os.fspath(content)
    try:
        with open(content, "rb") as file:
            for _ in range(_TRIES):
                before = _looks(file)
                piece = yield from _piece_in(file, room_bytes, upload)
                if before == _looks(file):
                    return piece
                file.seek(0)
    except OSError as problem:
        raise Unreadable(f"{name}: {problem.strerror or problem}", path=name) from problem
    raise Unreadable(f"{name} is being changed; save it when that is over", path=name)


def _looks(file: BinaryIO) -> tuple[int, int] | None:
    """Size and time of its last change; None for what is no file on a disk."""
    state = os.fstat(file.fileno())
    return (state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else None


def _piece_in(file: BinaryIO, room_bytes: int, upload: _Upload) -> Plan[_Piece]:
    start = file.read(room_bytes + 1)
    if len(start) <= room_bytes:
        return _Piece(start, len(start))
    lent = yield from upload.lend(file)
    if lent is not None:
        return lent
    return (yield from upload.add(_cut_file(file, start)))


def _framed(pieces: Sequence[bytes]) -> tuple[list[bytes], list[Place]]:
    """Payload frames, and where in them each piece lies: a frame of its own, shared ones where there are too many."""
    if len(pieces) < LIMITS["frames_count"]:
        return [*pieces], [Place(number, 0, None) for number in range(len(pieces))]
    frames, places = [bytearray()], []
    for piece in pieces:
        if len(frames[-1]) + len(piece) > LIMITS["frame_bytes"]:
            frames.append(bytearray())
        places.append(Place(len(frames) - 1, len(frames[-1]), len(piece)))
        frames[-1] += piece
    return [bytes(frame) for frame in frames], places


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


def differing(before: bytes, after: bytes) -> tuple[int, int]:
    """Where in ``before`` the stretch begins and ends whose replacement makes ``after`` of it."""
    start = _same(before, after)
    return start, len(before) - _same(before[start:][::-1], after[start:][::-1])


def _same(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class _Upload:
    """Chunks on their way, asked for and sent in batches, whichever files they are of."""

    def __init__(self, *, lends: bool) -> None:
        self._lends = lends
        self._batch: list[_Named] = []
        self._size_bytes = 0

    def lend(self, file: BinaryIO) -> Plan[_Piece | None]:
        """What the daemon, which has read the file itself, says of it; None where it has not. Whatever was in the way
        is that of the next file too; or it is in the way of the chunks as well, and says so then."""
        hashes, size_bytes, end = bytearray(), 0, False
        try:
            while self._lends and not end:
                answer = yield from asked(PutFile(descriptor=file.fileno(), offset=size_bytes))
                assert isinstance(answer.reply, FilePut)
                hashes += _hashes(answer, answer.reply.count)
                size_bytes, end = size_bytes + answer.reply.size_bytes, answer.reply.end
        except HoldfastError:
            self._lends = False
        return _Piece(bytes(hashes), size_bytes, chunked=True) if end else None

    def add(self, chunks: Iterable[memoryview]) -> Plan[_Piece]:
        """One file or part of these chunks, which the daemon has after ``finish``."""
        hashes, whole, size_bytes = bytearray(), chunking.new_hash(), 0
        for chunk in chunks:
            if self._size_bytes + len(chunk) > _BATCH_BYTES or len(self._batch) >= _MISSING_COUNT:
                yield from self.finish()
            name = chunking.hash_of(chunk)
            hashes += name
            whole.update(chunk)
            size_bytes += len(chunk)
            self._batch.append((name, chunk))
            self._size_bytes += len(chunk)
        return _Piece(bytes(hashes), size_bytes, chunked=True, hash=whole.digest())

    def finish(self) -> Plan[None]:
        """The daemon has all chunks."""
        batch, self._batch, self._size_bytes = self._batch, [], 0
        if not batch:
            return
        missing = yield from _missing(b"".join(name for name, _ in batch))
        lacking = [(name, chunk) for name, chunk in dict(batch).items() if name in missing]
        puts = [[bytes(chunk) for _, chunk in some] for some in _batches(lacking, _PUT_BYTES, _PUT_COUNT)]
        if puts:
            yield [Step(Put(), chunks) for chunks in puts]


def _missing(names: bytes) -> Plan[frozenset[bytes]]:
    answer = yield from asked(Missing(), [names])
    assert isinstance(answer.reply, MissingChunks)
    size = chunking.HASH_BYTES
    listed = _hashes(answer, answer.reply.count)
    return frozenset(listed[start : start + size] for start in range(0, len(listed), size))


def _hashes(answer: Answered, count: int) -> bytes:
    """The list of so many chunks in an answer."""
    listed = b"".join(answer.payload[:1])
    if len(listed) != count * chunking.HASH_BYTES:
        raise Damaged("The daemon's list of chunks is cut", count=count)
    return listed


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
