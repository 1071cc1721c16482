"""Content on its way from the daemon: a document's files, whole or window by window, each checked by its hash."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from holdfast.plans import Plan, Step
from holdfast.references import of_snapshot
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.errors import Damaged
from holdfast_protocol.messages import LIMITS, Cat, Content, Loaded
from holdfast_protocol.model import FileRow, Ref, SessionRow

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.client import Client

#: So many windows are asked for together.
_AHEAD_COUNT = 4


class LoadedDocument(NamedTuple):
    """A document in memory. ``snapshot`` is its id (32 hex digits); ``files`` is path → bytes, in document order;
    a document of one file has the single path ``b""``."""

    session: SessionRow
    snapshot: str
    files: dict[bytes, bytes]


class Windows:
    """All bytes from ``first.offset`` on, of the snapshot that the first answer names."""

    def __init__(self, first: Cat) -> None:
        self._cat = first
        self._ref = first.ref
        self._offset = first.offset
        self._step_bytes = min(first.length, LIMITS["window_bytes"])
        self._size_bytes: int | None = None

    def next(self) -> Plan[list[bytes]]:
        """The next few; none at the end. Raises Damaged where the content ends too early."""
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

    def _count(self) -> int:
        if self._size_bytes is None:
            return 1
        return max(0, min(_AHEAD_COUNT, -(-(self._size_bytes - self._offset) // self._step_bytes)))

    def _step(self, number: int) -> Step:
        cat, offset = self._cat, self._offset + number * self._step_bytes
        return Step(
            Cat(ref=self._ref, path=cat.path, offset=offset, length=self._step_bytes, parts=cat.parts, kinds=cat.kinds)
        )


class Opened:
    """A document that is there to be read."""

    def __init__(self, loaded: Loaded, payload: Sequence[bytes], parts: Sequence[str], kinds: Sequence[str]) -> None:
        self.session = loaded.session
        self.snapshot = loaded.snapshot
        self.files = tuple(loaded.files)
        self._inline = _contents(loaded.files, payload) if loaded.inline else None
        self._parts, self._kinds = [*parts], [*kinds]

    def file(self, row: FileRow) -> OpenedFile:
        """One of ``files``."""
        ref = Ref(id=self.session.id, snapshot=self.snapshot)
        windows = Windows(Cat(ref=ref, path=row.path, parts=self._parts, kinds=self._kinds))
        return OpenedFile(row, self.snapshot, windows, None if self._inline is None else self._inline[row.path])

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
        self._hash = new_hash()
        self._ended = False

    def next(self) -> Plan[list[bytes]]:
        """The next few windows; none at the end. Raises Damaged there where they are not what the hash says."""
        if self._ended:
            return []
        if self._inline is not None:
            found, self._ended = [self._inline] if self._inline else [], True
        else:
            found = yield from self._windows.next()
            self._ended = not found
        for window in found:
            self._hash.update(window)
        if self._ended and self._hash.digest() != self._row.hash:
            name = self._row.path.decode(errors="backslashreplace")
            raise Damaged(f"File {name!r} of snapshot {self._snapshot} is not what its hash says", path=name)
        return found


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

    async def whole(self) -> LoadedDocument:
        """Everything in memory."""
        return await self._client.run(self._opened.whole())


def _contents(rows: Sequence[FileRow], payload: Sequence[bytes]) -> dict[bytes, bytes]:
    """The files that lie one behind the other in the frames, however these are cut. Raises Damaged."""
    whole = b"".join(payload)
    ends = [*accumulate(row.size_bytes for row in rows)]
    if len(whole) != (ends[-1] if ends else 0):
        raise Damaged(f"Files of {ends[-1] if ends else 0} bytes were announced, {len(whole)} came")
    return {row.path: whole[end - row.size_bytes : end] for row, end in zip(rows, ends, strict=True)}
