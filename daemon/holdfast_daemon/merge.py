"""Three-way merge by part: what only one side changed is taken, what both changed differently is a conflict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holdfast_daemon.formats.base import Pair, Part

Match = Callable[[Sequence[Part], Sequence[Part]], list[Pair]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """``parts`` in the merged order, or conflicts: names of the parts that both sides changed.

    ``taken`` names the parts that came from ``theirs``.
    """

    parts: tuple[Part, ...]
    taken: tuple[str, ...]
    conflicts: tuple[str, ...]


def merge(base: Sequence[Part], ours: Sequence[Part], theirs: Sequence[Part], match: Match) -> Merge:
    """The parts of ``ours`` with what ``theirs`` changed since ``base``."""
    ours_of, ours_added = _partners(match(base, ours), len(ours))
    theirs_of, theirs_added = _partners(match(base, theirs), len(theirs))
    conflicts: list[str] = []
    taken: list[str] = []
    kept: dict[int, Part] = {}  # by the index in base
    for index, old in enumerate(base):
        our = ours[ours_of[index]] if index in ours_of else None
        their = theirs[theirs_of[index]] if index in theirs_of else None
        part = _choose(old, our, their, conflicts, taken)
        if part is not None:
            kept[index] = part
    if _reordered(ours_of) and _reordered(theirs_of) and _order(ours_of) != _order(theirs_of):
        conflicts.append("the order of the parts")
    if conflicts:
        return Merge(parts=(), taken=(), conflicts=tuple(conflicts))
    leading, leading_added, leads = (
        (theirs_of, theirs_added, theirs) if _reordered(theirs_of) else (ours_of, ours_added, ours)
    )
    other_of, other_added, other = (ours_of, ours_added, ours) if leads is theirs else (theirs_of, theirs_added, theirs)
    slots = _lay(leading, leading_added, leads, kept)
    same = {(part.kind, part.name, part.content) for index, part in slots if index is None}
    _insert(slots, other_of, other_added, [p if (p.kind, p.name, p.content) not in same else None for p in other])
    taken += [theirs[index].name for index in theirs_added]
    return Merge(parts=tuple(part for _, part in slots), taken=tuple(taken), conflicts=())


def _choose(old: Part, our: Part | None, their: Part | None, conflicts: list[str], taken: list[str]) -> Part | None:
    if _same(our, their) or _same(their, old):
        return our
    if _same(our, old):
        taken.append(their.name if their else old.name)
        return their
    conflicts.append(old.name)
    return None


def _same(one: Part | None, other: Part | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.kind, one.name, one.content) == (other.kind, other.name, other.content)


def _partners(pairs: Sequence[Pair], count: int) -> tuple[dict[int, int], list[int]]:
    partners = {old: new for old, new in pairs if old is not None and new is not None}
    return partners, sorted(set(range(count)) - set(partners.values()))


def _order(partners: dict[int, int]) -> list[int]:
    return sorted(partners, key=lambda index: partners[index])


def _reordered(partners: dict[int, int]) -> bool:
    order = _order(partners)
    return order != sorted(order)


def _lay(
    partners: dict[int, int], added: Sequence[int], side: Sequence[Part], kept: dict[int, Part]
) -> list[tuple[int | None, Part]]:
    """The side's own order: (index in base or None, part), without the parts that the merge dropped."""
    base_of = {new: old for old, new in partners.items()}
    slots: list[tuple[int | None, Part]] = []
    for position, part in enumerate(side):
        if position in base_of:
            if base_of[position] in kept:
                slots.append((base_of[position], kept[base_of[position]]))
        elif position in added:
            slots.append((None, part))
    return slots


def _insert(
    slots: list[tuple[int | None, Part]],
    partners: dict[int, int],
    added: Sequence[int],
    side: Sequence[Part | None],
) -> None:
    """Put the other side's new parts behind the part that they followed there."""
    base_of = {new: old for old, new in partners.items()}
    for position in added:
        part = side[position]
        if part is None:
            continue
        before = next((base_of[at] for at in range(position - 1, -1, -1) if at in base_of), None)
        at = next((n + 1 for n, (index, _) in enumerate(slots) if index is not None and index == before), 0)
        if before is None or at == 0:
            at = 0 if position == 0 or before is None else len(slots)
        while at < len(slots) and slots[at][0] is None:
            at += 1
        slots.insert(at, (None, part))
