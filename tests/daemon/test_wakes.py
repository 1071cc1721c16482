"""A suspend or a set clock shows in three clocks; a busy machine or a slewed clock does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.wakes import Wakes, now

START = (100.0, 90.0, 1_000_000.0)


def test_the_first_reading_is_only_remembered() -> None:
    """However long the machine slept before."""
    assert not Wakes().woke(1e6, 10.0, 1e9)


@pytest.mark.parametrize(
    ("passed", "woke"),
    [
        ((5.0, 5.0, 5.0), False),
        ((5000.0, 5000.0, 5000.0), False),  # nobody asked for long
        ((65.0, 5.0, 65.0), True),  # slept a minute
        ((6.5, 5.0, 6.5), True),
        ((5.9, 5.0, 5.9), False),
        ((5.0, 5.0, 3605.0), True),  # the clock was put on
        ((5.0, 5.0, -3595.0), True),  # and back
        ((5.0, 5.0, 9.0), False),  # slewed, or a leap second
    ],
)
def test_what_passed_on_each_clock_tells(passed: tuple[float, float, float], woke: bool) -> None:
    """Only ``boottime`` counts sleep, and only ``wall`` can be set."""
    wakes = Wakes()
    wakes.woke(*START)
    assert wakes.woke(*(before + more for before, more in zip(START, passed, strict=True))) is woke


def test_each_wake_is_told_once() -> None:
    """The next reading is compared with the last."""
    wakes = Wakes()
    wakes.woke(*START)
    assert wakes.woke(200.0, 95.0, 1_000_100.0)
    assert not wakes.woke(205.0, 100.0, 1_000_105.0)


@given(st.lists(st.floats(0, 10_000), max_size=30))
def test_time_that_passes_alike_on_all_clocks_is_no_wake(steps: list[float]) -> None:
    """Whatever the steps are."""
    wakes, passed = Wakes(), 0.0
    for step in steps:
        passed += step
        assert not wakes.woke(*(start + passed for start in START))


def test_this_machines_clocks_fit() -> None:
    """Two readings, one after the other, tell of nothing."""
    wakes = Wakes()
    wakes.woke(*now())
    assert not wakes.woke(*now())
