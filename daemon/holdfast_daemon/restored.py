"""A document's parts with parts of another one put among them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.nesting import holders, laid_out, woven


def put_into(
    form: Format, current: Sequence[Part], source: Sequence[Part], *, chosen: Sequence[Part], needed: Sequence[Part],
    kinds: Collection[str] = (), foreign: bool = False,
) -> list[Part]:  # fmt: skip
    """``current`` with parts of ``source``: the chosen ones in the place of their partners, and those of them and of
    the needed ones that are not there behind the part that they followed in ``source``, each in its own holder. A kind
    of ``kinds`` is taken as a whole: in the order of ``source``, and nothing stays that ``source`` does not have.

    ``foreign``: the two are not of one session, so that only parts of one identity, or of the same content, are
    partners. What is needed is there only so in any case: another file of the same name is not the one."""
    picked = {*map(id, chosen)}
    along = {*map(id, needed)} - picked
    kin = [] if foreign else [part for part in source if id(part) not in along]
    return _Putting(form, current, source, kin).put(picked, along, kinds)


class _Putting:
    """A part is a number: its place in ``current``, or one behind those for what is only in ``source``."""

    def __init__(self, form: Format, current: Sequence[Part], source: Sequence[Part], kin: Sequence[Part]) -> None:
        self._current, self._source = current, source
        partner = _partners(form, current, source, {*map(id, kin)})
        self._items = [partner.get(place, len(current) + place) for place in range(len(source))]
        self._holder_now = dict(enumerate(holders(current, form.holds)))
        held = holders(source, form.holds)
        self._holder_then = {
            item: None if place is None else self._items[place] for item, place in zip(self._items, held, strict=True)
        }

    def put(self, chosen: Collection[int], needed: Collection[int], kinds: Collection[str]) -> list[Part]:
        """Parts are chosen and needed by their identity as objects."""
        parts = {
            place: part
            for place, part in enumerate(self._current)
            if part.kind not in kinds or place in self._holder_then
        }
        placed: dict[int, int | None] = {place: self._holder_now[place] for place in parts}
        for item, part in zip(self._items, self._source, strict=True):
            if id(part) in chosen or (id(part) in needed and item not in parts):
                parts[item], placed[item] = part, self._holder_then[item]
        for gone in {holder for holder in placed.values() if holder is not None} - parts.keys():
            if gone < len(self._current):  # it was to go, but holds something that stays
                parts[gone], placed[gone] = self._current[gone], None
        for item, holder in placed.items():
            if holder is not None and holder not in parts:
                placed[item] = self._holder_now.get(item)
        whole = {item for item, part in parts.items() if part.kind in kinds}
        now = _held(range(len(self._current)), self._holder_now, placed)
        then = _held(self._items, self._holder_then, placed)
        held = {
            at: woven(_as_in(then[at], now[at], whole.intersection(then[at])), then[at]) for at in {*placed.values()}
        }
        laid = [parts[item] for item in laid_out(held)]
        assert len(laid) == len(parts), "a part would be lost"
        return laid


def _held(
    order: Sequence[int], holder: Mapping[int, int | None], placed: Mapping[int, int | None]
) -> dict[int | None, list[int]]:
    """What each holds, in that order, of what is placed where it was."""
    found: dict[int | None, list[int]] = defaultdict(list)
    for item in order:
        if item in placed and placed[item] == holder[item]:
            found[holder[item]].append(item)
    return found


def _partners(form: Format, current: Sequence[Part], source: Sequence[Part], kin: Collection[int]) -> dict[int, int]:
    """Places in ``source`` to those in ``current`` of the same part. For ``kin`` as the format matches two states of
    one session; for the others by identity and content alone."""
    partner = {
        old: new
        for old, new in form.match(source, current)
        if old is not None and new is not None and (id(source[old]) in kin or _is_one(form, source[old], current[new]))
    }
    free: dict[object, list[int]] = defaultdict(list)
    taken = {*partner.values()}
    for place, part in enumerate(current):
        if place not in taken:
            free[_mark(form, part)].append(place)
    for place, part in enumerate(source):
        if place not in partner and free.get(_mark(form, part)):
            partner[place] = free[_mark(form, part)].pop(0)
    return partner


def _is_one(form: Format, one: Part, other: Part) -> bool:
    return _mark(form, one) == _mark(form, other)


def _mark(form: Format, part: Part) -> object:
    identity = form.identity(part)
    return (part.kind, part.name, part.content) if identity is None else (part.kind, identity)


def _as_in(then: Sequence[int], now: Sequence[int], whole: Collection[int]) -> list[int]:
    """``now`` with those of ``whole`` in the order of ``then``, where the first of them is."""
    first = next((at for at, item in enumerate(now) if item in whole), None)
    if first is None:
        return [*now]
    return [
        *now[:first],
        *(item for item in then if item in whole),
        *(item for item in now[first:] if item not in whole),
    ]
