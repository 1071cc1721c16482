"""The live state of a running application, safe as it changes: a mapping of part to content.

    with client.workspace("renardo/verse") as ws:
        ws["intro"] = "p1 >> pluck()"   # durable when this returns
        ws.save("before the gig")

What is put is kept by the daemon whatever becomes of the application, which finds it again with ``client.last``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import NoSpace, NotFound
from holdfast_protocol.model import PartRow, PartSource, WorkspaceRow

if TYPE_CHECKING:
    from holdfast.client import Client
    from holdfast.sources import DocumentContent

#: An application that cannot be asked is due after a minute at the latest; the daemon may be away for another one.
LONGEST_PAUSE_SECONDS = 120.0


class Workspace(MutableMapping[str, bytes]):
    """Parts by key, in order; also found by name where that is unique. Text that is put is UTF-8. Not for several
    threads at once. ``close`` (or the end of ``with``) leaves it: without unsaved changes it ends, else it is kept.

    ``warnings``: what the last answer said that its user should know, such as that the store cannot be written and what
    was put is kept beside it until it can, or in memory alone."""

    def __init__(self, client: Client, state: wire.WorkspaceState) -> None:
        self._client = client
        self.warnings: list[str] = []
        self._take(state)

    @property
    def id(self) -> str:
        """By which it is found again."""
        return self.row.id

    @property
    def parts(self) -> list[PartRow]:
        """Without their content, in order."""
        return [*self._parts.values()]

    def __getitem__(self, part: str) -> bytes:
        row = self._row(part)
        if row is None:
            raise KeyError(part)
        content = bytearray()
        while True:
            answer = self._client.ask(wire.WorkspaceCat(id=self.id, part=row.key, offset=len(content)))
            assert isinstance(answer.reply, wire.WorkspaceContent)
            content += answer.payload[0]
            if len(content) >= answer.reply.size_bytes or not answer.payload[0]:
                return bytes(content)

    def __setitem__(self, part: str, content: bytes | str) -> None:
        """Durable when this returns, or as ``warnings`` says. Of a large part only what changed travels. Raises NoSpace
        where the store is full and what changed is more than one message holds."""
        from holdfast.sources import pack

        whole = content.encode() if isinstance(content, str) else bytes(content)
        row = self._row(part)
        try:
            parcel = pack(None, {row.key if row else part: whole}, self._client.ask)
        except NoSpace:
            self._put_at_once(part, row, whole)
        else:
            self._put(wire.WorkspacePut(id=self.id, source=parcel.parts[0]), parcel.frames)

    def replace(self, document: DocumentContent, *, since: int | None = None) -> bool:
        """The document that the application wrote, whole, kept byte for byte, in a snapshot when this returns; whether
        its format sees a difference to what was there. Raises Damaged where it is no document of that format.

        ``since``: when this sitting of the application began, UTC nanoseconds. Where a workspace of before was left
        from which the first document goes on, this is that one from then on: nothing differs, or it was changed in this
        sitting, and nothing of it is gone."""
        from holdfast.sources import pack

        parcel, before = pack(document, {}, self._client.ask), self.row.autosave
        self._arrange(wire.WorkspaceReplace(id=self.id, files=parcel.files, since=since), parcel.frames)
        return self.row.autosave != before

    def wait_until_due(self, every_seconds: float, problem: str = "") -> float:
        """For an application that cannot push: returns when it is to be asked for its state, at once the first time,
        with the seconds in which an answer is expected. ``problem``: why it gave none the last time; it is then due
        sooner, and later with each time in a row. Other requests of this client wait meanwhile. Raises NotFound and
        NotAllowed where the workspace has ended or another one holds it by now."""
        request = wire.WorkspaceDue(id=self.id, every_ms=round(every_seconds * 1000), problem=problem)
        due = self._client.ask(request, timeout_seconds=every_seconds + LONGEST_PAUSE_SECONDS).reply
        assert isinstance(due, wire.Due)
        return due.deadline_ms / 1000

    def patch(self, part: str, start: int, end: int, piece: bytes | str, *, of: bytes) -> bytes:
        """The bytes from ``start`` to ``end`` of the content whose BLAKE3 hash is ``of`` are replaced; gives the hash
        of what the part is then. Raises Exists where the content is another by now, NotFound."""
        row = self._row(part)
        source = PartSource(part=row.key if row else part, frame=0)
        request = wire.WorkspacePut(id=self.id, source=source, of=of, start=start, end=end)
        return self._put(request, [piece.encode() if isinstance(piece, str) else piece]).hash

    def __delitem__(self, part: str) -> None:
        if self._row(part) is None:
            raise KeyError(part)
        self._arrange(wire.WorkspaceRemove(id=self.id, part=part))

    def __iter__(self) -> Iterator[str]:
        return iter([*self._parts])

    def __len__(self) -> int:
        return len(self._parts)

    def rename(self, part: str, name: str) -> None:
        """Its key stays. Raises NotFound, Ambiguous."""
        self._arrange(wire.WorkspaceRename(id=self.id, part=part, name=name))

    def reorder(self, keys: Sequence[str]) -> None:
        """``keys`` are those of all parts. Raises BadField."""
        self._arrange(wire.WorkspaceReorder(id=self.id, keys=[*keys]))

    def save(
        self, message: str = "", *, name: str | None = None, accept: bool = False, published: bool = False
    ) -> wire.Saved:
        """What it has becomes the head of its session, or of the new session ``name``; look at ``outcome``, as with
        ``Client.save``. It goes on from there, with the parts as its format writes them."""
        request = wire.WorkspaceSave(id=self.id, name=name, message=message, accept=accept, published=published)
        saved = self._client.ask(request).reply
        assert isinstance(saved, wire.Saved)
        if saved.outcome != "suspect":
            self._arrange(wire.WorkspaceOpen(id=self.id))
        return saved

    def reload(self, *, head: bool = False) -> None:
        """What it began from again, or what the session's ``head`` is now. What was unsaved is in the history as an
        autosave; ``Client.undo`` brings it back."""
        reloaded = self._client.reload(self.id, head=head)
        self._take(wire.WorkspaceState(workspace=reloaded.workspace, parts=reloaded.parts))

    def discard(self) -> wire.WorkspaceEnded:
        """What is unsaved is not wanted; it is in the history as an autosave, and ``Client.undo`` brings it back."""
        return self._end(wire.WorkspaceDiscard(id=self.id))

    def close(self) -> None:
        """Leave it; again is once."""
        with contextlib.suppress(NotFound):
            self._end(wire.WorkspaceLeave(id=self.id))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _row(self, part: str) -> PartRow | None:
        if part in self._parts:
            return self._parts[part]
        named = [row for row in self._parts.values() if row.name == part]
        return named[0] if len(named) == 1 else None

    def _put_at_once(self, part: str, row: PartRow | None, whole: bytes) -> None:
        """In one message, since the store takes no chunks: it is kept beside the store then."""
        from holdfast.sources import differing

        limit_bytes = wire.LIMITS["frame_bytes"]
        if len(whole) <= limit_bytes:
            self._put(wire.WorkspacePut(id=self.id, source=PartSource(part=row.key if row else part, frame=0)), [whole])
            return
        before = self[part] if row else b""
        start, end = differing(before, whole)
        piece = whole[start : len(whole) - (len(before) - end)]
        if row is None or len(piece) > limit_bytes:
            raise NoSpace(f"The store is full; it takes {limit_bytes >> 20} MB of changes at once", limit=limit_bytes)
        self.patch(row.key, start, end, piece, of=hash_of(before))

    def _put(self, request: wire.WorkspacePut, frames: Sequence[bytes]) -> wire.WorkspacePart:
        reply = self._client.ask(request, frames).reply
        assert isinstance(reply, wire.WorkspacePart)
        self._parts[reply.part.key] = reply.part
        self.warnings = reply.warnings
        return reply

    def _arrange(self, request: wire.Request, payload: Sequence[bytes] = ()) -> None:
        reply = self._client.ask(request, payload).reply
        assert isinstance(reply, wire.WorkspaceState)
        self._take(reply)

    def _end(self, request: wire.Request) -> wire.WorkspaceEnded:
        reply = self._client.ask(request).reply
        assert isinstance(reply, wire.WorkspaceEnded)
        return reply

    def _take(self, state: wire.WorkspaceState) -> None:
        self.row: WorkspaceRow = state.workspace
        self.warnings = state.warnings
        self._parts: dict[str, PartRow] = {row.key: row for row in state.parts}
