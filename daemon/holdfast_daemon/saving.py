"""Moving a head: save, outside change, restore, accept. The one place where two writers meet.

A save names the revision that it started from. If the head has moved since, parts that only one side changed are
merged; otherwise the later save becomes a fork. A document that looks like damage is kept beside the head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holdfast_daemon.content import Placed
from holdfast_daemon.formats.base import CannotHold, Format
from holdfast_daemon.gate import suspicion_by_size
from holdfast_daemon.merge import Merge, merge
from holdfast_daemon.sessions import OUTSIDE, SESSIONS_FOLDER, Caller, Done, Note, Sessions
from holdfast_daemon.store.base import Moved, Transaction
from holdfast_daemon.store.nouns import Session, Snapshot, StoredDocument, Visible, new_id
from holdfast_protocol.errors import Damaged, Exists, NotFound, TooLarge
from holdfast_protocol.messages import Saved

Work = Callable[[Transaction], Saved]

LOOP_BYTES = 64 * 1024  # what is compared and merged on the loop; more goes to a thread


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A document that wants to become a session's head.

    ``base``: the snapshot that it started from; None: the head as it was at receipt, where there is one.
    ``foreign``: it has no common ground with the session at all (a stranger's file at its path).
    ``seen``: where it stands on disk now, as somebody else put it there; None for what came over the wire or was
    displaced. The session may have another path by the time of the commit.
    ``path``: the visible path of a new session, whose file is there already.
    ``continues``: the session that the name must mean; where it means another by the time of the commit, it is a fork.
    """

    app: str
    name: str
    placed: Placed
    form: Format
    cause: str = "saved"
    base: bytes | None = None
    foreign: bool = False
    session: bytes | None = None
    message: str = ""
    new: bool = False
    accept: bool = False
    tags: tuple[str, ...] = ()
    path: bytes | None = None
    seen: bytes | None = None
    continues: bytes | None = None

    @property
    def tree(self) -> bool:
        return any(file.path for file in self.placed.document.files)


