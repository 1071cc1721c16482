"""Content on its way from the daemon: a document's files, whole or window by window, each checked by its hash."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from holdfast.plans import Plan, Step, asked
from holdfast.references import of_snapshot
from holdfast_protocol.chunking import hash_of, listed_in, new_hash
from holdfast_protocol.errors import Damaged, UnknownVerb
from holdfast_protocol.messages import LIMITS, Cat, ChunkList, Chunks, Content, Export, Load, Loaded
from holdfast_protocol.model import FileRow, Ref, SessionRow

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.client import Client

#: So many windows are asked for together: what else is asked waits for them to come. Four were no faster.
AHEAD_COUNT = 2


class LoadedDocument(NamedTuple):
    """A document in memory. ``snapshot`` is its id (32 hex digits); ``files`` is path → bytes, in document order;
    a document of one file has the single path ``b""``."""

    session: SessionRow
    snapshot: str
    files: dict[bytes, bytes]


class Windows:
    """All bytes of what ``first`` names, of the snapshot that the first answer names, checked by ``whole``, their hash,
    or by what the daemon says that it is."""

    def __init__(self, first: Cat | Export, whole: bytes | None = None) -> None:
        self._first = first
        self._ref = first.ref
        self._offset = 0
        self._step_bytes = min(first.length, LIMITS["window_bytes"])
        self._size_bytes: int | None = None
        self._hash = new_hash()
        self._whole = whole

    def next(self) -> Plan[list[bytes]]:
        """The next few; none at the end. Raises Damaged where the content ends too early, and at the end where it is
        not what its hash says."""
        found: list[bytes] = []
        steps = [self._step(number) for number in range(self._count())]
        for answer in (yield steps) if steps else ():
            assert isinstance(answer.reply, Content)
            window, left_bytes = b"".join(answer.payload[:1]), answer.reply.size_bytes - self._offset
            if not window and left_bytes > 0:
                raise Damaged(f"The content ends after {self._offset} of {answer.reply.size_bytes} bytes")
            self._ref = of_snapshot(self._ref, answer.reply.snapshot)
            self._size_bytes = answer.reply.size_bytes
            self._offset += len(window)
            self._check(window, self._whole or answer.reply.hash, answer.reply.snapshot)
            found += [window] if window else []
            if len(window) < min(self._step_bytes, left_bytes):  # it gives less at once: those behind it do not fit
                self._step_bytes = len(window)
                break
        return found

    def all(self) -> Plan[bytes]:
        """Everything, joined."""
        found: list[bytes] = []
        while some := (yield from self.next()):
            found += some
        return b"".join(found)

    def _check(self, window: bytes, whole: bytes | None, snapshot: str) -> None:
        self._hash.update(window)
        if whole is not None and self._offset == self._size_bytes:
            check_whole(self._hash.digest(), whole, getattr(self._first, "path", b""), snapshot)

    def _count(self) -> int:
        if self._size_bytes is None:
            return 1
        return max(0, min(AHEAD_COUNT, -(-(self._size_bytes - self._offset) // self._step_bytes)))

    def _step(self, number: int) -> Step:
        first, offset, length = self._first, self._offset + number * self._step_bytes, self._step_bytes
        if isinstance(first, Export):
            return Step(Export(ref=self._ref, to=first.to, full=first.full, offset=offset, length=length))
        return Step(
            Cat(
                ref=self._ref, path=first.path, offset=offset, length=length, parts=first.parts, kinds=first.kinds,
                to=first.to, target=first.target,
            )
        )  # fmt: skip


class Opened:
    """A document that is there to be read."""

    def __init__(self, asked: Load, loaded: Loaded, payload: Sequence[bytes]) -> None:
        self.session = loaded.session
        self.snapshot = loaded.snapshot
        self.files = tuple(loaded.files)
        #: Of a conversion: what its file ends in, and what it does not hold.
        self.suffix, self.losses = loaded.suffix, tuple(loaded.losses)
        self._inline = _contents(loaded.files, payload) if loaded.inline else None
        self._asked = asked

    def file(self, row: FileRow) -> OpenedFile:
        """One of ``files``."""
        inline = None if self._inline is None else self._inline[row.path]
        asked = self._asked
        cat = Cat(
            ref=self.ref, path=row.path, parts=asked.parts, kinds=asked.kinds, to=asked.to, target=asked.target
        )  # fmt: skip
        return OpenedFile(row, self.snapshot, Windows(cat, row.hash), inline)

    def chunks(self, row: FileRow) -> Plan[list[tuple[bytes, int]] | None]:
        """Hash and size in bytes of each chunk of one of ``files``; None where it has none, or where the daemon is one
        that does not say. Raises Damaged."""
        if self._inline is not None or self._asked.parts or self._asked.kinds or self._asked.to:
            return None
        found: list[tuple[bytes, int]] = []
        while True:
            try:
                answer = yield from asked(Chunks(ref=self.ref, path=row.path, start=len(found)))
            except UnknownVerb:
                return None
            assert isinstance(answer.reply, ChunkList)
            more = [*listed_in(b"".join(answer.payload[:1]))]
            found += more
            if len(found) >= answer.reply.count or not more:
                break
        if sum(size_bytes for _, size_bytes in found) != row.size_bytes:
            raise Damaged(f"The list of chunks is not that of a file of {row.size_bytes} bytes")
        return found

    @property
    def ref(self) -> Ref:
        """Of the snapshot."""
        return Ref(id=self.session.id, snapshot=self.snapshot)

    def whole(self) -> Plan[LoadedDocument]:
        """Everything in memory."""
        files = {}
        for row in self.files:
            file, found = self.file(row), list[bytes]()
            while some := (yield from file.next()):
                found += some
            files[row.path] = b"".join(found)
        return LoadedDocument(session=self.session, snapshot=self.snapshot, files=files)


class OpenedFile:
    """One file on its way."""

    def __init__(self, row: FileRow, snapshot: str, windows: Windows, inline: bytes | None) -> None:
        self._row = row
        self._snapshot = snapshot
        self._windows = windows
        self._inline = inline

    def next(self) -> Plan[list[bytes]]:
        """The next few windows; none at the end. Raises Damaged where they are not what the hash says."""
        if self._inline is None:
            return (yield from self._windows.next())
        found, self._inline = self._inline, b""
        if found:
            check_whole(hash_of(found), self._row.hash, self._row.path, self._snapshot)
        return [found] if found else []


class OpenDocument:
    """A document that is read file by file, so that its size costs no memory: ``session``, ``snapshot`` (its id) and
    ``files`` (rows with ``path``, ``size_bytes`` and ``hash``, in document order)."""

    def __init__(self, opened: Opened, client: Client) -> None:
        self.session, self.snapshot, self.files = opened.session, opened.snapshot, opened.files
        self._opened = opened
        self._client = client

    def read(self, row: FileRow) -> Iterator[bytes]:
        """The bytes of one of ``files``, in windows of 1 MiB at most. Raises Damaged at the end where they are not
        what the hash says: use nothing of them before.

        >>> document = client.open("notes/ideas")
        >>> [*document.read(document.files[0])]
        [b'a bridge and a coda']
        """
        file = self._opened.file(row)
        while found := self._client.run(file.next()):
            yield from found

    def write(self, row: FileRow, path: str | os.PathLike[str]) -> int:
        """One of ``files`` is at ``path``, durably and checked by its hash, or ``path`` is what it was. Gives how many
        bytes travelled: what is there already, in an older file at ``path`` or in ``.holdfast-NAME.part`` beside it
        from a try that was cut off, does not. Raises NotFound (pruned meanwhile), Damaged, Unreadable (it cannot be
        written).

        >>> document = client.open("notes/ideas")
        >>> document.write(document.files[0], f"{folder}/ideas.txt")
        19
        """
        from holdfast.destinations import written

        return self._client.run(written(self._opened, row, os.fsencode(path)))

    def whole(self) -> LoadedDocument:
        """Everything in memory. Raises Damaged.

        >>> client.open("notes/ideas").whole().files
        {b'': b'a bridge and a coda'}
        """
        return self._client.run(self._opened.whole())


class AsyncOpenDocument:
    """The same for ``AsyncClient``."""

    def __init__(self, opened: Opened, client: AsyncClient) -> None:
        self.session, self.snapshot, self.files = opened.session, opened.snapshot, opened.files
        self._opened = opened
        self._client = client

    async def read(self, row: FileRow) -> AsyncIterator[bytes]:
        """The bytes of one of ``files``, in windows of 1 MiB at most. Raises Damaged at the end where they are not
        what the hash says: use nothing of them before."""
        file = self._opened.file(row)
        while found := await self._client.run(file.next()):
            for window in found:
                yield window

    async def write(self, row: FileRow, path: str | os.PathLike[str]) -> int:
        """One of ``files`` is at ``path``, as ``OpenDocument.write`` has it."""
        from holdfast.destinations import written

        return await self._client.run(written(self._opened, row, os.fsencode(path)), large=True)

    async def whole(self) -> LoadedDocument:
        """Everything in memory."""
        return await self._client.run(self._opened.whole())


def check_whole(found: bytes, whole: bytes, path: bytes, snapshot: str) -> None:
    """Raises Damaged where what came has another hash than it should."""
    if found != whole:
        name = path.decode(errors="backslashreplace")
        raise Damaged(f"File {name!r} of snapshot {snapshot} is not what its hash says", path=name)


def _contents(rows: Sequence[FileRow], payload: Sequence[bytes]) -> dict[bytes, bytes]:
    """The files that lie one behind the other in the frames, however these are cut. Raises Damaged."""
    whole = b"".join(payload)
    ends = [*accumulate(row.size_bytes for row in rows)]
    if len(whole) != (ends[-1] if ends else 0):
        raise Damaged(f"Files of {ends[-1] if ends else 0} bytes were announced, {len(whole)} came")
    return {row.path: whole[end - row.size_bytes : end] for row, end in zip(rows, ends, strict=True)}
