"""Deletions made outside, and the folder that is held because they look like its loss.

A deletion is committed at once. Where the burst that it belongs to is too much of its folder, or the folder itself is
gone, the deletions of the burst are reversed and the folder is held: its sessions live on without a file, and nothing
in it is deleted, until what is missing is back or somebody accepts the loss. All of it is rows of the catalog, so that
a crash in between changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from holdfast_daemon.breaker import BURST_SECONDS, loss_in, reason_to_hold, reason_to_stay_held, while_away
from holdfast_daemon.sessions import OUTSIDE, SESSIONS_FOLDER, Note, Sessions
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Folder, Operation, Session, Visible

#: A folder that was away is filled again from a copy, perhaps: so long after the last file came, none comes.
RETURN_SECONDS = 5.0


class Gone(NamedTuple):
    """A path where nothing is any more, and what was published there when that was seen."""

    path: bytes
    published: bytes | None


class Holding:
    """One method for each; all wait until it is durable. For any thread but the loop's."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._coming: dict[str, tuple[int, float]] = {}  # how many were missing at the least, and since when

    def gone(self, label: str, paths: Sequence[Gone]) -> None:
        """These were deleted outside: so are their sessions, unless the folder is or has to be held."""

        def work(tx: Transaction) -> None:
            folder = _need(tx, label)
            left = [session for each in paths if (session := self._left(tx, label, each)) is not None]
            reason = None if folder.held else self._reason(tx, label, len(left))
            if reason is not None:
                self._hold(tx, folder, reason)
            if folder.held is None and reason is None:
                for session in left:
                    self._delete(tx, session, OUTSIDE)

        self._catalog.submit(work).result()

    def hold(self, label: str, reason: str) -> None:
        """Too much of the folder is gone, or it is not there, or not to be read: what went in the last seconds was not
        deleted by anybody."""

        def work(tx: Transaction) -> None:
            folder = _need(tx, label)
            if folder.held is None:
                self._hold(tx, folder, reason)
            else:
                tx.put_folder(folder.but(held=while_away(reason, folder.held)))

        held = self._held(label)
        if held is None or held != while_away(reason, held):
            self._catalog.submit(work).result()

    def returned(self, label: str, reason: str) -> None:
        """The folder is there again: if it is held for having been away, it is until a scan has gone through it."""
        held = self._held(label)
        if held is not None:
            reason = loss_in(held) or reason
            self._catalog.submit(lambda tx: tx.put_folder(_need(tx, label).but(held=reason))).result()

    def conclude(self, label: str) -> bool:
        """After a scan, what is missing is decided upon. In a folder that is not held it was deleted, however it came
        to be missing. In one that was away it was deleted as well, if it is few and nothing comes back any more; True:
        that is to be seen, by another scan a little later."""
        held, missing = self._held(label), self._catalog.reader.missing_count(label)
        moment = time.monotonic()
        fewest, since = self._coming.pop(label, (missing + 1, moment))
        if held is None and missing:
            self.accept(label, OUTSIDE)
        elif held is not None and not missing:
            self._free(label)
        elif held is not None and loss_in(held) is None:
            since = moment if missing < fewest else since
            if moment < since + RETURN_SECONDS:
                self._coming[label] = min(missing, fewest), since
                return True
            of_all = self._catalog.reader.sessions_in(label)
            reason = reason_to_stay_held(missing, of_all, is_marked=label == SESSIONS_FOLDER)
            if reason is None:
                self.accept(label, OUTSIDE)
            else:
                self.returned(label, reason)
        return False

    def release(self, label: str) -> None:
        """Held no longer, if it was for a loss, and nothing is missing any more."""
        if loss_in(self._held(label)) is not None:
            self._free(label)

    def _free(self, label: str) -> None:
        def work(tx: Transaction) -> None:
            folder = _need(tx, label)
            if folder.held is not None and tx.missing_count(label) == 0:
                tx.put_folder(folder.but(held=None))
                self._sessions.tell(tx, label, folder.app, "folder-released", "its sessions are there again", OUTSIDE)

        self._catalog.submit(work).result()

    def accept(self, label: str, author: str, *, everything: bool = False) -> None:
        """What is missing is deleted, and the folder held no longer. ``everything``: the folder itself is gone."""

        def work(tx: Transaction) -> None:
            folder = _need(tx, label)
            for path in tx.visible_seen(label) if everything else ():
                tx.drop_visible(label, path)
            missing = tx.missing(label)
            for session in missing:
                self._delete(tx, session, author)
            if folder.held is not None:
                tx.put_folder(folder.but(held=None))
                few = "its sessions are there again, but for" if author == OUTSIDE else "accepted is the loss of"
                text = f"{few} {len(missing)}"
                self._sessions.tell(tx, label, folder.app, "folder-released", text, author)

        self._catalog.submit(work).result()

    def _held(self, label: str) -> str | None:
        folder = self._catalog.reader.folder(label)
        return folder.held if folder is not None else None

    def _left(self, tx: Transaction, label: str, gone: Gone) -> Session | None:
        """The session without a file; None where it has moved on since that was seen."""
        visible = tx.visible(label, gone.path)
        if visible is None or visible.published != gone.published:
            return None
        session = tx.session(visible.session)
        if session is None or session.deleted or (session.folder, session.path) != (label, gone.path):
            tx.drop_visible(label, gone.path)
            return None
        if _need(tx, label).held is not None and visible.wanted != visible.published:
            tx.put_visible(_on_its_way(visible))  # what is on its way there is somebody's answer to the loss
            return None
        tx.drop_visible(label, gone.path)
        return session

    def _reason(self, tx: Transaction, label: str, count: int) -> str | None:
        before = tx.deletions_count(self._since(), label)
        if reason_to_hold(before + count, before + count) is None:
            return None
        return reason_to_hold(before + count, before + tx.sessions_in(label))

    def _since(self) -> int:
        return self._sessions.clock() - int(BURST_SECONDS * 1e9)

    def _hold(self, tx: Transaction, folder: Folder, reason: str) -> None:
        for operation in tx.deletions_since(self._since(), folder.label):
            self._reverse(tx, operation)
        tx.put_folder(folder.but(held=reason))
        self._sessions.tell(tx, folder.label, folder.app, "folder-held", reason, OUTSIDE)

    def _reverse(self, tx: Transaction, operation: Operation) -> None:
        """The session lives again, without a file; what happened to it since stands."""
        before = tx.session(operation.session or b"")
        if before is None or not before.deleted or before.modified != operation.time:
            return
        if tx.session_at(before.folder, before.path) is not None:
            return
        name = self._sessions.free_name(tx, before.folder, before.app, before.name)
        after = before.but(deleted=False, name=name, revision=before.revision + 1)
        text = f"{operation.type} {operation.number}"
        note = Note(type="undone", cause=OUTSIDE, previous=before.head, text=text, undoable=False)
        done = self._sessions.change(tx, before, after, OUTSIDE, note)
        tx.drop_visible(after.folder, after.path)
        assert done.number is not None
        tx.mark_undone(operation.number, done.number)

    def _delete(self, tx: Transaction, session: Session, author: str) -> None:
        """By the outside, or by whoever accepts the loss, which is no part of a burst."""
        note = Note(type="deleted-outside", cause=OUTSIDE)
        self._sessions.change(tx, session, session.but(deleted=True), author, note)


def _on_its_way(visible: Visible) -> Visible:
    """Nothing is there, and what is wanted is to be put there."""
    return Visible(
        folder=visible.folder, path=visible.path, session=visible.session, published=None, wanted=visible.wanted,
        boot=visible.boot,
    )  # fmt: skip


def _need(tx: Transaction, label: str) -> Folder:
    folder = tx.folder(label)
    assert folder is not None, f"there is no folder {label}"
    return folder
