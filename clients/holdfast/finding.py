"""What the doctor says: one line on one thing."""

from __future__ import annotations

from typing import NamedTuple

GOOD, NOTE, BAD = "ok", "note", "bad"


class Finding(NamedTuple):
    """``state``: ok, note (worth knowing) or bad; ``mend``: what to type, empty where there is nothing to."""

    state: str
    what: str
    sentence: str
    mend: str = ""
