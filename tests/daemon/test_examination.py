"""A check of a real store: a flipped bit anywhere in its files is found and named, and put right where that can be."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import shutil
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import pytest
from daemon_store import ME, Store

from holdfast_daemon.checking import Checking
from holdfast_daemon.collecting import Collecting
from holdfast_daemon.examination import Concern, Examination, Finding
from holdfast_daemon.fault import Faults
from holdfast_daemon.layouts import SESSIONS
from holdfast_daemon.mending import Mending
from holdfast_daemon.pacing import Pacing, Stopped
from holdfast_daemon.rehearsing import Rehearsing
from holdfast_daemon.sites import Site
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Damage
from holdfast_daemon.store.packs import PACK_MAGIC
from holdfast_daemon.store.sqlite import examining
from holdfast_daemon.store.sqlite.checksums import connect
from holdfast_daemon.store.sqlite.index import SqliteIndex
from holdfast_daemon.store.sqlite.write_ahead_log import counted_frames
from holdfast_protocol import connection
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.codec import encode, to_plain
from holdfast_protocol.errors import Damaged, NoSpace
from holdfast_protocol.messages import LIMITS, Check, Checked

POSITIONS_COUNT = 60
LARGE_BYTES = 300_000


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store that has everything: history, deleted sessions, dead bytes, large and small contents."""
    folder = tmp_path_factory.mktemp("grown")
    made, chance = Store(folder), random.Random(4)
    for number in range(40):
        made.save(f"n{number % 9}", chance.randbytes(chance.choice([10, 3_000, 60_000, LARGE_BYTES])))
    made.run(made.lifecycle.delete(made.session("n3").id, ME))
    made.chunks.put(b"\0" * 32, chance.randbytes(LARGE_BYTES))  # what a crash left: nothing names it
    made.close()
    return folder


@pytest.fixture
def copied(grown: Path, tmp_path: Path) -> Path:
    """The same, to be damaged."""
    return Path(shutil.copytree(grown, tmp_path / "store"))


@pytest.fixture
def opened(copied: Path) -> Iterator[Callable[[], Store]]:
    """The store in that folder; all that were opened are closed."""
    stores: list[Store] = []

    def opening() -> Store:
        stores.append(Store(copied))
        return stores[-1]

    yield opening
    for each in stores:
        each.close()


def examined(store: Store, *, all: bool = True, read: dict[int, int] | None = None) -> list[Finding]:
    index = SqliteIndex(str(store.folder / "search.sqlite"))
    pacing = Pacing()
    sites, clock = store.sessions.sites, store.sessions.clock
    return Examination(store.catalog, store.chunks, index.examine, sites, clock, pacing, read or {}, all=all).findings()


def mending_of(store: Store) -> Mending:
    """Without a backup."""
    return Mending(store.sessions, store.chunks, Faults({}), lambda: None, lambda *_: iter(()))


def flip(path: Path, at: int, bit: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ bit]))


def large(store: Store) -> tuple[Path, int, int, bytes]:
    """Pack, offset, size and hash of some chunk that a head has."""
    for name in ("n0", "n1", "n2", "n4", "n5", "n6", "n7", "n8"):
        document = store.catalog.reader.document_of(store.session(name).head)
        for chunk in document.files[0].chunks:
            place = store.catalog.reader.chunk(chunk)
            if place is not None and place.pack is not None and place.offset_bytes is not None:
                return store.folder / "packs" / f"{place.pack:06d}.pack", place.offset_bytes, place.size_bytes, chunk
    raise AssertionError


def test_a_whole_store_is_found_whole(opened: Callable[[], Store]) -> None:
    """And all of it was read."""
    read: dict[int, int] = {}
    store = opened()
    assert examined(store, read=read) == []


def test_a_flipped_bit_anywhere_in_the_catalog_is_found(grown: Path, tmp_path: Path) -> None:
    """At random positions: told by the check, or by the start that refuses it."""
    size_bytes, chance = (grown / "catalog.sqlite").stat().st_size, random.Random(8)
    missed = []
    for number in range(POSITIONS_COUNT):
        copy = Path(shutil.copytree(grown, tmp_path / str(number)))
        at = chance.randrange(size_bytes)
        flip(copy / "catalog.sqlite", at, 1 << chance.randrange(8))
        try:
            store = Store(copy)
        except Damaged:
            continue
        found = examined(store)
        store.close()
        if not any(each.damage.path == os.fsencode(copy / "catalog.sqlite") for each in found):
            missed.append(at)
        shutil.rmtree(copy)
    assert missed == []


