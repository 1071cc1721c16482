"""The process's one inotify instance: watchdog's ``InotifyFD``, whose one reader hands out the events of all watches in
the kernel's order. Not watchdog's ``Observer``: that one watches all that is below, whole worktrees too, holds moves
back for a partner, and tells nobody when events were lost.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
from collections.abc import Callable
from typing import NamedTuple

from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchCallback, WatchDescriptor
from watchdog.observers.inotify_c import InotifyConstants as Constants

__all__ = [
    "MASK",
    "Constants",
    "InotifyEvent",
    "InotifyFD",
    "Registered",
    "WatchCallback",
    "WatchDescriptor",
    "add_watch",
    "shared_reader",
    "went_well",
]

#: One for all: to watch a directory again with another mask would replace the mask for everybody who watches it.
#: Nothing of opening and reading, which we do ourselves; and never through a link.
MASK = Mask(
    Constants.IN_MODIFY | Constants.IN_CLOSE_WRITE | Constants.IN_ATTRIB | Constants.IN_CREATE | Constants.IN_DELETE
    | Constants.IN_MOVED_FROM | Constants.IN_MOVED_TO | Constants.IN_DELETE_SELF | Constants.IN_MOVE_SELF
    | Constants.IN_EXCL_UNLINK | Constants.IN_ONLYDIR | Constants.IN_DONT_FOLLOW
)  # fmt: skip

_NUMBERS = itertools.count(1)  # watchdog tells the callbacks of a shared watch apart by a number


_log = logging.getLogger("holdfast.watch")


class Registered(NamedTuple):
    wd: WatchDescriptor
    number: CallbackId


def shared_reader() -> InotifyFD:
    """The process's one; raises OSError where there can be none."""
    reader = InotifyFD.get_instance()
    if not reader.is_alive():
        raise OSError(errno.EIO, "watchdog's reader of inotify has ended")
    return reader


def add_watch(reader: InotifyFD, whole: bytes, callback: WatchCallback) -> Registered:
    """Watch a directory under a number of its own; raises OSError, PermissionError for one that may not be read.

    The number is a new one each time: a directory that is watched already is then never without a watch between.
    """
    number = CallbackId(next(_NUMBERS))
    wd = reader.add_callback(whole, MASK, callback, number)
    if wd == -1:  # watchdog's answer to EACCES, and it keeps the callback
        reader.remove_callbacks([(wd, number)])
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), whole)
    return Registered(wd, number)


def went_well(work: Callable[..., None], *arguments: object) -> bool:
    """The reader's one catch-all: an error that got out would end it, and with it every watch of the process."""
    try:
        work(*arguments)
    except Exception:
        _log.exception("While an event was handed out")
        return False
    return True
