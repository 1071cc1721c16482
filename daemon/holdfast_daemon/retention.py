"""Which snapshots of a session are kept, and why. Pure: values in, verdicts out, no clock.

Saves are kept until somebody says otherwise. Autosaves thin out as in restic: the newest ``last`` of them, and the
newest of each of so many hours, days, weeks and months. The order is that of their making: none counts as older than
one that was made before it, and a time that is still to come is not believed, so a clock that went wrong for a while
lets nothing go early.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated, NamedTuple

from msgspec import Meta

SECOND = 1_000_000_000
DAY_SECONDS = 24 * 60 * 60

Count = Annotated[int, Meta(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinning:
    """How many are kept of each kind: the newest ones, and the newest of each hour, day, week, month (UTC)."""

    last: Count = 10
    hourly: Count = 24
    daily: Count = 7
    weekly: Count = 5
    monthly: Count = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Of one application. ``saves`` None: all of them are kept. Of what may go at all, that goes which is older than
    ``age_seconds``, the oldest of more than ``count`` autosaves (or saves) of a session, and the oldest while the
    history is larger than ``budget_bytes``, autosaves first."""

    autosaves: Thinning = Thinning()
    saves: Thinning | None = None
    age_seconds: Count | None = None
    count: Count | None = None
    budget_bytes: Count | None = None
    deleted_seconds: Count = 30 * DAY_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A snapshot. ``number`` grows with each that is made; ``time``: UTC nanoseconds; ``protected``: for people, why it
    is never taken (a pin, a head); ``chunks``: the sizes of those that it names."""

    number: int
    session: bytes
    time: int
    is_autosave: bool
    protected: tuple[str, ...] = ()
    chunks: Mapping[int, int] = field(default_factory=dict)


class Verdict(NamedTuple):
    """``reasons``: why it stays, or the one why it goes."""

    keep: bool
    reasons: tuple[str, ...]


def verdicts(candidates: Sequence[Candidate], rules: Rules, now: int) -> dict[int, Verdict]:
    """By number, of all candidates of one application. ``now``: UTC nanoseconds."""
    newest_first = _believed(sorted(candidates, key=lambda each: each.number, reverse=True), now)
    by_session: dict[tuple[bytes, bool], list[Candidate]] = {}
    for each in newest_first:
        by_session.setdefault((each.session, each.is_autosave), []).append(each)
    found: dict[int, Verdict] = {}
    for (_, is_autosave), some in by_session.items():
        thinning = rules.autosaves if is_autosave else rules.saves
        reasons = _thinned(some, thinning) if thinning is not None else {each.number: ("saved",) for each in some}
        found |= _verdicts_of(some, reasons, rules if thinning is not None else None, now)
    if rules.budget_bytes is not None:
        found |= _over_budget(newest_first, found, rules)
    return found


def freed_bytes(candidates: Sequence[Candidate], found: Mapping[int, Verdict]) -> int:
    """What is named by those that go and by none that stays."""
    kept = {chunk for each in candidates if found[each.number].keep for chunk in each.chunks}
    gone = {chunk: size for each in candidates if not found[each.number].keep for chunk, size in each.chunks.items()}
    return sum(size for chunk, size in gone.items() if chunk not in kept)


def is_over(deleted: int, rules: Rules, now: int) -> bool:
    """Whether a session deleted at that time (UTC nanoseconds) has had its term."""
    return now - deleted > rules.deleted_seconds * SECOND


def _believed(newest_first: Sequence[Candidate], now: int) -> list[Candidate]:
    """With times that never fall within a session, and none after ``now``."""
    later: dict[bytes, int] = {}
    bounded = []
    for each in newest_first:
        if each.time <= now:
            later[each.session] = each.time
        bounded.append(later.get(each.session, now))
    latest: dict[bytes, int] = {}
    found = []
    for each, time in zip(reversed(newest_first), reversed(bounded), strict=True):
        latest[each.session] = max(time, latest.get(each.session, time))
        found.append(replace(each, time=latest[each.session]))
    return found[::-1]


def _thinned(newest_first: Sequence[Candidate], thinning: Thinning) -> dict[int, tuple[str, ...]]:
    reasons: dict[int, list[str]] = {each.number: [] for each in newest_first}
    for each in newest_first[: thinning.last]:
        reasons[each.number].append(f"one of the last {thinning.last}")
    for word, count, period in (
        ("hour", thinning.hourly, _hour),
        ("day", thinning.daily, _day),
        ("week", thinning.weekly, _week),
        ("month", thinning.monthly, _month),
    ):
        for each in _newest_of_each(newest_first, count, period):
            reasons[each.number].append(f"the newest of its {word}")
    return {number: tuple(said) for number, said in reasons.items()}


def _newest_of_each(
    newest_first: Sequence[Candidate], count: int, period: Callable[[datetime], object]
) -> list[Candidate]:
    newest: dict[object, Candidate] = {}
    for each in newest_first:
        if len(newest) < count:
            newest.setdefault(period(datetime.fromtimestamp(each.time // SECOND, UTC)), each)
    return [*newest.values()]


def _hour(moment: datetime) -> object:
    return moment.date(), moment.hour


def _day(moment: datetime) -> object:
    return moment.date()


def _week(moment: datetime) -> object:
    return moment.isocalendar()[:2]


def _month(moment: datetime) -> object:
    return moment.year, moment.month


def _verdicts_of(
    newest_first: Sequence[Candidate], reasons: Mapping[int, tuple[str, ...]], rules: Rules | None, now: int
) -> dict[int, Verdict]:
    """``rules``: where they may go at all."""
    found = {}
    kept = 0
    for each in newest_first:
        verdict = Verdict(True, (*each.protected, *reasons[each.number]))
        if not verdict.reasons:
            verdict = Verdict(False, ("newer ones stand for it",))
        elif rules is not None and not each.protected:
            if rules.age_seconds is not None and now - each.time > rules.age_seconds * SECOND:
                verdict = Verdict(False, (f"older than {_days(rules.age_seconds)}",))
            elif rules.count is not None and kept >= rules.count:
                verdict = Verdict(False, (f"more than {rules.count}",))
        kept += verdict.keep
        found[each.number] = verdict
    return found


def _over_budget(newest_first: Sequence[Candidate], found: Mapping[int, Verdict], rules: Rules) -> dict[int, Verdict]:
    """The oldest go until the rest fits, autosaves first."""
    assert rules.budget_bytes is not None
    kept = [each for each in newest_first if found[each.number].keep]
    named = Counter(chain.from_iterable(each.chunks for each in kept))
    size_bytes = sum({chunk: size for each in kept for chunk, size in each.chunks.items()}.values())
    loose = [each for each in reversed(kept) if not each.protected and (each.is_autosave or rules.saves is not None)]
    gone = {}
    for each in sorted(loose, key=lambda each: not each.is_autosave):
        if size_bytes <= rules.budget_bytes:
            break
        named.subtract(each.chunks.keys())
        size_bytes -= sum(size for chunk, size in each.chunks.items() if not named[chunk])
        gone[each.number] = Verdict(False, (f"the history is larger than {rules.budget_bytes} bytes",))
    return gone


def _days(seconds: int) -> str:
    days = seconds / DAY_SECONDS
    return f"{days:g} day{'' if days == 1 else 's'}"
