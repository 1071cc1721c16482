"""Places on a genome and where they are in a picture: loci, regions and the marks of a ruler."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLACE = re.compile(r"(?P<chromosome>[^\s:]{1,200}):(?P<start>[\d,]{1,20})(?:\s*-\s*|\.\.)(?P<end>[\d,]{1,20})")
_MARK_APART, _MARK_WIDTH = 100, 50


@dataclass(frozen=True, slots=True)
class Place:
    """Bases ``start`` to ``end`` of a chromosome."""

    chromosome: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A number on a ruler."""

    left: float
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A column of the picture: one of the loci that are shown beside one another. ``place`` is None for a gene, a whole
    chromosome or the whole genome: what is where in it the session does not say."""

    text: str
    place: Place | None
    left: float
    width: float

    def ends_of(self, place: Place) -> tuple[float, float] | None:
        """Where the place is in the picture, cut to the column; None where it is not in view."""
        mine = self.place
        if mine is None or mine.chromosome != place.chromosome or place.end < mine.start or place.start > mine.end:
            return None
        left, right = (self._at(min(max(base, mine.start), mine.end)) for base in (place.start, place.end))
        return left, right

    @property
    def marks(self) -> list[Mark]:
        """Round numbers of bases, as many as can be read."""
        if self.place is None:
            return []
        step = _round_step((self.place.end - self.place.start) * _MARK_APART / self.width)
        first = -(-self.place.start // step) * step
        bases = range(first, self.place.end + 1, step)
        lefts = [(base, round(self._at(base), 1)) for base in bases]
        fitting = [each for each in lefts if _MARK_WIDTH < each[1] - self.left + _MARK_WIDTH / 2 < self.width]
        return [Mark(left, _shown(base, step)) for base, left in fitting]

    def _at(self, base: int) -> float:
        assert self.place is not None
        share = (base - self.place.start) / max(1, self.place.end - self.place.start)
        return self.left + share * self.width


def place_of(text: str) -> Place | None:
    """``chr7:55,019,017-55,211,628``; None for anything else."""
    found = _PLACE.fullmatch(text.strip())
    if not found:
        return None
    start, end = (int(found[name].replace(",", "") or 0) for name in ("start", "end"))
    return Place(found["chromosome"], min(start, end), max(start, end))


def spans_of(locus: str, left: float, right: float, most: int) -> Sequence[Span]:
    """A column for each of the loci, which a blank divides; one for a locus that is not known."""
    loci = locus.split()[:most] or [""]
    width = (right - left) / len(loci)
    return [
        Span(text, place_of(text), left + number * width, width - (6 if number < len(loci) - 1 else 0))
        for number, text in enumerate(loci)
    ]


def _round_step(least: float) -> int:
    """The first of 1, 2, 5, 10, 20 … that is not less."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least:
                return factor * power
        power *= 10


def _shown(base: int, step: int) -> str:
    """In the largest unit that tells the marks apart."""
    if step >= 100_000:
        return f"{base / 1_000_000:,.{1 if step < 1_000_000 else 0}f} Mb"
    if step >= 100:
        return f"{base / 1_000:,.{1 if step < 1_000 else 0}f} kb"
    return f"{base:,}"
