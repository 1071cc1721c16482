"""Which part is which across two snapshots, for formats whose parts share one idea of identity.

A part's key is only unique inside its document, so who is who is decided by passes: each pass pairs, in
order, the parts that the earlier ones left and that have the same identity. Nothing here compares text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence

from holdfast_daemon.formats.base import Pair, Part

#: What two parts must share to be the same one; None: this pass has nothing to say about the part.
Identity = Callable[[Part], Hashable | None]


class Alignment:
    """Pairs made so far between ``old`` and ``new``, and what is still without a partner."""

    def __init__(self, old: Sequence[Part], new: Sequence[Part]) -> None:
        self.old = old
        self.new = new
        self.partner_of_new: dict[int, int] = {}
        self.free_old: list[int] = list(range(len(old)))
        self.free_new: list[int] = list(range(len(new)))

    def join(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Takes pairs of an old and a new index, each still free."""
        self.partner_of_new.update({new: old for old, new in pairs})
        taken_old = {old for old, _ in pairs}
        taken_new = {new for _, new in pairs}
        self.free_old = [index for index in self.free_old if index not in taken_old]
        self.free_new = [index for index in self.free_new if index not in taken_new]

    def join_equal(self, identity: Identity) -> None:
        """Pairs, in order, the free parts whose identity is the same."""
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for index in self.free_old:
            if (mark := identity(self.old[index])) is not None:
                waiting[mark].append(index)
        pairs = []
        for index in self.free_new:
            mark = identity(self.new[index])
            if mark is not None and waiting.get(mark):
                pairs.append((waiting[mark].popleft(), index))
        self.join(pairs)

    def rows(self) -> list[Pair]:
        """Every index of both sides exactly once: in the new order, then what is gone."""
        rows: list[Pair] = [(self.partner_of_new.get(index), index) for index in range(len(self.new))]
        rows.extend((index, None) for index in self.free_old)
        return rows


def longest_rising(numbers: Sequence[int]) -> list[int]:
    """The places of a longest run of these different numbers that rises, in order."""
    ends: list[int] = []  # the smallest number that ends a rising run of each length
    lengths = []
    for number in numbers:
        length = bisect_left(ends, number)
        ends[length : length + 1] = [number]
        lengths.append(length)
    places: list[int] = []
    for place in reversed(range(len(numbers))):  # of those of a length the last is the smallest
        if lengths[place] == len(ends) - 1 - len(places):
            places.append(place)
    return places[::-1]


def align_by_key(old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
    """For formats whose keys are given by people or applications and so last: same key, then same content."""
    alignment = Alignment(old, new)
    alignment.join_equal(lambda part: (part.kind, part.key))
    alignment.join_equal(lambda part: (part.kind, part.content) if part.content else None)
    return alignment.rows()
