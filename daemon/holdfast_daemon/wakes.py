"""A suspend, or a clock that was set: what changed meanwhile is told by nobody, so all is looked at once more."""

from __future__ import annotations

import sys
import time

ASLEEP_SECONDS = 1.0
JUMP_SECONDS = 5.0  # more than any slewing between two ticks


class Wakes:
    """Remembers the last reading of three clocks, and tells what the next one means."""

    def __init__(self) -> None:
        self._before: tuple[float, float] | None = None

    def woke(self, boottime: float, monotonic: float, wall: float) -> bool:
        """Whether the machine slept, or its clock was set, since the last call; the first call only remembers.

        All in seconds. ``boottime`` goes on while the machine sleeps, ``monotonic`` stands still, ``wall`` is what
        somebody may set.
        """
        asleep, offset = boottime - monotonic, wall - boottime
        before, self._before = self._before, (asleep, offset)
        if before is None:
            return False
        return asleep - before[0] > ASLEEP_SECONDS or abs(offset - before[1]) > JUMP_SECONDS


def now() -> tuple[float, float, float]:
    """What ``woke`` takes, read from this machine's clocks."""
    monotonic = time.monotonic()
    # Elsewhere a sleep shows as a jump of the wall clock against the one that stood still.
    boottime = time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else monotonic
    return boottime, monotonic, time.time()
