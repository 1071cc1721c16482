"""The watch: what the kernel says of a folder's directories, as hints where to look; content decides.

On watchdog's shared inotify instance (``InotifyFD``: one reader thread for the process, the events of all watches in
the kernel's order), not on its ``Observer``: that one watches all that is below, whole worktrees too, holds moves
back for a partner, and tells nobody when events were lost. Nothing rests on the hints alone: the owner scans as well.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchCallback, WatchDescriptor
from watchdog.observers.inotify_c import InotifyConstants as Constants

#: One for all: to watch a directory again with another mask would replace the mask for everybody who watches it.
#: Nothing of opening and reading, which we do ourselves; and never through a link.
MASK = Mask(
    Constants.IN_MODIFY | Constants.IN_CLOSE_WRITE | Constants.IN_ATTRIB | Constants.IN_CREATE | Constants.IN_DELETE
    | Constants.IN_MOVED_FROM | Constants.IN_MOVED_TO | Constants.IN_DELETE_SELF | Constants.IN_MOVE_SELF
    | Constants.IN_EXCL_UNLINK | Constants.IN_ONLYDIR | Constants.IN_DONT_FOLLOW
)  # fmt: skip

COOKIE = b"cookie-"

_GONE = Constants.IN_DELETE | Constants.IN_MOVED_FROM
_SELF_GONE = Constants.IN_DELETE_SELF | Constants.IN_MOVE_SELF | Constants.IN_UNMOUNT
_NOT_ENTERED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EACCES, errno.EPERM}
_NUMBERS = itertools.count(1)  # watchdog tells the callbacks of a shared watch apart by a number

_log = logging.getLogger("holdfast.watch")


class Hints(Protocol):
    """Who wants to know. Called in watchdog's thread, for all folders one after the other: be quick."""

    def changed(self, path: bytes, *, now: bool = False) -> None:
        """Look at this path (relative to the folder); ``now``: it has gone.

        A directory that is new or moved in is told once it is watched, before what stands in it: whoever looks then
        at what was known below it misses nothing.
        """

    def lost(self) -> None:
        """Anything may have changed: scan."""


class _Registered(NamedTuple):
    wd: WatchDescriptor
    number: CallbackId


class Watch(WatchCallback):
    """All directories of one folder that may hold sessions, each with an inotify watch of its own."""

    def __init__(self, root: bytes, enters: Callable[[bytes], bool], hints: Hints) -> None:
        """``enters`` says of a directory (relative to the root, which may itself be a link) whether to watch it."""
        self._root = root
        self._enters = enters
        self._hints = hints
        self._lock = threading.Lock()  # never held while somebody else's code runs
        self._reader: InotifyFD | None = None
        self._directories = _Directories()
        #: Why not all directories are watched, for people; the folder must be polled then. Empty: all are.
        self.problem = ""

    @property
    def started(self) -> bool:
        """Whether hints come. False again once the root was deleted, moved or unmounted: start anew when it is back."""
        return self._reader is not None and self._reader.is_alive()

    def start(self) -> None:
        """Watch from now on; nothing is told of what is there already.

        Raises OSError and leaves no watch behind: the root is not there, or a limit is reached (ENOSPC, EMFILE).
        """
        self.stop()
        reader = _reader()
        with self._lock:
            self._reader, self.problem = reader, ""
        try:
            self._walk(b"", tell=False)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Watch nothing. A hint that is on its way may still come."""
        with self._lock:
            reader, self._reader = self._reader, None
            released, self._directories = self._directories.registered.values(), _Directories()
            if reader is not None:
                reader.remove_callbacks([*released])

    def on_event(self, event: InotifyEvent) -> None:
        """For watchdog's thread."""
        if not _went_well(self._event, event):
            _went_well(self._hints.lost)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """For watchdog's thread: the directory's own events, or its parent's, have said all."""

    def on_queue_overflow(self) -> None:
        """For watchdog's thread: events are missing, and with them perhaps directories."""
        if not _went_well(self._renew):
            _went_well(self._hints.lost)

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
                self._hints.changed(path, now=bool(event.mask & _GONE))
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
                registered = _watch(self._reader, os.path.join(self._root, path), self)
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


