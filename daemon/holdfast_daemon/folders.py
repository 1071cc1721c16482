"""The sessions folder: every event is a hint, content decides, and one thread does all that touches the folder.

A mark says "look at this path soon". A deletion is looked at at once, anything else after a short quiet (and never
later than two seconds), and what looks like our own publication a second later. What is found is compared with what
the catalog says should be there (``reconcile``). What is to be published waits a moment for company: one sync and one
commit serve all of it.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from holdfast_daemon import visible_files as files
from holdfast_daemon.content import Content
from holdfast_daemon.fault import Faults
from holdfast_daemon.folders_watch import Watch
from holdfast_daemon.formats.base import Document
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.publisher import Publisher
from holdfast_daemon.reconcile import Verdict, verdict
from holdfast_daemon.saving import Order, Saving
from holdfast_daemon.sessions import OUTSIDE, SESSIONS_FOLDER, Caller, Note, Sessions
from holdfast_daemon.staging import Staging
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Session, Visible
from holdfast_protocol.errors import BadName, NotFound
from holdfast_protocol.names import check_application

QUIET_SECONDS = 0.05
OWN_QUIET_SECONDS = 1.0
PUBLISH_SECONDS = 0.02
LONGEST_QUIET_SECONDS = 2.0
SCAN_SECONDS = 3600.0
RETRY_SECONDS = 1.0
REAPPEARS_SECONDS = 30.0
NEVER = 1e12  # a bound for waiting must be a number that a lock takes

Value = TypeVar("Value")


class SessionsFolder:
    """Owns the thread. ``mark``, ``wake`` and ``published`` may be called from anywhere."""

    def __init__(
        self, root: str, staging: Staging, sessions: Sessions, saving: Saving, lifecycle: Lifecycle,
        content: Content, faults: Faults, loop: asyncio.AbstractEventLoop,
    ) -> None:  # fmt: skip
        self._root = os.fsencode(root)
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._saving = saving
        self._lifecycle = lifecycle
        self._content = content
        self._loop = loop
        self._publisher = Publisher(self._root, staging, self._catalog, content, faults, self._keep_displaced)
        self._condition = threading.Condition()
        self._due: dict[bytes, tuple[float, float]] = {}  # path: when to look, when it was first marked
        self._publish_at = self._scan_at = 0.0
        self._awake_at = 0.0  # when the thread looks by itself
        self._stopping = False
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._problems: dict[bytes, str] = {}
        self._identity: tuple[int, int] | None = None
        self._watch = Watch(self._root, self.mark, self.scan)
        self._thread = threading.Thread(target=self._run, name="folder", daemon=True)

    def start(self) -> None:
        """Finish what a crash left, watch, and look at everything. The folder is there."""
        self._identity = _identity(self._root)
        self._watch.start()
        self._thread.start()

    def stop(self) -> None:
        """After the publications that wait."""
        self._watch.stop()
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join()

    @property
    def problems(self) -> list[str]:
        """For people: what cannot be read or written, and why."""
        return [*self._problems.values(), *self._publisher.problems.values()]

    def mark(self, path: bytes, *, now: bool = False) -> None:
        """Look at the session that this path (relative to the folder) belongs to."""
        session_path = _session_path(path)
        if session_path is None:
            return
        moment = time.monotonic()
        own = self._publisher.is_own(session_path)
        quiet = OWN_QUIET_SECONDS if own else 0.0 if now else QUIET_SECONDS
        with self._condition:
            before, first = self._due.get(session_path, (0.0, moment))
            due = max(before, moment + quiet) if own else moment + quiet
            self._due[session_path] = (min(due, first + LONGEST_QUIET_SECONDS), first)
            self._awaken(moment + quiet)

    def scan(self) -> None:
        """Look at everything soon."""
        with self._condition:
            self._scan_at = 0.0
            self._awaken(0.0)

    def wake(self) -> None:
        """Something was committed; there may be something to publish."""
        with self._condition:
            self._publish_at = min(self._publish_at, time.monotonic() + PUBLISH_SECONDS)
            self._awaken(self._publish_at)

    async def published(self, path: bytes) -> None:
        """Once the path shows what was wanted at this moment."""
        row = self._catalog.reader.visible(path)
        if row is None or row.published == row.wanted:
            return
        future: asyncio.Future[None] = self._loop.create_future()
        with self._condition:
            self._waiting.append((path, future))
            self._publish_at = 0.0
            self._awaken(0.0)
        await future

    def _awaken(self, moment: float) -> None:
        """With the condition held: the thread looks at that moment or before."""
        if moment < self._awake_at:
            self._awake_at = moment
            self._condition.notify()

    def _run(self) -> None:
        self._guarded(self._publisher.sweep)
        while True:
            looks, publish, scan, stopping = self._next()
            if not self._is_there():
                looks, publish, scan = [], False, False
            if scan:
                self._guarded(self._scan)
            for path in looks:
                self._guarded(partial(self._look, path))
            if publish or looks or scan:
                self._guarded(self._publish_pending)
                self._wake_waiting()
            if stopping:
                return

    def _next(self) -> tuple[list[bytes], bool, bool, bool]:
        with self._condition:
            while True:
                moment = time.monotonic()
                looks = [path for path, (due, _) in self._due.items() if due <= moment]
                scan, publish = moment >= self._scan_at, moment >= self._publish_at
                if looks or scan or publish or self._stopping:
                    break
                self._awake_at = min([self._scan_at, self._publish_at, *(due for due, _ in self._due.values())])
                self._condition.wait(max(0.0, self._awake_at - moment))
            self._awake_at = 0.0
            for path in looks:
                del self._due[path]
            if publish:
                self._publish_at = NEVER
            if scan:
                self._scan_at = moment + SCAN_SECONDS
            return looks, publish or self._stopping, scan, self._stopping

    def _guarded(self, work: Callable[[], None]) -> None:
        """The thread's one catch-all: a path that fails is a problem to be shown, not the end of the watch."""
        try:
            work()
            self._problems.pop(b"", None)
        except Exception as problem:
            self._problems[b""] = f"The sessions folder: {type(problem).__name__}: {problem}"

    def _is_there(self) -> bool:
        """A root that is gone or another one says nothing about its sessions: hold everything."""
        if _identity(self._root) == self._identity:
            self._problems.pop(b"/", None)
            return True
        self._problems[b"/"] = f"The sessions folder {os.fsdecode(self._root)} is gone or another one; all is held"
        with self._condition:
            self._scan_at = time.monotonic() + RETRY_SECONDS
        return False

    def _scan(self) -> None:
        on_disk = set()
        for app in os.scandir(self._root):
            if app.is_dir(follow_symlinks=False) and not app.name.startswith(b"."):
                on_disk |= {app.name + b"/" + entry.name for entry in os.scandir(app.path)}
        known = set(self._catalog.reader.visible_paths())
        fresh = {path for path in on_disk - known if _session_path(path) == path}
        for path in [*sorted(fresh), *sorted(known)]:  # the new first: one may be a known one, renamed
            self._guarded(partial(self._look, path))

    def _look(self, path: bytes) -> None:
        self._publisher.looked_at(path)
        try:
            document = files.read_document(os.path.join(self._root, path))
        except files.Unsettled:
            self.mark(path)
            return
        except (files.NotAFile, OSError) as problem:
            reason = "is not a file or folder" if isinstance(problem, files.NotAFile) else str(problem)
            self._problems[path] = f"{os.fsdecode(path)!r} is not read: {reason}"
            return
        self._problems.pop(path, None)
        row = self._catalog.reader.visible(path)
        if row is None:
            if document is not None:
                self._found(path, document)
            return
        self._decide(row, document)

    def _decide(self, row: Visible, document: Document | None) -> None:
        reader = self._catalog.reader
        if document is not None and self._publisher.is_own_mix(row, document):
            return  # a publication that was cut off: it is pending, and will be done again
        placed = self._content.place(document) if document is not None else None
        on_way = {reader.need_snapshot(each).document for each in self._publisher.known_snapshots(row)}
        decision = verdict(
            placed.document.id if placed else None,
            reader.need_snapshot(row.published).document if row.published else None,
            reader.need_snapshot(row.wanted).document if row.wanted else None,
            torn=row.published != row.wanted and row.boot != self._sessions.boot,
            on_way=on_way if row.published != row.wanted else (),
        )
        if decision is Verdict.CONFIRM:
            self._catalog.submit(lambda tx: tx.confirm(row.path, row.wanted)).result()
        elif decision is Verdict.GONE:
            self._gone(row)
        elif decision is Verdict.OUTSIDE and document is not None:
            self._outside(row, document, displaced=False)
        elif decision is Verdict.REPUBLISH and document is not None:
            self._keep_torn(row, document)

    def _gone(self, row: Visible) -> None:
        """Deleted outside, unless it reappeared elsewhere: then the new place is looked at first."""
        session = self._catalog.reader.session(row.session)
        if session is not None and row.wanted is not None:
            for path in self._unknown_beside(row.path):
                self._look(path)
            if self._catalog.reader.visible(row.path) is None:
                return
        try:
            self._wait(self._lifecycle.gone(row.path))
        except NotFound:
            return

    def _unknown_beside(self, path: bytes) -> list[bytes]:
        """Paths marked but not yet looked at, in the same application's folder."""
        with self._condition:
            beside = [each for each in self._due if os.path.dirname(each) == os.path.dirname(path) and each != path]
        return [each for each in beside if self._catalog.reader.visible(each) is None]

    def _outside(self, row: Visible, document: Document, *, displaced: bool) -> None:
        session = self._catalog.reader.session(row.session)
        if session is None:
            return
        order = self._order(
            session.app, session.name, document, session=row.session, base=row.published,
            foreign=row.published is None, displaced=displaced,
        )  # fmt: skip
        self._wait(self._saving.save(order, Caller(OUTSIDE)))

    def _keep_displaced(self, row: Visible, document: Document) -> None:
        self._outside(row, document, displaced=True)

    def _keep_torn(self, row: Visible, document: Document) -> None:
        """Bytes that a power cut tore are kept beside the head, and known, so that the publication goes on."""
        session = self._catalog.reader.session(row.session)
        if session is None:
            return
        placed, reason = self._content.place(document), "torn by a power cut"
        snapshot = self._sessions.snapshot(
            session.id, placed.document.id, placed.document.size_bytes, (), OUTSIDE, OUTSIDE, suspect=reason
        )

        def work(tx: Transaction) -> None:
            before = tx.session(session.id)
            if before is None:
                return
            tx.add_chunks(placed.places)
            tx.add_document(placed.document)
            tx.add_snapshot(snapshot)
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
        app_name = os.fsdecode(app)
        try:
            check_application(app_name)
        except BadName as problem:
            self._problems[path] = f"{os.fsdecode(path)!r} is left alone: {problem.sentence}"
            return
        name = _name_of(leaf, self._content.form_for(app_name, document).suffix, tree=b"" not in document)
        placed = self._content.place(document)
        former = self._former(path, app_name, placed.document.id)
        if former is None:
            free = self._sessions.free_name(self._catalog.reader, app_name, name)
            self._wait(self._saving.save(self._order(app_name, free, document, path=path), Caller(OUTSIDE)))
            return
        same = self._catalog.reader.need_snapshot(former.head).document == placed.document.id
        if same:
            free = former.name if former.path == path else self._sessions.free_name(
                self._catalog.reader, app_name, name
            )  # fmt: skip
            self._wait(self._lifecycle.rename(former.id, free, Caller(OUTSIDE), path=path))
        else:
            order = self._order(app_name, former.name, document, session=former.id, base=former.head)
            self._wait(self._saving.save(order, Caller(OUTSIDE)))

    def _former(self, path: bytes, app: str, document: bytes) -> Session | None:
        """The session that was here, or with these bytes elsewhere, a moment ago."""
        reader = self._catalog.reader
        for session in reader.sessions_with_head(document):
            gone = not os.path.lexists(os.path.join(self._root, session.path))
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

    def _order(self, app: str, name: str, document: Document, **more: Any) -> Order:
        placed = self._content.place(document)
        return Order(
            app=app, name=name, placed=placed, form=self._content.form_for(app, document), cause=OUTSIDE, **more
        )

    def _publish_pending(self) -> None:
        rows, due = self._catalog.reader.pending(), []
        for row in rows:
            there = os.path.lexists(os.path.join(self._root, row.path))
            torn = row.boot != self._sessions.boot
            if not there and not torn and row.published is not None and row.wanted is not None:
                self._gone(row)
            else:
                due.append(row)
        self._publisher.publish(due)
        if self._publisher.problems:
            with self._condition:
                self._scan_at = min(self._scan_at, time.monotonic() + RETRY_SECONDS)

    def _wake_waiting(self) -> None:
        reader = self._catalog.reader
        with self._condition:
            waiting, self._waiting = self._waiting, []
        for path, future in waiting:
            row = reader.visible(path)
            if row is None or row.published == row.wanted or path in self._publisher.problems:
                self._loop.call_soon_threadsafe(_finish, future)
            else:
                with self._condition:
                    self._waiting.append((path, future))
                    self._publish_at = 0.0

    def _wait(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Run it on the daemon's loop and wait here for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _session_path(path: bytes) -> bytes | None:
    """``APP/LEAF`` of a path in the folder; None where it is not in an application's folder, or our own."""
    pieces = path.split(b"/")
    if len(pieces) < 2 or any(piece.startswith(files.OWN_PREFIX) for piece in pieces) or pieces[0].startswith(b"."):
        return None
    return b"/".join(pieces[:2])


def _name_of(leaf: bytes, suffix: str, *, tree: bool) -> str:
    """The session's name for a file found outside: its own, without the format's suffix."""
    name = leaf.decode(errors="backslashreplace")
    if not tree and suffix and name.endswith(suffix) and len(name) > len(suffix):
        return name[: -len(suffix)]
    return name


def _identity(root: bytes) -> tuple[int, int] | None:
    try:
        state = os.stat(root)
    except OSError:
        return None
    return state.st_dev, state.st_ino
