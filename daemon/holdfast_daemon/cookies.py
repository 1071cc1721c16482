"""The barrier: whether everything that the kernel told up to now has been handed out."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable

from holdfast_daemon.inotify import (
    Constants,
    InotifyEvent,
    InotifyFD,
    Registered,
    WatchDescriptor,
    add_watch,
    shared_reader,
    went_well,
)

COOKIE = b"cookie-"


class Cookies:
    """The barrier: a file made in a folder of our own, watched by the same inotify instance.

    Once its event has come, every event before it has been handed out, whatever folder it was of.
    """

    def __init__(self, folder: bytes) -> None:
        """The folder is made if missing, for its owner only; cookies that a killed daemon left are removed."""
        self._folder = folder
        self._lock = threading.Lock()
        self._registered: Registered | None = None
        self._asked = 0
        self._waiting: dict[int, Callable[[], None]] = {}  # in the order of their numbers
        os.makedirs(folder, 0o700, exist_ok=True)
        for name in os.listdir(folder):
            if name.startswith(COOKIE):
                os.unlink(os.path.join(folder, name))

    def start(self) -> None:
        """Raises OSError where a limit is reached (ENOSPC, EMFILE) or the folder cannot be made."""
        os.makedirs(self._folder, 0o700, exist_ok=True)
        reader = shared_reader()
        with self._lock:
            before, self._registered = self._registered, add_watch(reader, self._folder, self)
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

        Where events were lost: once every ``Hints.lost`` was called. Raises OSError where no cookie can be made, or its
        folder is not watched; ``done`` is not called then.
        """
        with self._lock:
            if self._registered is None:
                raise OSError(errno.EBADF, "the folder of cookies is not watched", os.fsdecode(self._folder))
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
            went_well(self._come, event.name)
        elif event.mask & Constants.IN_MOVE_SELF:
            went_well(self._make_another)

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """For watchdog's thread: the folder was removed, perhaps with a cookie whose event did not come."""
        went_well(self._make_another)

    def on_queue_overflow(self) -> None:
        """For watchdog's thread, which tells all others of the overflow before it reads a new cookie's event."""
        went_well(self._make_another)

    def _come(self, name: bytes) -> None:
        number = int(name.removeprefix(COOKIE))
        with self._lock:
            answered = [each for each in self._waiting if each <= number]
            calls = [self._waiting.pop(each) for each in answered]
        for call in calls:
            went_well(call)

    def _make(self, number: int) -> None:
        try:
            self._touch(number)
        except FileNotFoundError:
            self._make_another()

    def _make_another(self) -> None:
        """For all who wait; where that fails, they are answered with the next one who asks. Numbered once the folder is
        watched: somebody may have made a cookie in it before, and has no event."""
        with self._lock:
            if self._registered is None:
                return
        self.start()
        with self._lock:
            self._asked += 1
            number = self._asked
        self._touch(number)

    def _touch(self, number: int) -> None:
        path = os.path.join(self._folder, COOKIE + b"%d" % number)
        os.mknod(path, 0o600)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
