"""What others did in a folder: a path is read, compared with what should be there, and content decides.

For the folder's thread; what it changes is committed as a client's request is, with the author ``outside``.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, TypeVar

from holdfast_daemon import layouts
from holdfast_daemon import visible_files as files
from holdfast_daemon.background import LARGE_BYTES, Background, Underway
from holdfast_daemon.content import Content, Placed
from holdfast_daemon.found import Found
from holdfast_daemon.holding import Gone
from holdfast_daemon.known import is_own_mix, known_snapshots
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.order import Order
from holdfast_daemon.origins import Origins, Place
from holdfast_daemon.outcomes import Work
from holdfast_daemon.reconcile import Verdict, verdict
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import OUTSIDE, Caller, Note, Sessions
from holdfast_daemon.sites import Site
from holdfast_daemon.store.base import Moved, Transaction
from holdfast_daemon.store.nouns import Session, Visible
from holdfast_protocol.errors import BadName
from holdfast_protocol.messages import LIMITS, Saved
from holdfast_protocol.names import check_application

BEGINNING_BYTES = 64 * 1024

Value = TypeVar("Value")


class Outside:
    """``look`` at a path; new sessions are committed many at a time, and durable after ``settle``."""

    def __init__(
        self, site: Site, sessions: Sessions, saving: Saving, lifecycle: Lifecycle, content: Content,
        loop: asyncio.AbstractEventLoop, mark: Callable[[bytes], None], unread: dict[tuple[str, bytes], int],
    ) -> None:  # fmt: skip
        """``mark``: look at the path once more. ``unread``: of what is being read and was not known, in any folder, the
        size."""
        self._site = site
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._saving = saving
        self._lifecycle = lifecycle
        self._content = content
        self._loop = loop
        self._mark = mark
        self._background: Background[bytes] = Background(f"reading in {site.label}")
        self._unread = unread
        self._origins = Origins(sessions)
        self._begun: list[tuple[bytes, Work]] = []
        self.problems: dict[bytes, str] = {}
        #: What was read and found as it should be, by its path: its signature.
        self.well: dict[bytes, bytes] = {}
        #: When the reading of what was looked at began, by its path; for whoever takes it.
        self.read: dict[bytes, float] = {}

    def look(self, path: bytes, *, patient: bool = True, fresh: bool = False) -> Gone | None:
        """What is at a session's path now, and what follows from it; Gone where nothing is, which has consequences only
        through ``Holding``. What cannot be read is among ``problems``. ``fresh``: the catalog did not know the path a
        moment ago, and nothing was missing; where that has changed, it is looked at again. Raises Underway where it is
        large and still being read: the path is marked after that. Raises Unsettled, only where ``patient``."""
        row = None if fresh else self._catalog.reader.visible(self._site.label, path)
        try:
            found, settled = self._seen(path, row, patient)
        except (files.Unsettled, Underway):
            raise
        except files.NotAFile as problem:
            self.problems[path] = f"{os.fsdecode(path)!r} is left alone: {problem.strerror}"
            return None
        except FileNotFoundError:
            self._mark(path)  # gone since it was seen; or a server's file system shows it a second longer
            return None
        except OSError as problem:
            self.problems[path] = f"{os.fsdecode(path)!r} is not read: {problem.strerror}"
            return None
        self.problems.pop(path, None)
        if found is AS_IT_SHOULD_BE:
            if settled is not None:
                self.well[path] = settled
            return None
        if row is None:
            if isinstance(found, Found):
                self._came(path, found, settled, fresh=fresh)
            return None
        return self._decide(row, found if isinstance(found, Found) else None)

    @property
    def reading(self) -> set[bytes]:
        """Paths of what is large and being read."""
        return {*self._background.keys}

    @property
    def may_have_come(self) -> bool:
        """Whether anything unknown is being read."""
        return any(label == self._site.label for label, _ in [*self._unread])

    def may_be_read(self, gone: Gone) -> bool:
        """Whether something unknown is being read that has the size of what is gone: it may have been moved there."""
        if not self._unread or gone.published is None:
            return False
        return self._catalog.reader.document_of(gone.published).size_bytes in [*self._unread.values()]

    def expecting(self, leaving: Callable[[], Iterable[Place]] | None) -> AbstractContextManager[None]:
        """What comes meanwhile may be from these places: something happened there, too. None: from anywhere."""
        return self._origins.expecting(leaving)

    def keep_problems(self, paths: Callable[[bytes], bool]) -> None:
        """Of the paths for which that is so; at the others nothing is any more."""
        self.problems = {path: said for path, said in self.problems.items() if paths(path)}

    def begin(self) -> None:
        """Many fresh paths come."""
        self._origins.remember()

    def settle(self) -> None:
        """What was begun is durable, all of it in one transaction; what had moved on meanwhile is looked at again."""
        begun, self._begun = self._begun, []

        def work(tx: Transaction) -> list[bytes]:
            moved = []
            for path, creation in begun:
                try:
                    creation(tx)
                except Moved:  # before it changed anything
                    moved.append(path)
            return moved

        for path in self._catalog.submit(work).result() if begun else ():
            self._mark(path)

    def _seen(self, path: bytes, row: Visible | None, patient: bool) -> tuple[Found | object | None, bytes | None]:
        """What is there, as ``_read`` gives it, and its signature if that did not change meanwhile."""
        self._unread.pop((self._site.label, path), None)
        is_large = False
        try:
            with self._way(path) as whole:
                looks = self._looks(path, whole) if whole is not None else None
                if whole is None or looks is None or not self._is_ours(path, row, whole):
                    return None, None
                size_bytes = files.size_of(whole, self._site.enters_below(path))
                is_large = size_bytes > LARGE_BYTES
                if is_large:
                    return self._seen_large(path, row, patient, size_bytes)
                found = self._read(path, whole, row, size_bytes, patient)
                return found, looks if looks and looks == self._looks(path, whole) else None
        finally:
            if not is_large:
                self._background.forget(path)

    def _way(self, path: bytes) -> AbstractContextManager[bytes | None]:
        """To what is there, by no link; None where not even its folder is. Raises NotAFile."""
        return files.way(self._site.root, path) if b"/" in path else nullcontext(self._site.whole(path))

    def _is_ours(self, path: bytes, row: Visible | None, whole: bytes) -> bool:
        return row is not None or self._may_be_a_session(path, whole) or self._was_a_session(path)

    def _seen_large(
        self, path: bytes, row: Visible | None, patient: bool, size_bytes: int
    ) -> tuple[Found | object | None, bytes | None]:
        """The same, read in the background. Raises Underway."""
        moment = partial(files.signature, self._site.whole(path), self._site.enters_below(path), lately=True)

        def work() -> tuple[Visible | None, Found | object | None, bytes | None, float]:
            before, began = moment(), time.monotonic()
            with self._way(path) as whole:
                found = self._read(path, whole, row, size_bytes, patient) if whole is not None else None
            if isinstance(found, Found):
                assert found.placed
            return row, found, before, began

        try:
            then, found, before, began = self._background.of(path, work, partial(self._mark, path))
        except Underway:
            if row is None:
                self._unread[self._site.label, path] = size_bytes
            raise
        if _shown(then) != _shown(row):
            self._mark(path)  # we have put something else there meanwhile, and kept what it displaced
            raise Underway
        self.read[path] = began
        if before != moment():
            self._mark(path)  # it changed since; what was read is not lost for that
            return found, None
        return found, self._looks(path, self._site.whole(path))

    def _looks(self, path: bytes, whole: bytes) -> bytes | None:
        return files.signature(whole, self._site.enters_below(path))

    def _read(
        self, path: bytes, whole: bytes, row: Visible | None, size_bytes: int, patient: bool
    ) -> Found | object | None:
        """What lies there; AS_IT_SHOULD_BE where it need not be in memory; None where nothing is."""
        if row is not None and self._is_well(row, whole, patient):
            return AS_IT_SHOULD_BE
        enters = self._site.enters_below(path)
        if size_bytes > LIMITS["format_bytes"]:
            placed = files.take_document(whole, self._content.place_stream, enters, patient=patient)
            return Found(self._content, None, self._content.joined(placed)) if placed else None
        document = files.read_document(whole, enters, patient=patient)
        return Found(self._content, document) if document is not None else None

    def _is_well(self, row: Visible, whole: bytes, patient: bool) -> bool:
        """What was published is wanted, and there: the usual case, for which no file need be in memory."""
        if row.wanted is None or row.published != row.wanted:
            return False
        document = self._catalog.reader.document_of(row.wanted)
        there = files.hash_document(whole, self._site.enters_below(row.path), patient=patient)
        return there == {file.path: file.hash for file in document.files}

    def _was_a_session(self, path: bytes) -> bool:
        """A missing one, or one that was deleted there a moment ago: whatever lies there now is its next state."""
        label = self._site.label
        return self._catalog.reader.session_at(label, path) is not None or self._origins.was_at(label, path)

    def _may_be_a_session(self, path: bytes, whole: bytes) -> bool:
        """By its place, and its first bytes where the place alone says nothing."""
        if layouts.is_fleeting(os.path.basename(path)):
            return False
        is_folder = os.path.isdir(whole)
        certainty = layouts.is_candidate(self._site.layout, path, is_folder=is_folder)
        if certainty == "recognised":
            form = self._content.own_form(self._site.app_of(path))
            return form is not None and form.begins(files.beginning_of(whole, BEGINNING_BYTES))
        return certainty is not None

    def _decide(self, row: Visible, found: Found | None) -> Gone | None:
        reader = self._catalog.reader
        if found is not None and found.document is not None and is_own_mix(reader, row, found.document):
            return None  # a publication that was cut off: it is pending, and will be done again
        known = known_snapshots(reader, row) if row.published != row.wanted else ()
        decision = verdict(
            found.placed.document.id if found else None,
            reader.need_snapshot(row.published).document if row.published else None,
            reader.need_snapshot(row.wanted).document if row.wanted else None,
            torn=row.published != row.wanted and row.boot != self._sessions.boot,
            on_way={reader.need_snapshot(each).document for each in known},
        )
        if decision is Verdict.CONFIRM:
            self._catalog.submit(lambda tx: tx.confirm(row.folder, row.path, row.wanted)).result()
        elif decision is Verdict.GONE:
            return Gone(row.path, row.published)
        elif decision is Verdict.OUTSIDE and found is not None:
            self._changed(row, found, seen=row.path)
        elif decision is Verdict.REPUBLISH and found is not None:
            self._keep_torn(row, found.placed)
        return None

    def _changed(self, row: Visible, found: Found, *, seen: bytes | None) -> Saved | None:
        session = self._catalog.reader.session(row.session)
        if session is None:
            return None
        return self._save(session, found, base=row.published, foreign=row.published is None, seen=seen)

    def keep_displaced(self, row: Visible, found: Found, fork: bytes | None) -> bytes | None:
        """A publication displaced this, and the history does not have it. ``fork``: the session that has its former
        states; gives the one that has it, where that is a fork."""
        former = self._catalog.reader.session(fork) if fork is not None else None
        if former is not None and not former.deleted:
            self._save(former, found, base=former.head)
            return fork
        saved = self._changed(row, found, seen=None)
        return bytes.fromhex(saved.session.id) if saved is not None and saved.outcome == "forked" else None

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
                    folder=row.folder, path=row.path, session=row.session, published=snapshot.id, wanted=row.wanted,
                    boot=self._sessions.boot,
                )
            )  # fmt: skip

        self._catalog.submit(work).result()

    def _came(self, path: bytes, found: Found, looks: bytes | None, *, fresh: bool) -> None:
        """A path that shows nothing of ours: a session that was missing, moved here, came back, or is new."""
        app = self._site.app_of(path)
        try:
            check_application(app)
        except BadName as problem:
            self.problems[path] = f"{os.fsdecode(path)!r} is left alone: {problem.sentence}"
            return
        if not self._is_recognised(path, found) and not self._was_a_session(path):
            return
        missing = None if fresh else self._catalog.reader.session_at(self._site.label, path)
        document = found.placed.document.id
        if missing is not None:
            if self._catalog.reader.need_snapshot(missing.head).document == document:
                self._is_back(missing, looks)
            else:
                self._save(missing, found, base=missing.head, seen=path)
            return
        former = None
        if not (fresh and self._origins.is_unknown(document)):
            former = self._origins.former(app, self._site.label, path, document)
        back = self._origins.returning(path, former.session if former is not None else None)
        if back is not None:
            self._returns(back, path, found)
        elif former is None:
            self._begin(path, app, found, looks)
        elif former.shown is None:
            self._save(former.session, found, base=former.session.head, seen=path)
        else:
            self._moved(former.session, former.shown, path, found, looks)

    def _moved(self, former: Session, shown: bytes, path: bytes, found: Found, looks: bytes | None) -> None:
        name = former.name if former.path == path else self._name_of(path, found)
        self._wait(self._lifecycle.moved(former.id, name, self._site.label, path, shown, looks))
        if former.folder == self._site.label and not former.deleted:
            self._origins.departed(former, path)

    def _returns(self, former: Session, path: bytes, found: Found) -> None:
        """What lies there is the next state of a session that seemed to be renamed; what it is now called is not it."""
        away = self._catalog.reader.session(former.id)
        self._wait(self._lifecycle.moved(former.id, former.name, self._site.label, path, former.head, None))
        if self._catalog.reader.need_snapshot(former.head).document != found.placed.document.id:
            self._save(former, found, base=former.head, seen=path)
        if away is not None:
            try:
                self.look(away.path)
            except (files.Unsettled, Underway):
                self._mark(away.path)

    def _is_recognised(self, path: bytes, found: Found) -> bool:
        """Whether a new session's content is of its application, where its place alone does not say so."""
        if layouts.is_candidate(self._site.layout, path, is_folder=found.is_folder) == "certain":
            return True
        app = self._site.app_of(path)
        form = found.form(app)
        if found.document is None:
            return form.app == app  # as large as that its beginning must do
        recognition = form.recognise(found.document) if form.app == app else None
        return recognition is not None and recognition.certain

    def _begin(self, path: bytes, app: str, found: Found, looks: bytes | None) -> None:
        order = Order(
            app=app, name=self._name_of(path, found), folder=self._site.label, placed=found.placed,
            form=found.form(app), cause=OUTSIDE, path=path, looks=looks,
            origin=self._origins.origin(app, found.document) if found.is_folder and found.document else None,
        )  # fmt: skip
        self._begun.append((path, self._saving.creation(order, Caller(OUTSIDE))))

    def _is_back(self, session: Session, looks: bytes | None) -> None:
        """A missing session's file is there again, as it was."""

        def work(tx: Transaction) -> None:
            current = tx.session(session.id)
            if current is not None and current.head == session.head and not current.deleted:
                self._sessions.is_visible(tx, current.folder, current.path, current.id, current.head, looks)
                if current.diverged:
                    tx.put_session(current.but(diverged=False, suspect=None), current)

        self._catalog.submit(work).result()

    def _name_of(self, path: bytes, found: Found) -> str:
        """The session's name for a file found outside: its own, without a suffix of the format's."""
        leaf = os.path.basename(path or self._site.root)
        name = leaf.decode(errors="backslashreplace")
        form = found.form(self._site.app_of(path))
        for suffix in () if found.is_folder else (form.suffix, *form.other_suffixes):
            if suffix and name.endswith(suffix) and len(name) > len(suffix):
                return name[: -len(suffix)]
        return name

    def _save(self, session: Session, found: Found, **more: Any) -> Saved:
        """Another state of a session."""
        order = Order(
            app=session.app, name=session.name, folder=session.folder, session=session.id, placed=found.placed,
            form=found.form(session.app, session.format), cause=OUTSIDE, **more,
        )  # fmt: skip
        return self._wait(self._saving.save(order, Caller(OUTSIDE)))

    def _wait(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Run it on the daemon's loop and wait here for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _shown(row: Visible | None) -> tuple[bytes, bytes | None] | None:
    return (row.session, row.published) if row is not None else None


#: Stands for a document that was compared, and is what was published.
AS_IT_SHOULD_BE = object()
