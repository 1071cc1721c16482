"""What may become of a session: the base that saving and the life of sessions stand on.

Every change is one catalog transaction: the session's row, its snapshot, the operation, what should be visible, and
the answer under the request's id. Decisions are taken before it, on what was read, and checked again inside it by
comparing the revision; where that moved, the decision is taken anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeVar

from holdfast_daemon import once
from holdfast_daemon.content import Content, Placed
from holdfast_daemon.deadlines import Wish
from holdfast_daemon.formats.base import Format
from holdfast_daemon.lending import Lender
from holdfast_daemon.sites import SESSIONS_FOLDER, Sites
from holdfast_daemon.store.base import Catalog, Moved, Reader, Transaction
from holdfast_daemon.store.nouns import Operation, Session, Snapshot, StoredDocument, Visible, Workspace, new_id
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import Busy, Exists, NotAllowed, NotFound
from holdfast_protocol.messages import LIMITS, Reply
from holdfast_protocol.model import OPERATION_TYPES

__all__ = ["OUTSIDE", "SESSIONS_FOLDER", "Caller", "Done", "Note", "Sessions", "need_revision", "need_session"]

OUTSIDE = "outside"
ATTEMPTS = 64
FILE_NAME_BYTES = 255

ReplyType = TypeVar("ReplyType", bound=Reply)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by the kernel's word, and the id and the verb of a request that is to be done once, and the ``digest``
    of what it asks. ``peer`` names the connection, ``id`` the request, whatever it is; ``wish``: whether it is still
    wanted; ``lender``: whose open files may be read, None where none may."""

    author: str
    request: bytes | None = None
    verb: str = ""
    peer: bytes = b""
    id: bytes = b""
    wish: Wish = field(default_factory=Wish)
    digest: bytes = b""
    lender: Lender | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What an operation's row says beside what follows from the session. ``batch``: the number of the first row of
    those that are one change."""

    type: str
    cause: str | None = None
    previous: bytes | None = None
    text: str = ""
    undoable: bool = True
    batch: int | None = None


class Done(NamedTuple):
    """What a transaction did: the operation's number, None where nothing changed, and the session as it is now."""

    number: int | None
    session: Session


