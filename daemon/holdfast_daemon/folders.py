"""The sessions folder: every event is a hint, content decides, and one thread does all that touches the folder.

A mark says "look at this path soon". A deletion is looked at at once, anything else after a short quiet (and never
later than two seconds), and what looks like our own publication a second later. What is found is compared with what
the catalog says should be there (``reconcile``). What is to be published waits a moment for company: one sync and one
commit serve all of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial

from holdfast_daemon import visible_files as files
from holdfast_daemon.content import Content
from holdfast_daemon.fault import Faults
from holdfast_daemon.folders_root import Root
from holdfast_daemon.folders_watch import Watch
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.outside import Outside
from holdfast_daemon.publisher import Publisher
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import Sessions
from holdfast_daemon.staging import Staging

QUIET_SECONDS = 0.05
OWN_QUIET_SECONDS = 1.0
PUBLISH_SECONDS = 0.02
LONGEST_QUIET_SECONDS = 2.0
SCAN_SECONDS = 3600.0
RETRY_SECONDS = 1.0
TICK_SECONDS = 5.0  # how long a folder that is moved away goes unnoticed where nothing else happens
LONGEST_RETRY_SECONDS = 60.0
NEVER = 1e12  # a bound for waiting must be a number that a lock takes

_log = logging.getLogger("holdfast.folder")


class SessionsFolder:
    """Owns the thread. ``mark``, ``wake`` and ``published`` may be called from anywhere."""

    def __init__(
        self, root: Root, staging: Staging, sessions: Sessions, saving: Saving, lifecycle: Lifecycle,
        content: Content, faults: Faults, loop: asyncio.AbstractEventLoop,
    ) -> None:  # fmt: skip
        self._whole = root
        self._root = root.path
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._loop = loop
        self._outside = Outside(self._root, sessions, saving, lifecycle, content, loop, self.mark, self._marked)
        self._publisher = Publisher(self._root, staging, self._catalog, content, faults, self._outside.keep_displaced)
        self._condition = threading.Condition()
        self._due: dict[bytes, tuple[float, float]] = {}  # path: when to look, when it was first marked
        self._publish_at = self._scan_at = 0.0
        self._awake_at = 0.0  # when the thread looks by itself
        self._retry_seconds = RETRY_SECONDS / 2
        self._stopping = False
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._problems: dict[str, str] = {}
        self._delays: dict[bytes, float] = {}
        self.watching = False
        self._watch = Watch(self._root, self.mark, self.scan)
        self._thread = threading.Thread(target=self._run, name="folder", daemon=True)

    def start(self) -> None:
        """Finish what a crash left, watch, and look at everything, as soon as the folder is there."""
        self._thread.start()

    def stop(self) -> None:
        """After the publications that wait."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join()
        self._watch.stop()

    @property
    def problems(self) -> list[str]:
        """For people: what cannot be read or written, and why."""
        held = [] if self.watching else [self._whole.problem]
        return [*held, *self._problems.values(), *self._outside.problems.values(), *self._publisher.problems.values()]

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
        while True:
            looks, publish, scan, stopping = self._next()
            scan = scan or not self.watching
            self._hold_or_watch()
            if self.watching:
                if scan:
                    self._guarded("The sessions folder", self._scan)
                for path in looks:
                    self._look(path)
                if publish or looks or scan:
                    self._guarded("The files of the sessions folder", self._publish_pending)
                    self._wake_waiting()
            if stopping:
                return

    def _hold_or_watch(self) -> None:
        """A folder that is gone or another one says nothing about its sessions: hold everything."""
        there = self._whole.is_there()
        if there and not self._watch.started:
            self._guarded("The watch of the sessions folder", self._watch.start)
            self._guarded("The temporary files", self._publisher.sweep)
        self.watching = there

    def _next(self) -> tuple[list[bytes], bool, bool, bool]:
        tick = time.monotonic() + (TICK_SECONDS if self.watching else RETRY_SECONDS)
        with self._condition:
            while True:
                moment = time.monotonic()
                looks = [path for path, (due, _) in self._due.items() if due <= moment]
                scan, publish = moment >= self._scan_at, moment >= self._publish_at
                if looks or scan or publish or self._stopping or moment >= tick:
                    break
                self._awake_at = min([tick, self._scan_at, self._publish_at, *(due for due, _ in self._due.values())])
                self._condition.wait(max(0.0, self._awake_at - moment))
            self._awake_at = 0.0
            for path in looks:
                del self._due[path]
            if publish:
                self._publish_at = NEVER
            if scan:
                self._scan_at = moment + SCAN_SECONDS  # one that finds the folder away is made up for when it is back
            return looks, publish or self._stopping, scan, self._stopping

    def _guarded(self, what: str, work: Callable[[], None]) -> None:
        """The thread's one catch-all: what fails is a problem to be shown, not the end of the watch."""
        try:
            work()
            self._problems.pop(what, None)
        except Exception as problem:
            _log.exception("%s", what)
            self._problems[what] = f"{what}: {type(problem).__name__}: {problem}"

    def _scan(self) -> None:
        on_disk: set[bytes] = set()
        for app in os.scandir(self._root):
            if app.is_dir(follow_symlinks=False) and not app.name.startswith(b"."):
                self._guarded(f"The folder {os.fsdecode(app.name)!r}", partial(_list_into, app, on_disk))
        known = set(self._catalog.reader.visible_paths())
        fresh = {path for path in on_disk - known if _session_path(path) == path}
        for path in [*sorted(fresh), *sorted(known)]:  # the new first: one may be a known one, renamed
            self._look(path)

    def _look(self, path: bytes) -> None:
        """Where that fails (a full disk, a busy session) it is said, and done again, later each time."""
        self._publisher.looked_at(path)
        what = repr(os.fsdecode(path))
        self._guarded(what, partial(self._outside.look, path))
        if what not in self._problems:
            self._delays.pop(path, None)
            return
        delay = self._delays[path] = min(2 * self._delays.get(path, RETRY_SECONDS / 2), LONGEST_RETRY_SECONDS)
        moment = time.monotonic()
        with self._condition:
            self._due[path] = (moment + delay, moment)

    def _marked(self) -> list[bytes]:
        with self._condition:
            return [*self._due]

    def _publish_pending(self) -> None:
        due = []
        for row in self._catalog.reader.pending():
            torn = row.boot != self._sessions.boot
            try:
                there = files.is_there(os.path.join(self._root, row.path))
            except OSError as problem:
                self._publisher.failed(row, problem)
                continue
            if not there and not torn and row.published is not None and row.wanted is not None:
                self._outside.gone(row)
            else:
                due.append(row)
        self._publisher.publish(due)
        unfinished = self._publisher.problems or self._publisher.waits
        self._retry_seconds = min(2 * self._retry_seconds, LONGEST_RETRY_SECONDS) if unfinished else RETRY_SECONDS / 2
        if unfinished:
            with self._condition:
                self._publish_at = min(self._publish_at, time.monotonic() + self._retry_seconds)

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
                    self._publish_at = min(self._publish_at, time.monotonic() + PUBLISH_SECONDS)


def _list_into(app: os.DirEntry[bytes], found: set[bytes]) -> None:
    found |= {app.name + b"/" + entry.name for entry in os.scandir(app.path)}


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _session_path(path: bytes) -> bytes | None:
    """``APP/LEAF`` of a path in the folder; None where it is not in an application's folder, or our own."""
    pieces = path.split(b"/")
    if len(pieces) < 2 or any(piece.startswith(files.OWN_PREFIX) for piece in pieces) or pieces[0].startswith(b"."):
        return None
    return b"/".join(pieces[:2])