class Saving:
    """Decides what becomes of an ``Order`` and commits it."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def save(self, order: Order, caller: Caller) -> Saved:
        """Raises Exists (``new``), Damaged, NoSpace, Busy."""
        large = order.placed.document.size_bytes > LOOP_BYTES
        return await self._sessions.commit(caller, Saved, lambda: self._decide(order, caller), large=large)

    def base_of(self, app: str, name: str, expect: int | None, continues: bytes | None = None) -> bytes | None:
        """The snapshot that a save starts from, of the session that it continues, where that is said. Raises NotFound
        for a revision that never was."""
        reader = self._sessions.catalog.reader
        session = reader.session_named(app, name, SESSIONS_FOLDER)
        if continues is not None and (session is None or session.id != continues):
            return reader.head_at(continues, expect) if session is not None and expect is not None else None
        if session is None:
            if expect:
                raise NotFound(f"{app}/{name} is not there, so it has no revision {expect}", name=f"{app}/{name}")
            return None
        if expect is None:
            return session.head
        base = reader.head_at(session.id, expect)
        if base is None:
            raise NotFound(f"{app}/{name} has no revision {expect}; it is at {session.revision}", revision=expect)
        return base

    def _decide(self, order: Order, caller: Caller) -> Work:
        reader = self._sessions.catalog.reader
        session = (
            reader.session(order.session)
            if order.session
            else reader.session_named(order.app, order.name, SESSIONS_FOLDER)
        )
        if session is None:
            return self._creation(order, caller, "created")
        if order.new:
            raise Exists(f"{session.app}/{session.name} exists already", name=f"{session.app}/{session.name}")
        revived = session.deleted
        session = session.but(deleted=False)
        if order.foreign:
            return self._fork(order, caller, session, ("the whole file",))
        same = reader.need_snapshot(session.head).document == order.placed.document.id
        if same and not revived and (order.cause == OUTSIDE or not session.diverged):
            return self._nothing(order, session, session.head)
        if order.continues not in (None, session.id):
            return self._fork(order, caller, session, ("the whole document",))
        base = order.base or session.head
        reason = None if order.accept or revived or same else self._suspicion(order, base, session)
        if reason:
            return self._suspect(order, caller, session, base, reason)
        if base == session.head:
            return self._advance(order, caller, session, order.placed, ())
        return self._meet(order, caller, session, base)

    def _meet(self, order: Order, caller: Caller, session: Session, base: bytes) -> Work:
        """The head has moved since ``base``: merge or fork."""
        reader = self._sessions.catalog.reader
        if reader.need_snapshot(base).document == order.placed.document.id:
            return self._nothing(order, session, base)  # nothing new came from that side
        try:
            outcome, merged = self._merge(order, session, reader.document_of(base))
        except (Damaged, TooLarge, CannotHold):
            return self._fork(order, caller, session, ("the whole document",))
        if outcome.conflicts or merged is None:
            return self._fork(order, caller, session, outcome.conflicts)
        if merged.document.id == order.placed.document.id:
            return self._advance(order, caller, session, order.placed, outcome.taken)
        return self._advance(order, caller, session, merged, outcome.taken, merged_with=base)

    def _merge(self, order: Order, session: Session, base: StoredDocument) -> tuple[Merge, Placed | None]:
        content, reader = self._sessions.content, self._sessions.catalog.reader
        form = order.form
        head = reader.document_of(session.head)
        theirs = content.reading_placed(order.placed, form)
        outcome = merge(content.reading(base, form).parts, content.reading(head, form).parts, theirs.parts, form.match)
        if outcome.conflicts:
            return outcome, None
        return outcome, content.place(form.write(outcome.parts, content.bytes_of(head)))

    def _suspicion(self, order: Order, base: bytes, session: Session) -> str | None:
        reader = self._sessions.catalog.reader
        size_bytes = session.size_bytes if base == session.head else reader.need_snapshot(base).size_bytes
        reason = suspicion_by_size(size_bytes, order.placed.document.size_bytes)
        if reason:
            return reason
        form = self._sessions.content.form(session.format)
        if form.app == "plain":
            return None
        if order.form.app != form.app:
            return f"it is no longer a readable {form.app} document"
        content = self._sessions.content
        try:
            old = content.reading(reader.document_of(base), form)
            return form.suspicion(old, content.reading_placed(order.placed, form))
        except TooLarge:
            return None
        except Damaged as problem:
            return problem.sentence

    def _creation(
        self, order: Order, caller: Caller, kind: str, forked_from: Session | None = None, outcome: str = "saved",
        conflicts: tuple[str, ...] = (),
    ) -> Work:  # fmt: skip
        sessions, document = self._sessions, order.placed.document
        identity = new_id()
        base = order.base if forked_from else None
        snapshot = sessions.snapshot(
            identity, document.id, document.size_bytes, (base,) if base else (), order.cause, caller.author,
            order.message,
        )  # fmt: skip

        def work(tx: Transaction) -> Saved:
            if tx.session_named(order.app, order.name, SESSIONS_FOLDER) is not None and forked_from is None:
                raise Moved
            name = sessions.free_name(tx, order.app, order.name)
            path = order.path or sessions.free_path(tx, order.app, name, order.form.suffix, order.tree, None)
            session = Session(
                id=identity, app=order.app, folder=SESSIONS_FOLDER, name=name, format=order.form.app, path=path,
                revision=1, head=snapshot.id, size_bytes=document.size_bytes, created=snapshot.time,
                modified=snapshot.time, forked_from=forked_from.id if forked_from else None,
                tags=_joined((), order.tags),
            )  # fmt: skip
            self._add(tx, order.placed, snapshot)
            text = f"from {forked_from.app}/{forked_from.name}" if forked_from else ""
            done = sessions.change(tx, None, session, caller.author, Note(type=kind, cause=order.cause, text=text))
            if order.path is not None:
                self._is_visible(tx, path, identity, snapshot.id)
            if order.seen is not None and forked_from is not None:
                self._shows(tx, order.seen, forked_from, snapshot.id)
            return self._saved(tx, done, outcome, snapshot.id, conflicts=conflicts)

        return work

    def _fork(self, order: Order, caller: Caller, session: Session, conflicts: tuple[str, ...]) -> Work:
        name = f"{session.name} ({'outside' if order.cause == OUTSIDE else 'fork'})"
        fork = Order(
            app=session.app, name=name, placed=order.placed, form=order.form, cause=order.cause, base=order.base,
            message=order.message, tags=order.tags, seen=order.seen,
        )  # fmt: skip
        return self._creation(fork, caller, "forked", session, "forked", conflicts)

    def _nothing(self, order: Order, session: Session, snapshot: bytes) -> Work:
        """``snapshot`` has the order's document already."""
        sessions = self._sessions

        def work(tx: Transaction) -> Saved:
            current = tx.session(session.id)
            assert current is not None
            after = current.but(tags=_joined(current.tags, order.tags))
            if order.seen is not None:
                sessions.want(tx, current.path, current.id, current.head)
                tx.confirm(order.seen, current.head)
                after = after.but(diverged=False, suspect=None)
            if after != current:
                tx.put_session(after, current)
            return self._saved(tx, Done(None, after), "unchanged", snapshot)

        return work

    def _suspect(self, order: Order, caller: Caller, session: Session, base: bytes, reason: str) -> Work:
        sessions, document = self._sessions, order.placed.document
        snapshot = sessions.snapshot(
            session.id, document.id, document.size_bytes, (base,), order.cause, caller.author, order.message, reason
        )
        stays = order.seen is not None and order.seen == session.path

        def work(tx: Transaction) -> Saved:
            current = tx.session(session.id)
            if current is None or current.but(deleted=False) != session:
                raise Moved
            self._add(tx, order.placed, snapshot)
            after = current.but(suspect=snapshot.id, diverged=current.diverged or stays)
            note = Note(type="suspect", cause=order.cause, previous=snapshot.id, text=reason)
            done = sessions.change(tx, current, after, caller.author, note)
            if stays:
                self._is_visible(tx, session.path, session.id, snapshot.id)
            elif order.seen is not None:
                tx.confirm(order.seen, snapshot.id)
            return self._saved(tx, done, "suspect", snapshot.id, reason=reason)

        return work

    def _advance(
        self, order: Order, caller: Caller, session: Session, placed: Placed, taken: tuple[str, ...],
        merged_with: bytes | None = None,
    ) -> Work:  # fmt: skip
        """``placed`` becomes the head; with ``merged_with`` it is the merge of the head and the order's document,
        which started from that snapshot."""
        sessions, document = self._sessions, order.placed.document
        own = sessions.snapshot(
            session.id, document.id, document.size_bytes, (merged_with or session.head,), order.cause, caller.author,
            order.message,
        )  # fmt: skip
        head = own
        if merged_with is not None:
            head = sessions.snapshot(
                session.id, placed.document.id, placed.document.size_bytes, (session.head, own.id), "merged",
                caller.author, order.message,
            )  # fmt: skip
        kind = _kind(order, merged=merged_with is not None)

        def work(tx: Transaction) -> Saved:
            current = tx.session(session.id)
            if current is None or current.but(deleted=False) != session:
                raise Moved
            self._add(tx, order.placed, own)
            if head is not own:
                self._add(tx, placed, head)
            after = session.but(
                head=head.id, revision=session.revision + 1, size_bytes=head.size_bytes, diverged=False, suspect=None,
                format=order.form.app, path=self._path(tx, session, order), tags=_joined(session.tags, order.tags),
            )  # fmt: skip
            note = Note(type=kind, cause=order.cause, previous=session.head, text=order.message)
            done = sessions.change(tx, current, after, caller.author, note)
            if order.seen is not None:
                tx.confirm(order.seen, own.id)
            outcome = "merged" if merged_with is not None else "saved"
            return self._saved(tx, done, outcome, head.id, merged=taken)

        return work

    def _path(self, tx: Transaction, session: Session, order: Order) -> bytes:
        """The session's path, or another where a file becomes a folder or the other way round."""
        was_tree = any(file.path for file in tx.document_of(session.head).files)
        if was_tree == order.tree or order.cause == OUTSIDE:
            return session.path
        return self._sessions.free_path(tx, session.app, session.name, order.form.suffix, order.tree, session.id)

    def _is_visible(self, tx: Transaction, path: bytes, session: bytes, snapshot: bytes) -> None:
        """It was read there just now, so it is published and wanted."""
        tx.put_visible(
            Visible(path=path, session=session, published=snapshot, wanted=snapshot, boot=self._sessions.boot)
        )

    def _shows(self, tx: Transaction, path: bytes, session: Session, snapshot: bytes) -> None:
        """A session's path shows a fork's bytes; its own head belongs there, unless it has left."""
        current = tx.session(session.id)
        if current is not None and current.path == path and not current.deleted:
            self._sessions.want(tx, path, current.id, current.head)
        tx.confirm(path, snapshot)

    def _add(self, tx: Transaction, placed: Placed, snapshot: Snapshot) -> None:
        tx.add_chunks(placed.places)
        tx.add_document(placed.document)
        tx.add_snapshot(snapshot)

    def _saved(
        self, tx: Transaction, done: Done, outcome: str, snapshot: bytes, *, conflicts: tuple[str, ...] = (),
        merged: tuple[str, ...] = (), reason: str | None = None,
    ) -> Saved:  # fmt: skip
        return Saved(
            outcome=outcome, session=done.session.row(), snapshot=snapshot.hex(),
            operation=done.number, conflicts=list(conflicts), merged=list(merged), reason=reason,
        )  # fmt: skip


def _joined(tags: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*tags, *more}))


def _kind(order: Order, *, merged: bool) -> str:
    if merged:
        return "merged"
    return {OUTSIDE: "changed-outside", "restored": "restored"}.get(order.cause, "saved")
