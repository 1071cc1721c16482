"""The life of a session beside its heads' saves: rename, copy, delete, restore, accept, and the undo of each."""

from __future__ import annotations

from collections.abc import Collection

from holdfast_daemon.content import Placed
from holdfast_daemon.reversing import Reversing, rows_with, undone_by
from holdfast_daemon.sessions import OUTSIDE, SESSIONS_FOLDER, Caller, Done, Note, Sessions, need_session
from holdfast_daemon.store.base import Moved, Reader, Transaction
from holdfast_daemon.store.nouns import Operation, Session, Snapshot, new_id
from holdfast_protocol.errors import CannotUndo, Exists, HoldfastError, NotFound
from holdfast_protocol.messages import Changed, Noted, Saved, Undone


class Lifecycle:
    """One method per thing that may happen; each raises coded errors and changes nothing where it does. ``expect``: the
    revision that the session must have."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._reversing = Reversing(sessions)

    async def rename(self, identity: bytes, name: str, caller: Caller, expect: int | None = None) -> Changed:
        """The visible file moves along."""

        def work(tx: Transaction) -> Changed:
            before = need_session(tx, identity, expect)
            if name != before.name and tx.session_named(before.app, name, before.folder) is not None:
                raise Exists(f"{before.app}/{name} exists already", name=f"{before.app}/{name}")
            after = before.but(
                name=name, path=self._sessions.path_for(tx, before, name, tx.document_of(before.head)), deleted=False
            )
            note = Note(type="renamed", text=before.name)
            return _changed(self._sessions.change(tx, before, after, caller.author, note))

        return await self._sessions.commit(caller, Changed, lambda: work)

    async def moved(
        self, identity: bytes, name: str, folder: str, path: bytes, shown: bytes, looks: bytes | None
    ) -> Changed:  # fmt: skip
        """Somebody outside moved the visible file, perhaps from another folder, or put it back; ``name`` is wanted,
        with a number where another session has it. ``shown``: the snapshot that lies there, which need not be the head;
        ``looks``: the file's signature."""

        def work(tx: Transaction) -> Changed:
            before = need_session(tx, identity)
            other = tx.session_named(before.app, name, folder)
            taken = other is not None and other.id != identity
            to = self._sessions.free_name(tx, folder, before.app, name) if taken else name
            at = tx.session_at(folder, path)
            if at is not None and at.id != identity:
                raise Moved
            former = tx.visible(before.folder, before.path)
            if former is not None and former.session != identity:
                former = None
            archived = self._sessions.sites[folder].archived(path, before.archived)
            after = before.but(name=to, folder=folder, path=path, deleted=False, archived=archived)
            note = Note(type="renamed", cause=OUTSIDE, text=before.name, undoable=before.folder == folder)
            done = self._sessions.change(tx, before, after, OUTSIDE, note)
            if former is not None and (before.folder, before.path) != (folder, path):
                tx.drop_visible(before.folder, before.path)
            wanted = after.head if former is None or former.wanted is None else former.wanted
            if tx.need_snapshot(wanted).document == tx.need_snapshot(shown).document:
                self._sessions.is_visible(tx, folder, path, identity, wanted, looks)
            else:  # a client's save was on its way to the old path
                self._sessions.is_visible(tx, folder, path, identity, shown)
                self._sessions.want(tx, folder, path, identity, wanted)
            return _changed(done)

        return await self._sessions.commit(Caller(OUTSIDE), Changed, lambda: work)

    async def tag(
        self, identity: bytes, add: Collection[str], remove: Collection[str], caller: Caller, expect: int | None = None
    ) -> Changed:
        """Other tags; nothing else changes."""

        def work(tx: Transaction) -> Changed:
            before = need_session(tx, identity, expect)
            after = before.but(tags=tuple(sorted({*before.tags, *add} - {*remove})))
            came = [f"+{tag}" for tag in after.tags if tag not in before.tags]
            went = [f"-{tag}" for tag in before.tags if tag not in after.tags]
            return self._marked(tx, before, after, Note(type="tagged", text="\n".join([*came, *went])), caller)

        return await self._sessions.commit(caller, Changed, lambda: work)

    async def template(self, identity: bytes, on: bool, caller: Caller, expect: int | None = None) -> Changed:
        """Whether saves leave it alone."""

        def work(tx: Transaction) -> Changed:
            before = need_session(tx, identity, expect)
            note = Note(type="template", text="on" if on else "off")
            return self._marked(tx, before, before.but(template=on), note, caller)

        return await self._sessions.commit(caller, Changed, lambda: work)

    async def archive(self, identity: bytes, on: bool, caller: Caller, expect: int | None = None) -> Changed:
        """Whether it is put away; its file moves along where the folder has a place for such."""

        def work(tx: Transaction) -> Changed:
            before = need_session(tx, identity, expect)
            if before.archived == on:
                return Changed(session=before.row(), operation=None)
            note = Note(type="archived" if on else "unarchived")
            after = self._reversing.put_away(tx, before, on)
            return _changed(self._sessions.change(tx, before, after, caller.author, note))

        return await self._sessions.commit(caller, Changed, lambda: work)

    async def note(self, identity: bytes, text: str, caller: Caller, expect: int | None = None) -> Noted:
        """What people wrote about it."""

        def work(tx: Transaction) -> Noted:
            before, former = need_session(tx, identity, expect), tx.note(identity)
            if text == former:
                return Noted(session=before.row(), text=text)
            tx.put_note(identity, text)
            note = Note(type="noted", text=former)
            done = self._sessions.change(tx, before, before, caller.author, note, shown=True)
            return Noted(session=done.session.row(), text=text, operation=done.number)

        return await self._sessions.commit(caller, Noted, lambda: work)

    def _marked(self, tx: Transaction, before: Session, after: Session, note: Note, caller: Caller) -> Changed:
        """What stands beside the document is changed, if it is."""
        if after == before:
            return Changed(session=before.row(), operation=None)
        return _changed(self._sessions.change(tx, before, after, caller.author, note, shown=True))

    async def copy(self, snapshot: Snapshot, app: str, name: str, caller: Caller) -> Changed:
        """A new session whose first snapshot has that one's document."""

        def work(tx: Transaction) -> Changed:
            return _changed(self._new(tx, tx.need_snapshot(snapshot.id), app, name, "copied", "saved", caller))

        return await self._sessions.commit(caller, Changed, lambda: work)

    async def delete(self, identity: bytes, caller: Caller, expect: int | None = None) -> Changed:
        """Reversible: the session leaves the list, its file goes, its history stays."""

        def work(tx: Transaction) -> Changed:
            before = need_session(tx, identity, expect)
            if before.deleted:
                raise NotFound(f"{before.app}/{before.name} is deleted already", name=f"{before.app}/{before.name}")
            done = self._sessions.change(tx, before, before.but(deleted=True), caller.author, Note(type="deleted"))
            return _changed(done)

        return await self._sessions.commit(caller, Changed, lambda: work)

    async def restore(self, snapshot: Snapshot, expect: int | None, caller: Caller) -> Saved:
        """An older snapshot's document as the head again, or the head's own back on the disk."""

        def work(tx: Transaction) -> Saved:
            before = need_session(tx, snapshot.session, expect)
            made = old = tx.need_snapshot(snapshot.id)
            if snapshot.id != before.head:
                made = self._snapshot_of(snapshot, before, caller)
                tx.add_snapshot(made)
            after = before.but(diverged=False, suspect=None) if made is old else self._headed(tx, before, made)
            self._sessions.sites[after.folder]  # raises NotFound where it is watched no longer
            if before.deleted:
                after = self._reversing.revived(tx, after, Exists)
            note = Note(
                type="restored", cause="restored", previous=before.head, undoable=made.id != before.head,
                text=snapshot.id.hex(),
            )  # fmt: skip
            done = self._sessions.change(tx, before, after, caller.author, note)
            self._sessions.want(tx, after.folder, after.path, after.id, made.id)
            return _saved(done, made.id)

        return await self._sessions.commit(caller, Saved, lambda: work)

    async def restore_as(self, snapshot: Snapshot, placed: Placed | None, app: str, name: str, caller: Caller) -> Saved:
        """The same as a new session; ``placed`` where only parts of it are wanted."""

        def work(tx: Transaction) -> Saved:
            source = tx.need_snapshot(snapshot.id)
            if placed is not None:
                tx.add_chunks(placed.places)
                tx.add_document(placed.document)
                source = self._sessions.snapshot(
                    snapshot.session, placed.document.id, placed.document.size_bytes, snapshot.parents,
                    "restored", caller.author,
                )  # fmt: skip
            done = self._new(tx, source, app, name, "copied", "restored", caller)
            return _saved(done, done.session.head)

        return await self._sessions.commit(caller, Saved, lambda: work)

    async def accept(self, identity: bytes, suspect: bytes, caller: Caller, expect: int | None = None) -> Saved:
        """A suspect becomes the head and is a suspect no longer."""

        def work(tx: Transaction) -> Saved:
            before, snapshot = need_session(tx, identity, expect), tx.need_snapshot(suspect)
            if snapshot.session != identity:  # what lies there is in the history as a fork's
                snapshot = self._sessions.snapshot(
                    identity, snapshot.document, snapshot.size_bytes, (before.head,), OUTSIDE, caller.author
                )
                tx.add_snapshot(snapshot)
            tx.put_suspicion(snapshot.id, None)
            note = Note(type="accepted", cause=snapshot.cause, previous=before.head, text=snapshot.suspect or "")
            done = self._sessions.change(tx, before, self._headed(tx, before, snapshot), caller.author, note)
            return _saved(done, snapshot.id)

        return await self._sessions.commit(caller, Saved, lambda: work)

    async def undo(self, number: int | None, caller: Caller, expect: int | None = None) -> Undone:
        """Reverse an operation, or say why not; ``expect`` is of its session."""

        def work(tx: Transaction) -> Undone:
            operation = self.undoable(tx, number, caller)
            assert operation.session is not None
            need_session(tx, operation.session, expect)
            rows = [each for each in rows_with(tx, operation) if each.undoable]
            batch = None if operation.batch is None else tx.newest_operation() + 1
            for each in reversed(rows):
                self._reversed(tx, each, batch, caller)
            again = tx.operation(operation.number)
            assert again is not None
            assert again.undone_by is not None
            session = need_session(tx, operation.session)
            return Undone(undone=again.row(), operation=again.undone_by, session=session.row(), count=len(rows))

        return await self._sessions.commit(caller, Undone, lambda: work)

    def _reversed(self, tx: Transaction, operation: Operation, batch: int | None, caller: Caller) -> None:
        """One row of the log is, by another; ``batch``: that row's."""
        assert operation.session is not None
        try:
            before = need_session(tx, operation.session)
            replaced = f"\n{tx.note(before.id)}" if operation.type == "noted" else ""
            after = self._reversing.reverse(tx, operation, before)
        except HoldfastError as problem:
            if batch is None:
                raise
            said = f"Operation {operation.number} ({operation.type}) is of a batch, which is undone as a whole"
            raise type(problem)(f"{said}: {problem.sentence}", **problem.details) from problem
        note = Note(
            type="undone", previous=before.head, text=f"{operation.type} {operation.number}{replaced}",
            undoable=operation.type != "undone", batch=batch,
        )  # fmt: skip
        done = self._sessions.change(tx, before, after.but(revision=before.revision + 1), caller.author, note)
        tx.mark_undone(operation.number, done.number)

    def undoable(self, tx: Reader, number: int | None, caller: Caller) -> Operation:
        """The operation, or without a number the newest. Raises NotFound, CannotUndo."""
        if number is None:
            newest = tx.newest_undoable((caller.author, OUTSIDE))
            if newest is None:
                raise NotFound("There is nothing to undo")
            return newest
        operation = tx.operation(number)
        if operation is None:
            raise NotFound(f"There is no operation {number}", operation=number)
        if operation.undone_by is not None:
            raise CannotUndo(f"Operation {number} was undone by {operation.undone_by}", operation=number)
        if not operation.undoable:
            again = undone_by(tx, undone_by(tx, operation))
            hint = f"; operation {again.number} is in effect again, undo that" if again is not None else ""
            raise CannotUndo(f"Operation {number} ({operation.type}) cannot be undone{hint}", operation=number)
        return operation

    def _snapshot_of(self, source: Snapshot, session: Session, caller: Caller) -> Snapshot:
        return self._sessions.snapshot(
            session.id, source.document, source.size_bytes, (session.head,), "restored", caller.author
        )

    def _headed(self, tx: Transaction, session: Session, snapshot: Snapshot) -> Session:
        return session.but(
            head=snapshot.id, revision=session.revision + 1, size_bytes=snapshot.size_bytes, diverged=False,
            suspect=None, deleted=False, path=self._reversing.path_with(tx, session, snapshot),
        )  # fmt: skip

    def _new(
        self, tx: Transaction, source: Snapshot, app: str, name: str, kind: str, cause: str, caller: Caller
    ) -> Done:
        if tx.session_named(app, name, SESSIONS_FOLDER) is not None:
            raise Exists(f"{app}/{name} exists already", name=f"{app}/{name}")
        origin = need_session(tx, source.session)
        identity = new_id()
        first = self._sessions.snapshot(
            identity, source.document, source.size_bytes, (source.id,), cause, caller.author
        )
        form = self._sessions.content.form(origin.format)
        document = tx.document(source.document)
        suffix = self._sessions.suffix_of(tx, document, form)
        path = self._sessions.free_path(
            tx, SESSIONS_FOLDER, app, name, suffix, None, is_folder=document.is_folder
        )  # fmt: skip
        tx.add_snapshot(first)
        session = Session(
            id=identity, app=app, folder=SESSIONS_FOLDER, name=name, format=origin.format, revision=1, head=first.id,
            path=path, size_bytes=source.size_bytes, created=first.time, modified=first.time,
        )  # fmt: skip
        note = Note(type=kind, cause=cause, text=f"from {origin.app}/{origin.name}")
        return self._sessions.change(tx, None, session, caller.author, note)


def _changed(done: Done) -> Changed:
    assert done.number is not None
    return Changed(session=done.session.row(), operation=done.number)


def _saved(done: Done, snapshot: bytes) -> Saved:
    return Saved(outcome="saved", session=done.session.row(), snapshot=snapshot.hex(), operation=done.number)
