"""What every engine of chunks promises (store/base.py, ``Chunks``)."""

from __future__ import annotations

import random
import shutil
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_engines import OpenChunks

from holdfast_daemon.store.base import Dropped
from holdfast_daemon.store.nouns import ChunkPlace
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import Damaged, NoSpace


def _put(stored: OpenChunks, content: bytes) -> ChunkPlace:
    return stored.chunks.put(hash_of(content), content)


def _bytes(seed: int, size_bytes: int = 300_000) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.binary(max_size=2000) | st.integers(65_000, 66_000).map(bytes))
def test_what_is_put_can_be_read_at_once(stored: OpenChunks, content: bytes) -> None:
    """Before any seal; and its place tells its size and its hash."""
    place = _put(stored, content)
    assert stored.chunks.get(place) == content
    assert (place.hash, place.size_bytes) == (hash_of(content), len(content))


def test_what_is_sealed_is_there_after_another_opening(stored: OpenChunks) -> None:
    """By the place alone; more can be put behind it."""
    first = _put(stored, _bytes(1))
    stored.chunks.seal()
    again = stored.reopen()
    second = _put(stored, _bytes(2))
    again.seal()
    assert (again.get(first), again.get(second)) == (_bytes(1), _bytes(2))


def test_a_view_of_memory_is_as_good_as_bytes(stored: OpenChunks) -> None:
    """Large and small."""
    for content in (b"small", _bytes(3)):
        assert stored.chunks.get(stored.chunks.put(hash_of(content), memoryview(content))) == content


def test_bytes_that_are_not_the_chunk_are_damage(stored: OpenChunks) -> None:
    """A place with another hash is never answered with what stands there."""
    for content in (b"small", _bytes(4)):
        place = _put(stored, content)
        wrong = ChunkPlace(hash_of(b"another"), place.size_bytes, place.pack, place.offset_bytes, place.content)
        with pytest.raises(Damaged) as caught:
            stored.chunks.get(wrong)
        assert caught.value.details["chunk"] == wrong.hash.hex()


def test_what_cannot_fit_is_refused_beforehand(stored: OpenChunks) -> None:
    """By its size alone, and what does fit is not."""
    free = shutil.disk_usage(stored.folder).free
    stored.chunks.reserve(1000)
    with pytest.raises(NoSpace):
        stored.chunks.reserve(free + 1)


def test_threads_do_not_mix_their_chunks(stored: OpenChunks) -> None:
    """Four of them, putting and reading at once."""
    found: dict[int, list[bytes]] = {}

    def work(number: int) -> None:
        places = [_put(stored, _bytes(number * 100 + each, 80_000)) for each in range(20)]
        stored.chunks.seal()
        found[number] = [stored.chunks.get(place) for place in places]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == {n: [_bytes(n * 100 + each, 80_000) for each in range(20)] for n in range(4)}


def test_a_sealed_pack_can_be_dropped(stored: OpenChunks) -> None:
    """The one that is written is not sealed before it is rotated; a number is not given twice; a place in a pack that
    is gone is told as such."""
    first = _put(stored, _bytes(5))
    assert stored.chunks.sealed() == {}
    stored.chunks.rotate()
    assert first.pack is not None
    assert list(stored.chunks.sealed()) == [first.pack]
    stored.chunks.drop(first.pack)
    assert stored.chunks.sealed() == {}
    with pytest.raises(Dropped):
        stored.chunks.get(first)
    second = _put(stored, _bytes(6))
    assert second.pack != first.pack
    assert stored.chunks.get(second) == _bytes(6)
    again = stored.reopen()
    assert list(again.sealed()) == [second.pack]
    assert again.get(second) == _bytes(6)


def test_what_was_put_is_found_whole(stored: OpenChunks) -> None:
    """All that the catalog names of a pack, and how much was looked at."""
    places = [_put(stored, _bytes(number)) for number in range(3)]
    looked: list[int] = []
    assert [*stored.chunks.examine(places[0].pack or 0, places, looked.append)] == []
    assert sum(looked) == sum(each.size_bytes for each in places)


def test_what_is_not_as_it_was_put_is_named(stored: OpenChunks) -> None:
    """A place in which another chunk is; a pack that is not there."""
    place, other = _put(stored, _bytes(1)), _put(stored, _bytes(2))
    wrong = ChunkPlace(other.hash, place.size_bytes, place.pack, place.offset_bytes, None)
    (damage,) = stored.chunks.examine(place.pack or 0, [wrong, other], lambda size_bytes: None)
    assert (damage.what, damage.chunk, damage.pack) == ("chunk", other.hash, place.pack)
    found = {each.what for each in stored.chunks.examine(99, [place], lambda size_bytes: None)}
    assert found == {"pack", "chunk"}


def test_a_chunk_is_found_by_its_hash_alone(stored: OpenChunks) -> None:
    """Wherever it is, and only where it is whole."""
    place = _put(stored, _bytes(1))
    stored.chunks.rotate()
    _put(stored, _bytes(2))
    wanted = {place.hash, hash_of(b"never put")}
    assert [*stored.chunks.copies(wanted, lambda size_bytes: None)] == [(place.hash, _bytes(1))]
