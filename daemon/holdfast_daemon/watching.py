"""The watch: what the kernel says of a folder's directories, as hints where to look; content decides.

Nothing rests on the hints alone: the owner scans as well.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
from collections.abc import Callable
from typing import Protocol

from holdfast_daemon.directories import Directories
from holdfast_daemon.folders_root import Identity, folder_identity
from holdfast_daemon.inotify import (
    Constants,
    InotifyEvent,
    InotifyFD,
    WatchCallback,
    WatchDescriptor,
    add_watch,
    shared_reader,
    went_well,
)

_GONE = Constants.IN_DELETE | Constants.IN_MOVED_FROM
_SELF_GONE = Constants.IN_DELETE_SELF | Constants.IN_MOVE_SELF | Constants.IN_UNMOUNT
_NOT_ENTERED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES, errno.EPERM}

_log = logging.getLogger("holdfast.watch")


class Hints(Protocol):
    """Who wants to know. Called in watchdog's thread, for all folders one after the other: be quick."""

    def changed(self, path: bytes, *, now: bool = False, moved: bool = False, writing: bool = False) -> None:
        """Look at this path (relative to the folder); ``now``: it has gone; ``moved``: it has gone elsewhere;
        ``writing``: somebody writes it, and has not closed it yet.

        A directory that is new or moved in is told once it is watched, before what stands in it: whoever looks then
        at what was known below it misses nothing.
        """

    def lost(self) -> None:
        """Anything may have changed: scan."""


class Watch(WatchCallback):
    """All directories of one folder that may hold sessions, each with an inotify watch of its own."""

    def __init__(self, root: bytes, enters: Callable[[bytes], bool], hints: Hints) -> None:
        """``enters`` says of a directory (relative to the root, which may itself be a link) whether to watch it."""
        self._root = root
        self._enters = enters
        self._hints = hints
        self._lock = threading.Lock()  # never held while somebody else's code runs
        self._reader: InotifyFD | None = None
        self._directories = Directories()
        self._watched: Identity | None = None  # what stood at the root when the watch was started
        #: Why not all directories are watched, for people; the folder must be polled then. Empty: all are.
        self.problem = ""

    @property
    def started(self) -> bool:
        """Whether hints come. False again once the root was deleted, moved or unmounted, or another folder has its
        place (of a disk that is exchanged above it, no event tells): start anew when it is back."""
        return self._reader is not None and self._reader.is_alive() and folder_identity(self._root) == self._watched

    def start(self) -> None:
        """Watch from now on; nothing is told of what is there already.

        Raises OSError and leaves no watch behind: the root is not there, or a limit is reached (ENOSPC, EMFILE).
        """
        self.stop()
        reader = shared_reader()
        with self._lock:
            self._reader, self.problem = reader, ""
        self._watched = folder_identity(self._root)  # before it is watched: what takes its place from now on is another
        try:
            self._walk(b"", tell=False)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Watch nothing. A hint that is on its way may still come."""
        with self._lock:
            reader, self._reader = self._reader, None
            released, self._directories = self._directories.registered.values(), Directories()
            if reader is not None:
                reader.remove_callbacks([*released])

    def on_event(self, event: InotifyEvent) -> None:
        """For watchdog's thread."""
        if not went_well(self._event, event):
            went_well(self._hints.lost)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """For watchdog's thread: the directory's own events, or its parent's, have said all."""

    def on_queue_overflow(self) -> None:
        """For watchdog's thread: events are missing, and with them perhaps directories."""
        if not went_well(self._renew):
            went_well(self._hints.lost)

    def _event(self, event: InotifyEvent) -> None:
        with self._lock:
            directory = self._directories.path(event.wd)
        if directory is None:
            return
        if event.name:
            path = _join(directory, event.name)
            if event.mask & Constants.IN_ISDIR and self._enters(path):
                self._directory(path, event.mask)
            else:
                writing = bool(event.mask & Constants.IN_MODIFY)
                deleted, moved = bool(event.mask & Constants.IN_DELETE), bool(event.mask & Constants.IN_MOVED_FROM)
                self._hints.changed(path, now=deleted, moved=moved, writing=writing)
        elif event.mask & _SELF_GONE and not directory:
            self.stop()
            self._hints.lost()
        elif event.mask & Constants.IN_UNMOUNT:
            self._renew()  # what the mount hid has come to light

    def _directory(self, path: bytes, mask: int) -> None:
        if mask & _GONE:
            seen = self._leave(path)
            self._hints.changed(path, now=True)
            if mask & Constants.IN_MOVED_FROM or not seen:
                self._hints.lost()  # nobody tells of what was in it; of a deleted one that was watched, all was told
        elif mask & Constants.IN_ATTRIB and self._is_watched(path):
            self._hints.changed(path)
        else:
            try:
                self._walk(path, tell=True)
            except OSError as problem:
                self._refused(problem)
                self._hints.lost()

    def _renew(self) -> None:
        """Make the watches what the directories are now."""
        try:
            found = self._walk(b"", tell=False)
        except OSError as problem:
            if problem.errno in _NOT_ENTERED:
                self.stop()
            else:
                self._refused(problem)
        else:
            self.problem = ""
            with self._lock:
                missing = self._directories.registered.keys() - found
            for path in missing:
                self._leave(path)
        self._hints.lost()

    def _refused(self, problem: OSError) -> None:
        if not self.problem:
            _log.warning("Not all of %r is watched: %s", self._root, problem)
        self.problem = problem.strerror or str(problem)

    def _walk(self, top: bytes, *, tell: bool) -> set[bytes]:
        """Watch a directory and what is to be entered below it; ``tell`` of all that is found. Which are watched.

        Each is watched before it is listed, so that nothing falls between. Raises OSError where a watch is refused
        for another reason than that the directory is not there or not to be read, or where the root is either.
        """
        watched: set[bytes] = set()
        waiting = [top]
        while waiting:
            path = waiting.pop()
            found: list[bytes] = []
            if self._enter(path):
                watched.add(path)
                directories, found = self._list(path)
                waiting += directories
            if tell:
                for each in (path, *found):
                    self._hints.changed(each)
        return watched

    def _list(self, path: bytes) -> tuple[list[bytes], list[bytes]]:
        """The directories to be entered, and all else; what cannot be listed is the scan's to tell."""
        directories: list[bytes] = []
        others: list[bytes] = []
        with contextlib.suppress(OSError), os.scandir(os.path.join(self._root, path)) as entries:
            for entry in entries:
                inner = _join(path, entry.name)
                is_entered = entry.is_dir(follow_symlinks=False) and self._enters(inner)
                (directories if is_entered else others).append(inner)
        return directories, others

    def _enter(self, path: bytes) -> bool:
        """Whether it is watched now, and not where none is there or it may not be read; for the root, OSError then."""
        try:
            with self._lock:
                if self._reader is None:
                    return False
                registered = add_watch(self._reader, os.path.join(self._root, path), self)
                self._reader.remove_callbacks([*self._directories.put(path, registered)])
        except OSError as problem:
            if path and problem.errno in _NOT_ENTERED:
                return False
            raise
        return True

    def _leave(self, path: bytes) -> bool:
        """Whether it was watched."""
        with self._lock:
            released = self._directories.drop(path)
            if self._reader is not None:
                self._reader.remove_callbacks([*released])
        return bool(released)

    def _is_watched(self, path: bytes) -> bool:
        with self._lock:
            return path in self._directories.registered


def _join(directory: bytes, name: bytes) -> bytes:
    return directory + b"/" + name if directory else name
