"""Room is given back, and nothing that somebody names, or is about to name, goes with it."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_pruning import NONE, PrunedStore
from daemon_store import ME

from holdfast_daemon.claims import CONDEMNED_SECONDS, PROMISE_SECONDS, Claims
from holdfast_daemon.retention import Rules
from holdfast_daemon.store.nouns import ChunkPlace, WorkspaceContent
from holdfast_protocol.chunking import cut, hash_of
from holdfast_protocol.errors import Damaged, NoSpace

TAKE = Rules(autosaves=NONE)
LARGE = 300_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PrunedStore]:
    made = PrunedStore(tmp_path)
    yield made
    made.close()


def _with_autosaves(store: PrunedStore, count: int = 8) -> dict[str, bytes]:
    """Name → content of what must stay; many times as much is to go."""
    stays = {name: os.urandom(LARGE) for name in "abc"}
    for name, content in stays.items():
        store.save(name, content)
        store.confirm(name)
        for _ in range(count):
            store.autosave(name, os.urandom(LARGE))
    return stays


def test_a_pack_that_is_mostly_dead_is_written_anew(store: PrunedStore) -> None:
    """What is alive in it is byte-equal afterwards, also for whoever opens the store again."""
    stays = _with_autosaves(store)
    before = store.pack_bytes()
    assert store.prune(TAKE).freed_bytes == 24 * LARGE
    assert before > 20 * LARGE > 4 * LARGE > store.pack_bytes()
    assert {name: store.head(name) for name in stays} == stays
    store.close()
    again = PrunedStore(store.folder)
    assert {name: again.head(name) for name in stays} == stays
    assert again.prune(TAKE).freed_bytes == 0
    store.catalog, store.chunks = again.catalog, again.chunks  # the fixture closes those


def test_a_pack_that_is_mostly_alive_stays(store: PrunedStore) -> None:
    """Its dead bytes wait for more."""
    for name in "abcde":
        store.save(name, os.urandom(LARGE))
        store.confirm(name)
    store.autosave("a", os.urandom(LARGE))
    before = store.pack_bytes()
    assert store.prune(TAKE).freed_bytes == LARGE
    assert store.pack_bytes() == before


def test_whoever_reads_a_pack_while_it_goes_has_his_bytes(store: PrunedStore) -> None:
    """Also by a view of the catalog that still shows where they were."""
    stays = _with_autosaves(store)
    reader = store.catalog.reader
    with reader.one_view():
        document = reader.document_of(store.session("a").head)
        pruning = threading.Thread(target=store.prune, args=(TAKE,))
        pruning.start()
        pruning.join()
        assert store.content.bytes_of(document)[b""] == stays["a"]


def test_a_pack_that_is_lost_is_damage(store: PrunedStore) -> None:
    """It is said so, and nothing else breaks."""
    _with_autosaves(store, 0)
    store.close()
    for path in (store.folder / "packs").iterdir():
        path.unlink()
    again = PrunedStore(store.folder)
    with pytest.raises(Damaged):
        again.head("a")
    assert again.prune(TAKE).freed_bytes == 0
    store.catalog, store.chunks = again.catalog, again.chunks  # the fixture closes those


def test_the_catalog_shrinks(store: PrunedStore) -> None:
    """Small contents are in its rows."""
    store.save("x", b"x")
    store.confirm("x")
    for _ in range(100):
        store.autosave("x", os.urandom(30_000))

    def pages() -> int:
        return sum(int(row[0]) for row in store.catalog.reader._connection.execute("PRAGMA page_count"))  # type: ignore[attr-defined]  # the engine's own

    before = pages()
    store.prune(TAKE)
    assert pages() < before / 5
    assert store.whole() == 1


def test_what_a_save_holds_stays(store: PrunedStore) -> None:
    """Between its first look and its commit nothing names its chunks but its claim."""
    store.save("x", b"x")
    store.confirm("x")
    content = os.urandom(LARGE)
    store.autosave("x", content)
    held = store.order("y", content)
    assert not [place for place in held.placed.places if place.pack is not None]  # all that is in packs was there
    assert store.prune(TAKE).freed_bytes == 0
    store.run(store.saving.save(held, ME))
    assert store.head("y") == content
    del held
    gc.collect()
    assert store.prune(TAKE).freed_bytes == 0
    assert store.head("y") == content


def test_what_a_save_has_just_put_stays(store: PrunedStore) -> None:
    """No row names it yet, so that its pack looks dead."""
    _with_autosaves(store)
    content = os.urandom(LARGE)
    held = store.order("y", content)
    store.prune(TAKE)
    store.run(store.saving.save(held, ME))
    assert store.head("y") == content


def test_what_a_client_was_told_to_be_there_stays(store: PrunedStore) -> None:
    """Until its save has named it."""
    store.save("x", b"x")
    store.confirm("x")
    content = os.urandom(LARGE)
    hashes = {hash_of(piece) for piece in cut(content)}
    store.autosave("x", content)
    gc.collect()
    store.content.claims.promise(b"peer", hashes)
    assert store.prune(TAKE).freed_bytes == 0
    assert store.catalog.reader.known_chunks(hashes) == hashes
    store.content.claims.kept(b"peer", hashes)
    assert store.prune(TAKE).freed_bytes == LARGE


def test_what_was_put_large_into_a_workspace_goes_when_it_is_replaced(store: PrunedStore) -> None:
    """Its chunks are named by nothing else."""
    store.save("x", b"x")
    workspace = store.workspace(store.session("x"))
    first, second = os.urandom(LARGE), os.urandom(LARGE)

    def put(content: bytes) -> None:
        placed = store.content.place({b"": content})
        (file,) = placed.document.files
        row = WorkspaceContent(workspace.id, "k", LARGE, file.hash, None, b"".join(file.chunks), b"r" * 16)

        def work(tx: object) -> None:
            tx.add_chunks(placed.places)  # type: ignore[attr-defined]  # a transaction
            tx.put_workspace_content(row)  # type: ignore[attr-defined]  # a transaction

        store.catalog.submit(work).result()

    put(first)
    assert store.prune(TAKE).freed_bytes == 0
    put(second)
    gc.collect()
    assert store.prune(TAKE).freed_bytes == LARGE
    assert store.catalog.reader.known_chunks(hash_of(piece) for piece in cut(second)) != set()
    store.catalog.submit(lambda tx: tx.drop_workspace(workspace.id)).result()
    assert store.prune(TAKE).freed_bytes == LARGE


def test_a_damaged_pack_stays_as_it_is(store: PrunedStore) -> None:
    """What can still be read of it is not put at risk, and the other packs are looked after."""
    stays = _with_autosaves(store)
    store.chunks.rotate()
    (pack,) = (store.folder / "packs").iterdir()
    place = store.catalog.reader.chunk(store.catalog.reader.document_of(store.session("a").head).files[0].chunks[0])
    assert place is not None
    assert place.offset_bytes is not None
    with pack.open("r+b") as file:
        file.seek(place.offset_bytes)
        file.write(b"damage")
    store.prune(TAKE)
    assert pack.exists()
    assert (store.head("b"), store.head("c")) == (stays["b"], stays["c"])
    with pytest.raises(Damaged):
        store.head("a")


def test_a_full_disk_keeps_packs_as_they_are(store: PrunedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no room to copy what is alive in one; what is all dead goes, and the next time the rest."""
    stays = _with_autosaves(store)
    store.chunks.rotate()
    dead = store.order("d", os.urandom(LARGE))
    del dead
    gc.collect()

    def refuse(size_bytes: int) -> None:
        raise NoSpace("full")

    with monkeypatch.context() as full:
        full.setattr(store.chunks, "reserve", refuse)
        assert store.prune(TAKE).freed_bytes == 24 * LARGE
    assert [path.name for path in (store.folder / "packs").iterdir()] == ["000001.pack"]
    assert store.prune(TAKE).freed_bytes == 0
    assert store.pack_bytes() < 4 * LARGE
    assert {name: store.head(name) for name in stays} == stays


