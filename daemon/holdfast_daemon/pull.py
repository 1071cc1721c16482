"""When is an application that cannot push to be asked for its state? Pure: moments in, moments out, no clock.

At the ceiling of autosaves, since nobody tells when it was quiet. One that cannot be asked, or does not answer, is
asked again soon, and later with each time in a row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from holdfast_daemon.autosave import RETRY_SECONDS, retry_delay

#: How long after a question its answer, or the reason why there is none, is waited for.
ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Pull:
    """Of one workspace. All moments are seconds of one clock that never goes back; each method gives what is then.

    ``asked``: when it was asked last; ``failing_since``: when it was asked first without getting an answer, since the
    last that it gave; ``problem``: why, as far as its holder could say.
    """

    due: float
    asked: float | None = None
    failing_since: float | None = None
    failures_count: int = 0
    problem: str = ""

    def ask(self, now: float) -> Pull:
        """Its holder is told to ask it."""
        return replace(self, asked=now)

    def answered(self, now: float, every_seconds: float) -> Pull:
        """It gave its state, changed or not."""
        return Pull(due=max(now, (self.asked or now) + every_seconds), asked=self.asked)

    def failed(self, now: float, every_seconds: float, problem: str) -> Pull:
        """It could not be asked, or gave nothing of worth."""
        delay = retry_delay(self.failures_count, min(RETRY_SECONDS, every_seconds))
        since = self.failing_since or self.asked or now
        return replace(
            self, due=now + delay, failing_since=since, failures_count=self.failures_count + 1, problem=problem
        )

    def unanswered_since(self, now: float) -> float | None:
        """Since when it has been asked in vain; None where it answers, or still has time."""
        if self.failing_since is not None:
            return self.failing_since
        since = max(self.asked or self.due, self.due)
        return since if now > since + ANSWER_SECONDS else None