class Sessions:
    """The shared ground: clock, catalog, content, the folders, and the pieces that every change is made of."""

    def __init__(self, catalog: Catalog, content: Content, clock: Callable[[], int], boot: str, sites: Sites) -> None:
        self.catalog = catalog
        self.content = content
        self.clock = clock
        self.boot = boot
        self.sites = sites

    async def commit(
        self, caller: Caller, kind: type[ReplyType], attempt: Callable[[], Callable[[Transaction], ReplyType]],
        *, large: bool = False,
    ) -> ReplyType:  # fmt: skip
        """Decide and commit until the ground holds still. The answer is kept under the request's id. ``large``: the
        decision takes long, and is taken in a thread."""
        decide = partial(self._decided, caller, kind, attempt)
        for _ in range(ATTEMPTS):
            decided = await asyncio.to_thread(decide) if large else decide()
            try:
                return await self.catalog.commit(partial(self._once, caller=caller, kind=kind, work=decided))
            except Moved:
                continue
        raise Busy("The session is changed by others faster than this request can follow")

    def _decided(
        self, caller: Caller, kind: type[ReplyType], attempt: Callable[[], Callable[[Transaction], ReplyType]]
    ) -> Callable[[Transaction], ReplyType]:
        """Of a request that was done meanwhile there is nothing to decide: its own effect is what would be met."""
        reader = self.catalog.reader
        with reader.one_view():
            known = self.answered(reader, caller, kind)
            return attempt() if known is None else lambda _: known

    def _once(
        self, tx: Transaction, *, caller: Caller, kind: type[ReplyType], work: Callable[[Transaction], ReplyType]
    ) -> ReplyType:
        known = self.answered(tx, caller, kind)
        if known is not None:
            return known
        caller.wish.check()
        reply = work(tx)
        if caller.request is not None:
            tx.keep_answer(caller.request, self.clock(), once.to_keep(reply, caller.verb, caller.digest))
        return reply

    def answered(self, reader: Reader, caller: Caller, kind: type[ReplyType]) -> ReplyType | None:
        """The first answer to a request that was done before. Raises BadField where it asked for something else, TooOld
        where that may be forgotten."""
        if caller.request is None:
            return None
        once.check_age(caller.request, self.clock())
        known = reader.answer(caller.request)
        return None if known is None else once.first_answer(known, caller.verb, caller.digest, kind)

    def snapshot(
        self, session: bytes, document: bytes, size_bytes: int, parents: tuple[bytes, ...], cause: str, author: str,
        message: str = "", suspect: str | None = None,
    ) -> Snapshot:  # fmt: skip
        """A new snapshot, not yet in the catalog."""
        return Snapshot(
            id=new_id(), session=session, document=document, parents=parents, time=self.clock(), cause=cause,
            author=author, size_bytes=size_bytes, message=message, suspect=suspect,
        )  # fmt: skip

    def change(
        self, tx: Transaction, before: Session | None, after: Session, author: str, note: Note, *, shown: bool = False
    ) -> Done:
        """Put the row, say what should be visible (not where it is ``shown`` already), write the operation. Raises
        NotAllowed, NotFound."""
        if before is not None and note.cause != OUTSIDE:
            self._check_fixed(before, after)
        now = self.clock()
        after = after.but(modified=now)
        tx.put_session(after, before)
        if not shown:
            self._wish(tx, before, after)
        number = tx.add_operation(
            Operation(
                number=0, time=now, type=note.type, session=after.id, app=after.app, folder=after.folder,
                name=after.name, cause=note.cause, author=author,
                undoable=note.undoable and OPERATION_TYPES[note.type], revision=after.revision,
                snapshot=after.head, previous=note.previous, undone_by=None, note=note.text, batch=note.batch,
            )
        )  # fmt: skip
        return Done(number, after)

    def tell(self, tx: Transaction, label: str, app: str | None, kind: str, text: str, author: str) -> int:
        """The operation of a folder as a whole."""
        return tx.add_operation(
            Operation(
                number=0, time=self.clock(), type=kind, session=None, app=app, folder=label, name=None, cause=None,
                author=author, undoable=False, revision=None, snapshot=None, previous=None, undone_by=None, note=text,
            )
        )  # fmt: skip

    def tell_of(
        self, tx: Transaction, workspace: Workspace, kind: str, text: str, snapshot: bytes | None, *,
        undoable: bool = False,
    ) -> int:  # fmt: skip
        """The operation of a workspace."""
        return tx.add_operation(
            Operation(
                number=0, time=self.clock(), type=kind, session=workspace.session, app=workspace.app,
                folder=workspace.folder, name=workspace.name, cause="autosaved" if kind == "autosaved" else None,
                author=workspace.author, undoable=undoable, revision=None, snapshot=snapshot, previous=workspace.base,
                undone_by=None, note=text,
            )
        )  # fmt: skip

    def _check_fixed(self, before: Session, after: Session) -> None:
        """A folder that its application names, and may have open, is neither moved nor removed."""
        moves = not before.deleted and (after.deleted or before.path != after.path)
        if moves and self.sites[before.folder].is_fixed(before.path):
            raise NotAllowed(
                f"{before.app}/{before.name} is a folder of {before.app}'s own, which may have it open: it is neither "
                f"moved nor removed from here; do that in {before.app}",
                name=f"{before.app}/{before.name}",
            )

    def _wish(self, tx: Transaction, before: Session | None, after: Session) -> None:
        """What should be visible follows the head, unless the session is diverged: then what is on disk stays, and
        moves along with its session."""
        shown = None if after.deleted else after.head
        moves = before is not None and not before.deleted and (before.folder, before.path) != (after.folder, after.path)
        if before is not None and moves:
            visible = tx.visible(before.folder, before.path)
            if after.diverged and visible is not None:
                shown = visible.published
            self.want(tx, before.folder, before.path, before.id, None)
        if after.deleted and tx.visible(after.folder, after.path) is None:
            return
        if moves or after.deleted or not after.diverged:
            self.want(tx, after.folder, after.path, after.id, shown)

    def want(self, tx: Transaction, folder: str, path: bytes, session: bytes, snapshot: bytes | None) -> None:
        """From this commit on, ``snapshot`` should be visible at ``path``."""
        tx.want(folder, path, session, snapshot, self.boot)

    def is_visible(
        self, tx: Transaction, folder: str, path: bytes, session: bytes, snapshot: bytes, seen: bytes | None = None
    ) -> None:
        """It was read there just now, so it is published and wanted."""
        tx.put_visible(
            Visible(
                folder=folder, path=path, session=session, published=snapshot, wanted=snapshot, boot=self.boot,
                seen=seen,
            )
        )  # fmt: skip

    def keep(self, tx: Transaction, placed: Placed, snapshot: Snapshot) -> None:
        """A snapshot with its document and chunks."""
        tx.add_chunks(placed.places)
        tx.add_document(placed.document)
        tx.add_snapshot(snapshot)

    def path_for(self, reader: Reader, session: Session, name: str, document: StoredDocument) -> bytes:
        """Where the file of a session would go if it had that name and that document."""
        suffix = self.suffix_of(reader, document, self.content.form(session.format))
        return self.free_path(
            reader, session.folder, session.app, name, suffix, session.id, is_folder=document.is_folder,
            archived=session.archived,
        )  # fmt: skip

    def path_with(self, reader: Reader, session: Session, document: StoredDocument, form: Format) -> bytes:
        """The path of a session that gets this document: its own, or another where a file becomes a folder (or the
        other way round), or a file of another suffix."""
        head = reader.document_of(session.head)
        former = self.suffix_of(reader, head, self.content.form(session.format))
        suffix = self.suffix_of(reader, document, form)
        if (head.is_folder, former) == (document.is_folder, suffix):
            return session.path
        return self.path_for(reader, session.but(format=form.app), session.name, document)

    def suffix_of(self, reader: Reader, document: StoredDocument, form: Format) -> str:
        """What the file of a document ends in; "" for a folder. The document's chunks are known to ``reader``."""
        if document.is_folder or not form.other_suffixes:
            return "" if document.is_folder else form.suffix
        return form.suffix_of(self.content.beginning(reader, document))

    def free_path(
        self, reader: Reader, folder: str, app: str, name: str, suffix: str, own: bytes | None, *, is_folder: bool,
        archived: bool = False,
    ) -> bytes:  # fmt: skip
        """Where a session's file goes: its name and the suffix, escaped where a file system cannot hold it, numbered
        where another session's file is there. Raises NotFound where the folder is not watched."""
        site = self.sites[folder]
        home = site.home(app, is_folder=is_folder, archived=archived)
        end = "" if name.endswith(suffix) else suffix
        for number in range(1, 1_000_000):
            path = home + _leaf(name, (f" ({number})" if number > 1 else "") + end)
            taken = reader.visible(folder, path)
            if (taken is None or taken.session == own) and not site.is_kept_free(path):
                other = reader.session_at(folder, path)
                if other is None or other.id == own:
                    return path
        raise Exists(f"No free file name for {app}/{name}")

    def free_name(self, reader: Reader, folder: str, app: str, name: str) -> str:
        """``name``, or with a number behind it where a live session has it."""
        candidate, number = name, 1
        while reader.session_named(app, candidate, folder) is not None:
            number += 1
            end = f" ({number})"
            candidate = _cut(name, LIMITS["name_bytes"] - len(end)) + end
        return candidate


def _leaf(name: str, end: str) -> bytes:
    whole = os.fsencode(name + end)
    if len(whole) <= FILE_NAME_BYTES - 32:  # room for the daemon's own temporary names
        return whole
    return os.fsencode(
        _cut(name, FILE_NAME_BYTES - 32 - 18 - len(os.fsencode(end))) + "~" + hash_of(name.encode())[:8].hex() + end
    )


def _cut(text: str, size_bytes: int) -> str:
    """The longest beginning of ``text`` of at most that many UTF-8 bytes."""
    return text.encode()[:size_bytes].decode(errors="ignore")


def need_session(tx: Transaction, identity: bytes, expect: int | None = None) -> Session:
    """Raises NotFound where it was purged since it was looked for, Exists where it is at another revision."""
    session = tx.session(identity)
    if session is None:
        raise NotFound("The session is no longer there")
    need_revision(session, expect)
    return session


def need_revision(session: Session, expect: int | None) -> None:
    """Raises Exists where it is at another one."""
    if expect not in (None, session.revision):
        raise Exists(
            f"{session.app}/{session.name} is at revision {session.revision}, not {expect}",
            revision=session.revision,
            head=session.head.hex(),
        )
