"""What may become of an order, each as the work of one transaction: a new session, a fork, a head, a suspect, nothing.

Which of them it is, is decided in ``saving.py``; where the session has moved since, the work raises Moved.
"""

from __future__ import annotations

from collections.abc import Callable

from holdfast_daemon.content import Placed
from holdfast_daemon.order import Order
from holdfast_daemon.reversing import Reversing
from holdfast_daemon.sessions import OUTSIDE, Caller, Done, Note, Sessions
from holdfast_daemon.store.base import Moved, Reader, Transaction
from holdfast_daemon.store.nouns import Session, Snapshot, new_id
from holdfast_protocol.errors import Exists
from holdfast_protocol.messages import Saved

Work = Callable[[Transaction], Saved]


class Outcomes:
    """One method for each."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._reversing = Reversing(sessions)

    def creation(
        self, order: Order, caller: Caller, kind: str, forked_from: Session | None = None, outcome: str = "saved",
        conflicts: tuple[str, ...] = (),
    ) -> Work:  # fmt: skip
        sessions, document = self._sessions, order.placed.document
        identity = (order.identity if forked_from is None else None) or new_id()
        origin = forked_from or order.origin
        history = self._history(order, identity, caller)
        base = order.base if forked_from else history[-1].id if history else None
        snapshot = sessions.snapshot(
            identity, document.id, document.size_bytes, (base,) if base else (), order.cause, caller.author,
            order.message,
        )  # fmt: skip

        def work(tx: Transaction) -> Saved:
            found = order.path is not None
            insists = forked_from is None and not found and order.other_names is None
            if insists and tx.session_named(order.app, order.name, order.folder) is not None:
                raise Moved
            if found and tx.session_at(order.folder, order.path or b"") is not None:
                raise Moved
            if order.unless_known and known_as(tx, order) is not None:
                raise Moved
            name = self._free_name(tx, order)
            for before, earlier in zip(order.before, history, strict=True):
                sessions.keep(tx, before.placed, earlier)
            sessions.keep(tx, order.placed, snapshot)
            path = order.path
            if path is None:
                suffix = sessions.suffix_of(tx, document, order.form)
                path = sessions.free_path(
                    tx, order.folder, order.app, name, suffix, None, is_folder=document.is_folder
                )  # fmt: skip
            session = Session(
                id=identity, app=order.app, folder=order.folder, name=name, format=order.form.app, path=path,
                revision=1, head=snapshot.id, size_bytes=document.size_bytes, created=snapshot.time,
                modified=snapshot.time, forked_from=origin.id if origin else None,
                tags=_joined((), order.tags), archived=sessions.sites[order.folder].archived(path, False),
            )  # fmt: skip
            text = f"from {origin.app}/{origin.name}" if origin else ""
            note = Note(type=kind, cause=order.cause, text=text)
            done = sessions.change(tx, None, session, caller.author, note, shown=found)
            if order.note:
                tx.put_note(identity, order.note)
            pins = [*(before.pins for before in order.before), order.pins]
            for labels, pinned in zip(pins, (*history, snapshot), strict=True):
                for label in labels:
                    tx.put_pin(identity, label, pinned.id)
            if found:
                sessions.is_visible(tx, order.folder, path, identity, snapshot.id, order.looks)
            if order.seen is not None and forked_from is not None:
                stays = self._shows(tx, order.seen, forked_from, snapshot.id)
                former = tx.session(forked_from.id)
                if former is not None and stays and not former.diverged:
                    tx.put_session(former.but(diverged=True), former)
            return _saved(done, outcome, snapshot.id, conflicts=conflicts)

        return work

    def _free_name(self, tx: Transaction, order: Order) -> str:
        wanted = [order.name, *(order.other_names or ())]
        for name in wanted:
            if tx.session_named(order.app, name, order.folder) is None:
                return name
        return self._sessions.free_name(tx, order.folder, order.app, wanted[-1])

    def _history(self, order: Order, identity: bytes, caller: Caller) -> list[Snapshot]:
        """A snapshot for each of the documents that come before."""
        found: list[Snapshot] = []
        for each in order.before:
            document, parents = each.placed.document, tuple(before.id for before in found[-1:])
            found.append(
                self._sessions.snapshot(
                    identity, document.id, document.size_bytes, parents, order.cause, caller.author, each.message
                )
            )
        return found

    def fork(self, order: Order, caller: Caller, session: Session, conflicts: tuple[str, ...]) -> Work:
        """Always in the sessions folder: nothing is put into an application's own unasked."""
        name = f"{session.name} ({'outside' if order.cause == OUTSIDE else 'fork'})"
        fork = Order(
            app=session.app, name=name, placed=order.placed, form=order.form, cause=order.cause, base=order.base,
            message=order.message, tags=order.tags, seen=order.seen,
        )  # fmt: skip
        return self.creation(fork, caller, "forked", session, "forked", conflicts)

    def nothing(self, order: Order, session: Session, snapshot: bytes) -> Work:
        """``snapshot`` has the order's document already."""

        def work(tx: Transaction) -> Saved:
            current = tx.session(session.id)
            assert current is not None
            after = current.but(tags=_joined(current.tags, order.tags))
            if order.seen is not None:
                stays = self._shows(tx, order.seen, current, snapshot)
                after = after.but(diverged=stays, suspect=None)
            if after != current:
                tx.put_session(after, current)
            return _saved(Done(None, after), "unchanged", snapshot)

        return work

    def known(self, order: Order, session: Session, snapshot: bytes) -> Work:
        """``session`` has all of the order's documents, ``snapshot`` its last one."""

        def work(tx: Transaction) -> Saved:
            if known_as(tx, order) != (session, snapshot):
                raise Moved
            return _saved(Done(None, session), "unchanged", snapshot)

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
            after = session.but(suspect=snapshot.id, diverged=current.diverged or stays)
            note = Note(type="suspect", cause=order.cause, previous=snapshot.id, text=reason)
            done = sessions.change(tx, current, after, caller.author, note)
            if stays:
                sessions.is_visible(tx, session.folder, session.path, session.id, snapshot.id)
            elif order.seen is not None:
                tx.confirm(session.folder, order.seen, snapshot.id)
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
        stays = merged_with is not None and sessions.sites[session.folder].is_adopted

        def work(tx: Transaction) -> Saved:
            current = tx.session(session.id)
            if current is None or current.but(deleted=False) != session:
                raise Moved
            sessions.keep(tx, order.placed, own)
            if head is not own:
                sessions.keep(tx, placed, head)
            shown = self._shown(tx, session, own, head, seen=order.seen is not None) if stays else None
            after = session.but(
                head=head.id, revision=session.revision + 1, size_bytes=head.size_bytes,
                diverged=stays and shown != head.id, suspect=None,
                format=order.form.app, path=self._path(tx, session, order), tags=_joined(session.tags, order.tags),
            )  # fmt: skip
            if current.deleted:
                after = self._reversing.revived(tx, after, Exists)
            note = Note(type=kind, cause=order.cause, previous=session.head, text=order.message)
            done = sessions.change(tx, current, after, caller.author, note)
            if stays:
                self._stays(tx, session, shown)
            elif order.seen is not None:
                tx.confirm(session.folder, order.seen, own.id)
            outcome = "merged" if merged_with is not None else "saved"
            return _saved(done, outcome, head.id, merged=taken, warnings=warnings)

        return work

    def _path(self, tx: Transaction, session: Session, order: Order) -> bytes:
        """What was found outside stays where it is."""
        if order.cause == OUTSIDE:
            return session.path
        return self._sessions.path_with(tx, session, order.placed.document, order.form)

    def _shows(self, tx: Transaction, path: bytes, session: Session, snapshot: bytes) -> bool:
        """A session's path shows that snapshot, which is not its head, or a fork's: its own head belongs there, unless
        the session has left. True where it stays so: in an application's own folder, with nothing on its way there."""
        current = tx.session(session.id)
        if current is not None and current.path == path and not current.deleted:
            visible = tx.visible(current.folder, path)
            on_way = visible is not None and visible.published != visible.wanted
            same = tx.need_snapshot(snapshot).document == tx.need_snapshot(current.head).document
            if self._sessions.sites[current.folder].is_adopted and not on_way and not same:
                self._sessions.is_visible(tx, current.folder, path, current.id, snapshot)
                return True
            self._sessions.want(tx, current.folder, path, current.id, current.head)
        tx.confirm(session.folder, path, snapshot)
        return False

    def _shown(self, tx: Transaction, session: Session, own: Snapshot, head: Snapshot, *, seen: bool) -> bytes | None:
        """What the disk shows of a session that gets a merged head: what was seen there, else what was published last;
        the head itself where that is the same."""
        visible = tx.visible(session.folder, session.path)
        shown = own.id if seen else visible.published if visible else None
        document = own.document if seen else tx.need_snapshot(shown).document if shown else None
        return head.id if document == head.document else shown

    def _stays(self, tx: Transaction, session: Session, shown: bytes | None) -> None:
        """What the disk shows is what it should show."""
        if shown is not None:
            self._sessions.is_visible(tx, session.folder, session.path, session.id, shown)
        else:
            tx.drop_visible(session.folder, session.path)


def known_as(reader: Reader, order: Order) -> tuple[Session, bytes] | None:
    """A live session of the application that has the order's document and all those before it, and the snapshot that
    has it; one whose head that is, where there is one."""
    name = order.name if order.other_names is None else None
    histories = {each.placed.document.id for each in order.before}
    having = [{found.id for found, _ in reader.sessions_having(each, order.app, name)} for each in histories]
    for session, snapshot in reader.sessions_having(order.placed.document.id, order.app, name):
        if all(session.id in some for some in having):
            return session, snapshot
    return None


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
