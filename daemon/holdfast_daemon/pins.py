"""Pins: labels that people give to snapshots, which retention then leaves alone."""

from __future__ import annotations

from collections import defaultdict

from holdfast_daemon.naming import Named
from holdfast_daemon.sessions import Caller, Note, Sessions, need_session
from holdfast_daemon.store.base import Reader, Transaction
from holdfast_daemon.store.nouns import Operation, Session, Snapshot
from holdfast_protocol.errors import CannotUndo, Exists, NotFound
from holdfast_protocol.messages import Changed
from holdfast_protocol.model import SnapshotRow
from holdfast_protocol.names import shown

LABEL_DIGITS = 12


class Pins:
    """Puts them on and takes them off. ``expect``: the revision that the session must have."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def put_on(self, named: Named, label: str, caller: Caller, expect: int | None) -> Changed:
        """The snapshot is called so. Raises Exists where another one is."""
        said = label or named.snapshot.id.hex()[:LABEL_DIGITS]

        def work(tx: Transaction) -> Changed:
            session, snapshot = need_session(tx, named.session.id, expect), tx.need_snapshot(named.snapshot.id)
            has = tx.pins(session.id).get(said)
            if has == snapshot.id:
                return Changed(session=session.row(), operation=None)
            if has is not None:
                raise Exists(f"Another snapshot, {has.hex()[:12]}, is pinned as {shown(said)}", label=said)
            tx.put_pin(session.id, said, snapshot.id)
            return self._told(tx, session, Note(type="pinned", previous=snapshot.id, text=said), caller)

        return await self._sessions.commit(caller, Changed, lambda: work)

    async def take_off(self, named: Named, label: str, caller: Caller, expect: int | None) -> Changed:
        """The snapshot is called so no longer, or without a label by none. Raises NotFound for one that it has not."""

        def work(tx: Transaction) -> Changed:
            session = need_session(tx, named.session.id, expect)
            pins = tx.pins(session.id)
            gone = [each for each in pins if (each == label if label else pins[each] == named.snapshot.id)]
            if label and not gone:
                raise NotFound(f"{session.app}/{session.name} has no pin {shown(label)}", label=label)
            if not gone:
                return Changed(session=session.row(), operation=None)
            for each in gone:
                tx.drop_pin(session.id, each)
            note = Note(type="unpinned", previous=pins[gone[0]], text="\n".join(gone))
            return self._told(tx, session, note, caller)

        return await self._sessions.commit(caller, Changed, lambda: work)

    def _told(self, tx: Transaction, session: Session, note: Note, caller: Caller) -> Changed:
        done = self._sessions.change(tx, session, session, caller.author, note, shown=True)
        return Changed(session=done.session.row(), operation=done.number)


def labels(reader: Reader, session: bytes) -> dict[bytes, list[str]]:
    """Snapshot → what it is called."""
    found = defaultdict(list)
    for label, snapshot in reader.pins(session).items():
        found[snapshot].append(label)
    return found


def snapshot_row(reader: Reader, snapshot: Snapshot) -> SnapshotRow:
    """As it goes out on the wire, with what it is called."""
    return snapshot.row(labels(reader, snapshot.session).get(snapshot.id, ()))


def reverse(tx: Transaction, operation: Operation, session: Session) -> Session:
    """The pins as they were before, where nobody has moved them since. Raises CannotUndo."""
    assert operation.previous is not None
    pins = tx.pins(session.id)
    for label in operation.note.split("\n"):
        has = pins.get(label)
        if operation.type == "pinned" and has == operation.previous:
            tx.drop_pin(session.id, label)
        if operation.type == "unpinned" and has is None and tx.snapshot(operation.previous) is not None:
            tx.put_pin(session.id, label, operation.previous)
        elif operation.type == "unpinned":
            raise CannotUndo(
                f"Another snapshot is pinned as {shown(label)} now" if has else "The snapshot was pruned since",
                operation=operation.number,
            )
    return session


def repeat(tx: Transaction, operation: Operation, session: Session) -> Session:
    """What was undone, once more. Raises CannotUndo."""
    opposite = "unpinned" if operation.type == "pinned" else "pinned"
    return reverse(tx, operation.but(type=opposite), session)
