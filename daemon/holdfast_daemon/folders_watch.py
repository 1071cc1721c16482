"""watchdog's hints, turned into marks. It loses events without an error (lessons.md), so nothing rests on it alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

from watchdog.events import DirCreatedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

#: How long a move out of the folder waits for a partner inside it; watchdog's own half second would hold up every
#: event behind it (lessons.md, "Measured later").
MOVE_DELAY_SECONDS = 0.002

_IGNORED = ("opened", "closed_no_write")


class Mark(Protocol):
    """Look at this path, relative to the folder."""

    def __call__(self, path: bytes, *, now: bool = False) -> None: ...


class Watch(FileSystemEventHandler):
    """One recursive watch of the sessions folder."""

    def __init__(self, root: bytes, mark: Mark, scan: Callable[[], None]) -> None:
        self._root = root
        self._mark = mark
        self._scan = scan
        self._observer = Observer()

    def start(self) -> None:
        if sys.platform == "linux":
            from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

            InotifyMoveEventGrouper.delay = MOVE_DELAY_SECONDS
        self._observer.schedule(self, os.fsdecode(self._root), recursive=True)
        self._observer.start()

    def stop(self) -> None:
        self._observer.stop()
        self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _IGNORED:
            return
        if isinstance(event, DirCreatedEvent):
            self._scan()  # files made in it before the watch reached it were not seen
        for path in filter(None, (event.src_path, event.dest_path)):
            relative = os.path.relpath(os.fsencode(str(path)), self._root)
            self._mark(relative, now=event.event_type in ("deleted", "moved"))
