"""Stores of every version that ever was, as the code of then wrote them, and what a start makes of them."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from daemon_store import ME, Store

from holdfast_daemon.brought_back import bring_back
from holdfast_daemon.fault import Faults
from holdfast_daemon.store.sqlite.checksums import connect, damaged_pages, has_checksums
from holdfast_daemon.store.sqlite.copying import copy_catalog
from holdfast_daemon.store.sqlite.opening import connect_writing
from holdfast_daemon.store.sqlite.schema import VERSION
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import Damaged, NoSpace, StoreNewer

GOLDEN = Path(__file__).parents[1] / "data" / "store"
VERSIONS = range(1, VERSION + 1)
#: The session of each of them, if it is not ``alpha``, and what that was, if not ``first`` and then ``second``.
NAMES = {1: "x", 6: "beta"}
CONTENTS = {5: [b"three", b"one"]}
#: There were no backups before.
FIRST_BACKED_UP = 8


def golden(folder: Path, version: int) -> Path:
    """A catalog of that version in this folder."""
    folder.mkdir(exist_ok=True)
    path = folder / "catalog.sqlite"
    with closing(apsw.Connection(str(path))) as catalog:  # Python's own SQLite may not know the index of names
        catalog.execute((GOLDEN / f"v{version}.sql").read_text("utf-8"))
    return path


def is_whole(store: Store, version: int) -> bool:
    """Its history is there."""
    found = [store.bytes_of(each.id) for each in store.snapshots(NAMES.get(version, "alpha"))]
    return found == CONTENTS.get(version, [b"second", b"first"])


def shape(path: Path) -> list[object]:
    with closing(apsw.Connection(str(path))) as catalog:
        return catalog.execute("SELECT type, name FROM sqlite_master ORDER BY 1, 2").fetchall()


def version_of(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[60:64], "big")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_store_of_every_version_is_brought_to_this_one(tmp_path: Path, version: int) -> None:
    """Its history is as it was, its tables are those of a fresh store, its pages have checksums; and the catalog of
    before is kept beside it, whole."""
    path = golden(tmp_path / "store", version)
    store = Store(path.parent)
    try:
        assert is_whole(store, version)
        store.save("another", b"one")
        assert store.catalog.problems == []
    finally:
        store.close()
    assert (version_of(path), has_checksums(str(path))) == (VERSION, True)
    (tmp_path / "fresh").mkdir()
    Store(tmp_path / "fresh").close()
    assert shape(path) == shape(tmp_path / "fresh" / "catalog.sqlite")
    kept = path.with_name(f"catalog.sqlite-v{version}")
    assert kept.exists() == (version < VERSION)
    if kept.exists():
        assert (version_of(kept), kept.stat().st_mode & 0o777) == (version, 0o600)
        golden(tmp_path / "as it was", version)
        assert shape(kept) == shape(tmp_path / "as it was" / "catalog.sqlite")


@pytest.mark.parametrize("version", VERSIONS[FIRST_BACKED_UP - 1 :])
def test_a_backup_of_a_store_of_every_version_is_brought_back(tmp_path: Path, version: int) -> None:
    """The next start brings it to this version, as it does a store."""
    kept, store = tmp_path / "backup", tmp_path / "store"
    catalog = golden(kept, version).rename(kept / "catalog-000001.sqlite").read_bytes()
    (kept / "aside-000001").touch()
    state = {
        "number": 1, "store": "", "time": 0, "packs": {},
        "catalog": piece("catalog-000001.sqlite", catalog), "aside": piece("aside-000001", b""),
    }  # fmt: skip
    body = json.dumps(state).encode()
    (kept / "backup").write_bytes(f"holdfast backup 1 {hash_of(body).hex()}\n".encode() + body)
    store.mkdir()
    (tmp_path / "sessions").mkdir()
    assert bring_back(str(kept), str(store), os.fsencode(tmp_path / "sessions"), "boot", Faults({})) == []
    with closing(Store(store)) as restored:
        assert is_whole(restored, version)


def piece(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "look": [], "pieces": [{"end_bytes": len(content), "hash": hash_of(content).hex()}]}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_an_upgrade_without_room_for_a_copy_is_not_begun(small: Path) -> None:
    """The start says how much is wanted and leaves all as it was; with room it goes well."""
    path = golden(small / "store", 7)
    with pytest.raises(NoSpace, match="version 7"):
        Store(path.parent)
    assert version_of(path) == 7
    assert [*path.parent.glob("catalog.sqlite-[va]*")] == []
    subprocess.run(["mount", "-o", "remount,size=40m", str(small)], check=True)
    with closing(Store(path.parent)) as store:
        assert is_whole(store, 7)


def test_a_catalog_of_before_an_upgrade_goes_after_a_month(tmp_path: Path) -> None:
    """And what a crash left of a copy goes at once."""
    path = golden(tmp_path, 6)
    Store(tmp_path).close()
    kept, cut = tmp_path / "catalog.sqlite-v6", tmp_path / "catalog.sqlite-anew"
    cut.write_bytes(b"part of a copy")
    (tmp_path / "catalog.sqlite-anew-journal").write_bytes(b"what SQLite has beside it")
    Store(tmp_path).close()
    assert (kept.exists(), path.exists(), [*tmp_path.glob("*-anew*")]) == (True, True, [])
    os.utime(kept, (0, 0))
    Store(tmp_path).close()
    assert not kept.exists()


def test_a_large_catalog_gets_checksums_everywhere(tmp_path: Path) -> None:
    """Larger than what SQLite keeps in memory: it writes some pages before it knows that they are to have any."""
    path = golden(tmp_path, 7)
    with closing(apsw.Connection(str(path))) as catalog:
        catalog.execute("CREATE TABLE ballast (content BLOB)")
        catalog.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) "
            "INSERT INTO ballast SELECT randomblob(1500) FROM n"
        )
    with closing(Store(tmp_path)) as store:
        assert is_whole(store, 7)
    assert looked_through(path) == []
    assert not (tmp_path / "catalog.sqlite-vacuumed").exists()


def test_a_copy_of_a_busy_catalog_is_whole(tmp_path: Path) -> None:
    """What is only in the log is in the copy, with checksums of its own, however much it is."""
    path, target = tmp_path / "catalog.sqlite", tmp_path / "copy.sqlite"
    Store(tmp_path).close()
    with closing(connect_writing(str(path))) as catalog:
        catalog.execute("PRAGMA wal_autocheckpoint = 0")
        catalog.execute("CREATE TABLE ballast (number INTEGER PRIMARY KEY, content BLOB)")
        for number in range(4000):
            catalog.execute("INSERT INTO ballast VALUES (?, randomblob(1500))", (number,))
        copy_catalog(str(path), str(target), lambda _: None)
    assert looked_through(target) == []


def looked_through(path: Path) -> list[int]:
    """The pages whose checksums are not theirs."""
    with closing(connect(str(path), finished=True)) as catalog:
        assert has_checksums(str(path))
        return [*damaged_pages(catalog, str(path))]


def test_a_catalog_that_gets_no_checksums_is_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is too large to be written anew; a start that can does it."""
    golden(tmp_path, 7)
    monkeypatch.setattr("holdfast_daemon.store.sqlite.opening.VACUUMED_BYTES", 0)
    store = Store(tmp_path)
    assert ["checksums" in each for each in store.catalog.problems] == [True]
    assert is_whole(store, 7)
    store.close()
    del store
    gc.collect()  # with all that reads
    monkeypatch.undo()
    with closing(Store(tmp_path)) as again:
        assert again.catalog.problems == []


