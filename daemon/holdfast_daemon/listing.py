"""The parts of a workspace in order, and where the content of each is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from holdfast_daemon import naming
from holdfast_daemon.formats.base import Part
from holdfast_protocol.codec import decode, encode
from holdfast_protocol.errors import BadField, NotFound

LISTING_BYTES = 1 << 30


class Entry(NamedTuple):
    """A part. ``base``: the key of the base's part whose content it has until something is put; None: it was put.
    ``size_bytes`` is not kept of what was put: that is where its content is."""

    key: str
    name: str
    kind: str
    size_bytes: int
    base: str | None = None


Listing = tuple[Entry, ...]


def listing_of(parts: Sequence[Part]) -> Listing:
    """That of a document, nothing of which was put yet."""
    return tuple(Entry(part.key, part.name, part.kind, len(part.content), part.key) for part in parts)


def packed(listing: Listing) -> bytes:
    """As it is kept."""
    rows = [entry if entry.base is not None else entry._replace(size_bytes=0) for entry in listing]
    return encode({"parts": [[*row] for row in rows]})


def unpacked(kept: bytes) -> Listing:
    """The same back."""
    return tuple(Entry(*row) for row in decode(kept, limit_bytes=LISTING_BYTES, what="kept listing")["parts"])


def find(listing: Listing, said: str) -> Entry:
    """By key, or unique name. Raises NotFound, Ambiguous."""
    key = naming.find_part(stubs(listing), said).key
    return next(entry for entry in listing if entry.key == key)


def stubs(listing: Listing) -> list[Part]:
    """The parts without their content."""
    return [Part(key=entry.key, name=entry.name, kind=entry.kind, content=b"") for entry in listing]


def put(listing: Listing, entry: Entry) -> Listing:
    """With that part in its place, or behind the others."""
    if all(each.key != entry.key for each in listing):
        return (*listing, entry)
    return tuple(entry if each.key == entry.key else each for each in listing)


def without(listing: Listing, said: str) -> Listing:
    """The same where the part is not there. Raises Ambiguous."""
    try:
        gone = find(listing, said)
    except NotFound:
        return listing
    return tuple(entry for entry in listing if entry is not gone)


def renamed(listing: Listing, said: str, name: str) -> Listing:
    """Raises NotFound, Ambiguous."""
    return put(listing, find(listing, said)._replace(name=name))


def reordered(listing: Listing, keys: Sequence[str]) -> Listing:
    """Raises BadField where these are not the keys of all parts."""
    by_key = {entry.key: entry for entry in listing}
    if sorted(keys) != sorted(by_key):
        raise BadField("keys: the keys of all parts, each once, are expected", field="keys")
    return tuple(by_key[key] for key in keys)
