"""Content by its hash, in rows and in packs: what comes back is what went in, or it is said that it is damaged."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from daemon_store import Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast_daemon.store.nouns import StoredFile
from holdfast_daemon.store.packs import SMALL_BYTES
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import Damaged


def _large(seed: int, size_bytes: int = 3_000_000) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_small_documents_come_back(store: Store, contents: list[bytes]) -> None:
    """Any bytes, several files."""
    document = {b"f%d" % number: content for number, content in enumerate(contents)}
    placed = store.content.place(document)
    assert store.content.bytes_placed(placed) == document


@pytest.mark.parametrize("size_bytes", [0, 1, SMALL_BYTES, SMALL_BYTES + 1, 3_000_000])
def test_a_document_comes_back_after_a_restart(store: Store, size_bytes: int, tmp_path: Path) -> None:
    """Whole and in windows, from the rows or the packs."""
    content = _large(1, size_bytes)
    store.save("x", content, accept=True)
    store.close()
    again = Store(tmp_path)
    try:
        assert again.head("x") == content
        [file] = again.catalog.reader.document_of(again.session("x").head).files
        for offset, length in ((0, 10), (size_bytes // 2, 700_000), (max(0, size_bytes - 5), 100)):
            assert again.content.window(file, offset, length) == content[offset : offset + length]
    finally:
        again.close()
        store.catalog = again.catalog  # the fixture closes what is closed already
        store.close = lambda: None  # type: ignore[method-assign]


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    """A second session of the same content adds nothing to the packs."""
    content = _large(2)
    store.save("x", content)
    size_bytes = _packs_bytes(store.folder)
    store.save("y", content)
    assert _packs_bytes(store.folder) == size_bytes


def _packs_bytes(folder: Path) -> int:
    return sum(pack.stat().st_size for pack in (folder / "packs").iterdir())


def test_a_damaged_byte_names_its_chunk(store: Store) -> None:
    """One bit in a pack: the document is Damaged, with the chunk's hash; another document still reads."""
    first, second = _large(3), _large(4)
    store.save("x", first)
    store.save("y", second)
    reader = store.catalog.reader
    chunk = reader.document_of(store.session("x").head).files[0].chunks[1]
    place = reader.chunk(chunk)
    assert place is not None
    assert place.offset_bytes is not None
    with (store.folder / "packs" / f"{place.pack:06d}.pack").open("r+b") as pack:
        pack.seek(place.offset_bytes + 7)
        byte = pack.read(1)
        pack.seek(-1, os.SEEK_CUR)
        pack.write(bytes([byte[0] ^ 1]))
    with pytest.raises(Damaged) as caught:
        store.head("x")
    assert caught.value.details["chunk"] == chunk.hex()
    assert store.head("y") == second


def test_a_pack_that_lost_its_end_is_damage(store: Store) -> None:
    """Missing bytes are not given out as an empty chunk."""
    store.save("x", _large(5))
    [pack] = (store.folder / "packs").iterdir()
    os.truncate(pack, pack.stat().st_size - 1)
    with pytest.raises(Damaged):
        store.head("x")


def test_garbage_behind_the_last_record_is_ignored(tmp_path: Path) -> None:
    """What a crash left at a pack's end hurts neither what is there nor what comes."""
    before = Store(tmp_path)
    before.save("x", _large(6))
    before.close()
    with (tmp_path / "packs" / "000001.pack").open("ab") as pack:
        pack.write(b"half a rec")
    after = Store(tmp_path)
    after.save("y", _large(7))
    assert (after.head("x"), after.head("y")) == (_large(6), _large(7))
    after.close()


def test_a_chunk_that_is_not_there_is_damage(store: Store) -> None:
    """By its name."""
    chunk = hash_of(b"x")
    with pytest.raises(Damaged) as caught:
        store.content.window(StoredFile(path=b"", size_bytes=1, hash=chunk, chunks=(chunk,)), 0, 1)
    assert caught.value.details["chunk"] == chunk.hex()
