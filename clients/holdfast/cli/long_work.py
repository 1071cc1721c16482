"""What the daemon does for minutes, as whoever waits at a terminal sees it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast_protocol.messages import BackedUp, Checked

WAIT_MS = 500

Report = TypeVar("Report", "BackedUp", "Checked")
Told = TypeVar("Told", covariant=True)


class Ask(Protocol[Told]):
    """How far it is, after so long at most; or to stop it."""

    def __call__(self, *, stop: bool = False, wait_ms: int = 0) -> Told: ...


def watched(report: Report, ask: Ask[Report], output: Output) -> Report:
    """The report of the end; Ctrl-C stops what it tells of."""
    try:
        while report.running:
            if sys.stderr.isatty() and not output.quiet:
                part = 100 * report.done_bytes // max(1, report.total_bytes)
                output.say(f"holdfast: {report.stage}, {part} %")
            report = ask(wait_ms=WAIT_MS)
    except KeyboardInterrupt:
        ask(stop=True)
        raise
    return report
