"""Missing files looked for by name in folders that somebody names, within bounds.

Only names are looked at, and of files that a reference may mean how large they are; what is read is read to be compared
with a hash that the history knows. Links to folders are not followed, links to files not out of the folder.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from holdfast_daemon.visible_files import PIECE_BYTES
from holdfast_protocol.chunking import new_hash

#: What a look takes at most, all folders together.
ENTRIES_COUNT = 200_000
LEVELS = 32
SEEK_SECONDS = 20.0
#: So many files of one name are kept, and so many bytes read to be compared.
ALIKE_COUNT = 64
COMPARED_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Known:
    """What the history has of a file that was watched."""

    size_bytes: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file that was found, and what it is to the byte, where that is known."""

    path: bytes
    size_bytes: int
    known: Known | None = None


@dataclass(slots=True)
class Bounds:
    """What is left of a look; ``stopped`` says why it ended early, and is empty where it did not."""

    until: float
    entries_count: int = ENTRIES_COUNT
    compared_bytes: int = COMPARED_BYTES
    stopped: str = ""

    def passed(self) -> bool:
        """Whether the look ends here."""
        self.entries_count -= 1
        if self.entries_count < 0:
            self.stopped = "there are more files than one search looks at; name a folder further down"
        elif time.monotonic() > self.until:
            self.stopped = "it took too long; name a folder further down"
        return bool(self.stopped)


@dataclass(slots=True)
class Wanted:
    """Names to look for, and what a file of another name may be known by; ``found`` by either."""

    names: Collection[bytes]
    known: Collection[Known]
    found: defaultdict[bytes | Known, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    _taken: set[tuple[bytes | Known, int, int]] = field(default_factory=set)

    def add(self, mark: bytes | Known, sighting: Sighting, state: os.stat_result) -> None:
        """A file counts once, whatever links there are to it."""
        identity = (mark, state.st_dev, state.st_ino)
        if identity not in self._taken and len(self.found[mark]) < ALIKE_COUNT:
            self._taken.add(identity)
            self.found[mark].append(sighting)


def seek(folders: Sequence[bytes], wanted: Wanted, bounds: Bounds) -> None:
    """Fills ``wanted`` with what lies in and below these folders, what is nearest to them first."""
    seen: set[tuple[int, int]] = set()
    by_size = defaultdict(list)
    for each in wanted.known:
        by_size[each.size_bytes].append(each)
    for folder in folders:
        for entry in _entries(folder, seen, bounds):
            is_wanted = entry.name in wanted.names
            if not (is_wanted or by_size) or not _is_file(entry, folder):
                continue
            with contextlib.suppress(OSError):  # it may be gone by now, or a link to nothing
                state = entry.stat()
                known = _known(entry.path, by_size.get(state.st_size, ()), bounds)
                sighting = Sighting(entry.path, state.st_size, known)
                if is_wanted:
                    wanted.add(entry.name, sighting, state)
                if known is not None:
                    wanted.add(known, sighting, state)


def _entries(root: bytes, seen: set[tuple[int, int]], bounds: Bounds) -> Iterator[os.DirEntry[bytes]]:
    """Everything but folders, level by level, in the order of names; each folder once."""
    waiting = deque([(root, 0)])
    while waiting and not bounds.stopped:
        folder, level = waiting.popleft()
        with contextlib.suppress(OSError):
            state = os.stat(folder)
            if (state.st_dev, state.st_ino) in seen:
                continue
            seen.add((state.st_dev, state.st_ino))
            for entry in _listed(folder, bounds):
                if not entry.is_dir(follow_symlinks=False):
                    yield entry
                elif level < LEVELS:
                    waiting.append((entry.path, level + 1))


def _listed(folder: bytes, bounds: Bounds) -> list[os.DirEntry[bytes]]:
    found: list[os.DirEntry[bytes]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if bounds.passed():
                break
            found.append(entry)
    return sorted(found, key=lambda entry: entry.name)


def _is_file(entry: os.DirEntry[bytes], root: bytes) -> bool:
    """A regular file, or a link to one that lies in the same folder."""
    if not entry.is_symlink():
        return entry.is_file(follow_symlinks=False)
    inside = os.path.realpath(root).rstrip(b"/") + b"/"
    return os.path.realpath(entry.path).startswith(inside) and entry.is_file()


def _known(path: bytes, known: Sequence[Known], bounds: Bounds) -> Known | None:
    """Which of these, all of this file's size, it is to the byte."""
    if not known or known[0].size_bytes > bounds.compared_bytes:
        return None
    bounds.compared_bytes -= known[0].size_bytes
    found = new_hash()
    own = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # no FIFO that came meanwhile is waited for
    with os.fdopen(own, "rb") as source:
        while piece := source.read(PIECE_BYTES):
            found.update(piece)
            if time.monotonic() > bounds.until:
                return None
    digest = found.digest()
    return next((each for each in known if each.hash == digest), None)
