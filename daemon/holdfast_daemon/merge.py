"""Three-way merge by part: what only one side changed is taken, what both changed differently is a conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from holdfast_daemon.formats.base import Format, Pair, Part
from holdfast_daemon.nesting import holders, laid_out, woven

ORDER = "the order of the parts"

#: A part, whichever side it is on: its place in the base, or a number behind these for what a side added.
_Item = int


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """``parts`` in the merged order, or conflicts: names of the parts that both sides changed.

    ``taken`` names the parts that came from ``theirs``.
    """

    parts: tuple[Part, ...]
    taken: tuple[str, ...]
    conflicts: tuple[str, ...]


def merge(base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], form: Format) -> Merge:
    """The parts of ``ours`` with what ``theirs`` changed since ``base``."""
    merging = _Merging(base, ours, theirs, form)
    merging.choose_parts()
    merging.choose_holders()
    order = merging.order()
    if merging.conflicts:
        return Merge(parts=(), taken=(), conflicts=tuple(dict.fromkeys(merging.conflicts)))
    return Merge(parts=tuple(merging.kept[item] for item in order), taken=tuple(merging.taken), conflicts=())


class _Side:
    """One document: its parts as items, and which item holds which."""

    def __init__(self, parts: Sequence[Part], items: Sequence[_Item], holds: Mapping[str, Collection[str]]) -> None:
        self.order = items
        self.part = dict(zip(items, parts, strict=True))
        self.holder = {
            item: None if place is None else items[place]
            for item, place in zip(items, holders(parts, holds), strict=True)
        }


class _Merging:
    """``kept``: what stays, by item; ``held_by``: the item that holds each."""

    def __init__(self, base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], form: Format) -> None:
        self._form = form
        self.kept: dict[_Item, Part] = {}
        self.held_by: dict[_Item, _Item | None] = {}
        self.taken: list[str] = []
        self.conflicts: list[str] = []
        self._base = _Side(base, range(len(base)), form.holds)
        our_items = _items(form.match(base, ours), len(ours), len(base))
        self._ours = _Side(ours, our_items, form.holds)
        their_items = _items(form.match(base, theirs), len(theirs), len(base) + len(ours))
        self._theirs = _Side(theirs, self._recognised(theirs, their_items), form.holds)

    def _recognised(self, theirs: Sequence[Part], items: Sequence[_Item]) -> list[_Item]:
        """Their items, with ours in the place of what both sides added: parts of one identity, or, where parts have
        none, the same ones behind the same."""
        known: dict[object, list[_Item]] = defaultdict(list)
        before: _Item | None = None
        for item in self._ours.order:
            if item not in self._base.part:
                known[self._mark(self._ours.part[item], before)].append(item)
            before = item
        found, before = [], None
        for part, item in zip(theirs, items, strict=True):
            before = item if item in self._base.part else self._taken_from(known[self._mark(part, before)], part, item)
            found.append(before)
        return found

    def _taken_from(self, alike: list[_Item], part: Part, item: _Item) -> _Item:
        """Of ours that are told apart by nothing else the one of the same content, or the first; else ``item``."""
        if not alike:
            return item
        equal = next((each for each in alike if _equal(self._ours.part[each], part)), alike[0])
        alike.remove(equal)
        return equal

    def _mark(self, part: Part, before: _Item | None) -> object:
        identity = self._form.identity(part)
        if identity is not None:
            return part.kind, identity
        return part.kind, part.name, part.content, None if part.kind in self._form.unordered else before

    def choose_parts(self) -> None:
        """What stays of the base, and what each side added."""
        for item, old in self._base.part.items():
            part = self._chosen(old, self._ours.part.get(item), self._theirs.part.get(item))
            if part is not None:
                self.kept[item] = part
        for side in (self._ours, self._theirs):
            for item, part in side.part.items():
                if item not in self._base.part:
                    self._add(item, part, is_theirs=side is self._theirs)

    def _chosen(self, old: Part, our: Part | None, their: Part | None) -> Part | None:
        """The part that stays; None where it goes, or where both sides changed it so that they touch."""
        if _equal(our, old):
            if not self._same(old, their):
                self.taken.append(their.name if their else old.name)
            return their
        if self._same(old, their) or self._same(our, their):
            return our
        if self._same(old, our):
            self.taken.append(their.name if their else old.name)
            return their
        both = self._form.merge_part(old, our, their) if our is not None and their is not None else None
        (self.taken if both is not None else self.conflicts).append(old.name)
        return both

    def _add(self, item: _Item, part: Part, *, is_theirs: bool) -> None:
        if item not in self.kept:
            self.kept[item] = part
            if is_theirs:
                self.taken.append(part.name)
        elif part.kind not in self._form.incidental and not self._same(self.kept[item], part):
            self.conflicts.append(part.name)

    def _same(self, one: Part | None, other: Part | None) -> bool:
        if one is None or other is None:
            return one is other
        return _equal(one, other) or ((one.kind, one.name) == (other.kind, other.name) and self._form.same(one, other))

    def choose_holders(self) -> None:
        """Which part holds each; a side that moved it prevails."""
        for item, part in self.kept.items():
            sides = [side.holder[item] for side in (self._ours, self._theirs) if item in side.holder]
            if item not in self._base.part:
                sides = sides[:1]
            before = self._base.holder.get(item, sides[0])
            moved = {holder for holder in sides if holder != before}
            if len(moved) > 1:
                self.conflicts.append(part.name)
                continue
            holder = moved.pop() if moved else before
            self.held_by[item] = holder
            if holder is not None and holder not in self.kept:
                self.conflicts.append(part.name)  # one side put it where the other took the holder away

    def order(self) -> list[_Item]:
        """All items as they are to be written; a side that reordered leads."""
        held: dict[_Item | None, list[_Item]] = {}
        ours, theirs = self._within(self._ours), self._within(self._theirs)
        for holder in {*ours, *theirs}:
            one, other = ours[holder], theirs[holder]
            orders = [self._of_base(order, holder) for order in (one, other)]
            turned = [order != sorted(order) for order in orders]
            if all(turned) and orders[0] != orders[1]:
                self.conflicts.append(ORDER)
            held[holder] = woven(other, one) if turned[1] else woven(one, other)
        return [*laid_out(held)]

    def _within(self, side: _Side) -> dict[_Item | None, list[_Item]]:
        """What each holds on that side, as far as it stays there."""
        found: dict[_Item | None, list[_Item]] = defaultdict(list)
        for item in side.order:
            if item in self.held_by and side.holder[item] == self.held_by[item]:
                found[side.holder[item]].append(item)
        return found

    def _of_base(self, order: Sequence[_Item], holder: _Item | None) -> list[_Item]:
        """Those that were in that holder before and whose order means something."""
        parts, held = self._base.part, self._base.holder
        return [
            item
            for item in order
            if item in parts and held[item] == holder and parts[item].kind not in self._form.unordered
        ]


def _items(pairs: Sequence[Pair], count: int, first: _Item) -> list[_Item]:
    """For each part of a side its item: the base's place, or for what was added a number from ``first`` on."""
    partner = {new: old for old, new in pairs if old is not None and new is not None}
    return [partner.get(place, first + place) for place in range(count)]


def _equal(one: Part | None, other: Part | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.kind, one.name, one.content) == (other.kind, other.name, other.content)
