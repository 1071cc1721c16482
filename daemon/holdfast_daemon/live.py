"""A workspace in memory: its row, its parts, who holds it, and the document that they make."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from holdfast_daemon.aside import Record, not_stored
from holdfast_daemon.autosave import Autosave
from holdfast_daemon.content import Placed
from holdfast_daemon.documents import Documents
from holdfast_daemon.formats.base import Document, Format, Part
from holdfast_daemon.listing import Entry, Listing, listing_of, packed, unpacked
from holdfast_daemon.payload import hashes_in
from holdfast_daemon.pull import Pull
from holdfast_daemon.store.base import Catalog, Transaction
from holdfast_daemon.store.nouns import Operation, Session, StoredFile, Workspace, WorkspaceContent, new_id
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import CannotHold, Damaged
from holdfast_protocol.model import PartRow, WorkspaceRow

#: A part of up to so many bytes stands in its row; of a larger one the chunks are kept.
ROW_BYTES = 64 * 1024


@dataclass
class Live:
    """``holder``: the connection that holds it, b"" for none; ``lock``: one change after the other; ``snapping``: one
    snapshot after the other; ``pull``: when the holder is to ask the application, where it said that it would;
    ``aside``: what the store has not taken, by key; None for a part that is no more."""

    row: Workspace
    listing: Listing
    autosave: Autosave
    holder: bytes = b""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    snapping: asyncio.Lock = field(default_factory=asyncio.Lock)
    problem: str = ""
    pull: Pull | None = None
    first_after: int | None = None  # when the first change came after the snapshot that is under way began
    aside: dict[str, WorkspaceContent | None] = field(default_factory=dict)
    set_aside: str = ""  # where what is aside is, and why, for people

    @property
    def is_saved(self) -> bool:
        return self.row.changed == self.row.saved_at

    @property
    def is_kept(self) -> bool:
        """Whether all that it has is in the head or in an autosave."""
        return self.row.changed in (self.row.saved_at, self.row.autosaved_at)

    @property
    def title(self) -> str:
        """For people."""
        return f"Workspace {self.row.id.hex()[:12]} of {self.row.app}/{self.row.name}"

    def warnings(self, now: float) -> list[str]:
        """What its application's user should know: that the store fails, or the promised window is exceeded."""
        said = [self.set_aside] if self.aside else []
        return [*said, self.overdue(now)] if self.autosave.is_late(now) else said

    def overdue(self, now: float) -> str:
        """How old the oldest change is that no snapshot has, and why."""
        return (
            f"{self.title} has no snapshot of the last "
            f"{self.autosave.unsaved_seconds(now):.0f} s{': ' + self.problem if self.problem else ''}"
        )

    def stored(self, tx: Transaction, row: Workspace) -> None:
        """The store has ``row`` then, and all that was aside."""
        for content in self.aside.values():
            if content is not None:
                tx.put_workspace_content(content)
        if gone := [key for key, content in self.aside.items() if content is None]:
            tx.drop_workspace_contents(row.id, gone)
        tx.put_workspace(row)

    def renew(self, row: Workspace, listing: Listing) -> None:
        """The store has these in place of all that it had, and nothing is unsaved."""
        self.row, self.listing, self.first_after, self.aside = row, listing, None, {}
        self.autosave, self.problem = Autosave(self.autosave.pace), ""

    def hold(self, peer: bytes) -> None:
        """``peer`` is the holder, b"" for none."""
        if peer != self.holder:
            self.holder, self.pull = peer, None

    def shown(self, behind: bool, unanswered: int | None) -> WorkspaceRow:
        """As it goes out on the wire."""
        row = self.row
        return WorkspaceRow(
            id=row.id.hex(), app=row.app, folder=row.folder, name=row.name, format=row.format,
            session=row.session.hex(), revision=row.revision, author=row.author, created=row.created,
            changed=row.changed, left=row.left, saved=self.is_saved, unsaved=row.unsaved,
            autosave=row.autosave.hex() if row.autosave else None, behind=behind, parts_count=len(self.listing),
            unanswered=unanswered,
        )  # fmt: skip

    def part_rows(self) -> list[PartRow]:
        """All parts, in order."""
        return [part_row(entry) for entry in self.listing]


def part_row(entry: Entry) -> PartRow:
    """A part as it goes out on the wire."""
    return PartRow(key=entry.key, name=entry.name, kind=entry.kind, size_bytes=entry.size_bytes)


class Copy(NamedTuple):
    """What a workspace had at one moment: its row, its parts, and what was put of them."""

    row: Workspace
    listing: Listing
    put: dict[str, WorkspaceContent]


