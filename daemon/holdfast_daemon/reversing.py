"""The undo of each thing that may happen to a session, and the undo of that.

Each gives the session as it is then, and raises CannotUndo, with what can be done instead, where a later change stands
in the way. In a transaction, which the caller commits.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

from holdfast_daemon import pins
from holdfast_daemon.sessions import Sessions
from holdfast_daemon.store.base import Reader, Transaction
from holdfast_daemon.store.nouns import Operation, Session, Snapshot
from holdfast_protocol.errors import CannotUndo, HoldfastError, NotFound
from holdfast_protocol.messages import LIMITS

HEAD_MOVES = ("saved", "merged", "restored", "accepted", "changed-outside")
CREATIONS = ("created", "forked", "copied")
DELETIONS = ("deleted", "deleted-outside")


class Reversing:
    """What undo knows of each operation."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def reverse(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        """The session as it was before the operation. Raises CannotUndo."""
        return _REVERSALS[operation.type](self, tx, operation, before)

    def put_away(self, tx: Transaction, session: Session, on: bool) -> Session:
        """Archived or not; its file moves along where the folder has a place for such."""
        after = session.but(archived=on)
        if self._sessions.sites[session.folder].is_adopted:
            return after
        return after.but(path=self._sessions.path_for(tx, after, after.name, tx.document_of(after.head)))

    def _reverse_head(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        if before.head != operation.snapshot or before.deleted:
            raise _changed_since(before, operation)
        assert operation.previous is not None
        previous = _kept(tx, operation.previous, operation)
        suspect = before.head if operation.type == "accepted" and operation.note else None
        if suspect is not None:
            tx.put_suspicion(suspect, operation.note)
        path = self.path_with(tx, before, previous)
        return before.but(head=previous.id, size_bytes=previous.size_bytes, diverged=False, suspect=suspect, path=path)

    def path_with(self, tx: Transaction, session: Session, snapshot: Snapshot) -> bytes:
        """Of its visible file, where that snapshot is the head."""
        form = self._sessions.content.form(session.format)
        return self._sessions.path_with(tx, session, tx.document(snapshot.document), form)

    def _reverse_creation(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        if before.deleted or before.head != operation.snapshot or before.name != operation.name:
            raise CannotUndo(
                f"{before.app}/{before.name} has changed since it was made; "
                f"holdfast delete {before.app}/{before.name} removes it",
                operation=operation.number,
            )
        return before.but(deleted=True)

    def _reverse_renaming(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        if before.name != operation.name or before.deleted:
            raise CannotUndo(f"The session is now called {before.name}", operation=operation.number)
        return self._renamed(tx, before, operation.note)

    def _reverse_tags(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        added, removed = _tags_of(operation)
        return before.but(tags=tuple(sorted({*before.tags, *removed} - added)))

    def _reverse_template(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        return before.but(template=operation.note == "off")

    def _reverse_archiving(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        archived = operation.type == "archived"
        if before.deleted or before.archived != archived:
            is_now = "deleted" if before.deleted else "archived" if before.archived else "not archived"
            raise CannotUndo(f"{before.app}/{before.name} is {is_now} by now", operation=operation.number)
        return self.put_away(tx, before, not archived)

    def _reverse_note(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        newest = tx.newest_of(before.id, operation.type)
        if newest is not None and newest.number != operation.number:
            raise CannotUndo(
                f"{before.app}/{before.name} has another note since; undo {newest.number} first",
                operation=operation.number,
            )
        tx.put_note(before.id, operation.note)
        return before

    def _reverse_pins(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        return pins.reverse(tx, operation, before)

    def _reverse_deletion(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        if not before.deleted:
            raise CannotUndo(f"{before.app}/{before.name} is there again", operation=operation.number)
        return self.revived(tx, before, CannotUndo).but(diverged=False, suspect=None)

    def _reverse_undo(self, tx: Transaction, operation: Operation, before: Session) -> Session:
        """What was undone is done again, and can be undone again."""
        original = undone_by(tx, operation)
        assert original is not None
        after = _REPEATS[original.type](self, tx, original, operation, before)
        tx.mark_undone(original.number, None)
        return after

    def _repeat_head(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        if before.head != undone.snapshot or before.deleted:
            raise _changed_since(before, undone)
        assert undone.previous is not None
        head = _kept(tx, undone.previous, undone)
        if original.type == "accepted":
            tx.put_suspicion(undone.previous, None)
        path = self.path_with(tx, before, head)
        return before.but(head=head.id, size_bytes=head.size_bytes, diverged=False, suspect=None, path=path)

    def _repeat_creation(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        return self._reverse_deletion(tx, undone, before)

    def _repeat_deletion(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        if before.head != undone.snapshot or before.deleted:
            raise _changed_since(before, undone)
        return before.but(deleted=True)

    def _repeat_renaming(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        if before.name != undone.name or before.deleted or original.name is None:
            raise CannotUndo(f"The session is now called {before.name}", operation=undone.number)
        return self._renamed(tx, before, original.name)

    def _repeat_tags(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        added, removed = _tags_of(original)
        return before.but(tags=tuple(sorted({*before.tags, *added} - removed)))

    def _repeat_template(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        return before.but(template=original.note != "off")

    def _repeat_archiving(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        archived = original.type == "archived"
        if before.deleted or before.archived == archived:
            raise _changed_since(before, undone)
        return self.put_away(tx, before, archived)

    def _repeat_pins(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        return pins.repeat(tx, original, before)

    def _repeat_note(self, tx: Transaction, original: Operation, undone: Operation, before: Session) -> Session:
        if tx.note(before.id) != original.note:
            raise CannotUndo(f"{before.app}/{before.name} has another note since", operation=undone.number)
        tx.put_note(before.id, undone.note.partition("\n")[2])
        return before

    def _renamed(self, tx: Transaction, before: Session, name: str) -> Session:
        if name != before.name and tx.session_named(before.app, name, before.folder) is not None:
            raise CannotUndo(f"{before.app}/{name} is taken; rename that one first", name=f"{before.app}/{name}")
        return before.but(name=name, path=self._sessions.path_for(tx, before, name, tx.document_of(before.head)))

    def revived(self, tx: Transaction, session: Session, refusal: type[HoldfastError]) -> Session:
        """A deleted session as a live one; at another path where its own is somebody else's now. Raises ``refusal``."""
        taken = tx.session_named(session.app, session.name, session.folder)
        if taken is not None:
            raise refusal(
                f"Another session is called {session.app}/{session.name} now; rename it first",
                name=f"{session.app}/{session.name}",
            )
        path = session.path
        self._sessions.sites[session.folder]  # raises NotFound where it is watched no longer
        if tx.session_at(session.folder, path) is not None:
            path = self._sessions.path_for(tx, session, session.name, tx.document_of(session.head))
        return session.but(deleted=False, path=path)


