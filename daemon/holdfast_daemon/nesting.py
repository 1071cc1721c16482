"""Lists of parts some of which hold others: a panel holds the tracks that follow it. Pure.

What is merged, restored or compared is such a nest, not the flat list: otherwise a part put behind its neighbour would
come to lie in another one's panel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

from holdfast_daemon.formats.base import Part

Item = TypeVar("Item", bound=Hashable)


def holders(parts: Sequence[Part], holds: Mapping[str, Collection[str]]) -> list[int | None]:
    """For each part the place of the one that holds it, which is the last holder before it; None for most."""
    found: list[int | None] = []
    last: int | None = None
    for place, part in enumerate(parts):
        is_held = last is not None and part.kind in holds[parts[last].kind]
        found.append(last if is_held else None)
        if part.kind in holds and not is_held:
            last = place
    return found


def woven(leading: Sequence[Item], following: Sequence[Item]) -> list[Item]:
    """``leading`` with what only ``following`` has: each behind the one that it follows there, and behind what
    ``leading`` alone has at that place."""
    common = {*leading} & {*following}
    behind: dict[Item | None, list[Item]] = defaultdict(list)
    before: Item | None = None
    for item in following:
        if item in common:
            before = item
        else:
            behind[before].append(item)
    whole: list[Item] = []
    waiting = behind[None]
    for item in leading:
        if item in common:
            whole += waiting
            waiting = behind[item]
        whole.append(item)
    return whole + waiting


def laid_out(held: Mapping[Item | None, Sequence[Item]], holder: Item | None = None) -> Iterator[Item]:
    """The flat list again: each holder, and what it holds behind it. ``held``: what each holds, in order; None: what
    nothing holds."""
    for item in held.get(holder, ()):
        yield item
        yield from laid_out(held, item)
