"""What others did in the sessions folder: a path is read, compared with what should be there, and content decides.

For the folder's thread; what it changes goes through ``Saving`` and ``Lifecycle`` on the loop, as a client's request
does, with the author ``outside``.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from holdfast_daemon import visible_files as files
from holdfast_daemon.content import Content, Placed
from holdfast_daemon.formats.base import Document, Format
from holdfast_daemon.known import is_own_mix, known_snapshots
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.order import Order
from holdfast_daemon.reconcile import Verdict, verdict
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import OUTSIDE, SESSIONS_FOLDER, Caller, Note, Sessions
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Session, Visible
from holdfast_protocol.errors import BadName, NotFound
from holdfast_protocol.names import check_application

REAPPEARS_SECONDS = 30.0

#: What editors put beside a file for as long as they have it open: Vim, Emacs, GLib. Nobody's session.
_FLEETING = re.compile(rb"\..*\.sw[a-px]|4913|\.#.*|#.*#|\.goutputstream-.*", re.DOTALL)

Value = TypeVar("Value")


class Outside:
    """``look`` at a path; ``mark`` asks for another look, ``marked`` tells which paths wait for theirs."""

    def __init__(
        self, root: bytes, sessions: Sessions, saving: Saving, lifecycle: Lifecycle, content: Content,
        loop: asyncio.AbstractEventLoop, mark: Callable[[bytes], None], marked: Callable[[], list[bytes]],
    ) -> None:  # fmt: skip
        self._root = root
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._saving = saving
        self._lifecycle = lifecycle
        self._content = content
        self._loop = loop
        self._mark = mark
        self._marked = marked
        self.problems: dict[bytes, str] = {}

    def look(self, path: bytes) -> None:
        """What is at ``APP/LEAF`` now, and what follows from it; what cannot be read is among ``problems``."""
        whole, row = os.path.join(self._root, path), self._catalog.reader.visible(path)
        try:
            if row is not None and self._is_well(row, whole):
                self.problems.pop(path, None)
                return
            document = files.read_document(whole)
        except files.Unsettled:
            self._mark(path)
            return
        except OSError as problem:
            self.problems[path] = f"{os.fsdecode(path)!r} is not read: {problem.strerror}"
            return
        self.problems.pop(path, None)
        if row is None:
            if document is not None:
                self._found(path, document)
            return
        self._decide(row, document)

    def _is_well(self, row: Visible, whole: bytes) -> bool:
        """What was published is wanted, and there: the usual case, for which no file need be in memory."""
        if row.wanted is None or row.published != row.wanted:
            return False
        document = self._catalog.reader.document_of(row.wanted)
        return files.hash_document(whole) == {file.path: file.hash for file in document.files}

    def _decide(self, row: Visible, document: Document | None) -> None:
        reader = self._catalog.reader
        if document is not None and is_own_mix(reader, row, document):
            return  # a publication that was cut off: it is pending, and will be done again
        placed = self._content.place(document) if document is not None else None
        known = known_snapshots(reader, row) if row.published != row.wanted else ()
        decision = verdict(
            placed.document.id if placed else None,
            reader.need_snapshot(row.published).document if row.published else None,
            reader.need_snapshot(row.wanted).document if row.wanted else None,
            torn=row.published != row.wanted and row.boot != self._sessions.boot,
            on_way={reader.need_snapshot(each).document for each in known},
        )
        if decision is Verdict.CONFIRM:
            self._catalog.submit(lambda tx: tx.confirm(row.path, row.wanted)).result()
        elif decision is Verdict.GONE:
            self.gone(row)
        elif decision is Verdict.OUTSIDE and document is not None and placed is not None:
            self._outside(row, document, placed, seen=row.path)
        elif decision is Verdict.REPUBLISH and placed is not None:
            self._keep_torn(row, placed)

    def gone(self, row: Visible) -> None:
        """Deleted outside, unless it reappeared elsewhere: then the new place is looked at first."""
        session = self._catalog.reader.session(row.session)
        if session is not None and row.wanted is not None:
            for path in self._unknown_beside(row.path):
                self.look(path)
            if self._catalog.reader.visible(row.path) is None:
                return
        try:
            self._wait(self._lifecycle.gone(row.path))
        except NotFound:
            return

    def _unknown_beside(self, path: bytes) -> list[bytes]:
        """Paths marked but not yet looked at, in the same application's folder."""
        beside = [each for each in self._marked() if os.path.dirname(each) == os.path.dirname(path) and each != path]
        return [each for each in beside if self._catalog.reader.visible(each) is None]

    def _outside(self, row: Visible, document: Document, placed: Placed, *, seen: bytes | None) -> None:
        session = self._catalog.reader.session(row.session)
        if session is None:
            return
        order = self._order(
            session.app, session.name, document, placed, session=row.session, base=row.published,
            foreign=row.published is None, seen=seen,
        )  # fmt: skip
        self._wait(self._saving.save(order, Caller(OUTSIDE)))

    def keep_displaced(self, row: Visible, document: Document) -> None:
        """A publication displaced these bytes, and the history does not have them."""
        self._outside(row, document, self._content.place(document), seen=None)

    def _keep_torn(self, row: Visible, placed: Placed) -> None:
        """Bytes that a power cut tore are kept beside the head, and known, so that the publication goes on."""
        session = self._catalog.reader.session(row.session)
        if session is None:
            return
        reason = "torn by a power cut"
        snapshot = self._sessions.snapshot(
            session.id, placed.document.id, placed.document.size_bytes, (), OUTSIDE, OUTSIDE, suspect=reason
        )

        def work(tx: Transaction) -> None:
            before = tx.session(session.id)
            if before is None:
                return
            self._sessions.keep(tx, placed, snapshot)
            note = Note(type="suspect", cause=OUTSIDE, previous=snapshot.id, text=reason)
            self._sessions.change(tx, before, before.but(suspect=snapshot.id), OUTSIDE, note)
            tx.put_visible(
                Visible(
                    path=row.path, session=row.session, published=snapshot.id, wanted=row.wanted,
                    boot=self._sessions.boot,
                )
            )  # fmt: skip

        self._catalog.submit(work).result()

    def _found(self, path: bytes, document: Document) -> None:
        """A path that the catalog does not know: a session that moved here, came back, or is new."""
        app, leaf = path.split(b"/", 1)
        if _FLEETING.fullmatch(leaf):
            return
        app_name = os.fsdecode(app)
        try:
            check_application(app_name)
        except BadName as problem:
            self.problems[path] = f"{os.fsdecode(path)!r} is left alone: {problem.sentence}"
            return
        name = _name_of(leaf, self._content.form_for(app_name, document), tree=b"" not in document)
        placed = self._content.place(document)
        former = self._former(path, app_name, placed.document.id)
        if former is None:
            free = self._sessions.free_name(self._catalog.reader, app_name, name)
            self._wait(self._saving.save(self._order(app_name, free, document, placed, path=path), Caller(OUTSIDE)))
            return
        same = self._catalog.reader.need_snapshot(former.head).document == placed.document.id
        if same:
            free = former.name if former.path == path else self._sessions.free_name(
                self._catalog.reader, app_name, name
            )  # fmt: skip
            self._wait(self._lifecycle.rename(former.id, free, Caller(OUTSIDE), path=path))
        else:
            order = self._order(app_name, former.name, document, placed, session=former.id, base=former.head, seen=path)
            self._wait(self._saving.save(order, Caller(OUTSIDE)))

    def _former(self, path: bytes, app: str, document: bytes) -> Session | None:
        """The session that was here, or with these bytes elsewhere, a moment ago."""
        reader = self._catalog.reader
        for session in reader.sessions_with_head(document):
            gone = not files.is_there(os.path.join(self._root, session.path))
            row = reader.visible(session.path)
            if session.app == app and gone and row is not None and row.published is not None:
                return session
        since = self._sessions.clock() - int(REAPPEARS_SECONDS * 1e9)
        gone_session = reader.gone_since(since, document, path)
        if gone_session is None or gone_session.app != app:
            return None
        if reader.session_named(app, gone_session.name, SESSIONS_FOLDER) is not None:
            return None
        return gone_session

    def _order(self, app: str, name: str, document: Document, placed: Placed, **more: Any) -> Order:
        return Order(
            app=app, name=name, placed=placed, form=self._content.form_for(app, document), cause=OUTSIDE, **more
        )

    def _wait(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Run it on the daemon's loop and wait here for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _name_of(leaf: bytes, form: Format, *, tree: bool) -> str:
    """The session's name for a file found outside: its own, without a suffix of the format's."""
    name = leaf.decode(errors="backslashreplace")
    for suffix in () if tree else (form.suffix, *form.other_suffixes):
        if suffix and name.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name
