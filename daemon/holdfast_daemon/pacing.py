"""Work that nobody waits for: in small slices, with a rest after each, so that everybody else has the machine."""

from __future__ import annotations

import contextlib
import os
import threading
import time

IDLE_PRIORITY = 19
#: So long a slice is, and so many times as long the rest after it.
SLICE_SECONDS = 0.01
REST_FACTOR = 1.0


class Stopped(Exception):
    """It is not wanted any more."""


class Pacing:
    """Of one thread that works; ``stop`` is for any other."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._began = time.monotonic()
        self.done_bytes = 0

    def lower(self) -> None:
        """This thread is the last to have the processor."""
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), IDLE_PRIORITY)  # of this thread only, on Linux
        self.begin()

    def begin(self) -> None:
        """Work begins now."""
        self._began = time.monotonic()

    def rest(self, size_bytes: int) -> None:
        """So many bytes were looked at. Raises Stopped."""
        self.done_bytes += size_bytes
        worked = time.monotonic() - self._began
        if worked >= SLICE_SECONDS:
            self._stopping.wait(worked * REST_FACTOR)
            self._began = time.monotonic()
        if self._stopping.is_set():
            raise Stopped

    def stop(self) -> None:
        self._stopping.set()
