"""Three-way merge by part: what only one side changed is taken, what both changed differently is a conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from holdfast_daemon.formats.base import Pair, Part

#: In place of an index in the base: behind everything.
_END = -1


class Rules(Protocol):
    """What merging asks of a format."""

    @property
    def unordered(self) -> Collection[str]: ...
    @property
    def keyed(self) -> Collection[str]: ...
    @property
    def incidental(self) -> Collection[str]: ...
    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]: ...
    def same(self, old: Part, new: Part) -> bool: ...
    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """``parts`` in the merged order, or conflicts: names of the parts that both sides changed.

    ``taken`` names the parts that came from ``theirs``.
    """

    parts: tuple[Part, ...]
    taken: tuple[str, ...]
    conflicts: tuple[str, ...]


def merge(base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], form: Rules) -> Merge:
    """The parts of ``ours`` with what ``theirs`` changed since ``base``."""
    ours_of, ours_added = _partners(form.match(base, ours), len(ours))
    theirs_of, theirs_added = _partners(form.match(base, theirs), len(theirs))
    choose = _Choice(form)
    conflicts, taken = choose.conflicts, choose.taken
    kept: dict[int, Part] = {}  # by the index in base
    for index, old in enumerate(base):
        our = ours[ours_of[index]] if index in ours_of else None
        their = theirs[theirs_of[index]] if index in theirs_of else None
        part = choose.of(old, our, their)
        if part is not None:
            kept[index] = part
    ordered = {index for index, part in enumerate(base) if part.kind not in form.unordered}
    our_order, their_order = ([at for at in _order(side) if at in ordered] for side in (ours_of, theirs_of))
    if _reordered(our_order) and _reordered(their_order) and our_order != their_order:
        conflicts.append("the order of the parts")
    theirs_added = choose.added([ours[at] for at in ours_added], theirs, theirs_added)
    if conflicts:
        return Merge(parts=(), taken=(), conflicts=tuple(conflicts))
    our_side, their_side = (ours_of, ours_added, ours), (theirs_of, theirs_added, theirs)
    leading, following = (their_side, our_side) if _reordered(their_order) else (our_side, their_side)
    slots = _insert(_lay(*leading, kept), *following)
    taken += [theirs[index].name for index in theirs_added]
    return Merge(parts=tuple(part for _, part in slots), taken=tuple(taken), conflicts=())


class _Choice:
    """What becomes of each part of the base."""

    def __init__(self, form: Rules) -> None:
        self._form = form
        self.conflicts: list[str] = []
        self.taken: list[str] = []

    def of(self, old: Part, our: Part | None, their: Part | None) -> Part | None:
        """The part that stays; None where it goes, or where both sides changed it so that they touch."""
        if self._same(their, old) or self._same(our, their):
            return our
        if self._same(our, old):
            self.taken.append(their.name if their else old.name)
            return their
        both = self._form.merge_part(old, our, their) if our is not None and their is not None else None
        (self.taken if both is not None else self.conflicts).append(old.name)
        return both

    def added(self, ours: Sequence[Part], theirs: Sequence[Part], new: Sequence[int]) -> list[int]:
        """Those of the ``new`` places in ``theirs`` whose part ``ours`` did not add as well. One key with two contents
        is a conflict, but where the application made both by itself."""
        there = {(part.kind, part.name, part.content) for part in ours}
        keyed = {(part.kind, part.key): part for part in ours if part.kind in self._form.keyed}
        fresh = []
        for at in new:
            part = theirs[at]
            our = keyed.get((part.kind, part.key))
            if our is None and (part.kind, part.name, part.content) not in there:
                fresh.append(at)
            elif our is not None and part.kind not in self._form.incidental and not self._same(our, part):
                self.conflicts.append(part.name)
        return fresh

    def _same(self, one: Part | None, other: Part | None) -> bool:
        if one is None or other is None:
            return one is other
        return (one.kind, one.name) == (other.kind, other.name) and (
            one.content == other.content or self._form.same(one, other)
        )


def _partners(pairs: Sequence[Pair], count: int) -> tuple[dict[int, int], list[int]]:
    partners = {old: new for old, new in pairs if old is not None and new is not None}
    return partners, sorted(set(range(count)) - set(partners.values()))


def _order(partners: dict[int, int]) -> list[int]:
    return sorted(partners, key=lambda index: partners[index])


def _reordered(order: list[int]) -> bool:
    return order != sorted(order)


def _lay(
    partners: dict[int, int], added: Sequence[int], side: Sequence[Part], kept: dict[int, Part]
) -> list[tuple[int | None, Part]]:
    """The side's own order: (index in base or None, part), without the parts that the merge dropped."""
    base_of, fresh = {new: old for old, new in partners.items()}, {*added}
    slots: list[tuple[int | None, Part]] = []
    for position, part in enumerate(side):
        if position in base_of:
            if base_of[position] in kept:
                slots.append((base_of[position], kept[base_of[position]]))
        elif position in fresh:
            slots.append((None, part))
    return slots


def _insert(
    slots: list[tuple[int | None, Part]],
    partners: dict[int, int],
    added: Sequence[int],
    side: Sequence[Part],
) -> list[tuple[int | None, Part]]:
    """``slots`` with the other side's new parts behind the part that they followed there, and behind what was added
    there already; at the end where that part is gone."""
    base_of = {new: old for old, new in partners.items()}
    there, new = {index for index, _ in slots}, {*added}
    behind: dict[int | None, list[tuple[int | None, Part]]] = defaultdict(list)
    before: int | None = None
    for position, part in enumerate(side):
        before = base_of.get(position, before)
        if position in new:
            behind[before if before is None or before in there else _END].append((None, part))
    whole: list[tuple[int | None, Part]] = []
    waiting = behind[None]
    for slot in slots:
        if slot[0] is not None:
            whole += waiting
            waiting = behind[slot[0]]
        whole.append(slot)
    return whole + waiting + behind[_END]
