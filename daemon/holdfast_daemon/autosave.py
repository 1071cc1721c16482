"""When is the live state of an application to be snapshotted? Pure: moments in, moments out, no clock.

After a quiet interval, and never later than a ceiling after the first change that no snapshot has: to type without
pause does not put the ceiling off. A snapshot that fails (a full disk) is tried again, later each time; what it should
have had is unsaved since its first change, not since the failure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from msgspec import Meta

RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 10.0

Seconds = Annotated[float, Meta(ge=0.01, le=24 * 3600)]


def retry_delay(failures_count: int, first_seconds: float = RETRY_SECONDS) -> float:
    """Seconds until the next try, later with each failure in a row before this one, and never later than a bound."""
    return min(first_seconds * 2.0 ** min(failures_count, 30), LONGEST_RETRY_SECONDS)


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one application. A snapshot is made so long after the latest change, and at most so long after the first."""

    quiet_seconds: Seconds = 2.0
    ceiling_seconds: Seconds = 30.0


@dataclass(frozen=True, slots=True)
class Unsaved:
    """When the first and the latest change came that no snapshot has."""

    first: float
    latest: float


@dataclass(frozen=True, slots=True)
class Autosave:
    """Of one workspace. All moments are seconds of one clock that never goes back; each method gives what is then.

    ``waiting``: changes since the last snapshot began; ``under_way``: those that the one that is being made has.
    """

    pace: Pace = Pace()
    waiting: Unsaved | None = None
    under_way: Unsaved | None = None
    failures_count: int = 0
    retry_at: float | None = None

    def due(self) -> float | None:
        """When a snapshot is to begin; None where nothing is unsaved, or one is under way."""
        if self.waiting is None or self.under_way is not None:
            return None
        if self.retry_at is not None:
            return self.retry_at
        pace = self.pace
        return min(self.waiting.latest + pace.quiet_seconds, self.waiting.first + pace.ceiling_seconds)

    def unsaved_seconds(self, now: float) -> float:
        """The age of the oldest change that no snapshot has yet; 0 where all are in one."""
        oldest = self.under_way or self.waiting
        return max(now - oldest.first, 0.0) if oldest is not None else 0.0

    def is_late(self, now: float) -> bool:
        """Whether the promised window is exceeded."""
        return self.unsaved_seconds(now) > self.pace.ceiling_seconds

    def changed(self, now: float) -> Autosave:
        """The application handed something over."""
        first = self.waiting.first if self.waiting is not None else now
        return replace(self, waiting=Unsaved(first, now))

    def flush(self, now: float) -> Autosave:
        """What is unsaved is due now: the client went, the daemon stops, the machine sleeps, the store is back."""
        return replace(self, retry_at=now) if self.waiting is not None else self

    def began(self) -> Autosave:
        """A snapshot of all that is waiting."""
        return replace(self, waiting=None, under_way=self.waiting, retry_at=None)

    def ended(self) -> Autosave:
        """It is durable, or the content was as in the one before."""
        return replace(self, under_way=None, failures_count=0)

    def failed(self, now: float) -> Autosave:
        """It was not made: all of it waits again."""
        lost, waiting = self.under_way, self.waiting
        assert lost is not None, "none was under way"
        latest = waiting.latest if waiting is not None else lost.latest
        return replace(
            self,
            waiting=Unsaved(lost.first, latest),
            under_way=None,
            failures_count=self.failures_count + 1,
            retry_at=now + retry_delay(self.failures_count),
        )
