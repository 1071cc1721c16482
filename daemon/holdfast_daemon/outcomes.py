"""What may become of an order, each as the work of one transaction: a new session, a fork, a head, a suspect, nothing.

Which of them it is, is decided in ``saving.py``; where the session has moved since, the work raises Moved.
"""

from __future__ import annotations

from collections.abc import Callable

from holdfast_daemon.content import Placed
from holdfast_daemon.order import Order
from holdfast_daemon.sessions import OUTSIDE, SESSIONS_FOLDER, Caller, Done, Note, Sessions
from holdfast_daemon.store.base import Moved, Transaction
from holdfast_daemon.store.nouns import Session, new_id
from holdfast_protocol.messages import Saved

Work = Callable[[Transaction], Saved]


class Outcomes:
    """One method for each."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def creation(
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
            sessions.keep(tx, order.placed, snapshot)
            suffix = sessions.suffix_of(tx, document, order.form)
            path = order.path or sessions.free_path(tx, order.app, name, suffix, None)
            session = Session(
                id=identity, app=order.app, folder=SESSIONS_FOLDER, name=name, format=order.form.app, path=path,
                revision=1, head=snapshot.id, size_bytes=document.size_bytes, created=snapshot.time,
                modified=snapshot.time, forked_from=forked_from.id if forked_from else None,
                tags=_joined((), order.tags),
            )  # fmt: skip
            text = f"from {forked_from.app}/{forked_from.name}" if forked_from else ""
            done = sessions.change(tx, None, session, caller.author, Note(type=kind, cause=order.cause, text=text))
            if order.path is not None:
                sessions.is_visible(tx, path, identity, snapshot.id)
            if order.seen is not None and forked_from is not None:
                self._shows(tx, order.seen, forked_from, snapshot.id)
            return _saved(done, outcome, snapshot.id, conflicts=conflicts)

        return work

    def fork(self, order: Order, caller: Caller, session: Session, conflicts: tuple[str, ...]) -> Work:
        name = f"{session.name} ({'outside' if order.cause == OUTSIDE else 'fork'})"
        fork = Order(
            app=session.app, name=name, placed=order.placed, form=order.form, cause=order.cause, base=order.base,
            message=order.message, tags=order.tags, seen=order.seen,
        )  # fmt: skip
        return self.creation(fork, caller, "forked", session, "forked", conflicts)

    def nothing(self, order: Order, session: Session, snapshot: bytes) -> Work:
        """``snapshot`` has the order's document already."""
        sessions = self._sessions

        def work(tx: Transaction) -> Saved:
            current = tx.session(session.id)
            assert current is not None
            after = current.but(tags=_joined(current.tags, order.tags))
            if order.seen is not None:
                sessions.want(tx, current.path, current.id, current.head)
                tx.confirm(order.seen, snapshot)
                after = after.but(diverged=False, suspect=None)
            if after != current:
                tx.put_session(after, current)
            return _saved(Done(None, after), "unchanged", snapshot)

        return work

    def suspect(self, order: Order, caller: Caller, session: Session, base: bytes, reason: str) -> Work:
        sessions, document = self._sessions, order.placed.document
        snapshot = sessions.snapshot(
            session.id, document.id, document.size_bytes, (base,), order.cause, caller.author, order.message, reason
        )
        stays = order.seen is not None and order.seen == session.path

        def work(tx: Transaction) -> Saved:
            current = tx.session(session.id)
            if current is None or current.but(deleted=False) != session:
                raise Moved
            sessions.keep(tx, order.placed, snapshot)
            after = current.but(suspect=snapshot.id, diverged=current.diverged or stays)
            note = Note(type="suspect", cause=order.cause, previous=snapshot.id, text=reason)
            done = sessions.change(tx, current, after, caller.author, note)
            if stays:
                sessions.is_visible(tx, session.path, session.id, snapshot.id)
            elif order.seen is not None:
                tx.confirm(order.seen, snapshot.id)
            return _saved(done, "suspect", snapshot.id, reason=reason)

        return work

    def advance(
        self, order: Order, caller: Caller, session: Session, placed: Placed, taken: tuple[str, ...],
        merged_with: bytes | None = None, warnings: tuple[str, ...] = (),
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
            sessions.keep(tx, order.placed, own)
            if head is not own:
                sessions.keep(tx, placed, head)
            after = session.but(
                head=head.id, revision=session.revision + 1, size_bytes=head.size_bytes, diverged=False, suspect=None,
                format=order.form.app, path=self._path(tx, session, order), tags=_joined(session.tags, order.tags),
            )  # fmt: skip
            note = Note(type=kind, cause=order.cause, previous=session.head, text=order.message)
            done = sessions.change(tx, current, after, caller.author, note)
            if order.seen is not None:
                tx.confirm(order.seen, own.id)
            outcome = "merged" if merged_with is not None else "saved"
            return _saved(done, outcome, head.id, merged=taken, warnings=warnings)

        return work

    def _path(self, tx: Transaction, session: Session, order: Order) -> bytes:
        """What was found outside stays where it is."""
        if order.cause == OUTSIDE:
            return session.path
        return self._sessions.path_with(tx, session, order.placed.document, order.form)

    def _shows(self, tx: Transaction, path: bytes, session: Session, snapshot: bytes) -> None:
        """A session's path shows a fork's bytes; its own head belongs there, unless it has left."""
        current = tx.session(session.id)
        if current is not None and current.path == path and not current.deleted:
            self._sessions.want(tx, path, current.id, current.head)
        tx.confirm(path, snapshot)


def _saved(
    done: Done, outcome: str, snapshot: bytes, *, conflicts: tuple[str, ...] = (), merged: tuple[str, ...] = (),
    reason: str | None = None, warnings: tuple[str, ...] = (),
) -> Saved:  # fmt: skip
    return Saved(
        outcome=outcome, session=done.session.row(), snapshot=snapshot.hex(), operation=done.number,
        conflicts=list(conflicts), merged=list(merged), reason=reason, warnings=list(warnings),
    )  # fmt: skip


def _joined(tags: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*tags, *more}))


def _kind(order: Order, *, merged: bool) -> str:
    if merged:
        return "merged"
    return {OUTSIDE: "changed-outside", "restored": "restored"}.get(order.cause, "saved")