class Cookies:
    """The barrier: a file made in a folder of our own, watched by the same inotify instance.

    Once its event has come, every event before it has been handed out, whatever folder it was of.
    """

    def __init__(self, folder: bytes) -> None:
        """The folder is made if missing, for its owner only; cookies that a killed daemon left are removed."""
        self._folder = folder
        self._lock = threading.Lock()
        self._registered: _Registered | None = None
        self._asked = 0
        self._waiting: dict[int, Callable[[], None]] = {}  # in the order of their numbers
        os.makedirs(folder, 0o700, exist_ok=True)
        for name in os.listdir(folder):
            if name.startswith(COOKIE):
                os.unlink(os.path.join(folder, name))

    def start(self) -> None:
        """Raises OSError where a limit is reached (ENOSPC, EMFILE) or the folder cannot be made."""
        os.makedirs(self._folder, 0o700, exist_ok=True)
        reader = _reader()
        with self._lock:
            before, self._registered = self._registered, _watch(reader, self._folder, self)
            reader.remove_callbacks([before] if before else [])

    def stop(self) -> None:
        """Who still waits is not answered."""
        with self._lock:
            before, self._registered = self._registered, None
            self._waiting.clear()
            if before is not None:
                InotifyFD.get_instance().remove_callbacks([before])

    def ask(self, done: Callable[[], None]) -> None:
        """Have ``done`` called, in watchdog's thread, once all events up to now have been handed out.

        Where events were lost: once every ``Hints.lost`` was called. Raises OSError where no cookie can be made;
        ``done`` is not called then.
        """
        with self._lock:
            self._asked += 1
            number = self._asked
            self._waiting[number] = done
        try:
            self._make(number)
        except OSError:
            with self._lock:
                unanswered = self._waiting.pop(number, None)
            if unanswered:
                raise

    def on_event(self, event: InotifyEvent) -> None:
        """For watchdog's thread."""
        if event.mask & Constants.IN_CREATE and event.name.startswith(COOKIE):
            _went_well(self._come, event.name)
        elif event.mask & Constants.IN_MOVE_SELF:
            _went_well(self._make_another)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """For watchdog's thread: the folder was removed, perhaps with a cookie whose event did not come."""
        _went_well(self._make_another)

    def on_queue_overflow(self) -> None:
        """For watchdog's thread, which tells all others of the overflow before it reads a new cookie's event."""
        _went_well(self._make_another)

    def _come(self, name: bytes) -> None:
        number = int(name.removeprefix(COOKIE))
        with self._lock:
            answered = [each for each in self._waiting if each <= number]
            calls = [self._waiting.pop(each) for each in answered]
        for call in calls:
            _went_well(call)

    def _make_another(self) -> None:
        """For all who wait; where that fails, they are answered with the next one who asks."""
        with self._lock:
            if self._registered is None:
                return
            self._asked += 1
            number = self._asked
        self.start()
        self._make(number)

    def _make(self, number: int) -> None:
        path = os.path.join(self._folder, COOKIE + b"%d" % number)
        try:
            os.mknod(path, 0o600)
        except FileNotFoundError:
            self.start()
            os.mknod(path, 0o600)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


class _Directories:
    """Which directory stands where. A watch belongs to a directory, not to its path: moved, it is the same one."""

    def __init__(self) -> None:
        self.registered: dict[bytes, _Registered] = {}
        self._paths: dict[WatchDescriptor, bytes] = {}
        self._below: dict[bytes, set[bytes]] = {}

    def path(self, wd: WatchDescriptor) -> bytes | None:
        """Where the directory of a watch stands."""
        return self._paths.get(wd)

    def put(self, path: bytes, registered: _Registered) -> list[_Registered]:
        """This one stands at the path now; what is to be released: another that stood there, or it elsewhere."""
        before, elsewhere = self.registered.get(path), self._paths.get(registered.wd)
        released = []
        if before is not None and before.wd != registered.wd:
            released += self.drop(path)
        elif before is not None:
            released.append(before)
        if elsewhere is not None and elsewhere != path:
            released += self.drop(elsewhere)
        self.registered[path] = registered
        self._paths[registered.wd] = path
        if path:
            self._below.setdefault(os.path.dirname(path), set()).add(path)
        return released

    def drop(self, path: bytes) -> list[_Registered]:
        """Forget it and all below; what is to be released."""
        released, waiting = [], [path]
        self._below.get(os.path.dirname(path), set()).discard(path)
        while waiting:
            each = waiting.pop()
            waiting += self._below.pop(each, ())
            registered = self.registered.pop(each, None)
            if registered is not None:
                del self._paths[registered.wd]
                released.append(registered)
        return released


def _reader() -> InotifyFD:
    """The process's one; raises OSError where there can be none."""
    reader = InotifyFD.get_instance()
    if not reader.is_alive():
        raise OSError(errno.EIO, "watchdog's reader of inotify has ended")
    return reader


def _watch(reader: InotifyFD, whole: bytes, callback: WatchCallback) -> _Registered:
    """Watch a directory under a number of its own; raises OSError, PermissionError for one that may not be read.

    The number is a new one each time: a directory that is watched already is then never without a watch between.
    """
    number = CallbackId(next(_NUMBERS))
    wd = reader.add_callback(whole, MASK, callback, number)
    if wd == -1:  # watchdog's answer to EACCES, and it keeps the callback
        reader.remove_callbacks([(wd, number)])
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), whole)
    return _Registered(wd, number)


def _went_well(work: Callable[..., None], *arguments: object) -> bool:
    """The reader's one catch-all: an error that got out would end it, and with it every watch of the process."""
    try:
        work(*arguments)
    except Exception:
        _log.exception("While an event was handed out")
        return False
    return True


def _join(directory: bytes, name: bytes) -> bytes:
    return directory + b"/" + name if directory else name