def test_saves_beside_collections_lose_nothing(store: PrunedStore) -> None:
    """The same contents come and go all the time, in one thread placed, in another collected."""
    contents = [os.urandom(70_000) for _ in range(6)]

    def write() -> dict[str, bytes]:
        saved = {}
        for number in range(60):
            name, content = f"s{number}", contents[number % 6]
            store.save(name, content)
            saved[name] = content
            row = store.session(name)
            if number % 2:
                store.run(store.lifecycle.delete(row.id, ME))
                store.catalog.submit(lambda tx, row=row: tx.confirm(row.folder, row.path, None)).result()  # type: ignore[misc]  # a lambda with a default
                store.catalog.submit(lambda tx, row=row: tx.remove_session(row.id)).result()  # type: ignore[misc]  # a lambda with a default
                del saved[name]
        return saved

    async def both() -> dict[str, bytes]:
        writing = asyncio.get_running_loop().run_in_executor(None, write)
        while not writing.done():
            await asyncio.to_thread(store.prune, TAKE)
        return await writing

    saved = asyncio.run(both())
    assert {name: store.head(name) for name in saved} == saved
    store.prune(TAKE)
    assert store.whole() == 3


def test_a_condemned_chunk_counts_as_unknown_until_it_is_put_again() -> None:
    """So whoever comes between the sentence and the end of the row brings it anew."""
    claims = Claims()
    assert claims.condemn([b"a", b"b"]) == [b"a", b"b"]
    assert (claims.known({b"a", b"c"}), claims.is_known(b"b")) == ({b"c"}, False)
    claims.put_again([b"a"])
    assert claims.known({b"a", b"b"}) == {b"a"}


def test_a_claim_counts_while_it_is_held_and_until_the_collection_ends() -> None:
    """One that began and ended within it named its chunks after the manifests were read."""
    claims = Claims()
    claim = claims.claim([b"a"])
    assert claims.condemn([b"a"]) == []
    claims.begin()
    claims.extend(claim, [b"b"])
    del claim
    assert claims.condemn([b"a", b"b"]) == [b"a"]
    claims.end()
    assert claims.condemn([b"b"]) == [b"b"]


def test_promises_and_sentences_end_with_time() -> None:
    """An hour after a client's last word; when no view can be so old."""
    now = [0.0]
    claims = Claims(lambda: now[0])
    claims.promise(b"peer", [b"a"])
    claims.condemn([b"b"])
    now[0] = CONDEMNED_SECONDS + 1
    claims.begin()
    assert claims.is_known(b"b")
    assert claims.condemn([b"a"]) == []
    now[0] = PROMISE_SECONDS + 1
    claims.begin()
    gc.collect()
    assert claims.condemn([b"a"]) == [b"a"]


def test_a_pack_is_claimed_with_the_chunk_that_was_put_into_it() -> None:
    """For as long as the claim is held."""
    claims = Claims()
    claim = claims.claim([b"a"])
    claims.put(claim, lambda: ChunkPlace(b"a", 1, 7, 0, None))
    assert claims.packs == {7}
    del claim
    assert claims.packs == set()