_Reversal = Callable[[Reversing, Transaction, Operation, Session], Session]
_Repeat = Callable[[Reversing, Transaction, Operation, Operation, Session], Session]  # what was undone, and by what
_REVERSALS: dict[str, _Reversal] = {
    **dict.fromkeys(HEAD_MOVES, Reversing._reverse_head),
    **dict.fromkeys(CREATIONS, Reversing._reverse_creation),
    **dict.fromkeys(DELETIONS, Reversing._reverse_deletion),
    "renamed": Reversing._reverse_renaming,
    "tagged": Reversing._reverse_tags,
    "template": Reversing._reverse_template,
    "undone": Reversing._reverse_undo,
    "archived": Reversing._reverse_archiving,
    "unarchived": Reversing._reverse_archiving,
    "noted": Reversing._reverse_note,
    **dict.fromkeys(("pinned", "unpinned"), Reversing._reverse_pins),
}
_REPEATS: dict[str, _Repeat] = {
    **dict.fromkeys(HEAD_MOVES, Reversing._repeat_head),
    **dict.fromkeys(CREATIONS, Reversing._repeat_creation),
    **dict.fromkeys(DELETIONS, Reversing._repeat_deletion),
    "renamed": Reversing._repeat_renaming,
    "tagged": Reversing._repeat_tags,
    "template": Reversing._repeat_template,
    "archived": Reversing._repeat_archiving,
    "unarchived": Reversing._repeat_archiving,
    "noted": Reversing._repeat_note,
    **dict.fromkeys(("pinned", "unpinned"), Reversing._repeat_pins),
}


def _changed_since(session: Session, operation: Operation) -> CannotUndo:
    return CannotUndo(
        f"{session.app}/{session.name} has changed since operation {operation.number}; "
        f"holdfast restore {session.app}/{session.name}@SNAPSHOT brings an older state back",
        operation=operation.number,
    )


def _kept(tx: Transaction, snapshot: bytes, operation: Operation) -> Snapshot:
    """Raises CannotUndo where retention took it."""
    try:
        return tx.need_snapshot(snapshot)
    except NotFound as pruned:
        raise CannotUndo(pruned.sentence, operation=operation.number) from pruned


def rows_with(reader: Reader, operation: Operation) -> list[Operation]:
    """All rows of the batch that an operation is of, oldest first; without one, itself. They follow each other."""
    if operation.batch is None:
        return [operation]
    found: list[Operation] = []
    while page := reader.operations_after(found[-1].number if found else operation.batch - 1, LIMITS["changes_count"]):
        mine = [*takewhile(lambda each: each.batch == operation.batch, page)]
        found += mine
        if len(mine) < len(page):
            break
    return found


def undone_by(tx: Reader, operation: Operation | None) -> Operation | None:
    """What an operation of the type ``undone`` reversed."""
    if operation is None or operation.type != "undone":
        return None
    return tx.operation(int(operation.note.partition("\n")[0].rpartition(" ")[2]))


def _tags_of(operation: Operation) -> tuple[set[str], set[str]]:
    """Those that it added, and those that it removed."""
    lines = operation.note.split("\n")
    added, removed = ({line[1:] for line in lines if line.startswith(sign)} for sign in "+-")
    return added, removed
