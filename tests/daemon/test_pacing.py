"""Work in the background rests as long as it works, from when it begins."""

from __future__ import annotations

import time

import pytest

from holdfast_daemon.pacing import SLICE_SECONDS, Pacing, Stopped
from holdfast_daemon.worst import Worst


def test_rest_follows_work_and_not_the_time_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waited an hour for its turn does not rest for another."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pacing = Pacing()
    rests: list[float] = []
    monkeypatch.setattr(pacing._stopping, "wait", rests.append)
    now[0] += 3600
    pacing.begin()
    pacing.rest(10)
    assert rests == []
    now[0] += 2 * SLICE_SECONDS
    pacing.rest(10)
    assert rests == [pytest.approx(2 * SLICE_SECONDS)]
    assert pacing.done_bytes == 20


def test_stopped_work_ends_at_its_next_rest() -> None:
    """Whatever it is at."""
    pacing = Pacing()
    pacing.stop()
    with pytest.raises(Stopped):
        pacing.rest(0)


def test_the_worst_of_the_last_hour_is_kept() -> None:
    """And nothing older."""
    now = [0.0]
    worst = Worst(lambda: now[0])
    assert worst.milliseconds == 0
    worst.note(0.5)
    now[0] += 1800
    worst.note(0.0021)
    assert worst.milliseconds == 500
    now[0] += 1801
    assert worst.milliseconds == 3
    now[0] += 7200
    worst.note(0.001)
    assert worst.milliseconds == 1
