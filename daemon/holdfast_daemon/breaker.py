"""When does the loss of sessions look like the loss of their folder? Pure."""

from __future__ import annotations

#: What goes within this time is one burst.
BURST_SECONDS = 10.0
#: Fewer are a person's hand, whatever share of a small folder they are.
FEWEST = 5


def reason_to_hold(gone: int, there_before: int) -> str | None:
    """Why a folder is to be held of whose sessions so many went in one burst; None where that is no reason."""
    if gone < FEWEST or gone * 3 <= there_before:
        return None
    return f"{gone} of its {there_before} sessions went within {BURST_SECONDS:g} seconds"
