"""Moving a head: save, outside change, restore, accept. The one place where two writers meet.

A save names the revision that it started from. If the head has moved since, parts that only one side changed are
merged; otherwise the later save becomes a fork. A document that looks like damage is kept beside the head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from holdfast_daemon import whereabouts
from holdfast_daemon.content import LOOP_BYTES, Placed
from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Document, Format, Part, Reading
from holdfast_daemon.gate import suspicion_by_size
from holdfast_daemon.merge import Merge, merge
from holdfast_daemon.order import Order
from holdfast_daemon.outcomes import Outcomes, Work, known_as
from holdfast_daemon.resources import Around
from holdfast_daemon.sessions import OUTSIDE, Caller, Sessions
from holdfast_daemon.store.base import Reader, Transaction
from holdfast_daemon.store.nouns import Session, StoredDocument
from holdfast_protocol.errors import Damaged, Exists, NotAllowed, NotFound, TooLarge
from holdfast_protocol.messages import Reply, Saved
from holdfast_protocol.names import shown

ReplyType = TypeVar("ReplyType", bound=Reply)

Along = Callable[[Transaction, Saved], None]

DROPPED_NAMES = 3
#: Said where a merge had to choose.
BESIDE = "What stands beside the parts (comments, spacing) was changed by both; the earlier save's is in the head"
#: Said where the merge is not written.
STAYS = "The file is left as its application wrote it, since nobody asked for a merge there; restore writes the head"


class Saving:
    """Decides what becomes of an ``Order`` and commits it."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._outcomes = Outcomes(sessions)

    async def save(self, order: Order, caller: Caller, along: Along = lambda tx, saved: None) -> Saved:
        """``along``: what the same transaction does then. Raises Exists (``new``), Damaged, NoSpace, Busy."""

        def told(tx: Transaction, saved: Saved) -> Saved:
            along(tx, saved)
            return saved

        return await self.save_as(order, caller, Saved, told)

    async def save_as(
        self, order: Order, caller: Caller, kind: type[ReplyType], told: Callable[[Transaction, Saved], ReplyType]
    ) -> ReplyType:
        """The same, answered (and a repeated request too) with what ``told`` makes of it in the same transaction."""
        content = self._sessions.content
        large = order.form.warns or content.has_strangers or order.placed.document.size_bytes > LOOP_BYTES
        large = large or (order.base is not None and self._has_moved(order, order.base))
        return await self._sessions.commit(caller, kind, lambda: _both(self._decide(order, caller), told), large=large)

    def creation(self, order: Order, caller: Caller) -> Work:
        """The work that makes a new session of what was found at ``order.path``. Raises Moved where one is there."""
        return self._outcomes.creation(order, caller, "created")

    def _has_moved(self, order: Order, base: bytes) -> bool:
        """Whether it will probably have to be merged, which takes its time."""
        snapshot = self._sessions.catalog.reader.snapshot(base)
        session = self._sessions.catalog.reader.session(snapshot.session) if snapshot else None
        return session is not None and session.head != base

    def base_of(
        self, app: str, name: str, folder: str, expect: int | None, continues: bytes | None = None
    ) -> bytes | None:
        """The snapshot that a save starts from, of the session that it continues, where that is said. Raises NotFound
        for a revision that never was."""
        reader = self._sessions.catalog.reader
        session = reader.session_named(app, name, folder)
        if continues is not None and (session is None or session.id != continues):
            return reader.head_at(continues, expect) if session is not None and expect is not None else None
        if session is None:
            if expect:
                raise NotFound(f"{app}/{name} is not there, so it has no revision {expect}", name=f"{app}/{name}")
            return None
        return self.head_of(session, expect)

    def head_of(self, session: Session, expect: int | None) -> bytes:
        """What its head was at this revision; None: what it is. Raises NotFound for a revision that never was."""
        if expect is None:
            return session.head
        head = self._sessions.catalog.reader.head_at(session.id, expect)
        if head is None:
            said = f"{session.app}/{session.name} has no revision {expect}; it is at {session.revision}"
            raise NotFound(said, revision=expect)
        return head

    def _decide(self, order: Order, caller: Caller) -> Work:
        reader = self._sessions.catalog.reader
        known = known_as(reader, order) if order.unless_known else None
        if known is not None:
            return self._outcomes.known(order, *known)
        session = (
            reader.session(order.session)
            if order.session
            else reader.session_named(order.app, order.name, order.folder)
        )
        if session is None or order.other_names is not None:
            return self._outcomes.creation(order, caller, "created")
        if order.new:
            raise Exists(f"{session.app}/{session.name} exists already", name=f"{session.app}/{session.name}")
        if session.template and order.cause == "saved" and not session.deleted:
            raise NotAllowed(
                f"{session.app}/{session.name} is a template, which no save changes; save under another name, or say "
                f"holdfast template {session.app}/{session.name} --off first",
                name=f"{session.app}/{session.name}",
            )
        revived = session.deleted
        session = session.but(deleted=False)
        if order.foreign:
            return self._outcomes.fork(order, caller, session, ("the whole file",))
        same = reader.need_snapshot(session.head).document == order.placed.document.id
        if same and not revived and (order.cause == OUTSIDE or not session.diverged):
            return self._outcomes.nothing(order, session, session.head)
        if order.continues not in (None, session.id):
            return self._outcomes.fork(order, caller, session, ("the whole document",))
        if order.base is not None and reader.snapshot(order.base) is None:  # pruned: nothing to merge against is left
            return self._outcomes.fork(order, caller, session, ("the whole document",))
        base = _without_damage(reader, order.base or session.head)
        reason = None if order.accept or same else self._suspicion(order, base, session)
        if reason:
            return self._outcomes.suspect(order, caller, session, base, reason)
        if base == session.head:
            return self._outcomes.advance(order, caller, session, order.placed, ())
        return self._meet(order, caller, session, base)

    def _meet(self, order: Order, caller: Caller, session: Session, base: bytes) -> Work:
        """The head has moved since ``base``: merge or fork."""
        reader = self._sessions.catalog.reader
        if reader.need_snapshot(base).document == order.placed.document.id:
            return self._outcomes.nothing(order, session, base)  # nothing new came from that side
        try:
            outcome, merged, warnings = self._merge(order, session, reader.document_of(base))
        except (Damaged, TooLarge, CannotHold):
            return self._outcomes.fork(order, caller, session, ("the whole document",))
        if outcome.conflicts or merged is None:
            return self._outcomes.fork(order, caller, session, outcome.conflicts)
        if merged.document.id == order.placed.document.id:
            return self._outcomes.advance(order, caller, session, order.placed, outcome.taken)
        if order.cause != OUTSIDE and self._sessions.sites[session.folder].is_adopted:
            warnings = (*warnings, STAYS)
        return self._outcomes.advance(order, caller, session, merged, outcome.taken, base, warnings)

    def _merge(
        self, order: Order, session: Session, base: StoredDocument
    ) -> tuple[Merge, Placed | None, tuple[str, ...]]:
        content, reader = self._sessions.content, self._sessions.catalog.reader
        form = order.form
        head = reader.document_of(session.head)
        theirs = content.reading_placed(order.placed, form)
        before = content.reading(base, form).parts
        outcome = merge(before, content.reading(head, form).parts, theirs.parts, form)
        if outcome.conflicts:
            return outcome, None, ()
        sides = content.bytes_of(head), content.bytes_placed(order.placed)
        template, both = _changed_beside(form, before, content.bytes_of(base), *sides)
        return outcome, content.place(form.write(outcome.parts, template)), (BESIDE,) if both else ()

    def _suspicion(self, order: Order, base: bytes, session: Session) -> str | None:
        """What the format says comes first: it tells more than a size."""
        reader = self._sessions.catalog.reader
        size_bytes = session.size_bytes if base == session.head else reader.need_snapshot(base).size_bytes
        new_bytes = order.placed.document.size_bytes
        by_size = suspicion_by_size(size_bytes, new_bytes)
        form = self._sessions.content.form(session.format)
        if form.app == "plain" or new_bytes == 0:
            return by_size
        if order.form.app != form.app:
            return by_size or f"it is no longer a readable {form.app} document"
        content, before = self._sessions.content, reader.document_of(base)
        try:
            old = content.reading(before, form)
        except (Damaged, TooLarge):
            return by_size  # it was no better before
        try:
            new = content.reading_placed(order.placed, form)
        except TooLarge:
            return by_size
        except Damaged as problem:
            return by_size or problem.sentence
        root = self._sessions.sites[session.folder].root
        near = whereabouts.around(root, session.path, is_folder=before.is_folder)
        return form.suspicion(old, new) or by_size or self._dropped(form, old, new, near)

    def _dropped(self, form: Format, old: Reading, new: Reading, near: Around) -> str | None:
        """Files that were missing while the application had the session open, and that it has therefore forgotten."""
        try:
            names = whereabouts.dropped(form.resources(old.parts), form.resources(new.parts), near)
        except DamagedDocument:
            return None
        if not names:
            return None
        return f"it no longer points to files that are missing: {shown(', '.join(names[:DROPPED_NAMES]))}"


def _both(
    work: Work, told: Callable[[Transaction, Saved], ReplyType]
) -> Callable[[Transaction], ReplyType]:  # fmt: skip
    return lambda tx: told(tx, work(tx))


def _without_damage(reader: Reader, base: bytes) -> bytes:
    """The good snapshot that a suspect one came after: whoever writes over damage goes on from what was before it."""
    snapshot = reader.need_snapshot(base)
    while snapshot.suspect is not None and snapshot.parents:
        before = reader.snapshot(snapshot.parents[0])
        if before is None:
            break
        snapshot = before
    return snapshot.id


def _changed_beside(
    form: Format, parts: Sequence[Part], base: Document, ours: Document, theirs: Document
) -> tuple[Document, bool]:
    """``theirs`` where it alone changed what stands beside the parts (a comment, an unknown field); else ``ours``: an
    application that saves its document anew changes the spaces in it, which is no conflict. And whether both did."""

    def is_as_before(document: Document) -> bool:
        try:
            return form.write(parts, document) == base
        except CannotHold:
            return False

    if is_as_before(theirs):
        return ours, False
    return (theirs, False) if is_as_before(ours) else (ours, True)
