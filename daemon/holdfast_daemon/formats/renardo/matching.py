"""Which buffer is which across two snapshots of a Renardo session.

Names do not tell (every buffer of 1.0.0a10 is called Untitled) and neither do places, so: what is the same
in everything, then names that are as many on both sides, then texts, then likeness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from holdfast_daemon.formats.alignment import Alignment
from holdfast_daemon.formats.base import Pair, Part
from holdfast_daemon.formats.changes import lines_of

#: Likeness is not asked of longer texts, nor of more than this many candidates for one part.
LONGEST_COMPARED_BYTES = 200_000
MOST_CANDIDATES = 16
#: Nor of any more once this much has been compared: matching must stay quick whatever the session.
MOST_COMPARED_BYTES = 20_000_000
#: The share of lines in common, wherever they stand.
ALIKE = 0.5


def match_session(old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
    """Every index of both sides once; kinds never mixed."""
    alignment = Alignment(old, new)
    alignment.join_equal(lambda part: (part.kind, part.name, part.content))
    as_many = _names_as_often_on_both_sides(alignment)
    alignment.join_equal(lambda part: (part.kind, part.name) if (part.kind, part.name) in as_many else None)
    alignment.join_equal(lambda part: (part.kind, part.content) if part.content.strip() else None)
    _join_alike(alignment, same_name=True)
    alignment.join_equal(lambda part: (part.kind, part.name))
    _join_alike(alignment, same_name=False)
    alignment.join_equal(lambda part: part.kind if part.kind == "startup" else None)
    return alignment.rows()


def _names_as_often_on_both_sides(alignment: Alignment) -> set[tuple[str, str]]:
    """Where one of several namesakes is gone, order alone would pair the wrong ones."""
    old = Counter((alignment.old[index].kind, alignment.old[index].name) for index in alignment.free_old)
    new = Counter((alignment.new[index].kind, alignment.new[index].name) for index in alignment.free_new)
    return {name for name in old if old[name] == new[name]}


def _join_alike(alignment: Alignment, *, same_name: bool) -> None:
    """Pairs each part left over with the first one left over that is alike."""
    free = list(alignment.free_new)
    pairs = []
    compared_bytes = 0
    for old_index in alignment.free_old:
        old = alignment.old[old_index]
        candidates = (
            index
            for index in free
            if alignment.new[index].kind == old.kind and (not same_name or alignment.new[index].name == old.name)
        )
        for new_index in islice(candidates, MOST_CANDIDATES):
            compared_bytes += len(old.content) + len(alignment.new[new_index].content)
            if compared_bytes > MOST_COMPARED_BYTES:
                break
            if _alike(old.content, alignment.new[new_index].content):
                pairs.append((old_index, new_index))
                free.remove(new_index)
                break
    alignment.join(pairs)


def _alike(old: bytes, new: bytes) -> bool:
    if not old.strip() or not new.strip() or max(len(old), len(new)) > LONGEST_COMPARED_BYTES:
        return False
    before, after = Counter(lines_of(old)), Counter(lines_of(new))
    return 2 * (before & after).total() > ALIKE * (before.total() + after.total())
