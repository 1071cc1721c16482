"""Content on its way from the daemon: a document's files, whole or window by window, each checked by its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from holdfast.references import of_snapshot
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import Damaged
from holdfast_protocol.messages import Cat, Content, Loaded, Request
from holdfast_protocol.model import FileRow, Ref, SessionRow

Ask = Callable[[Request, Sequence[bytes]], Answered]


class LoadedDocument(NamedTuple):
    """A document in memory. ``snapshot`` is its id (32 hex digits); ``files`` is path → bytes, in document order;
    a document of one file has the single path ``b""``."""

    session: SessionRow
    snapshot: str
    files: dict[bytes, bytes]


class OpenDocument:
    """A document that is read file by file, so that its size costs no memory."""

    def __init__(
        self, loaded: Loaded, payload: Sequence[bytes], ask: Ask, parts: Sequence[str] = (), kinds: Sequence[str] = ()
    ) -> None:
        self.session = loaded.session
        self.snapshot = loaded.snapshot
        self.files = tuple(loaded.files)
        self._inline = _contents(loaded.files, payload) if loaded.inline else None
        self._ask = ask
        self._parts, self._kinds = [*parts], [*kinds]

    def read(self, row: FileRow) -> Iterator[bytes]:
        """The bytes of one of ``files``, in windows of 1 MiB at most. Raises Damaged at the end where they are not
        what the hash says: use nothing of them before."""
        hashed = new_hash()
        windows = iter([self._inline[row.path]]) if self._inline is not None else self._windows(row)
        for window in windows:
            hashed.update(window)
            yield window
        if hashed.digest() != row.hash:
            name = row.path.decode(errors="backslashreplace")
            raise Damaged(f"File {name!r} of snapshot {self.snapshot} is not what its hash says", path=name)

    def _windows(self, row: FileRow) -> Iterator[bytes]:
        ref = Ref(id=self.session.id, snapshot=self.snapshot)
        return windows(Cat(ref=ref, path=row.path, parts=self._parts, kinds=self._kinds), self._ask)

    def whole(self) -> LoadedDocument:
        """Everything in memory."""
        files = {row.path: b"".join(self.read(row)) for row in self.files}
        return LoadedDocument(session=self.session, snapshot=self.snapshot, files=files)


def _contents(rows: Sequence[FileRow], payload: Sequence[bytes]) -> dict[bytes, bytes]:
    """The files that lie one behind the other in the frames, however these are cut. Raises Damaged."""
    whole = b"".join(payload)
    ends = [*accumulate(row.size_bytes for row in rows)]
    if len(whole) != (ends[-1] if ends else 0):
        raise Damaged(f"Files of {ends[-1] if ends else 0} bytes were announced, {len(whole)} came")
    return {row.path: whole[end - row.size_bytes : end] for row, end in zip(rows, ends, strict=True)}


def windows(first: Cat, ask: Ask) -> Iterator[bytes]:
    """The bytes from ``first.offset`` on, all of the snapshot that the first answer names."""
    ref, offset = first.ref, first.offset
    while True:
        asked = Cat(ref=ref, path=first.path, offset=offset, length=first.length, parts=first.parts, kinds=first.kinds)
        answer = ask(asked, ())
        assert isinstance(answer.reply, Content)
        window = b"".join(answer.payload[:1])
        if window:
            yield window
        offset += len(window)
        if offset >= answer.reply.size_bytes:
            return
        if not window:
            raise Damaged(f"The content ends after {offset} of {answer.reply.size_bytes} bytes")
        ref = of_snapshot(ref, answer.reply.snapshot)
