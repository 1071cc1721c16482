"""A scan: everything that does not look as it did is looked at. In pieces, so that nobody waits long for the thread."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from functools import partial

from holdfast_daemon import layouts
from holdfast_daemon import visible_files as files
from holdfast_daemon.breaker import reason_to_hold
from holdfast_daemon.due import Taken
from holdfast_daemon.holding import Gone, Holding
from holdfast_daemon.looking import BATCH_COUNT, Looking
from holdfast_daemon.neighbours import Neighbours
from holdfast_daemon.outside import Outside
from holdfast_daemon.problems import Problems
from holdfast_daemon.sites import Site
from holdfast_daemon.store.base import Catalog, Transaction

PIECE_COUNT = 256
NEIGHBOURS_SECONDS = 10.0
WAIT_SECONDS = 0.02


class Scan:
    """Of one folder, again and again."""

    def __init__(
        self, site: Site, catalog: Catalog, looking: Looking, outside: Outside, holding: Holding, problems: Problems,
        neighbours: Neighbours,
    ) -> None:  # fmt: skip
        self._site = site
        self._catalog = catalog
        self._looking = looking
        self._outside = outside
        self._holding = holding
        self._problems = problems
        self._neighbours = neighbours
        self.is_finding = False  # what is new was not looked at yet

    def steps(self, *, verify: bool) -> Iterator[None]:
        """A pause after every step. The new first: one may be a known one, renamed. ``verify``: what looks as it did
        is read all the same."""
        self.is_finding = True  # from now on, and not from the first step: other folders ask
        return self._steps(verify)

    def _steps(self, verify: bool) -> Iterator[None]:
        walk, gone = Walk(self._site), list[Gone]()
        try:
            yield from walk.steps()
            known = self._catalog.reader.visible_seen(self._site.label)
            new = sorted(path for path in walk.found if path not in known)
            with self._outside.expecting(None):
                yield from self._looks(new, gone, fresh=self._catalog.reader.missing_count(self._site.label) == 0)
        finally:
            self.is_finding = False
        yield from self._looks(
            [path for path in known if verify or _is_doubtful(known[path], walk.found.get(path))], gone
        )
        if gone:
            yield from self._wait_for_neighbours()
            gone = [each for each in gone if self._stands(each)]
        self._hold_if_too_many(sum(not self._outside.may_be_read(each) for each in gone))
        for first in range(0, len(gone), BATCH_COUNT):
            self._looking.lose(gone[first : first + BATCH_COUNT])
            yield
        self._problems.replace("in ", ((os.fsdecode(path), said) for path, said in walk.problems.items()))
        self._outside.keep_problems(lambda path: path in walk.found or path in known)

    def _looks(self, paths: Sequence[bytes], gone: list[Gone], *, fresh: bool = False) -> Iterator[None]:
        for first in range(0, len(paths), BATCH_COUNT):
            moment = time.monotonic()
            batch = [Taken(path, moment) for path in paths[first : first + BATCH_COUNT]]
            gone += self._looking.find(batch, fresh=fresh)
            well, self._outside.well = self._outside.well, {}
            if well:
                self._catalog.submit(partial(self._put_seen, [*well.items()])).result()
            yield

    def _put_seen(self, well: Sequence[tuple[bytes, bytes]], tx: Transaction) -> None:
        tx.put_seen(self._site.label, well)

    def _wait_for_neighbours(self) -> Iterator[None]:
        """What is gone here may be what is new there."""
        until = time.monotonic() + NEIGHBOURS_SECONDS
        while time.monotonic() < until and self._neighbours.expect():
            time.sleep(WAIT_SECONDS)
            yield

    def _stands(self, gone: Gone) -> bool:
        row = self._catalog.reader.visible(self._site.label, gone.path)
        return row is not None and row.published == gone.published

    def _hold_if_too_many(self, count: int) -> None:
        """Before the first of them is committed."""
        folder = self._catalog.reader.folder(self._site.label)
        reason = reason_to_hold(count, self._catalog.reader.sessions_in(self._site.label))
        if reason is not None and folder is not None and folder.held is None:
            self._holding.hold(self._site.label, reason)


class Walk:
    """``found``: each session's path in the folder, with how it looks (``visible_files.signature``; empty where that
    says nothing). ``problems``: folders that could not be read, and why."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.found: dict[bytes, bytes] = {}
        self.problems: dict[bytes, str] = {}

    def steps(self) -> Iterator[None]:
        """A pause after every few hundred entries. Raises OSError where the folder itself cannot be read."""
        if self._site.layout.whole:
            self._add(b"")
            return
        left = [b""]
        while left:
            folder = left.pop()
            try:
                yield from self._folder(folder, left)
            except OSError as problem:
                if not folder:
                    raise
                if not isinstance(problem, FileNotFoundError):
                    self.problems[folder] = f"The folder {os.fsdecode(folder)!r} is not read: {problem.strerror}"

    def _folder(self, folder: bytes, left: list[bytes]) -> Iterator[None]:
        layout = self._site.layout
        with os.scandir(self._site.whole(folder)) as entries:
            for number, entry in enumerate(entries):
                if number % PIECE_COUNT == PIECE_COUNT - 1:
                    yield
                path = folder + b"/" + entry.name if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if layouts.is_folder_session(layout, path):
                        self._add(path)
                    elif layouts.enters(layout, path):
                        left.append(path)
                elif layouts.session_path(layout, path) == path:
                    self._add(path, entry)

    def _add(self, path: bytes, entry: os.DirEntry[bytes] | None = None) -> None:
        whole = self._site.whole(path)
        try:
            if entry is not None:
                self.found[path] = files.signature_of(entry.stat(follow_symlinks=False), whole)
            elif (looks := files.signature(whole, self._site.enters_below(path))) is not None:
                self.found[path] = looks
        except FileNotFoundError:
            pass
        except OSError:
            self.found[path] = b""  # a look will say what is wrong


def _is_doubtful(seen: bytes | None, looks: bytes | None) -> bool:
    """Whether a path has to be read: it is gone, looks otherwise than when it was read, or looks say nothing."""
    return not seen or not looks or seen != looks
