"""Looks at many paths: what came is committed together, what is gone counts only after everything else was looked at.

For the folder's thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from functools import partial

from holdfast_daemon import visible_files as files
from holdfast_daemon.agenda import Agenda
from holdfast_daemon.background import Underway
from holdfast_daemon.due import Taken
from holdfast_daemon.folders_root import Root
from holdfast_daemon.holding import Gone, Holding
from holdfast_daemon.neighbours import Neighbours
from holdfast_daemon.origins import Place
from holdfast_daemon.outside import Outside
from holdfast_daemon.problems import Problems
from holdfast_daemon.publisher import Publisher
from holdfast_daemon.sites import Site
from holdfast_daemon.store.base import Catalog

QUIET_SECONDS = 0.05
RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
BATCH_COUNT = 128
ARRIVAL_SECONDS = 0.02
PATIENCE_SECONDS = 5.0  # what is on its way between two folders is not deleted; so long may the other one take
UNDERWAY_SECONDS = 60.0  # or as soon as it has been read


class Looking:
    """``look`` at what was marked, or ``find`` what is gone of many paths."""

    def __init__(
        self, site: Site, root: Root, catalog: Catalog, agenda: Agenda, outside: Outside, publisher: Publisher,
        holding: Holding, problems: Problems, neighbours: Neighbours,
    ) -> None:  # fmt: skip
        self._site = site
        self._root = root
        self._catalog = catalog
        self._agenda = agenda
        self._outside = outside
        self._publisher = publisher
        self._holding = holding
        self._problems = problems
        self._neighbours = neighbours
        self._delays: dict[bytes, float] = {}

    def look(self, looks: Sequence[Taken]) -> None:
        """Before anything counts as gone, whatever else was marked and is not known is looked at: it may be that."""
        looks = [taken for taken in looks if not self._is_put_off(taken)]
        if not looks:
            return
        with self._outside.expecting(self._leaving):
            gone = self.find(looks)
            unknown = self._unknown() if gone else []
        if unknown:
            with self._outside.expecting(self._leaving):
                self.find(unknown)
        gone = self._without_hurry(gone, looks)
        for first in range(0, len(gone), BATCH_COUNT):
            batch = gone[first : first + BATCH_COUNT]
            if not self._problems.guarded("The deletions", partial(self.lose, batch)):
                self._put_off(each.path for each in batch)

    def _is_put_off(self, taken: Taken) -> bool:
        """What somebody is writing is looked at when it is closed, or at the bound: what lies there between two calls
        is nobody's state."""
        if taken.is_overdue(time.monotonic()):
            return False
        try:
            is_written = files.is_being_written(self._site.whole(taken.path))
        except OSError:  # it is gone, or not to be opened: the look will tell
            return False
        if is_written:
            self._agenda.postpone(taken, QUIET_SECONDS)
        return is_written

    def _leaving(self) -> Iterable[Place]:
        return self._neighbours.leaving(self._agenda.marked())

    def _without_hurry(self, gone: list[Gone], looks: Sequence[Taken]) -> list[Gone]:
        """Those that count now. The others may just be arriving in another folder, and are looked at once more."""
        if not gone or not self._neighbours.expect():
            return gone
        since = {taken.path: taken.first for taken in looks}
        late = time.monotonic() - PATIENCE_SECONDS
        for each in gone:
            if since[each.path] > late:
                self._agenda.postpone(Taken(each.path, since[each.path]), ARRIVAL_SECONDS)
        return [each for each in gone if since[each.path] <= late]

    def lose(self, gone: Sequence[Gone]) -> None:
        """These are deleted, where they are still not there (nor read elsewhere just now), and the folder itself is: it
        may have been away when they were looked for."""
        with self._root.pinned() as root:
            lost = [each for each in gone if root is not None and self._is_gone(root, each)]
        for path in {each.path for each in gone} - {each.path for each in lost}:
            self._agenda.mark(path, QUIET_SECONDS)
        if lost:
            self._holding.gone(self._site.label, lost)

    def _is_gone(self, root: bytes, gone: Gone) -> bool:
        try:
            there = files.signature(os.path.join(root, gone.path), self._site.enters_below(gone.path))
        except OSError:
            return False
        return there is None and not self._outside.may_be_read(gone)

    def find(self, looks: Sequence[Taken], *, fresh: bool = False) -> list[Gone]:
        """Looks at each; gives the paths where nothing is that should be there. ``fresh``: see ``Outside.look``."""
        gone: list[Gone] = []
        if fresh:
            self._outside.begin()
        for first in range(0, len(looks), BATCH_COUNT):
            batch = looks[first : first + BATCH_COUNT]
            failed = [taken.path for taken in batch if not self._is_looked_at(taken, gone, fresh)]
            if not self._problems.guarded("What is new", self._outside.settle):
                failed = [taken.path for taken in batch]
            for taken in batch:
                if taken.path not in failed:
                    self._delays.pop(taken.path, None)
            self._put_off(failed)
        return gone

    def _is_looked_at(self, taken: Taken, gone: list[Gone], fresh: bool) -> bool:
        self._publisher.looked_at(taken.path)
        return self._problems.guarded(repr(os.fsdecode(taken.path)), partial(self._look, taken, gone, fresh))

    def _unknown(self) -> list[Taken]:
        """Those marked where nothing of ours is."""
        unknown = []
        for each in self._agenda.take_all():
            if self._catalog.reader.visible(self._site.label, each.path) is None:
                unknown.append(each)
            else:
                self._agenda.postpone(each, QUIET_SECONDS)
        return unknown

    def _look(self, taken: Taken, gone: list[Gone], fresh: bool) -> None:
        try:
            found = self._outside.look(taken.path, patient=not taken.is_overdue(time.monotonic()), fresh=fresh)
        except files.Unsettled:
            self._agenda.postpone(taken, QUIET_SECONDS)
        except Underway:
            self._agenda.postpone(taken, UNDERWAY_SECONDS)
        else:
            gone += [found] if found is not None else []

    def _put_off(self, paths: Iterable[bytes]) -> None:
        """Where a look fails (a full disk, a busy session) it is said, and done again, later each time."""
        for path in paths:
            delay = min(2 * self._delays.get(path, RETRY_SECONDS / 2), LONGEST_RETRY_SECONDS)
            self._delays[path] = delay
            self._agenda.postpone(Taken(path, time.monotonic()), delay)
