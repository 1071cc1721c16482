"""What is kept of a history: by the rules, never a protected one, and no autosave at the cost of a save."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from holdfast_daemon.retention import (
    SECOND,
    Candidate,
    Rules,
    Thinning,
    Verdict,
    freed_bytes,
    is_over,
    verdicts,
)

ONE = b"one"
NOON = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
NONE = Thinning(last=0, hourly=0, daily=0, weekly=0, monthly=0)
YEAR = timedelta(days=365)


def _at(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND


def _autosaves(*ages: timedelta) -> list[Candidate]:
    """The first is the newest."""
    return [
        Candidate(number=len(ages) - place, session=ONE, time=_at(NOON - age), is_autosave=True)
        for place, age in enumerate(ages)
    ]


def _kept(candidates: list[Candidate], rules: Rules) -> list[int]:
    found = verdicts(candidates, rules, _at(NOON))
    return [each.number for each in candidates if found[each.number].keep]


def test_saves_are_kept_until_said_otherwise() -> None:
    """However old, and however many."""
    saves = [dataclasses.replace(each, is_autosave=False) for each in _autosaves(*(n * YEAR for n in range(50)))]
    rules = Rules(age_seconds=1, count=1, budget_bytes=0)
    assert _kept(saves, rules) == [each.number for each in saves]
    assert _kept(saves, Rules(saves=dataclasses.replace(NONE, last=2))) == [50, 49]


@pytest.mark.parametrize(
    ("word", "step"),
    [("hourly", timedelta(hours=1)), ("daily", timedelta(days=1)), ("weekly", timedelta(weeks=1))],
)
def test_the_newest_of_each_period_is_kept(word: str, step: timedelta) -> None:
    """Three to a period, five periods, and three of them are asked for."""
    ages = [n * step + minutes for n in range(5) for minutes in map(timedelta, (0, 0, 0), (0, 60, 120))]
    rules = Rules(autosaves=dataclasses.replace(NONE, **{word: 3}))
    assert _kept(_autosaves(*ages), rules) == [15, 12, 9]


def test_each_says_why() -> None:
    """For people: all the reasons why it stays, or the one why it goes."""
    found = verdicts(_autosaves(timedelta(0), timedelta(minutes=1)), Rules(autosaves=Thinning(last=1)), _at(NOON))
    assert found[2] == Verdict(
        True,
        (
            "one of the last 1",
            "the newest of its hour",
            "the newest of its day",
            "the newest of its week",
            "the newest of its month",
        ),
    )
    assert found[1] == Verdict(False, ("newer ones stand for it",))


def test_age_and_count_go_before_the_rules() -> None:
    """Though it is the newest of its month."""
    some = _autosaves(*(timedelta(days=40 * n) for n in range(5)))
    assert _kept(some, Rules(age_seconds=90 * 24 * 3600)) == [5, 4, 3]
    assert _kept(some, Rules(count=2)) == [5, 4]


def test_the_budget_takes_autosaves_first_and_the_oldest_first() -> None:
    """What shares its chunks with another frees nothing, so more must go."""
    saved = Candidate(number=1, session=ONE, time=0, is_autosave=False, chunks={1: 100, 2: 100})
    shares = Candidate(number=2, session=ONE, time=0, is_autosave=True, chunks={1: 100, 2: 100})
    own = Candidate(number=3, session=ONE, time=0, is_autosave=True, chunks={3: 100})
    newest = Candidate(number=4, session=ONE, time=0, is_autosave=True, chunks={3: 100, 4: 100})
    some = [saved, shares, own, newest]
    assert _kept(some, Rules(budget_bytes=400)) == [1, 2, 3, 4]
    assert _kept(some, Rules(budget_bytes=399)) == [1]
    assert _kept(some, Rules(budget_bytes=0)) == [1]
    assert _kept(some, Rules(budget_bytes=200, saves=Thinning())) == [1]
    assert _kept(some, Rules(budget_bytes=100, saves=Thinning())) == []
    found = verdicts(some, Rules(budget_bytes=399), _at(NOON))
    assert freed_bytes(some, found) == 200


def test_a_clock_set_back_a_year_makes_nothing_older_than_it_is() -> None:
    """The newest are the last made."""
    before = _autosaves(timedelta(0), timedelta(minutes=1))
    after = [Candidate(number=9, session=ONE, time=_at(NOON - YEAR), is_autosave=True)]
    assert _kept([*before, *after], Rules(autosaves=dataclasses.replace(NONE, last=1))) == [9]


def test_a_clock_that_was_wrong_for_a_while_lets_nothing_go_early() -> None:
    """A year back, or ahead: what was made between today's is of today, and an age or a day counts so."""
    for wrong in (YEAR, -YEAR):
        times = (NOON, NOON - wrong, NOON - wrong - timedelta(minutes=1), NOON - timedelta(hours=1))
        some = [
            Candidate(number=4 - place, session=ONE, time=_at(time), is_autosave=True)
            for place, time in enumerate(times)
        ]
        assert _kept(some, Rules(age_seconds=86400)) == [4, 3, 2, 1]
        assert _kept(some, Rules(autosaves=dataclasses.replace(NONE, daily=3))) == [4]