class Contents:
    """What parts hold, and the document that they make."""

    def __init__(self, catalog: Catalog, documents: Documents) -> None:
        self._catalog = catalog
        self._documents = documents
        self._content = documents.content

    def found(self, row: Workspace, autosave: Autosave, records: Sequence[Record]) -> Live:
        """One that was there when the daemon ended: what the store has of it, and what only the journal has."""
        live = Live(row, (), autosave)
        for record in not_stored(row, records):
            live.row = record.row
            live.aside |= dict.fromkeys(record.gone) | {content.key: content for content in record.put}
        put = self._catalog.reader.workspace_sizes(row.id)
        put |= {key: content.size_bytes for key, content in live.aside.items() if content is not None}
        live.listing = tuple(
            entry if entry.base is not None else entry._replace(size_bytes=put.get(entry.key, 0))
            for entry in unpacked(live.row.listing)
        )
        return live

    def copy(self, live: Live) -> Copy:
        """At this moment; what was put later does not change it."""
        put = {entry.key: self._put(live, entry) for entry in live.listing if entry.base is None}
        return Copy(live.row, live.listing, put)

    def put(self, live: Live, key: str) -> WorkspaceContent | None:
        """What was put last of a part."""
        if key in live.aside:
            return live.aside[key]
        return self._catalog.reader.workspace_content(live.row.id, key)

    def _put(self, live: Live, entry: Entry) -> WorkspaceContent:
        content = self.put(live, entry.key)
        if content is None:
            raise Damaged(f"Part {entry.key} of workspace {live.row.id.hex()[:12]} is not in the store")
        return content

    async def document(self, copy: Copy) -> tuple[Placed, Format]:
        """The document that the parts make, in the place of the base's. Raises CannotHold, Damaged, TooLarge,
        NoSpace."""
        form = self._content.form(copy.row.format)
        parts, template = await self._put_together(copy)
        return await self._documents.place(await self._documents.written(form, parts, template)), form

    async def any_document(self, copy: Copy) -> tuple[Placed, str]:
        """The same; where its format cannot hold it, a zip of the parts, and why."""
        parts, template = await self._put_together(copy)
        try:
            written, reason = await self._documents.written(self._content.form(copy.row.format), parts, template), ""
        except CannotHold as problem:
            written = await self._documents.written(self._content.form("parts"), parts, None)
            reason = problem.sentence
        return await self._documents.place(written), reason

    async def _put_together(self, copy: Copy) -> tuple[list[Part], Document | None]:
        """The parts, and the document that they began from."""
        parts, ground = await self.parts(copy), copy.row.ground
        if ground is None:
            return parts, None
        return parts, await self._documents.bytes_of(self._catalog.reader.document_of(ground))

    async def parts(self, copy: Copy) -> list[Part]:
        """All of them, with their content."""
        known = {part.key: part for part in await self.ground(copy.row)}
        return await self._documents.in_thread(self._parts, copy, known)

    async def ground(self, row: Workspace) -> Sequence[Part]:
        """The parts of the snapshot that it began from, or was last replaced by."""
        if row.ground is None:
            return ()
        stored = self._catalog.reader.document_of(row.ground)
        return (await self._documents.read(stored, self._content.form(row.format))).parts

    def _parts(self, copy: Copy, known: dict[str, Part]) -> list[Part]:
        parts = []
        for entry in copy.listing:
            if entry.base is None:
                content = self.bytes_of(copy.put[entry.key])
                old = known.get(entry.key)
                new = Part(key=entry.key, name=entry.name, kind=entry.kind, content=content)
                parts.append(new if old is None else replace(old, name=entry.name, content=content))
            elif entry.base in known:
                parts.append(replace(known[entry.base], name=entry.name))
            else:
                raise Damaged(f"Part {entry.key} is not in the snapshot that the workspace began from")
        return parts

    async def revived(self, operation: Operation, session: Session | None, now: int) -> tuple[Workspace, Listing]:
        """A workspace that was left, with what one had at that operation. Raises Damaged, TooLarge."""
        assert operation.snapshot is not None
        assert operation.app is not None
        assert operation.session is not None
        stored = self._catalog.reader.document_of(operation.snapshot)
        form = self._content.form_for(operation.app, await self._documents.bytes_of(stored))
        if session is not None and form.app != "parts":
            form = self._content.form(session.format)
        listing = listing_of((await self._documents.read(stored, form)).parts)
        row = Workspace(
            id=new_id(), app=operation.app, folder=operation.folder or "", name=operation.name or "", format=form.app,
            session=operation.session, base=operation.previous, author=operation.author, created=now, changed=now,
            revision=session.revision if session is not None and session.head == operation.previous else 0, left=now,
            listing=packed(listing), autosaved_at=now, autosave=operation.snapshot, whole=operation.snapshot,
        )  # fmt: skip
        return row, listing

    async def of_part(self, live: Live, entry: Entry) -> bytes:
        """What a part holds now."""
        if entry.base is None:
            return await self._documents.in_thread(self.bytes_of, self._put(live, entry))
        return next(part.content for part in await self.ground(live.row) if part.key == entry.base)

    def bytes_of(self, content: WorkspaceContent) -> bytes:
        """All of it. Raises Damaged."""
        if content.content is not None:
            return content.content
        chunks = tuple(hashes_in(content.chunks or b""))
        file = StoredFile(path=b"", size_bytes=content.size_bytes, hash=content.hash, chunks=chunks)
        return b"".join(self._content.contents(file))

    async def kept(self, put: WorkspaceContent) -> Callable[[Transaction], None]:
        """What a transaction does with what was put. Raises NoSpace."""
        if put.content is None or len(put.content) <= ROW_BYTES:
            return lambda tx: tx.put_workspace_content(put)
        placed = await self._documents.place({b"": put.content})
        (file,) = placed.document.files
        row = put.but(content=None, chunks=b"".join(file.chunks))

        def work(tx: Transaction) -> None:
            tx.add_chunks(placed.places)
            tx.put_workspace_content(row)

        return work


def whole(workspace: bytes, key: str, content: bytes, request: bytes) -> WorkspaceContent:
    """The row for what is put, with all of it in it."""
    return WorkspaceContent(workspace, key, len(content), hash_of(content), content, None, request)


def spliced(content: bytes, start: int, end: int, piece: bytes) -> bytes:
    """``content`` with the bytes from ``start`` to ``end`` replaced."""
    return content[:start] + piece + content[end:]


def changed_keys(before: Listing, after: Sequence[Entry]) -> list[str]:
    """Of the parts that are no more."""
    left = {entry.key for entry in after}
    return [entry.key for entry in before if entry.key not in left]
