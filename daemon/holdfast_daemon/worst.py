"""The largest of what was measured in the last hour, without keeping all of it."""

from __future__ import annotations

from collections.abc import Callable

MINUTE_SECONDS = 60.0
MINUTES_COUNT = 60


class Worst:
    """For one thread."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._by_minute: dict[int, float] = {}

    def note(self, seconds: float) -> None:
        """Something took so long."""
        minute = int(self._monotonic() / MINUTE_SECONDS)
        if minute not in self._by_minute:
            self._by_minute = {each: value for each, value in self._by_minute.items() if each > minute - MINUTES_COUNT}
        self._by_minute[minute] = max(seconds, self._by_minute.get(minute, 0.0))

    @property
    def milliseconds(self) -> int:
        """The largest, rounded up; 0 where there was nothing."""
        oldest = int(self._monotonic() / MINUTE_SECONDS) - MINUTES_COUNT
        worst = max((value for minute, value in self._by_minute.items() if minute > oldest), default=0.0)
        return -int(-worst * 1000 // 1)
