"""One folder: every event is a hint, content decides, and one thread does all that touches the folder.

A mark says "look at this path soon". A deletion is looked at at once, a file 50 ms after its last change, once nobody
has it open for writing, and never later than two seconds; what looks like our own publication a second later. What is
found is compared with what the catalog says should be there (``reconcile``). What is to be published waits a
moment for company: one sync and one commit serve all of it. A scan looks at everything, in pieces between the looks.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

from holdfast_daemon import layouts
from holdfast_daemon import visible_files as files
from holdfast_daemon.agenda import Agenda, Turn
from holdfast_daemon.fault import Faults
from holdfast_daemon.folders_root import Root
from holdfast_daemon.holding import RETURN_SECONDS, Gone, Holding
from holdfast_daemon.looking import LONGEST_RETRY_SECONDS, QUIET_SECONDS, RETRY_SECONDS, Looking
from holdfast_daemon.neighbours import Neighbours
from holdfast_daemon.outside import Outside
from holdfast_daemon.problems import Problems
from holdfast_daemon.publisher import Publisher
from holdfast_daemon.scanning import Scan
from holdfast_daemon.sessions import Sessions
from holdfast_daemon.sites import Site
from holdfast_daemon.waiting import Waiting
from holdfast_daemon.wakes import Wakes, now
from holdfast_daemon.watching import Watch

OWN_QUIET_SECONDS = 1.0
WRITING_SECONDS = 0.25
MOVED_SECONDS = 0.005  # where it went may be told a moment later, in another folder
COUNTED = 64  # more marks than that are not looked at one by one
PUBLISH_SECONDS = 0.02
SCAN_SECONDS = 60.0  # between two scans of a small folder: what no event tells is seen so soon (a mapped file, a link)
LONGEST_SCAN_SECONDS = 3600.0
SCANNING_SHARE = 4000  # the time between two scans is so many times what one takes of a processor
POLL_SECONDS = 2.0
LONGEST_POLL_SECONDS = 60.0
POLLING_SHARE = 500
ANSWERING_SHARE = 10  # and so many times what one takes at all: the rest is what a slow server does for it
TICK_SECONDS = 5.0  # how long a folder that is moved away goes unnoticed where nothing else happens
SCAN_SLICE_SECONDS = 0.02

_log = logging.getLogger("holdfast.folder")


class WatchedFolder:
    """Owns the thread. Everything without an underscore may be called from any other one."""

    def __init__(
        self, site: Site, root: Root, sessions: Sessions, holding: Holding, faults: Faults,
        why_poll: Callable[[], str | None], loop: asyncio.AbstractEventLoop,
    ) -> None:  # fmt: skip
        """``why_poll``: why the folder is to be polled, for people; None where it is to be watched. Asked again and
        again, for what is mounted there changes. ``equip`` comes next."""
        self.site = site
        self.poll_note = why_poll()
        self._why_poll = why_poll
        self._asked_why = 0.0
        self.watching = False
        self._looked_for = False  # since the start, whether its root is there
        self.scanned: int | None = None
        self._root = root
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._holding = holding
        self._faults = faults
        self._agenda = Agenda()
        self._problems = Problems(site.label)
        self._waiting = Waiting(loop, self._catalog, site.label)
        self._retry_seconds = RETRY_SECONDS / 2
        self._rescan_seconds = RETRY_SECONDS
        self._verify = False
        self._steps: Iterator[None] | None = None
        self._wakes = Wakes()
        self._believing = threading.Lock()
        self._watch = Watch(site.root, lambda folder: layouts.enters(site.layout, folder), self)
        self._thread = threading.Thread(target=self._run, name=f"folder {site.label}", daemon=True)

    def equip(self, outside: Outside, publisher: Publisher, neighbours: Neighbours) -> None:
        """What it looks and publishes with; both know it as well."""
        catalog, holding, problems = self._catalog, self._holding, self._problems
        self._outside = outside
        self._publisher = publisher
        self._looking = Looking(
            self.site, self._root, catalog, self._agenda, outside, publisher, holding, problems, neighbours
        )  # fmt: skip
        self._scan = Scan(self.site, catalog, self._looking, outside, holding, problems, neighbours)

    def start(self) -> None:
        """Finish what a crash left, watch, and look at everything, as soon as the folder is there."""
        self._thread.start()

    def stop(self, timeout_seconds: float | None = None) -> None:
        """After the publications that wait. A file system that does not answer is not waited for longer than that."""
        self._agenda.stop()
        self._thread.join(timeout_seconds)
        self._watch.stop()
        self._waiting.end()

    @property
    def problems(self) -> list[str]:
        """For people: what cannot be read or written, and why."""
        return [*self._problems.sentences, *self._outside.problems.values(), *self._publisher.problems.values()]

    @property
    def polls(self) -> bool:
        """Whether it is scanned again and again instead of watched."""
        return self.poll_note is not None

    @property
    def is_open(self) -> bool:
        """Whether a program still writes to a file that was replaced under it."""
        return self._publisher.is_open

    @property
    def scanning(self) -> bool:
        return self._steps is not None

    @property
    def label(self) -> str:
        return self.site.label

    def leaving(self) -> set[bytes]:
        """Where something happened that was not looked at yet."""
        return self._agenda.marked()

    def expects(self) -> bool:
        """Whether there may be something new that was not looked at yet."""
        if not self.watching:
            return not self._looked_for
        if self._scan.is_finding or self._agenda.scan_is_due:
            return True
        marked, reader = self._agenda.marked(), self._catalog.reader
        return len(marked) > COUNTED or any(reader.visible(self.label, path) is None for path in marked)

    def changed(self, path: bytes, *, now: bool = False, moved: bool = False, writing: bool = False) -> None:
        """Look at the session that this path (relative to the folder) belongs to."""
        if self._faults.drops_hint():
            return
        session_path = layouts.session_path(self.site.layout, path)
        if session_path is None:
            return
        if moved and session_path == path and not self._publisher.is_own(path):
            self._agenda.mark(path, MOVED_SECONDS)
        else:
            self.mark(session_path, now=now and session_path == path, writing=writing)

    def mark(self, path: bytes, *, now: bool = False, writing: bool = False) -> None:
        """Look at this session. A file that stays open for writing has longer to become quiet."""
        if self._publisher.is_own(path):
            self._agenda.mark(path, OWN_QUIET_SECONDS, once=True)
        else:
            self._agenda.mark(path, 0.0 if now else WRITING_SECONDS if writing else QUIET_SECONDS)

    def look_again(self, path: bytes) -> None:
        """Whatever it looks like."""
        self._agenda.mark(path, QUIET_SECONDS)

    def lost(self) -> None:
        """Anything may have changed: look at everything soon."""
        self._agenda.scan_in(0.0)

    def wake(self) -> None:
        """Something was committed; there may be something to publish."""
        self._agenda.publish_in(PUBLISH_SECONDS)

    async def published(self, path: bytes) -> None:
        """Once the path shows what was wanted at this moment, or cannot."""
        row = self._catalog.reader.visible(self.site.label, path)
        if row is not None and row.published != row.wanted:
            future = self._waiting.for_path(path)
            self._agenda.publish_in(0.0)
            await future

    def unshown(self, path: bytes) -> str | None:
        """Why the path does not show what is wanted, for people; None where it does."""
        row = self._catalog.reader.visible(self.site.label, path)
        if row is None or row.published == row.wanted:
            return None
        folder = self._catalog.reader.folder(self.site.label)
        held = folder.held if folder is not None and not self.watching else None
        return held or self._publisher.problems.get(path) or f"{os.fsdecode(path)!r} is not written yet"

    async def scan(self, *, verify: bool = False) -> None:
        """Once a scan that began after this is done, or the folder is held because it is not there. ``verify``: what
        looks as it did is read all the same."""
        future = self._waiting.for_scan()
        self._verify = self._verify or verify
        self.lost()
        await future

    async def settled(self) -> None:
        """Once all that is marked now has been looked at: for whoever knows that everything was marked."""
        if self.polls or not self.watching or self._why_poll() is not None:
            await self.scan()
            return
        if self.scanning or self._agenda.scan_is_due:
            await self.scan()  # events were lost, or it has just begun to watch
            return
        future = self._waiting.for_looks(self._agenda.hurry())
        self._agenda.publish_in(0.0)  # what wakes the thread also where nothing is marked
        await future

    def accept(self, author: str) -> None:
        """What is missing is deleted, and what stands there is the folder."""
        with self._believing:  # what the thread saw before would hold it again
            self._root.accept()
            self._holding.accept(self.site.label, author, everything=self._root.trouble() is not None)

    def _run(self) -> None:
        while True:
            tick = TICK_SECONDS if self.watching else RETRY_SECONDS
            turn = self._agenda.next(tick, there=self.watching, busy=self.watching and self.scanning)
            if not self._problems.guarded("The folder", partial(self._take, turn)):
                self._waiting.failed()  # what was marked is forgotten: a scan will see all of it
                self._agenda.scan_in(RETRY_SECONDS)
                self._agenda.publish_in(RETRY_SECONDS)
            if turn.stopping:
                return

    def _take(self, turn: Turn) -> None:
        with self._believing:
            is_there = self._is_there()
        self._looked_for = True
        if not is_there:
            self._waiting.end()
            return
        self._looking.look(turn.looks)
        self._problems.guarded("The scan", self._go_on_scanning)
        went_well = True
        if turn.publish or turn.looks:
            went_well = self._problems.guarded("The files of the folder", partial(self._publish_pending, turn.stopping))
            self._problems.guarded("The hold", partial(self._holding.release, self.site.label))
        read, self._outside.read = self._outside.read, {}
        self._waiting.looked(self._agenda, read, keeping=self._publisher.keeping)
        if self._waiting.shown(self._publisher.problems):
            soon = went_well and not self._publisher.writing
            self._agenda.publish_in(PUBLISH_SECONDS if soon else self._retry_seconds)

    def _is_there(self) -> bool:
        """A folder that is gone, or another one, says nothing about its sessions: hold everything."""
        trouble = self._root.trouble()
        if trouble is not None:
            self._holding.hold(self.site.label, trouble)
            if self.watching:
                self._watch.stop()
            self.watching = False
            self._steps = None
            self._agenda.scan_begins()  # of nothing: one is asked for when the folder is back
            return False
        if not self.watching:
            self._holding.returned(
                self.site.label, f"The folder {os.fsdecode(self.site.root)} is there, and being looked through"
            )
            self.poll_note = self._why_poll()
            self._start_watch()
            self._problems.guarded("The temporary files", self._publisher.sweep)
            self.lost()
            self._agenda.publish_in(0.0)
            self.watching = True
        elif self._watch.problem:
            self._poll(self._watch.problem)
        elif not self.polls and not self._watch.started:
            self._start_watch()  # the folder was taken away and put back between two looks at it
            self.lost()
        elif not self.polls and time.monotonic() > self._asked_why + TICK_SECONDS:
            self._asked_why = time.monotonic()
            if (note := self._why_poll()) is not None:
                self._poll(note)
        return True

    def _start_watch(self) -> None:
        if self.polls:
            return
        try:
            self._watch.start()
        except (FileNotFoundError, NotADirectoryError):
            pass  # away for a moment: the next look at the root says so, and tries again
        except OSError as problem:
            self._poll(problem.strerror or str(problem))

    def _poll(self, note: str) -> None:
        """From now on, because the watch cannot see everything."""
        if not self.polls:
            _log.warning("%s is polled: %s", self.site.label, note)
            self.poll_note = note
            self._watch.stop()
            self.lost()

    def _go_on_scanning(self) -> None:
        """A slice of the scan that is under way, or that is to begin."""
        moment = time.monotonic()
        if self._wakes.woke(*now()):
            self.lost()
        if self._steps is None:
            if not self._agenda.scan_is_due:
                return
            self._steps = self._scanning()
        try:
            while time.monotonic() < moment + SCAN_SLICE_SECONDS:
                next(self._steps)
        except StopIteration:
            self._steps = None
        except BaseException as problem:
            self._steps = None
            if isinstance(problem, OSError) and self._root.trouble() is not None:
                self.lost()  # it went away meanwhile: the next turn says so
                return
            self._agenda.scan_in(self._rescan_seconds)
            self._rescan_seconds = min(2 * self._rescan_seconds, LONGEST_RETRY_SECONDS)
            self._waiting.failed()
            raise

    def _scanning(self) -> Iterator[None]:
        began, consumed = time.monotonic(), time.thread_time()
        verify, self._verify = self._verify, False
        steps = self._scan.steps(verify=verify)
        self._agenda.scan_begins()
        self._waiting.scan_begins()
        yield from steps
        self.scanned = self._sessions.clock()
        self._rescan_seconds = RETRY_SECONDS
        took, consumed = time.monotonic() - began, time.thread_time() - consumed
        shortest, share, longest = (
            (POLL_SECONDS, POLLING_SHARE, LONGEST_POLL_SECONDS)
            if self.polls
            else (SCAN_SECONDS, SCANNING_SHARE, LONGEST_SCAN_SECONDS)
        )
        self._agenda.scan_in(min(max(shortest, share * consumed, ANSWERING_SHARE * took), longest))
        if self._outside.may_have_come or self._holding.conclude(self.site.label):  # what is missing may be that, too
            self._agenda.scan_in(RETURN_SECONDS)
        self._waiting.scanned(self._outside.reading)

    def _publish_pending(self, stopping: bool) -> None:
        due, pending = [], self._catalog.reader.pending(self.site.label)
        self._publisher.only_pending({row.path for row in pending})
        for row in pending:
            torn = row.boot != self._sessions.boot
            try:
                there = files.is_there(self.site.whole(row.path))
            except OSError as problem:
                self._publisher.failed(row, problem)
                continue
            if not there and not torn and row.published is not None and row.wanted is not None:
                self._looking.lose([Gone(row.path, row.published)])
            else:
                due.append(row)
        done = False
        try:
            self._publisher.publish(due, wait=stopping)
            done = not self._publisher.problems and not self._publisher.waits
        finally:
            longest = RETRY_SECONDS if self._publisher.is_open else LONGEST_RETRY_SECONDS
            self._retry_seconds = RETRY_SECONDS / 2 if done else min(2 * self._retry_seconds, longest)
            if not done:
                self._agenda.publish_in(self._retry_seconds)