def test_a_flipped_bit_anywhere_in_a_pack_is_found_unless_nothing_names_it(grown: Path, tmp_path: Path) -> None:
    """Its chunk, its pack and the offset are named; between chunks that are named there is nothing that matters."""
    chance = random.Random(15)
    copy = Path(shutil.copytree(grown, tmp_path / "copy"))
    store = Store(copy)
    (pack,) = [*(copy / "packs").iterdir()]
    places = store.catalog.reader.chunks_in(1, 1000)
    for _ in range(POSITIONS_COUNT):
        at, bit = chance.randrange(pack.stat().st_size), 1 << chance.randrange(8)
        flip(pack, at, bit)
        found = examined(store)
        flip(pack, at, bit)
        hit = [each for each in places if 0 <= at - (each.offset_bytes or 0) + 36 < each.size_bytes + 36]
        if hit:
            told = [(one.damage.chunk, one.damage.pack, one.damage.offset_bytes) for one in found]
            assert told == [(hit[0].hash, 1, hit[0].offset_bytes)]
            assert found[0].concerns
        else:
            assert [one.damage.what for one in found] == (["pack"] if at < len(PACK_MAGIC) else [])
    store.close()


def test_a_flipped_bit_anywhere_in_the_log_of_the_catalog_is_found(store: Store) -> None:
    """What is not in the file yet stands there."""
    chance = random.Random(16)
    for number in range(5):
        store.save(f"n{number}", chance.randbytes(20_000))
    log = store.folder / "catalog.sqlite-wal"
    for _ in range(POSITIONS_COUNT // 3):
        examined(store)  # SQLite goes on with the log where it was
        at, bit = 32 + chance.randrange(store_log_bytes(store) - 32), 1 << chance.randrange(8)
        flip(log, at, bit)
        found = [each.damage for each in examined(store) if each.damage.what == "log"]
        flip(log, at, bit)
        assert [each.path for each in found] == [os.fsencode(log)], at
        store.save("again", chance.randbytes(100))


def test_a_log_that_is_damaged_when_a_daemon_is_killed_is_kept_and_named(store: Store, tmp_path: Path) -> None:
    """SQLite goes on without what stands behind the damage, and says nothing."""
    for number in range(5):
        store.save(f"n{number}", b"content")
    crashed = Path(shutil.copytree(store.folder, tmp_path / "crashed", ignore=shutil.ignore_patterns("*-shm")))
    flip(crashed / "catalog.sqlite-wal", store_log_bytes(store) // 2)
    again = Store(crashed)
    (kept,) = crashed.glob("*-wal-damaged-*")
    assert os.fsencode(kept) in {each.damage.path for each in examined(again)}
    assert len(again.operations()) < len(store.operations())
    again.close()


def test_a_transaction_that_a_crash_has_cut_off_is_no_damage(store: Store, tmp_path: Path) -> None:
    """What was answered is there."""
    store.save("x", b"content")
    store.save("y", b"content too")
    crashed = Path(shutil.copytree(store.folder, tmp_path / "crashed", ignore=shutil.ignore_patterns("*-shm")))
    log = crashed / "catalog.sqlite-wal"
    os.truncate(log, store_log_bytes(store) - 4096 - 24)
    again = Store(crashed)
    assert not [*crashed.glob("*-wal-damaged-*")]
    assert again.head("x") == b"content"
    assert examined(again) == []
    again.close()


def store_log_bytes(store: Store, *, checkpoint: bool = True) -> int:
    """As much of the log as counts; without a ``checkpoint`` nothing of it is begun anew."""
    if not checkpoint:
        return 32 + counted_frames(str(store.folder / "catalog.sqlite-shm")) * (4096 + 24)
    with closing(connect(str(store.folder / "catalog.sqlite"))) as catalog:
        ((_, count, _),) = catalog.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    assert isinstance(count, int)
    return 32 + count * (4096 + 24)


def test_a_flipped_bit_in_the_search_index_is_found(opened: Callable[[], Store]) -> None:
    """It is made anew from the rest."""
    store = opened()
    index = SqliteIndex(str(store.folder / "search.sqlite"))
    index.seen()
    index.close()
    with closing(connect(str(store.folder / "search.sqlite"))) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    flip(store.folder / "search.sqlite", 2 * 4096 + 4090)
    assert {each.damage.what for each in examined(store)} == {"index"}


def test_a_damaged_chunk_names_the_snapshots_that_cannot_be_read(opened: Callable[[], Store]) -> None:
    """With the file and the byte; reading one is the coded error, never other bytes."""
    store = opened()
    pack, offset, _, chunk = large(store)
    flip(pack, offset + 1000)
    (finding,) = examined(store)
    concern = next(each for each in finding.concerns if each.session is not None)
    assert concern.session is not None
    assert chunk in store.catalog.reader.document(concern.snapshot.document).files[0].chunks
    with pytest.raises(Damaged):
        store.bytes_of(concern.snapshot.id)


def test_a_pack_that_is_cut_or_gone_is_named(opened: Callable[[], Store]) -> None:
    """With each chunk that was in it."""
    store = opened()
    pack, offset, size_bytes, chunk = large(store)
    os.truncate(pack, offset + size_bytes // 2)
    assert chunk in {each.damage.chunk for each in examined(store)}
    pack.unlink()
    found = [each.damage for each in examined(store)]
    assert [each.what for each in found].count("pack") == 1
    assert {each.hash for each in store.catalog.reader.chunks_in(1, 1000)} <= {each.chunk for each in found}


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("DELETE FROM snapshots WHERE id IN (SELECT head FROM sessions LIMIT 1)", "session"),
        ("DELETE FROM documents WHERE id IN (SELECT document FROM snapshots LIMIT 1)", "snapshot"),
        ("DELETE FROM chunks WHERE pack IS NOT NULL AND hash IN (SELECT hash FROM chunks LIMIT 9)", "chunk"),
        ("DELETE FROM operations WHERE number = 5", "operations"),
        ("UPDATE snapshots SET parents = zeroblob(32) WHERE number = 7", "snapshot"),
        ("UPDATE documents SET manifest = zeroblob(9) WHERE id = (SELECT min(id) FROM documents)", "document"),
    ],
)
def test_what_names_something_that_is_not_there_is_found(
    opened: Callable[[], Store], copied: Path, sql: str, what: str
) -> None:
    """Every reference is followed."""
    with closing(connect(str(copied / "catalog.sqlite"))) as catalog:
        catalog.execute(sql)
    assert what in {each.damage.what for each in examined(opened())}


def test_a_visible_file_that_rots_is_named(opened: Callable[[], Store], tmp_path: Path) -> None:
    """It looks as it did when it was written, and is not what was."""
    store = opened()
    store.sessions.sites.put(Site(label="sessions", root=os.fsencode(tmp_path / "seen"), app=None, layout=SESSIONS))
    path = tmp_path / "seen" / "notes" / "n0"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not what was saved" * 200_000)
    os.utime(path, (1, 1))
    row = store.catalog.reader.visible("sessions", b"notes/n0")
    assert row is not None
    state = path.stat()

    def seen(tx: object) -> None:
        tx.confirm("sessions", b"notes/n0", row.wanted)  # type: ignore[attr-defined, union-attr]  # a transaction
        tx.put_seen("sessions", [(b"notes/n0", looks)])  # type: ignore[attr-defined]  # a transaction

    from holdfast_daemon.visible_files import signature_of

    looks = signature_of(state, os.fsencode(path), lately=True)
    store.catalog.submit(seen).result()
    import holdfast_daemon.examination as examination

    known = examination.signature
    examination.signature = lambda whole, enters: known(whole, enters, lately=True)  # type: ignore[attr-defined]  # it changed a moment ago
    rests: list[int] = []
    try:
        found = [each.damage for each in examined(store)]
        counts = Meanwhile("files", lambda: rests.append(1))
        counts.is_once = False
        assert len(counts.findings(store)) == 1
    finally:
        examination.signature = known  # type: ignore[attr-defined]  # as it was
    assert [(each.what, each.path) for each in found] == [("file", os.fsencode(path))]
    assert len(rests) > 2  # within it, so that a check of very large ones can be stopped


def test_only_what_was_not_read_for_a_week_is_read_again(opened: Callable[[], Store]) -> None:
    """Unless all is asked for."""
    store = opened()
    pack, offset, _, _ = large(store)
    flip(pack, offset + 5)
    lately = dict.fromkeys((-1, 0, 1), store.now)
    assert examined(store, all=False, read=lately) == []
    assert examined(store, all=True, read=lately)
    store.now += 8 * 24 * 3600 * 10**9
    assert examined(store, all=False, read=lately)
    in_the_future = dict.fromkeys(lately, store.now + 10**9)  # the clock was wrong then
    assert examined(store, all=False, read=in_the_future)


def test_what_a_visible_file_has_is_put_back(opened: Callable[[], Store], tmp_path: Path) -> None:
    """A large chunk and a small one; the log says what, and every snapshot can be read again."""
    store = opened()
    root = tmp_path / "seen"
    store.sessions.sites.put(Site(label="sessions", root=os.fsencode(root), app=None, layout=SESSIONS))
    for number in range(9):
        if number != 3:
            name = f"n{number}"
            (root / "notes").mkdir(parents=True, exist_ok=True)
            (root / "notes" / name).write_bytes(store.head(name))
    pack, offset, _, chunk = large(store)
    flip(pack, offset + 9)
    before = examined(store)
    assert [each.damage.chunk for each in before] == [chunk]
    mending = mending_of(store)
    mending.mend(before, "me", Pacing())
    assert examined(store) == []
    assert store.operations()[-1].type == "repaired"
    assert chunk.hex() in store.operations()[-1].note


def test_a_damaged_row_of_a_small_document_is_put_back(opened: Callable[[], Store], tmp_path: Path) -> None:
    """The page is whole again, and the content is read."""
    content = b"a small and singular content " * 100
    store = opened()
    store.save("small", content)
    store.close()
    path = store.folder / "catalog.sqlite"
    flip(path, path.read_bytes().index(content[:200]) + 50)
    store = opened()
    before = examined(store)
    assert {each.damage.what for each in before} == {"page", "chunk"}
    with pytest.raises(Damaged):
        store.head("small")
    root = tmp_path / "seen"
    (root / "notes").mkdir(parents=True)
    (root / "notes" / "small").write_bytes(content)
    store.sessions.sites.put(Site(label="sessions", root=os.fsencode(root), app=None, layout=SESSIONS))
    mending_of(store).mend(before, "me", Pacing())
    assert examined(store) == []
    assert store.head("small") == content


def test_what_a_pack_has_still_is_put_back(opened: Callable[[], Store]) -> None:
    """The same chunk, in bytes that nothing names any more."""
    store = opened()
    pack, offset, size_bytes, chunk = large(store)
    with pack.open("rb") as file:
        file.seek(offset)
        content = file.read(size_bytes)
    store.chunks.put(chunk, content)  # a second writer's, whose row the first one's made needless
    flip(pack, offset + 9)
    mending = mending_of(store)
    mending.mend(examined(store), "me", Pacing())
    assert examined(store) == []


def test_what_stands_beside_damage_is_put_back(opened: Callable[[], Store]) -> None:
    """The record before a chunk in a pack, and a row in the page of a damaged one: its own bytes are still there."""
    store = opened()
    gone, kept = b"a content that is damaged " * 20, b"another in the same page " * 20
    store.save("gone", gone)
    store.save("kept", kept)
    pack, offset, _, _ = large(store)
    store.close()
    flip(pack, offset - 10)
    path = store.folder / "catalog.sqlite"
    at, other = path.read_bytes().index(gone[:100]), path.read_bytes().index(kept[:100])
    assert at // 4096 == other // 4096
    flip(path, at + 50)
    store = opened()
    with pytest.raises(Damaged):
        store.head("kept")
    mending_of(store).mend(examined(store), "me", Pacing())
    assert store.head("kept") == kept
    assert [each.damage.chunk for each in examined(store)] == [hash_of(gone)]


def test_a_large_file_is_put_back_without_being_held_whole(store: Store, tmp_path: Path) -> None:
    """Piece by piece, though all that the store had of it is gone."""
    content = os.urandom(24 * 1024 * 1024)
    store.save("large", content)
    (tmp_path / "seen" / "notes").mkdir(parents=True)
    (tmp_path / "seen" / "notes" / "large").write_bytes(content)
    del content
    root = os.fsencode(tmp_path / "seen")
    store.sessions.sites.put(Site(label="sessions", root=root, app=None, layout=SESSIONS))
    os.truncate(store.folder / "packs" / "000001.pack", 1000)
    store.chunks.rotate()
    found = examined(store)
    tracemalloc.start()
    try:
        mending_of(store).mend(found, "me", Pacing())
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 12 * 1024 * 1024
    assert examined(store) == []


def test_what_is_nowhere_else_stays_damaged(opened: Callable[[], Store]) -> None:
    """Nothing is changed."""
    store = opened()
    pack, offset, _, _ = large(store)
    flip(pack, offset + 9)
    before = examined(store)
    mending_of(store).mend(before, "me", Pacing())
    assert examined(store) == before


def test_a_check_ends_where_it_is_stopped(opened: Callable[[], Store]) -> None:
    """Within a slice of its work."""
    store = opened()
    index = SqliteIndex(str(store.folder / "search.sqlite"))
    pacing = Pacing()
    pacing.stop()
    sites, clock = store.sessions.sites, store.sessions.clock
    with pytest.raises(Stopped):
        Examination(store.catalog, store.chunks, index.examine, sites, clock, pacing, {}, all=True).findings()


def test_a_rehearsal_proves_a_snapshot(opened: Callable[[], Store]) -> None:
    """When it did is kept; nothing is left of it."""
    store = opened()
    rehearsing = Rehearsing(store.sessions, store.chunks, str(store.folder))
    assert rehearsing.proven is None
    rehearsing.rehearse()
    assert (rehearsing.proven, rehearsing.problem) == (store.now, "")
    again = Rehearsing(store.sessions, store.chunks, str(store.folder))
    assert again.proven == store.now
    assert not [*store.folder.glob("rehearsal-*")]


def test_a_rehearsal_of_a_damaged_snapshot_says_so(store: Store) -> None:
    """And keeps when one went well last."""
    store.save("x", bytes(200_000))
    rehearsing = Rehearsing(store.sessions, store.chunks, str(store.folder))
    rehearsing.rehearse()
    before, store.now = rehearsing.proven, store.now + 1
    flip(store.folder / "packs" / "000001.pack", 5000)
    rehearsing.rehearse()
    assert rehearsing.proven == before
    assert "damaged" in rehearsing.problem


class Ends(Pacing):
    """Stopped by somebody while the documents are looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.examination: Examination | None = None

    def rest(self, size_bytes: int) -> None:
        if self.examination is not None and self.examination.stage == "documents":
            raise Stopped
        super().rest(size_bytes)


def test_what_a_check_found_before_it_was_stopped_is_read_again_by_the_next(opened: Callable[[], Store]) -> None:
    """A damaged pack is none that was read; the whole one beside it is. It was read well a day before."""
    store = opened()
    pack, offset, _, _ = large(store)
    store.chunks.put(b"\0" * 32, os.urandom(LARGE_BYTES))
    store.chunks.rotate()
    flip(pack, offset + 5)
    index, pacing = SqliteIndex(str(store.folder / "search.sqlite")), Ends()
    sites, clock = store.sessions.sites, store.sessions.clock
    day_before = dict.fromkeys((-1, 0, 1), store.now)
    look = index.examine
    pacing.examination = Examination(store.catalog, store.chunks, look, sites, clock, pacing, day_before, all=True)
    with pytest.raises(Stopped):
        pacing.examination.findings()
    assert examined(store, all=False, read=pacing.examination.read)


def test_a_check_that_was_stopped_forgets_nothing_of_the_one_before(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stopped it is told so; that something is damaged is said on, after a restart too."""
    store = opened()
    pack, offset, _, _ = large(store)
    flip(pack, offset + 5)
    index = SqliteIndex(str(store.folder / "search.sqlite"))
    mending = mending_of(store)
    checking = Checking(store.sessions, store.chunks, index.examine, mending, str(store.folder))

    async def check() -> Checked:
        reply, _ = await checking.check(Check(all=True, wait_ms=60_000), (), ME, time.monotonic() + 60)
        assert isinstance(reply, Checked)
        return reply

    assert asyncio.run(check()).problems_count == 1
    ended = checking.last.ended
    store.now += 1
    stopped = Pacing()
    stopped.stop()
    monkeypatch.setattr("holdfast_daemon.checking.Pacing", lambda: stopped)
    assert asyncio.run(check()).failed == "It was stopped"
    again = Checking(store.sessions, store.chunks, index.examine, mending, str(store.folder))
    for each in (checking, again):
        assert (each.last.ended, each.last.problems_count, len(each.problems)) == (ended, 1, 1)


class Held(Pacing):
    """A check that goes no further until it may."""

    def __init__(self, may: threading.Event) -> None:
        super().__init__()
        self.may = may

    def rest(self, size_bytes: int) -> None:
        assert self.may.wait(30)
        super().rest(size_bytes)


def test_a_repair_that_is_asked_for_during_a_check_follows_it(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smaller one goes on to its end; whoever waits is told of the repair, and what was damaged is put back."""
    store = opened()
    pack, offset, _, _ = large(store)
    flip(pack, offset - 3)  # of the record beside it
    index, mending, may = SqliteIndex(str(store.folder / "search.sqlite")), mending_of(store), threading.Event()
    checking = Checking(store.sessions, store.chunks, index.examine, mending, str(store.folder))

    async def ask(**what: Any) -> Checked:
        reply, _ = await checking.check(Check(**what), (), ME, time.monotonic() + 60)
        assert isinstance(reply, Checked)
        return reply

    async def asking() -> Checked:
        monkeypatch.setattr("holdfast_daemon.checking.Pacing", lambda: Held(may))
        assert (await ask()).running
        asked = await ask(repair=True)
        assert (asked.running, asked.repair) == (True, False)
        assert (await ask(all=True)).running
        may.set()
        while (report := await ask(begin=False, wait_ms=1_000)).running:
            pass
        return report

    report = asyncio.run(asking())
    assert (report.all, report.repair, report.problems_count, report.repaired_count) == (True, True, 0, 1)


def test_a_report_of_many_damages_with_long_paths_fits_into_a_message(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many rows as fit are told, and how many damages there are in all."""
    store = opened()
    concerned = store.catalog.reader.snapshots(store.session("n1").id, 1)[0]
    concern = Concern(concerned, store.session("n1"), b"p" * 4000, 0)
    found = [Finding(Damage("chunk", f"Chunk {n}", b"s" * 4000), (concern,) * 20, 20) for n in range(300)]
    monkeypatch.setattr(Examination, "findings", lambda self: found)
    index = SqliteIndex(str(store.folder / "search.sqlite"))
    checking = Checking(store.sessions, store.chunks, index.examine, mending_of(store), str(store.folder))

    async def check() -> Checked:
        reply, _ = await checking.check(Check(wait_ms=60_000), (), ME, time.monotonic() + 60)
        assert isinstance(reply, Checked)
        return reply

    report = asyncio.run(check())
    assert (report.problems_count, 20 < len(report.rows) < 200) == (300, True)
    assert len(connection.body_of(report)) < LIMITS["message_bytes"]


def test_what_is_put_back_and_was_pruned_meanwhile_is_collected(store: Store) -> None:
    """A chunk that nothing names any more when its repair ends does not stay for ever."""
    content = os.urandom(LARGE_BYTES)
    store.save("x", content)
    names = [place.hash for place in store.catalog.reader.chunks_in(1, 1000)]
    gone, head = store.session("x").id, store.session("x").head
    findings = [Finding(Damage("chunk", "", b"", name, 1, 0)) for name in names]
    store.catalog.submit(lambda tx: tx.remove_session(gone)).result()
    store.catalog.submit(lambda tx: tx.remove_snapshots([head])).result()
    collecting = Collecting(store.catalog, store.chunks, store.content, Faults({}))
    asyncio.run(collecting.collect())
    assert store.catalog.reader.known_chunks(names) == set()
    mending_of(store).mend(findings, "me", Pacing())
    assert store.catalog.reader.known_chunks(names) == {*names}
    asyncio.run(collecting.collect())
    assert store.catalog.reader.known_chunks(names) == set()


def test_a_large_snapshot_is_rehearsed_without_being_parsed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes are built and compared; reading it by its format would hold up everybody else."""
    monkeypatch.setattr("holdfast_daemon.rehearsing.PARSED_BYTES", 1000)
    read: list[int] = []
    monkeypatch.setattr(store.content, "reading", lambda document, form: read.append(document.size_bytes))
    rehearsing = Rehearsing(store.sessions, store.chunks, str(store.folder))
    store.save("x", os.urandom(1000))
    store.save("x", os.urandom(1001))
    for chance in (0.0, 0.999999):  # one of them, then the other
        monkeypatch.setattr("random.random", partial(float, chance))
        rehearsing.rehearse()
        assert (rehearsing.proven, rehearsing.problem) == (store.now, "")
    assert read == [1000]


class Meanwhile(Pacing):
    """Somebody does something as soon as a check has come to a stage, once, or at each rest in it."""

    is_once = True

    def __init__(self, stage: str, does: Callable[[], None]) -> None:
        super().__init__()
        self.stage, self.does = stage, does
        self.examination: Examination | None = None

    def rest(self, size_bytes: int) -> None:
        if self.examination is not None and self.examination.stage == self.stage:
            self.examination = None if self.is_once else self.examination
            self.does()

    def findings(self, store: Store) -> list[Finding]:
        index = SqliteIndex(str(store.folder / "search.sqlite"))
        sites, clock = store.sessions.sites, store.sessions.clock
        self.examination = Examination(store.catalog, store.chunks, index.examine, sites, clock, self, {}, all=True)
        return self.examination.findings()


def test_a_pack_that_is_dropped_while_a_check_runs_is_no_damage(store: Store) -> None:
    """A collection had moved what was in it before the check came there."""
    for name in ("first", "second"):
        store.save(name, os.urandom(LARGE_BYTES))
        store.chunks.rotate()

    def collect() -> None:
        places = store.catalog.reader.chunks_in(2, 1000)
        moved = [store.chunks.put(each.hash, store.chunks.get(each)) for each in places]
        store.catalog.submit(lambda tx: tx.move_chunks(moved)).result()
        store.chunks.drop(2)

    assert Meanwhile("packs", collect).findings(store) == []
    assert examined(store) == []


def test_a_pack_that_was_lost_is_dropped_like_any_other(store: Store) -> None:
    """What was in it was put back elsewhere: collection goes on to the next one."""
    store.save("x", os.urandom(LARGE_BYTES))
    store.chunks.rotate()
    (store.folder / "packs" / "000001.pack").unlink()
    store.chunks.drop(1)
    assert 1 not in store.chunks.sealed()


def test_a_document_that_is_pruned_while_a_check_runs_is_no_damage(store: Store) -> None:
    """It was listed, and its chunks are gone before they are looked at."""
    for number in range(3):
        store.save(f"n{number}", os.urandom(1000))
    documents = store.catalog.reader.manifests(b"", 10)

    def prune() -> None:
        last = documents[-1]

        def change(tx: Transaction) -> None:
            (snapshot,) = tx.snapshots_with(last.id)
            tx.remove_session(tx.need_snapshot(snapshot).session)
            tx.remove_snapshots([snapshot])
            tx.remove_chunks({chunk for file in last.files for chunk in file.chunks})

        store.catalog.submit(change).result()

    assert Meanwhile("documents", prune).findings(store) == []


def test_a_log_that_is_begun_anew_while_a_check_runs_is_no_damage(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts of it was asked of the one before."""
    for number in range(3):
        store.save(f"n{number}", bytes(60_000))
    known = examining._frames_count

    def and_then_a_save(connection: apsw.Connection, path: str) -> int:
        count = known(connection, path)
        store.save("another", b"that begins the log anew, for all of it is in the file")
        return count

    monkeypatch.setattr(examining, "_frames_count", and_then_a_save)
    assert examined(store) == []


def test_a_bit_that_flips_after_an_idle_daemon_was_killed_is_found(store: Store, tmp_path: Path) -> None:
    """Its log was empty: there was nothing for another program to bring over, so no page is taken as it is."""
    said = "a message of some length, to be found again"
    store.save("x", b"content", message=said)
    store.catalog.bring_over()
    killed = Path(shutil.copytree(store.folder, tmp_path / "killed", ignore=shutil.ignore_patterns("*-shm")))
    assert (killed / "catalog.sqlite-wal").stat().st_size == 0
    catalog = killed / "catalog.sqlite"
    flip(catalog, catalog.read_bytes().index(said.encode()))
    again = Store(killed)
    assert "page" in {each.damage.what for each in examined(again)}
    again.close()


@pytest.mark.parametrize("problem", [OSError(errno.ENOSPC, "full"), NoSpace("full", path="")])
def test_a_disk_that_fills_under_a_rehearsal_is_no_damage(
    store: Store, problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It proves nothing, and says nothing against the snapshot."""
    store.save("x", b"content")
    rehearsing = Rehearsing(store.sessions, store.chunks, str(store.folder))

    def full(file: object) -> None:
        raise problem

    monkeypatch.setattr(store.content, "contents", full)
    rehearsing.rehearse()
    assert (rehearsing.proven, rehearsing.problem) == (None, "")
    assert not [*store.folder.glob("rehearsal-*")]


def test_a_snapshot_that_is_pruned_under_a_rehearsal_is_no_damage(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not be readable any more."""
    store.save("x", b"content")
    (snapshot,) = store.snapshots("x")
    rehearsing = Rehearsing(store.sessions, store.chunks, str(store.folder))

    def pruned(file: object) -> None:
        store.catalog.submit(lambda tx: tx.remove_snapshots([snapshot.id])).result()
        raise Damaged("Chunk 000000000000 is not in the store")

    monkeypatch.setattr(store.content, "contents", pruned)
    rehearsing.rehearse()
    assert rehearsing.problem == ""


def test_a_rehearsal_that_fails_in_a_way_nobody_thought_of_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is made all the same, and the daemon ends well."""
    store.save("x", b"content")
    rehearsing = Rehearsing(store.sessions, store.chunks, str(store.folder))
    contents = store.content.contents
    monkeypatch.setattr(store.content, "contents", lambda file: [][1])
    rehearsing.rehearse()
    assert "index out of range" in rehearsing.problem
    monkeypatch.setattr(store.content, "contents", contents)
    rehearsing.rehearse()
    assert rehearsing.problem == ""


def test_a_last_check_that_cannot_be_read_keeps_nobody_from_starting(opened: Callable[[], Store], copied: Path) -> None:
    """Its page is damaged, and the next check says so."""
    said = "a sentence of the last check " * 300
    with closing(connect(str(copied / "catalog.sqlite"))) as catalog:
        report = encode({"report": to_plain(Checked(failed=said)), "read": []})
        catalog.execute("INSERT INTO store VALUES('checked', ?)", (report,))
    path = copied / "catalog.sqlite"
    flip(path, path.read_bytes().rindex(b"a sentence of the last check"))
    store = opened()
    mending = mending_of(store)
    index = SqliteIndex(str(copied / "search.sqlite"))
    checking = Checking(store.sessions, store.chunks, index.examine, mending, str(copied))
    assert checking.last == Checked()
    assert "page" in {each.damage.what for each in examined(store)}


def test_what_a_lost_chunk_concerns_is_counted_and_not_kept_whole(store: Store) -> None:
    """The head is told first; a large session of many snapshots takes no more memory than one of few."""
    content = os.urandom(10 * LARGE_BYTES)
    for number in range(30):
        store.save("x", content + str(number).encode())
    os.truncate(store.folder / "packs" / "000001.pack", 100)
    found = max(examined(store), key=lambda each: each.concerns_count)
    assert (found.concerns_count, len(found.concerns)) == (30, 20)
    assert found.concerns[0].snapshot.id == store.session("x").head


def test_a_check_looks_at_a_store_whose_disk_is_full(tmp_path: Path) -> None:
    """It writes nothing for that; damage is found then as ever, in the log too."""
    if os.getuid() != 0:
        pytest.skip("only root mounts a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    try:
        store = Store(disk)
        for number in range(20):
            store.save(f"n{number}", os.urandom(60_000))
        with suppress(OSError), (disk / "full").open("wb", buffering=0) as full:
            while full.write(bytes(4096)) == 4096:
                pass
        assert examined(store) == []
        flip(disk / "catalog.sqlite-wal", store_log_bytes(store, checkpoint=False) - 100)
        assert "log" in {each.damage.what for each in examined(store)}
        (disk / "full").unlink()
        store.close()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("whole_bytes", [0, examining.WHOLE_BYTES])
def test_an_index_that_lacks_a_row_is_found_in_files_of_any_size(
    store: Store, monkeypatch: pytest.MonkeyPatch, whole_bytes: int
) -> None:
    """A large one is looked at table by table, and its log begins anew between two."""
    monkeypatch.setattr(examining, "WHOLE_BYTES", whole_bytes)
    monkeypatch.setattr(examining, "LOG_BYTES", whole_bytes)
    store.save("x", b"content")
    assert examined(store) == []
    with closing(connect(str(store.folder / "catalog.sqlite"))) as catalog:
        catalog.execute("PRAGMA writable_schema = ON")
        ((row, *definition),) = catalog.execute("SELECT rowid, * FROM sqlite_master WHERE name = 'operations_session'")
        catalog.execute("DELETE FROM sqlite_master WHERE rowid = ?", (row,))
    with closing(connect(str(store.folder / "catalog.sqlite"))) as catalog:
        catalog.execute("DELETE FROM operations")
        catalog.execute("PRAGMA writable_schema = ON")
        catalog.execute("INSERT INTO sqlite_master VALUES(?, ?, ?, ?, ?)", tuple(definition))
    assert any("operations_session" in each.damage.sentence for each in examined(store))


def test_a_page_of_the_index_that_a_crash_left_half_written_is_in_its_log(tmp_path: Path) -> None:
    """It was on its way from there, so nothing is damaged."""
    path = tmp_path / "search.sqlite"
    index = SqliteIndex(str(path))
    index.put([], [], (7, 7))
    with closing(connect(str(path))) as reading:
        ((page,),) = reading.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'seen'").fetchall()
        with path.open("r+b") as file:
            file.seek((page - 1) * 4096 + 512)
            file.write(b"\xa5" * 3000)
        assert [*index.examine(lambda _: None)] == []
    index.close()