def test_deleted_sessions_have_their_own_term() -> None:
    """Thirty days, unless said otherwise."""
    month = 30 * 24 * 3600 * SECOND
    assert not is_over(1000, Rules(), 1000 + month)
    assert is_over(1000, Rules(), 1001 + month)
    assert not is_over(1000, Rules(), 0)


counts = st.integers(0, 9)
thinnings = st.builds(Thinning, last=counts, hourly=counts, daily=counts, weekly=counts, monthly=counts)
all_rules = st.builds(
    Rules,
    autosaves=thinnings,
    saves=st.none() | thinnings,
    age_seconds=st.none() | st.integers(0, 10**7),
    count=st.none() | counts,
    budget_bytes=st.none() | st.integers(0, 60),
)
histories = st.lists(
    st.builds(
        Candidate,
        number=st.integers(1, 10**6),
        session=st.sampled_from([b"one", b"two"]),
        time=st.integers(0, 90 * 24 * 60).map(lambda minutes: _at(NOON - timedelta(minutes=minutes))),
        is_autosave=st.booleans(),
        protected=st.sampled_from([(), (), ("a pin",)]),
        chunks=st.sets(st.integers(0, 19), max_size=3).map(lambda chunks: dict.fromkeys(chunks, 3)),
    ),
    min_size=4,
    max_size=24,
    unique_by=lambda each: each.number,
)


def _is_kept_by_rules(each: Candidate, some: list[Candidate], rules: Rules) -> bool:
    """As the rules say it, for one at a time: how many stand before it?"""
    thinning = rules.autosaves if each.is_autosave else rules.saves
    if thinning is None or each.protected:
        return True
    alike = [one for one in some if (one.session, one.is_autosave) == (each.session, each.is_autosave)]
    newer = [one for one in alike if one.number > each.number]
    if rules.age_seconds is not None and (_at(NOON) - each.time) / SECOND > rules.age_seconds:
        return False
    if len(newer) < thinning.last:
        return True
    for count, pattern in (
        (thinning.hourly, "%Y %j %H"),
        (thinning.daily, "%Y %j"),
        (thinning.weekly, "%G %V"),
        (thinning.monthly, "%Y %m"),
    ):
        periods = {datetime.fromtimestamp(one.time / SECOND, UTC).strftime(pattern) for one in newer}
        own = datetime.fromtimestamp(each.time / SECOND, UTC).strftime(pattern)
        if own not in periods and len(periods) < count:
            return True
    return False


def _believed(each: Candidate, some: list[Candidate]) -> Candidate:
    """No older than the oldest that it can be: what was made before it was made before it."""
    before = [one.time for one in some if one.session == each.session and one.number <= each.number]
    return dataclasses.replace(each, time=max(before))


def _oracle(some: list[Candidate], rules: Rules) -> set[int]:
    some = [_believed(each, some) for each in some]
    kept: list[Candidate] = []
    for each in sorted(some, key=lambda each: -each.number):
        thinned = rules.autosaves if each.is_autosave else rules.saves
        before = sum((one.session, one.is_autosave) == (each.session, each.is_autosave) for one in kept)
        too_many = thinned is not None and rules.count is not None and before >= rules.count and not each.protected
        if _is_kept_by_rules(each, some, rules) and not too_many:
            kept.append(each)
    while rules.budget_bytes is not None and kept:
        size_bytes = 3 * len(set().union(*(each.chunks for each in kept)))
        loose = [each for each in kept if not each.protected and (each.is_autosave or rules.saves is not None)]
        if size_bytes <= rules.budget_bytes or not loose:
            break
        kept.remove(min(loose, key=lambda each: (not each.is_autosave, each.number)))
    return {each.number for each in kept}


@settings(max_examples=400)
@given(histories, all_rules)
def test_the_rules_and_nothing_else_decide(some: list[Candidate], rules: Rules) -> None:
    """Against counting it out for one snapshot at a time."""
    found = verdicts(some, rules, _at(NOON))
    assert {number for number, verdict in found.items() if verdict.keep} == _oracle(some, rules)
    assert found.keys() == {each.number for each in some}
    assert all(verdict.reasons for verdict in found.values())
    assert all(found[each.number].keep for each in some if each.protected)
    kept = {chunk for each in some if found[each.number].keep for chunk in each.chunks}
    assert freed_bytes(some, found) == 3 * len(set().union(*(each.chunks for each in some)) - kept)
