"""Rounds of peer and subject in turn, so that what else the machine does strikes both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One line of the table. ``met`` is None where there is nothing to compare with."""

    what: str
    value: str
    target: str
    met: bool | None
    detail: str


def seconds(work: Callable[[], object]) -> float:
    """How long it takes once."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(peer: Callable[[], float], subject: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Medians of both; each gives its own number for a round, after one round that does not count."""
    peer()
    subject()
    pairs = [(peer(), subject()) for _ in range(rounds)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def ratio(what: str, peer: float, subject: float, target: float, unit: str = "/s") -> Measured:
    """Rates: the subject's over the peer's, which should reach ``target``."""
    found = subject / peer
    return Measured(
        what=what,
        value=f"{found:.2f}×",
        target=f"≥ {target}×",
        met=found >= target,
        detail=f"{subject:,.0f}{unit} against {peer:,.0f}{unit}",
    )


def at_most(what: str, found: float, target: float, unit: str, detail: str = "") -> Measured:
    """An amount that should not exceed ``target``."""
    return Measured(
        what=what, value=f"{found:.2f} {unit}", target=f"≤ {target:g} {unit}", met=found <= target, detail=detail
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that is not below ``percent`` of them."""
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def table(rows: Sequence[Measured]) -> str:
    """For people, in columns."""
    words = {True: "met", False: "MISSED", None: "–"}
    cells = [("what", "value", "target", "", "detail")]
    cells += [(row.what, row.value, row.target, words[row.met], row.detail) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )
