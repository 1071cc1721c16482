"""What people are told beside an answer, from what a format says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from daemon_store import part

from holdfast_daemon import remarks
from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.renardo import RENARDO, Renardo


class Losing(Renardo):
    """Loses every part, two ways."""

    def losses(self, parts: Sequence[Part]) -> list[tuple[str, str]]:
        return [(each.key, way) for each in parts for way in ("it is cut", "it is turned")]


@pytest.mark.parametrize(
    ("path", "is_folder", "count"),
    [
        (b"renardo/verse.py", False, 0),
        (b"renardo/a#1.py", False, 1),
        (b"a#b/verse.py", False, 0),
        (b"renardo/caf\xe9.py", False, 1),
        (b"renardo/project", False, 1),
        (b"renardo/project", True, 0),
    ],
)
def test_the_leaf_of_a_file_is_judged(path: bytes, is_folder: bool, count: int) -> None:
    """Not the folders above it, and not the name of a document of several files; what is said can be sent."""
    found = remarks.of_name(RENARDO, path, is_folder=is_folder)
    assert len(found) == count
    assert all(sentence.encode() for sentence in found)


def test_a_part_that_is_lost_in_two_ways_has_one_sentence() -> None:
    """It begins with the part's kind and name."""
    assert remarks.of_parts(Losing(), [part("drums")]) == ["buffer drums: it is cut; it is turned"]


@pytest.mark.parametrize(("count", "last"), [(20, "buffer 19"), (21, "and 1 more"), (300, "and 280 more")])
def test_not_all_of_many_losses_are_told(count: int, last: str) -> None:
    """Twenty, and how many more there are."""
    told = remarks.of_parts(Losing(), [part(str(number)) for number in range(count)])
    assert told[-1].startswith(last)
    assert len(told) == min(count, 21)
