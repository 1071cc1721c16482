"""Which part is which across two snapshots: geometries by uuid, clusters never as models.

Files of 1.0.10 and older have no uuids; there the same content tells, then points and name, place and name, points, the
name, and, where as many geometries are there as before, the place and how many points there are.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from holdfast_daemon.formats.alignment import Alignment
from holdfast_daemon.formats.base import CannotHold, Pair, Part
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.geometry import uuid_of
from holdfast_daemon.formats.mosaic.reading import GEOMETRY_KINDS


def matched(old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
    """Every index of both sides once."""
    alignment = Alignment(old, new)
    uuids = {id(part): _uuid(part) for part in (*old, *new) if part.kind in GEOMETRY_KINDS}
    places = {**_places(old), **_places(new)}
    one_side_has_none = not all(any(uuids.get(id(part)) for part in side) for side in (old, new))
    counts = [Counter(part.kind for part in side) for side in (old, new)]
    as_many = {kind for kind in GEOMETRY_KINDS if counts[0][kind] == counts[1][kind]}

    def place(part: Part) -> int | None:
        """Of a geometry that its uuid does not tell from others."""
        is_told = uuids.get(id(part)) is not None and not one_side_has_none
        return None if is_told else places.get(id(part))

    def join(mark: Callable[[Part], Hashable | None]) -> None:
        """Of these geometries the ones of one mark."""
        alignment.join_equal(
            lambda part: None if place(part) is None or (found := mark(part)) is None else (part.kind, found)
        )

    alignment.join_equal(lambda part: None if part.kind in GEOMETRY_KINDS else (part.kind, part.key))
    alignment.join_equal(lambda part: (part.kind, uuid) if (uuid := uuids.get(id(part))) else None)
    join(lambda part: part.content)
    join(lambda part: (points, part.name) if (points := _points(part)) else None)
    join(lambda part: (place(part), part.name))
    join(_points)
    join(lambda part: part.name)
    join(lambda part: (place(part), part.facts.get("points")) if part.kind in as_many else None)
    return alignment.rows()


def _points(part: Part) -> bytes | None:
    """A digest of its points; None where it has none, or does not tell."""
    array = next((each for each in part.arrays if each.name == "points" and each.size_bytes), None)
    if array is None:
        return None
    window = memoryview(part.content)[array.offset : array.offset + array.size_bytes]
    return hashlib.blake2b(window, digest_size=16).digest()


def _uuid(part: Part) -> str | None:
    """As the facts tell it, else the content: an edited part has no facts."""
    if "uuid" in part.facts:
        uuid = part.facts["uuid"]
        return uuid if isinstance(uuid, str) else None
    try:
        return uuid_of(node_of(part))
    except CannotHold:
        return None


def _places(parts: Sequence[Part]) -> dict[int, int]:
    """A geometry's place among those of its kind."""
    counts: Counter[str] = Counter()
    places = {}
    for part in parts:
        if part.kind in GEOMETRY_KINDS:
            places[id(part)] = counts[part.kind]
            counts[part.kind] += 1
    return places
