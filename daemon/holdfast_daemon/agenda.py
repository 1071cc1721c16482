"""What one folder's thread has to do, and when. Anybody may add to it; the thread waits for it."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from holdfast_daemon.due import Due, Taken

NEVER = 1e12  # a bound for waiting must be a number that a lock takes


class Turn(NamedTuple):
    """What one round of the thread has to do."""

    looks: list[Taken]
    publish: bool
    stopping: bool


class Agenda:
    """Paths to be looked at, publications, scans, and the end. All moments are of the monotonic clock."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._due = Due()
        self._in_hand: set[bytes] = set()  # taken, and perhaps to be put back
        self._publish_at = self._scan_at = 0.0
        self._awake_at = 0.0  # when the thread looks by itself
        self._stopping = False

    def __contains__(self, path: object) -> bool:
        return path in self._due

    def mark(self, path: bytes, quiet_seconds: float, *, once: bool = False) -> None:
        """Look at the path when it has been quiet for so long. ``once``: if it is not marked already."""
        with self._condition:
            if not (once and path in self._due):
                self._awaken(self._due.mark(path, time.monotonic(), quiet_seconds))

    def postpone(self, taken: Taken, seconds: float) -> None:
        """Look at it again; it has been waiting since it was first marked."""
        with self._condition:
            when = time.monotonic() + seconds
            self._due.postpone(taken.path, taken.first, when)
            self._awaken(when)

    def marked(self) -> set[bytes]:
        """All paths that are to be looked at, those in hand among them."""
        with self._condition:
            return self._due.paths() | self._in_hand

    def hurry(self) -> set[bytes]:
        """All that is marked is due now; which paths that are."""
        with self._condition:
            paths = self._due.hurry(time.monotonic()) | self._in_hand
            self._awaken(0.0)
        return paths

    def take_all(self) -> list[Taken]:
        """Everything that is marked, due or not."""
        with self._condition:
            taken = self._due.take(NEVER)
            self._in_hand |= {each.path for each in taken}
            return taken

    def publish_in(self, seconds: float) -> None:
        """Or before."""
        with self._condition:
            self._publish_at = min(self._publish_at, time.monotonic() + seconds)
            self._awaken(self._publish_at)

    def scan_in(self, seconds: float) -> None:
        """Or before."""
        with self._condition:
            self._scan_at = min(self._scan_at, time.monotonic() + seconds)
            self._awaken(self._scan_at)

    @property
    def scan_is_due(self) -> bool:
        with self._condition:
            return self._scan_at <= time.monotonic()

    def scan_begins(self) -> None:
        """The next one has to be asked for."""
        with self._condition:
            self._scan_at = NEVER

    def stop(self) -> None:
        """One more turn, then no other."""
        with self._condition:
            self._stopping = True
            self._condition.notify()

    def next(self, tick_seconds: float, *, there: bool, busy: bool) -> Turn:
        """Waits until there is something to do, or for the tick; not at all where the thread is ``busy``. Paths stay
        marked while the folder is not ``there``."""
        tick = time.monotonic() + tick_seconds
        with self._condition:
            while True:
                moment = time.monotonic()
                looks_at = self._due.next(NEVER) if there else NEVER
                wakes_at = min(tick, self._publish_at, self._scan_at, looks_at)
                if busy or wakes_at <= moment or self._stopping:
                    break
                self._awake_at = wakes_at
                self._condition.wait(wakes_at - moment)
            self._awake_at = 0.0
            looks = self._due.take(moment) if there else []
            self._in_hand = {each.path for each in looks}
            publish = moment >= self._publish_at
            if publish:
                self._publish_at = NEVER
            return Turn(looks, publish or self._stopping, self._stopping)

    def _awaken(self, moment: float) -> None:
        """With the condition held: the thread looks at that moment or before."""
        if moment < self._awake_at:
            self._awake_at = moment
            self._condition.notify()
