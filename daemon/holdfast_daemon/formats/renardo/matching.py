"""Which buffer is which across two snapshots of a Renardo session.

Names do not tell (every buffer of 1.0.0a10 is called Untitled, and 1.0.0a4 numbers such buffers anew at each
load) and neither do places, so: what is the same in everything, then names that are there once, then texts,
then likeness, and only then the order of namesakes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence

from holdfast_daemon.formats.alignment import Alignment
from holdfast_daemon.formats.base import Pair, Part
from holdfast_daemon.formats.changes import lines_of

#: Likeness is not asked of longer texts, nor of more than this many candidates for one part.
LONGEST_COMPARED_BYTES = 200_000
MOST_CANDIDATES = 16
#: Nor of any more once this much has been compared: matching must stay quick whatever the session.
MOST_COMPARED_BYTES = 20_000_000
#: The share of words in common, wherever they stand.
ALIKE = 0.6

_GIVEN_NAME = re.compile(r"Untitled(?:[ -]\d+)?")
_WORD = re.compile(rb"[\w\x80-\xff]+")


def match_session(old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
    """Every index of both sides once; kinds never mixed."""
    alignment = Alignment(old, new)
    alignment.join_equal(lambda part: (part.kind, part.name, part.content))
    telling = _names_once_on_both_sides(alignment)
    alignment.join_equal(lambda part: (part.kind, part.name) if (part.kind, part.name) in telling else None)
    alignment.join_equal(lambda part: (part.kind, part.content) if part.content.strip() else None)
    _join_alike(alignment, lambda part: (part.kind, _own_name(part)))
    alignment.join_equal(lambda part: (part.kind, part.name))
    alignment.join_equal(lambda part: (part.kind, _own_name(part)))
    _join_alike(alignment, lambda part: part.kind)
    alignment.join_equal(lambda part: part.kind if part.kind == "startup" else None)
    return alignment.rows()


def _own_name(part: Part) -> str | None:
    """The name that a person gave; all that Renardo gave say the same: nothing."""
    return None if _is_given(part.name) else part.name


def _names_once_on_both_sides(alignment: Alignment) -> set[tuple[str, str]]:
    old = Counter((alignment.old[index].kind, alignment.old[index].name) for index in alignment.free_old)
    new = Counter((alignment.new[index].kind, alignment.new[index].name) for index in alignment.free_new)
    return {(kind, name) for kind, name in old if old[kind, name] == new[kind, name] == 1 and not _is_given(name)}


def _is_given(name: str) -> bool:
    return _GIVEN_NAME.fullmatch(name) is not None


def _join_alike(alignment: Alignment, group_of: Callable[[Part], Hashable]) -> None:
    """Pairs what is left within a group, the most alike first and then the nearest."""
    likeness = _Likeness()
    rows = []
    for old_index, new_index, distance in _candidates(alignment, group_of):
        share = likeness.of(alignment.old[old_index].content, alignment.new[new_index].content)
        if share > ALIKE:
            rows.append((-share, distance, old_index, new_index))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, old_index, new_index in sorted(rows):
        if old_index not in pairs and new_index not in taken:
            pairs[old_index] = new_index
            taken.add(new_index)
    alignment.join(list(pairs.items()))


def _candidates(alignment: Alignment, group_of: Callable[[Part], Hashable]) -> Iterator[tuple[int, int, int]]:
    """Old index, new index and how far apart they are: for each old part those about its own place."""
    old_places: dict[Hashable, list[int]] = defaultdict(list)
    new_places: dict[Hashable, list[int]] = defaultdict(list)
    for index in alignment.free_old:
        old_places[group_of(alignment.old[index])].append(index)
    for index in alignment.free_new:
        new_places[group_of(alignment.new[index])].append(index)
    for group, olds in old_places.items():
        news = new_places.get(group, [])
        for place, old_index in enumerate(olds):
            middle = place * len(news) // len(olds)
            begin = max(0, min(middle - MOST_CANDIDATES // 2, len(news) - MOST_CANDIDATES))
            for new_place, new_index in enumerate(news[begin : begin + MOST_CANDIDATES], begin):
                yield old_index, new_index, abs(new_place - place)


class _Likeness:
    """How alike two texts are; once enough has been compared, nothing is alike any more."""

    def __init__(self) -> None:
        self._left_bytes = MOST_COMPARED_BYTES
        self._words: dict[bytes, Counter[bytes]] = {}

    def of(self, old: bytes, new: bytes) -> float:
        """The share of words in common, 0 to 1."""
        if not old.strip() or not new.strip() or max(len(old), len(new)) > LONGEST_COMPARED_BYTES:
            return 0.0
        self._left_bytes -= len(old) + len(new)
        if self._left_bytes < 0:
            return 0.0
        before, after = self._words_of(old), self._words_of(new)
        return 2 * (before & after).total() / (before.total() + after.total())

    def _words_of(self, text: bytes) -> Counter[bytes]:
        if text not in self._words:
            self._words[text] = Counter(_WORD.findall(text) or lines_of(text))
        return self._words[text]
