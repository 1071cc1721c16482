"""What git leaves of a text where it could not merge two versions, whatever the text is of."""

from __future__ import annotations

import re

_OURS = re.compile(rb"^<{7}(?=\s)", re.MULTILINE)
_THEIRS = re.compile(rb"^>{7}(?=\s)", re.MULTILINE)


def conflict_in(text: bytes) -> str | None:
    """A sentence that says at which line the marks of such a conflict begin; None where there are none."""
    marker = _OURS.search(text)
    if marker is None or not _THEIRS.search(text, marker.end()):
        return None
    line = text.count(b"\n", 0, marker.start()) + 1
    return f"line {line}: it holds git's conflict markers, so two versions of it lie in one file"