def test_a_daemon_that_is_killed_at_its_very_end_hides_no_damage(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever of the end was reached: the next start does not take its store for one that another program has brought
    over, and so writes no damaged page anew as if it were whole."""
    store.save("x", b"content")
    states: list[Path] = []

    def cut_off(path: str) -> None:
        for moment in ("before", "after"):
            if moment == "after":
                os.remove(path)
            states.append(tmp_path / f"{moment} {len(states)}")
            shutil.copytree(store.folder, states[-1], ignore=shutil.ignore_patterns("*-shm"))

    with monkeypatch.context() as patched:
        patched.setattr("holdfast_daemon.store.sqlite.catalog.os.unlink", cut_off)
        store.catalog.close()
    assert states
    with closing(connect(str(store.folder / "catalog.sqlite"), finished=True)) as catalog:
        ((page,),) = catalog.execute("SELECT pageno FROM dbstat WHERE name = 'operations'").fetchall()
    for state in states:
        with (state / "catalog.sqlite").open("r+b") as file:
            file.seek(page * 4096 - 100)
            flipped = bytes([file.read(1)[0] ^ 1])
            file.seek(page * 4096 - 100)
            file.write(flipped)
        again = Store(state)
        with pytest.raises(Damaged):
            again.operations()
        again.close()
    again = Store(store.folder)
    store.catalog, store.chunks = again.catalog, again.chunks  # the fixture closes those


def test_a_damaged_log_that_cannot_be_kept_leaves_no_part_of_a_copy(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk that has no links: the start is refused and says what to do, as often as it is tried."""
    for number in range(5):
        store.save(f"n{number}", b"content")
    crashed = Path(shutil.copytree(store.folder, tmp_path / "crashed", ignore=shutil.ignore_patterns("*-shm")))
    log = crashed / "catalog.sqlite-wal"
    content = bytearray(log.read_bytes())
    content[32 + 2 * (24 + 4096) + 100] ^= 1
    log.write_bytes(content)

    def full(source: str, target: str) -> None:
        Path(target).write_bytes(b"a part")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.link", full)
        patched.setattr("shutil.copyfile", full)
        for _ in range(2):
            with pytest.raises(NoSpace, match=r"move .* away"):
                Store(crashed)
    assert [*crashed.glob("*-wal-damaged-*")] == []
    again = Store(crashed)
    assert len([*crashed.glob("*-wal-damaged-*")]) == 1
    assert again.save("new", b"content", caller=ME).outcome == "saved"
    again.close()


def test_a_copy_for_which_the_room_runs_out_takes_none(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else filled the disk meanwhile: the upgrade is refused, and what was copied is not left on the disk."""
    path = golden(small / "store", 7)
    with closing(apsw.Connection(str(path))) as catalog:
        catalog.execute("INSERT INTO store VALUES ('large', zeroblob(5000000))")
    monkeypatch.setattr("holdfast_daemon.store.sqlite.opening.ROOM_BYTES", -(1 << 30))
    with pytest.raises(NoSpace):
        Store(path.parent)
    assert [each.name for each in path.parent.glob("catalog*")] == ["catalog.sqlite"]
    assert version_of(path) == 7


def test_a_newer_catalog_of_which_only_the_log_says_so_is_refused(tmp_path: Path) -> None:
    """A newer daemon was killed right after its upgrade: this one does not take the catalog for one of its own."""
    newer, crashed = tmp_path / "newer", tmp_path / "crashed"
    newer.mkdir()
    Store(newer).close()
    with closing(connect(str(newer / "catalog.sqlite"))) as catalog:
        catalog.execute(f"PRAGMA user_version = {VERSION + 1}")
        shutil.copytree(newer, crashed, ignore=shutil.ignore_patterns("*-shm"))
    assert version_of(crashed / "catalog.sqlite") == VERSION
    with pytest.raises(StoreNewer):
        Store(crashed)
