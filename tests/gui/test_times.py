"""A moment reads as people say it."""

from __future__ import annotations

from datetime import datetime

import pytest

from holdfast.gui.house import spoken_of

NOW = datetime(2026, 3, 1, 0, 5)


@pytest.mark.parametrize(
    ("moment", "spoken"),
    [
        (datetime(2026, 3, 1, 0, 4, 9), "today 00:04:09"),
        (datetime(2026, 2, 28, 23, 59, 59), "yesterday 23:59:59"),
        (datetime(2026, 2, 27, 0, 5), "27 Feb 2026 00:05"),
        (datetime(2026, 3, 2, 0, 5), "02 Mar 2026 00:05"),
    ],
)
def test_a_moment_is_said_by_its_day(moment: datetime, spoken: str) -> None:
    """Today and yesterday are words; what is longer ago, or ahead of this clock, is a date."""
    assert spoken_of(moment, NOW) == spoken
