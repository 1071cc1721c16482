"""Which paths are to be looked at, and when: each once it was quiet, and never later than a bound.

For one owner, who brings the clock and the lock.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_QUIET_SECONDS = 2.0


class Taken(NamedTuple):
    """A path whose moment has come; ``first``: when it was first marked since it was last taken."""

    path: bytes
    first: float

    def is_overdue(self, moment: float) -> bool:
        """It has waited for the full bound: it is taken as it is, though it may still be changing."""
        return self.first + LONGEST_QUIET_SECONDS <= moment


@dataclass(slots=True)
class _Mark:
    first: float
    due: float
    queued: float  # when the queue brings it up: never later than due


class Due:
    """Marked paths. All moments are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._marks: dict[bytes, _Mark] = {}
        self._queue: list[tuple[float, bytes]] = []  # a heap; entries that no mark points to are passed over

    def __len__(self) -> int:
        return len(self._marks)

    def __contains__(self, path: object) -> bool:
        return path in self._marks

    def paths(self) -> set[bytes]:
        """All that are marked."""
        return set(self._marks)

    def mark(self, path: bytes, moment: float, quiet: float) -> float:
        """Look at it once ``quiet`` seconds pass without another mark, within the bound; when, as of now.

        The latest mark decides: one without quiet makes the path due at once, and one after it puts it off again.
        """
        mark = self._marks.get(path)
        first = mark.first if mark else moment
        due = min(moment + quiet, first + LONGEST_QUIET_SECONDS)
        self._put(path, first, due)
        return due

    def postpone(self, path: bytes, first: float, when: float) -> None:
        """Put a taken path back, to be due then, whatever the bound says; ``first`` as it was when taken.

        A path that was marked meanwhile has the earlier moment of both.
        """
        mark = self._marks.get(path)
        self._put(path, first, min(when, mark.due) if mark else when)

    def hurry(self, moment: float) -> set[bytes]:
        """Everything that is marked becomes due now; which paths that are."""
        for mark in self._marks.values():
            mark.due = min(mark.due, moment)
        self._requeue()
        return set(self._marks)

    def take(self, moment: float) -> list[Taken]:
        """The paths that are due, the one due first first; they are marked no longer."""
        taken = []
        while (soonest := self._soonest()) is not None and soonest[0] <= moment:
            heapq.heappop(self._queue)
            taken.append(Taken(soonest[1], self._marks.pop(soonest[1]).first))
        return taken

    def next(self, default: float) -> float:
        """When the next path will be due; ``default`` where none is marked."""
        soonest = self._soonest()
        return default if soonest is None else soonest[0]

    def _put(self, path: bytes, first: float, due: float) -> None:
        """What is put off stays where it is in the queue: it moves back when it comes up, once for all the marks."""
        mark = self._marks.get(path)
        if mark is not None and mark.queued <= due:
            mark.first, mark.due = first, due
            return
        self._marks[path] = _Mark(first, due, due)
        heapq.heappush(self._queue, (due, path))
        if len(self._queue) > 2 * len(self._marks) + 64:
            self._requeue()

    def _soonest(self) -> tuple[float, bytes] | None:
        """The head of the queue, once it is a path's true moment."""
        while self._queue:
            queued, path = self._queue[0]
            mark = self._marks.get(path)
            if mark is None or mark.queued != queued:
                heapq.heappop(self._queue)
            elif mark.due > queued:
                mark.queued = mark.due
                heapq.heapreplace(self._queue, (mark.due, path))
            else:
                return queued, path
        return None

    def _requeue(self) -> None:
        for mark in self._marks.values():
            mark.queued = mark.due
        self._queue = [(mark.due, path) for path, mark in self._marks.items()]
        heapq.heapify(self._queue)
