"""The parts of a workspace in order: found by key or name, put, renamed, reordered, taken away, and kept."""

from __future__ import annotations

import pytest

from holdfast_daemon.formats.base import Part
from holdfast_daemon.listing import Entry, find, listing_of, packed, put, renamed, reordered, unpacked, without
from holdfast_protocol.errors import Ambiguous, BadField, NotFound

PARTS = [
    Part(key="a", name="intro", kind="buffer", content=b"one"),
    Part(key="b", name="twice", kind="buffer", content=b"two"),
    Part(key="c", name="twice", kind="file", content=b"three"),
]
LISTING = listing_of(PARTS)


def test_a_document_is_listed_as_it_is() -> None:
    """Nothing was put yet: each content is the base's."""
    assert LISTING[2] == Entry(key="c", name="twice", kind="file", size_bytes=5, base="c")


def test_a_part_is_found_by_key_and_by_unique_name() -> None:
    """A name that fits several is refused."""
    assert find(LISTING, "b") is LISTING[1]
    assert find(LISTING, "intro") is LISTING[0]
    with pytest.raises(Ambiguous):
        find(LISTING, "twice")
    with pytest.raises(NotFound):
        find(LISTING, "none")


def test_what_is_put_takes_its_place_or_the_last() -> None:
    """Whatever was there."""
    new = Entry(key="b", name="twice", kind="buffer", size_bytes=9)
    assert [entry.base for entry in put(LISTING, new)] == ["a", None, "c"]
    assert [entry.key for entry in put(LISTING, new._replace(key="d"))] == ["a", "b", "c", "d"]


def test_parts_are_renamed_reordered_and_removed() -> None:
    """The key stays, and what is not there has gone already."""
    assert renamed(LISTING, "intro", "outro")[0] == LISTING[0]._replace(name="outro")
    assert reordered(LISTING, ["c", "a", "b"]) == (LISTING[2], LISTING[0], LISTING[1])
    assert without(LISTING, "b") == (LISTING[0], LISTING[2])
    assert without(LISTING, "none") == LISTING
    for keys in (["a", "b"], ["a", "b", "b"], ["a", "b", "c", "d"]):
        with pytest.raises(BadField):
            reordered(LISTING, keys)


def test_what_is_kept_is_the_same_again() -> None:
    """But for the size of what was put, which is where its content is."""
    listing = put(LISTING, Entry(key="d", name="Größe", kind="file", size_bytes=9))
    assert unpacked(packed(listing)) == (*LISTING, Entry(key="d", name="Größe", kind="file", size_bytes=0))
