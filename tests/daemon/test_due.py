"""A marked path is looked at once it was quiet, and after the bound at the latest."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from holdfast_daemon.due import LONGEST_QUIET_SECONDS, Due, Taken

A, B, C = b"app/a", b"app/b", b"app/c"


def test_it_is_due_once_it_was_quiet() -> None:
    """Not a moment before."""
    due = Due()
    assert due.mark(A, 10.0, 0.5) == 10.5
    assert due.take(10.4) == []
    assert due.take(10.5) == [Taken(A, 10.0)]


def test_it_is_taken_once() -> None:
    """Until it is marked again, with a new beginning."""
    due = Due()
    due.mark(A, 10.0, 0.0)
    due.take(10.0)
    assert (due.take(99.0), A in due, len(due)) == ([], False, 0)
    due.mark(A, 20.0, 0.0)
    assert due.take(20.0) == [Taken(A, 20.0)]


def test_a_later_mark_puts_it_off() -> None:
    """It was not quiet."""
    due = Due()
    due.mark(A, 10.0, 0.5)
    assert due.mark(A, 10.4, 0.5) == 10.9
    assert due.take(10.5) == []
    assert due.take(10.9) == [Taken(A, 10.0)]


def test_marks_without_pause_put_it_off_to_the_bound() -> None:
    """And it is told that it was the bound that made it due."""
    due = Due()
    for step in range(100):
        due.mark(A, 10.0 + step / 10, 0.25)
        if taken := due.take(10.0 + step / 10):
            break
    assert taken == [Taken(A, 10.0)]
    assert step == 10 * LONGEST_QUIET_SECONDS
    assert taken[0].is_overdue(12.0)
    assert not taken[0].is_overdue(11.9)


def test_without_quiet_it_is_due_at_once() -> None:
    """Also where it was to wait."""
    due = Due()
    due.mark(A, 10.0, 1.0)
    assert due.mark(A, 10.1, 0.0) == 10.1
    assert due.take(10.1) == [Taken(A, 10.0)]
    assert due.take(99.0) == []


def test_they_come_in_the_order_of_their_moments() -> None:
    """The one due first first, whenever it was marked."""
    due = Due()
    due.mark(A, 10.0, 0.9)
    due.mark(B, 10.1, 0.5)
    due.mark(C, 10.2, 0.6)
    assert [taken.path for taken in due.take(11.0)] == [B, C, A]


def test_what_is_put_back_keeps_its_beginning() -> None:
    """So that the bound holds though it was taken and found changing."""
    due = Due()
    due.mark(A, 10.0, 0.5)
    (taken,) = due.take(10.5)
    due.postpone(A, taken.first, 10.7)
    assert due.next(0.0) == 10.7
    assert due.mark(A, 10.6, 5.0) == 12.0
    assert due.take(12.0) == [Taken(A, 10.0)]


def test_what_fails_is_put_back_beyond_the_bound() -> None:
    """It is tried again when its owner says."""
    due = Due()
    due.postpone(A, 10.0, 70.0)
    assert due.take(69.9) == []
    assert due.take(70.0) == [Taken(A, 10.0)]


@pytest.mark.parametrize(("when", "expected"), [(10.2, 10.2), (60.0, 10.8)])
def test_what_was_marked_meanwhile_has_the_earlier_moment(when: float, expected: float) -> None:
    """And the earlier beginning."""
    due = Due()
    due.mark(A, 10.3, 0.5)
    due.postpone(A, 10.0, when)
    assert due.next(0.0) == expected
    assert due.take(99.0) == [Taken(A, 10.0)]


def test_in_a_hurry_everything_is_due() -> None:
    """With its beginning, so that it is not taken for overdue; what is marked then has its quiet."""
    due = Due()
    due.mark(A, 10.0, 0.5)
    due.postpone(B, 10.1, 60.0)
    assert due.hurry(10.2) == {A, B}
    due.mark(C, 10.2, 0.5)
    taken = due.take(10.2)
    assert sorted(taken) == [Taken(A, 10.0), Taken(B, 10.1)]
    assert not any(each.is_overdue(10.2) for each in taken)
    assert C in due


def test_a_hurry_puts_nothing_off() -> None:
    """What was due already stays first."""
    due = Due()
    due.mark(A, 10.0, 0.5)
    due.hurry(11.0)
    assert due.next(0.0) == 10.5


def test_the_next_moment_is_told() -> None:
    """The default where nothing is marked; never that of a mark that was put off or taken."""
    due = Due()
    assert due.next(77.0) == 77.0
    due.mark(A, 10.0, 0.1)
    due.mark(B, 10.0, 0.5)
    due.mark(A, 10.0, 1.0)
    assert due.next(77.0) == 10.5
    due.take(10.5)
    assert due.next(77.0) == 11.0


class AsSimplyAsPossible(RuleBasedStateMachine):
    """Any sequence of calls gives what a list that is searched each time would give."""

    def __init__(self) -> None:
        super().__init__()
        self.due, self.moment, self.taken = Due(), 0, dict[bytes, float]()
        self.model: dict[bytes, tuple[float, float]] = {}  # path: first, due

    paths = st.integers(0, 5).map(lambda number: b"%d" % number)

    @rule(path=paths, quiet=st.sampled_from([0, 0, 0.25, 1, 5]))
    def mark(self, path: bytes, quiet: float) -> None:
        first = self.model.get(path, (self.moment, 0))[0]
        when = min(self.moment + quiet, first + LONGEST_QUIET_SECONDS)
        self.model[path] = (first, when)
        assert self.due.mark(path, self.moment, quiet) == when

    @rule(path=paths, delay=st.sampled_from([0, 0.5, 3, 200]))
    def postpone(self, path: bytes, delay: float) -> None:
        first = self.taken.pop(path, None)
        if first is not None:
            before = self.model.get(path, (first, self.moment + delay))
            self.model[path] = (first, min(self.moment + delay, before[1]))
            self.due.postpone(path, first, self.moment + delay)

    @rule()
    def hurry(self) -> None:
        self.model = {path: (first, min(due, self.moment)) for path, (first, due) in self.model.items()}
        assert self.due.hurry(self.moment) == set(self.model)

    @rule(seconds=st.sampled_from([0, 0.25, 1, 2, 100]))
    def take(self, seconds: float) -> None:
        self.moment += seconds
        taken = self.due.take(self.moment)
        ripe = {path: first for path, (first, due) in self.model.items() if due <= self.moment}
        order = [self.model[each.path][1] for each in taken]
        assert dict(taken) == ripe
        assert order == sorted(order)
        self.taken |= ripe
        self.model = {path: mark for path, mark in self.model.items() if path not in ripe}

    @invariant()
    def agrees(self) -> None:
        assert len(self.due) == len(self.model)
        assert all(path in self.due for path in self.model)
        assert self.due.next(-1.0) == min((due for _, due in self.model.values()), default=-1.0)


TestAsSimplyAsPossible = AsSimplyAsPossible.TestCase


class Counting(bytes):
    """A path that counts how often the queue compares it: the work that is done."""

    compared = 0

    def __lt__(self, other: bytes) -> bool:
        Counting.compared += 1
        return super().__lt__(other)


def test_many_marks_cost_no_search_of_all_for_every_take() -> None:
    """Twenty thousand paths, marked over and over and taken bit by bit, are compared a few times each."""
    due, count = Due(), 20_000
    paths = [Counting(b"%d" % number) for number in range(count)]
    Counting.compared = 0
    for moment in range(10):
        for path in paths:
            due.mark(path, moment / 100, 1.0)
    taken = 0
    for step in range(1000):
        taken += len(due.take(step / 100))
    assert taken == count
    assert Counting.compared < 100 * count


def test_what_is_put_off_and_hurried_for_ever_does_not_pile_up() -> None:
    """A file that fails each time and changes all the time leaves nothing behind."""
    due = Due()
    due.postpone(B, 0.0, 1e5)
    for step in range(10_000):
        due.mark(A, float(step), 0.0)
        (taken,) = due.take(float(step))
        due.postpone(A, taken.first, step + 1e6)
    assert len(due._queue) < 1000  # the only place where it would show
