"""watchdog's hints, turned into marks. It loses events without an error (lessons.md), so nothing rests on it alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

#: How long a move out of the folder waits for a partner inside it; watchdog's own half second would hold up every
#: event behind it (lessons.md, "Measured later").
MOVE_DELAY_SECONDS = 0.002

#: What may have changed a file. Without a filter every reading of a file, our own too, would be two events.
_EVENTS: tuple[type[FileSystemEvent], ...] = (
    FileCreatedEvent, FileModifiedEvent, FileClosedEvent, FileAttribEvent, FileMovedEvent, FileDeletedEvent,
    DirCreatedEvent, DirMovedEvent, DirDeletedEvent,
)  # fmt: skip


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
        self.started = False

    def start(self) -> None:
        """The folder is there."""
        if sys.platform == "linux":
            from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

            InotifyMoveEventGrouper.delay = MOVE_DELAY_SECONDS
        self._observer.schedule(self, os.fsdecode(self._root), recursive=True, event_filter=[*_EVENTS])
        self._observer.start()
        self.started = True

    def stop(self) -> None:
        if self.started:
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, DirCreatedEvent):
            self._scan()  # files made in it before the watch reached it were not seen
        whole = not os.path.dirname(_relative(event.src_path, self._root))
        if whole and isinstance(event, DirDeletedEvent | DirMovedEvent):
            self._scan()  # an application's folder is gone with everything in it, and nothing tells of that
        gone = event.event_type in ("deleted", "moved")
        for path in filter(None, (event.src_path, event.dest_path)):
            self._mark(_relative(path, self._root), now=gone)


def _relative(path: object, root: bytes) -> bytes:
    """An event's path, relative to the folder."""
    return os.fsencode(str(path)).removeprefix(root).lstrip(b"/")
