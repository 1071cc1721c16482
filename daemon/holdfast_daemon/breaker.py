"""When does the loss of sessions look like the loss of their folder? Pure."""

from __future__ import annotations

import re

#: What goes within this time is one burst.
BURST_SECONDS = 10.0
#: Fewer are a person's hand, whatever share of a small folder they are.
FEWEST = 5


def reason_to_hold(gone: int, there_before: int) -> str | None:
    """Why a folder is to be held of whose sessions so many went in one burst; None where that is no reason."""
    if gone < FEWEST or gone * 3 <= there_before:
        return None
    return f"{gone} of its {there_before} sessions went within {BURST_SECONDS:g} seconds"


def reason_to_stay_held(missing: int, of_all: int, *, is_marked: bool) -> str | None:
    """The same for a folder that was away and is there again: that all of its sessions are missing is no hand's work,
    however few they are, unless the folder bears its mark."""
    is_all = missing == of_all and not is_marked
    if not is_all and (missing < FEWEST or missing * 3 <= of_all):
        return None
    return f"{missing} of its {of_all} sessions did not come back with it"


_LOSS = re.compile(r"\d+ of its \d+ sessions (?:went within|did not come back).*", re.DOTALL)


def loss_in(reason: str | None) -> str | None:
    """The loss that a folder is held for, which only its sessions' return ends, or somebody who accepts it; None where
    it is held because it was away."""
    found = _LOSS.search(reason or "")
    return found[0] if found else None


def while_away(trouble: str, held: str | None) -> str:
    """Why a folder is held that is not there, and was held for ``held`` before."""
    loss = loss_in(held)
    return trouble if loss is None else f"{trouble}; before that, {loss}"
