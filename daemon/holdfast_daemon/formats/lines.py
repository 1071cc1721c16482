r"""Merging two changes of one text line by line.

As everywhere here only ``\r\n``, ``\r`` and ``\n`` end a line. Two changes are apart where at least one line that
neither touched lies between them; what is not apart is a conflict, and no text is made of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.changes import is_text

#: How many pairs of equal lines may be compared where the texts differ; with more, it would take seconds.
MOST_PAIRS = 300_000

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")

#: Lines ``begin`` to ``end`` of the base become ``lines``.
_Change = tuple[int, int, list[bytes]]


def merged_text(base: Part, ours: Part, theirs: Part) -> Part | None:
    """``ours`` with the lines and the name that ``theirs`` changed since ``base``; None for a conflict or no text."""
    if base.name not in (ours.name, theirs.name) and ours.name != theirs.name:
        return None
    if not (is_text(base.content) and is_text(ours.content) and is_text(theirs.content)):
        return None
    content = merged_lines(base.content, ours.content, theirs.content)
    name = theirs.name if ours.name == base.name else ours.name
    return None if content is None else replace(ours, name=name, content=content, facts={})


def merged_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """``ours`` with what ``theirs`` changed since ``base``; None where the two touch."""
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    old, our, their = (_LINE.findall(text) for text in (base, ours, theirs))
    try:
        our_changes, their_changes = [*_changes(old, our)], [*_changes(old, their)]
    except _TooMany:
        return None
    if any(_touch(one, other) for one in our_changes for other in their_changes if one != other):
        return None
    merged: list[bytes] = []
    at = 0
    for begin, end, lines in sorted(our_changes + [each for each in their_changes if each not in our_changes]):
        merged += old[at:begin] + lines
        at = end
    return b"".join(merged + old[at:])


class _TooMany(Exception):
    """The lines repeat so often that comparing them would take too long."""


def _changes(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[_Change]:
    """In order. Raises _TooMany."""
    shortest = min(len(old), len(new))
    head = next((place for place in range(shortest) if old[place] != new[place]), shortest)
    rest = shortest - head
    tail = next((place for place in range(rest) if old[-1 - place] != new[-1 - place]), rest)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    counts = Counter(after)
    if sum(counts[line] for line in before) > MOST_PAIRS:
        raise _TooMany
    for what, begin, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            yield head + begin, head + end, [*after[first:last]]


def _touch(one: _Change, other: _Change) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
