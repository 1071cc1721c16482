"""A workspace as its application knows it, and what it may ask of the daemon for it, as plans."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from holdfast.plans import Plan, asked, replied
from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import NoSpace, NotFound
from holdfast_protocol.model import PartRow, PartSource, WorkspaceRow

if TYPE_CHECKING:
    from holdfast.sources import DocumentContent

#: An application that cannot be asked is due after a minute at the latest; the daemon may be away for another one.
LONGEST_PAUSE_SECONDS = 120.0


class LiveState:
    """``row``, ``parts`` (key → row, in order) and ``warnings`` are those of the last answer."""

    def __init__(self, state: wire.WorkspaceState) -> None:
        self._take(state)

    def find(self, part: str) -> PartRow | None:
        """The part of that key, or of that name where it is unique."""
        if part in self.parts:
            return self.parts[part]
        named = [row for row in self.parts.values() if row.name == part]
        return named[0] if len(named) == 1 else None

    def content(self, part: str) -> Plan[bytes]:
        """What a part holds. Raises KeyError, NotFound, Damaged, TooLarge."""
        row = self._need(part)
        content = bytearray()
        while True:
            answer = yield from asked(wire.WorkspaceCat(id=self.row.id, part=row.key, offset=len(content)))
            assert isinstance(answer.reply, wire.WorkspaceContent)
            content += answer.payload[0]
            if len(content) >= answer.reply.size_bytes or not answer.payload[0]:
                return bytes(content)

    def put(self, part: str, content: bytes | str) -> Plan[None]:
        """Durable when it is answered, or as ``warnings`` says. Of a large part only what changed travels. Raises
        NoSpace where the store is full and what changed is more than one message holds."""
        from holdfast.sources import pack

        whole = content.encode() if isinstance(content, str) else bytes(content)
        row = self.find(part)
        try:
            parcel = yield from pack(None, {row.key if row else part: whole})
        except NoSpace:
            yield from self._put_at_once(part, row, whole)
        else:
            yield from self._put(wire.WorkspacePut(id=self.row.id, source=parcel.parts[0]), parcel.frames)

    def patch(self, part: str, start: int, end: int, piece: bytes | str, *, of: bytes) -> Plan[bytes]:
        """The bytes from ``start`` to ``end`` of the content whose BLAKE3 hash is ``of`` are replaced; gives the hash
        of what the part is then. Raises Exists where the content is another by now, NotFound, Ambiguous, BadField
        (bytes that it does not have), CannotHold (a new part), Damaged, TooLarge, NoSpace.

        >>> from blake3 import blake3
        >>> changed = ws.patch("bass", 12, 13, "4", of=blake3(ws["bass"]).digest())
        >>> changed == blake3(b"b1 >> bass([4])").digest()
        True
        """
        row = self.find(part)
        source = PartSource(part=row.key if row else part, frame=0)
        request = wire.WorkspacePut(id=self.row.id, source=source, of=of, start=start, end=end)
        put = yield from self._put(request, [piece.encode() if isinstance(piece, str) else piece])
        return put.hash

    def replace(self, document: DocumentContent, *, since: int | None = None) -> Plan[bool]:
        """The document that the application wrote, whole, kept byte for byte, in a snapshot when it is answered;
        whether its format sees a difference to what was there. Raises Damaged where it is no document of that format,
        TooLarge, NoSpace, NotFound.

        ``since``: when this sitting of the application began, UTC nanoseconds. Where a workspace of before was left
        from which the first document goes on, this is that one from then on: nothing differs, or it was changed in this
        sitting, and nothing of it is gone.

        >>> document = client.cat("renardo/verse")
        >>> ws.replace(document), ws.replace(document.replace(b"96", b"120"))
        (False, True)
        """
        from holdfast.sources import pack

        parcel, before = (yield from pack(document, {})), self.row.autosave
        yield from self._arrange(wire.WorkspaceReplace(id=self.row.id, files=parcel.files, since=since), parcel.frames)
        return self.row.autosave != before

    def wait_until_due(self, every_seconds: float, problem: str = "") -> Plan[float]:
        """For an application that cannot push: answered when it is to be asked for its state, at once the first time,
        with the seconds in which an answer is expected. ``problem``: why it gave none the last time; it is then due
        sooner, and later with each time in a row. Raises NotFound and NotAllowed where the workspace has ended or
        another one holds it by now.

        >>> ws.wait_until_due(every_seconds=300)
        60.0
        """
        request = wire.WorkspaceDue(id=self.row.id, every_ms=round(every_seconds * 1000), problem=problem)
        due = yield from replied(request, wire.Due, every_seconds + LONGEST_PAUSE_SECONDS)
        return due.deadline_ms / 1000

    def remove(self, part: str) -> Plan[None]:
        """Raises KeyError, NotFound."""
        self._need(part)
        return self._arrange(wire.WorkspaceRemove(id=self.row.id, part=part))

    def rename(self, part: str, name: str) -> Plan[None]:
        """Its key stays. Raises NotFound, Ambiguous.

        >>> ws.rename("bass", "low end")
        >>> ws.parts[-1].key, ws.parts[-1].name
        ('buffer-2', 'low end')
        """
        return self._arrange(wire.WorkspaceRename(id=self.row.id, part=part, name=name))

    def reorder(self, keys: Sequence[str]) -> Plan[None]:
        """``keys`` are those of all parts. Raises BadField, NotFound.

        >>> ws.reorder(["startup", "buffer-2", "buffer-1"])
        >>> [part.name for part in ws.parts]
        ['startup.py', 'bass', 'drums']
        """
        return self._arrange(wire.WorkspaceReorder(id=self.row.id, keys=[*keys]))

    def save(
        self, message: str = "", *, name: str | None = None, accept: bool = False, published: bool = False
    ) -> Plan[wire.Saved]:
        """What it has becomes the head of its session, or of the new session ``name``; look at ``outcome``, as with
        ``Client.save``. It goes on from there, with the parts as its format writes them. Raises Exists (the name),
        NotAllowed (a template), BadName, CannotHold, Damaged, TooLarge, NoSpace, NotFound (the workspace has ended).

        >>> ws["bass"] = "b1 >> bass([0, 4])"
        >>> ws.save("busier").session.revision
        2
        """
        request = wire.WorkspaceSave(id=self.row.id, name=name, message=message, accept=accept, published=published)
        saved = yield from replied(request, wire.Saved)
        if saved.outcome != "suspect":
            yield from self._arrange(wire.WorkspaceOpen(id=self.row.id))
        return saved

    def reload(self, *, head: bool = False) -> Plan[None]:
        """What it began from again, or what the session's ``head`` is now. What was unsaved is in the history as an
        autosave; ``Client.undo`` brings it back. Raises NotFound, and CannotHold, Damaged, TooLarge where that
        cannot be.

        >>> del ws["bass"]
        >>> ws.reload()
        >>> ws["bass"]
        b'b1 >> bass([0])'
        """
        reloaded = yield from replied(wire.WorkspaceReload(id=self.row.id, head=head), wire.WorkspaceReloaded)
        self._take(wire.WorkspaceState(workspace=reloaded.workspace, parts=reloaded.parts))

    def discard(self) -> Plan[wire.WorkspaceEnded]:
        """What is unsaved is not wanted; it is in the history as an autosave, and ``Client.undo`` brings it back.
        Raises NotFound, and CannotHold, Damaged, TooLarge where that cannot be.

        >>> ws["bass"] = "b1 >> bass([0, 4])"
        >>> ws.discard().ended
        True
        """
        return replied(wire.WorkspaceDiscard(id=self.row.id), wire.WorkspaceEnded)

    def close(self) -> Plan[None]:
        """Leave it; again is once. Without unsaved changes it ends, else it is kept.

        >>> ws["bass"] = "b1 >> bass([0, 4])"
        >>> ws.close()
        >>> client.last().workspace.id == ws.id
        True
        """
        with contextlib.suppress(NotFound):
            yield from replied(wire.WorkspaceLeave(id=self.row.id), wire.WorkspaceEnded)

    def _need(self, part: str) -> PartRow:
        row = self.find(part)
        if row is None:
            raise KeyError(part)
        return row

    def _put_at_once(self, part: str, row: PartRow | None, whole: bytes) -> Plan[None]:
        """In one message, since the store takes no chunks: it is kept beside the store then."""
        from holdfast.sources import differing

        limit_bytes = wire.LIMITS["frame_bytes"]
        if len(whole) <= limit_bytes:
            source = PartSource(part=row.key if row else part, frame=0)
            yield from self._put(wire.WorkspacePut(id=self.row.id, source=source), [whole])
            return
        before = (yield from self.content(part)) if row else b""
        start, end = differing(before, whole)
        piece = whole[start : len(whole) - (len(before) - end)]
        if row is None or len(piece) > limit_bytes:
            raise NoSpace(f"The store is full; it takes {limit_bytes >> 20} MB of changes at once", limit=limit_bytes)
        yield from self.patch(row.key, start, end, piece, of=hash_of(before))

    def _put(self, request: wire.WorkspacePut, frames: Sequence[bytes]) -> Plan[wire.WorkspacePart]:
        answer = yield from asked(request, frames)
        assert isinstance(answer.reply, wire.WorkspacePart)
        self.parts[answer.reply.part.key] = answer.reply.part
        self.warnings = answer.reply.warnings
        return answer.reply

    def _arrange(self, request: wire.Request, payload: Sequence[bytes] = ()) -> Plan[None]:
        answer = yield from asked(request, payload)
        assert isinstance(answer.reply, wire.WorkspaceState)
        self._take(answer.reply)

    def _take(self, state: wire.WorkspaceState) -> None:
        self.row: WorkspaceRow = state.workspace
        self.warnings = state.warnings
        self.parts: dict[str, PartRow] = {row.key: row for row in state.parts}
