"""Cutting content: bounds, nothing lost, and the same cuts everywhere and for ever."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_protocol.chunking import AVERAGE_BYTES, HASH_BYTES, MAXIMUM_BYTES, MINIMUM_BYTES, cut, hash_of, new_hash


def content(size_bytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


def sizes(of: bytes) -> list[int]:
    return [len(chunk) for chunk in cut(of)]


def test_empty_content_has_no_chunks() -> None:
    """Nothing is nothing, not one empty chunk."""
    assert list(cut(b"")) == []


@pytest.mark.parametrize("size_bytes", [1, 100, MINIMUM_BYTES - 1, MINIMUM_BYTES])
def test_small_content_is_one_chunk(size_bytes: int) -> None:
    """Up to the minimum nothing is cut."""
    assert sizes(content(size_bytes)) == [size_bytes]


@pytest.mark.parametrize(
    "made", [content(8 * 2**20), bytes(8 * 2**20), b"ab" * 2**21], ids=["random", "zeros", "pairs"]
)
def test_every_chunk_is_within_its_bounds(made: bytes) -> None:
    """No chunk is above the maximum, and only the last may be below the minimum."""
    found = sizes(made)
    assert max(found) <= MAXIMUM_BYTES
    assert min(found[:-1]) >= MINIMUM_BYTES


def test_chunks_are_of_the_average_size() -> None:
    """Over 32 MiB the mean lies between the average and the average with the minimum on top."""
    found = sizes(content(32 * 2**20))
    assert 0.8 * AVERAGE_BYTES < sum(found) / len(found) < 1.2 * (AVERAGE_BYTES + MINIMUM_BYTES)


@settings(max_examples=25)
@given(st.integers(0, 3 * 2**20), st.integers())
def test_the_chunks_joined_are_the_content(size_bytes: int, seed: int) -> None:
    """Nothing is lost, doubled or moved."""
    made = content(size_bytes, seed)
    assert b"".join(cut(made)) == made


def test_the_chunks_are_views() -> None:
    """A large document is not copied to be cut."""
    made = content(2**20)
    assert all(chunk.obj is made for chunk in cut(made))


@pytest.mark.parametrize("inserted", [b"x", b"a line\n", content(1000, 2)])
def test_an_insert_changes_few_chunks(inserted: bytes) -> None:
    """In the middle of 8 MB an insert makes at most three new chunks; the rest is shared."""
    made = content(8_000_000)
    old = {hash_of(chunk) for chunk in cut(made)}
    new = {hash_of(chunk) for chunk in cut(made[:4_000_000] + inserted + made[4_000_000:])}
    assert 1 <= len(new - old) <= 3


def test_the_cuts_never_change() -> None:
    """Another library or version that cuts otherwise would share nothing with what is stored."""
    assert sizes(content(2**20)) == [204_367, 274_040, 398_271, 171_898]


def test_a_name_is_blake3() -> None:
    """The empty input's hash is the one of BLAKE3's own test vectors, and a view hashes as its bytes."""
    assert hash_of(b"").hex() == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    assert hash_of(memoryview(b"abc")) == hash_of(b"abc")
    assert len(hash_of(b"abc")) == HASH_BYTES


def test_content_hashed_in_pieces_has_the_same_name() -> None:
    """A window at a time gives the hash of the whole."""
    pieces = new_hash()
    for piece in (b"a", b"", b"bc"):
        pieces.update(piece)
    assert pieces.digest() == hash_of(b"abc")
