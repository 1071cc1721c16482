"""``--direct``: a store that no daemon serves is read by the same verbs, and nothing of it is touched."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from e2e_daemon import Daemon, read_only, renardo, until

from holdfast.direct import DirectClient
from holdfast_protocol.errors import (
    Busy,
    Damaged,
    HoldfastError,
    NoSpace,
    NotAllowed,
    NotFound,
    StoreLocked,
    StoreNewer,
)
from holdfast_protocol.processes import has_ended

LARGE = random.Random(5).randbytes(300_000)
GOLDEN = Path(__file__).parents[1] / "data" / "store"


@pytest.fixture
def crashed(daemon: Daemon) -> Path:
    """The store of a daemon that was killed: part of what it has stands only in the catalog's log."""
    with daemon.client() as client:
        client.save("notes", "one", b"first")
        client.save("notes", "one", b"second", message="the second")
        client.save("notes", "large", LARGE)
    daemon.kill()
    store = daemon.home / "store"
    assert (store / "catalog.sqlite-wal").stat().st_size
    return store


def look(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file, by what of it changes when it is written."""
    paths = [folder, *folder.rglob("*")]
    states = {str(path): path.lstat() for path in paths}
    return {path: (state.st_size, state.st_mtime_ns, state.st_ino) for path, state in states.items()}


def test_what_a_crash_left_is_read_on_a_disk_that_takes_no_writes(daemon: Daemon, crashed: Path) -> None:
    """All of it, what stands only in the log too, by list, cat, log and check; the store is another user's."""
    for path in (crashed, *crashed.rglob("*")):
        os.chown(path, 65534, 65534)
    (crashed / "catalog.sqlite-shm").unlink()
    before = look(crashed)
    with read_only(crashed):
        assert {row["name"] for row in daemon.ok("list", "--direct", "--json").rows} == {"one", "large"}
        with DirectClient(str(crashed)) as client:
            assert client.cat("notes/large") == LARGE
            assert client.cat("notes/one@-1") == b"first"
            assert client.log("notes/one").rows[0].message == "the second"
            assert client.show("notes/one").session.revision == 2
            checked = client.check(all=True, wait_ms=20_000)
            assert (checked.running, checked.problems_count, checked.failed) == (False, 0, None)
    assert look(crashed) == before


def test_other_forms_are_made_without_a_daemon(daemon: Daemon, tmp_path: Path) -> None:
    """As with one."""
    daemon.ok("save", "renardo/song", "-", content=renardo("Clock.bpm = 96", drums="d1 >> play('x')"))
    daemon.ok("export", "renardo/song", "--to", "project", "-o", str(tmp_path / "served"))
    daemon.kill()
    daemon.ok("export", "--direct", "renardo/song", "--to", "project", "-o", str(tmp_path / "direct"))
    served, direct = (
        {file.name: file.read_bytes() for file in sorted((tmp_path / each).rglob("*.py"))}
        for each in ("served", "direct")
    )
    assert served.keys() == {"startup.py", "drums.py"}
    assert direct == served


def test_nothing_is_written_where_it_could_be(crashed: Path) -> None:
    """Every verb that would change the store is refused with not-allowed, a repair too; no file of it changes."""
    before = look(crashed)
    with DirectClient(str(crashed)) as client:
        changes: list[Callable[[], object]] = [
            lambda: client.save("notes", "one", b"third"), lambda: client.delete("notes/one"), client.undo,
            lambda: client.check(repair=True), client.prune, lambda: client.workspace("notes/one"),
            lambda: client.backup(str(crashed.parent / "b")),
        ]  # fmt: skip
        for change in changes:
            with pytest.raises(NotAllowed):
                change()
        assert client.check(wait_ms=20_000).problems_count == 0
    assert look(crashed) == before


def test_damage_is_named_without_a_daemon(daemon: Daemon, crashed: Path) -> None:
    """A flipped bit in a pack: ``check --direct`` names it and exits 8, and cat gives no other bytes."""
    (pack,) = (crashed / "packs").iterdir()
    content = bytearray(pack.read_bytes())
    content[-1000] ^= 4
    pack.write_bytes(content)
    said = daemon.cli("check", "--direct", "--all")
    assert said.code == Damaged.exit_code
    assert "notes/large" in said.text
    with DirectClient(str(crashed)) as client, pytest.raises(Damaged):
        client.cat("notes/large")


def test_a_store_that_is_served_is_left_to_its_daemon(daemon: Daemon) -> None:
    """Refused in a line that says what to do; where a daemon comes later, the reader is told and the daemon is not kept
    from anything."""
    daemon.ok("save", "notes/one", "-", content=b"first")
    said = daemon.cli("list", "--direct")
    assert said.code == StoreLocked.exit_code
    assert "without --direct" in said.err
    daemon.stop()
    with DirectClient(str(daemon.home / "store")) as client:
        assert client.cat("notes/one") == b"first"
        daemon.start()
        daemon.ok("save", "notes/one", "-", content=b"second")
        with pytest.raises(Busy, match="without --direct"):
            client.cat("notes/one")
    assert daemon.ok("cat", "notes/one").out == b"second"


def test_a_backup_is_read_where_it_lies(daemon: Daemon, house: Path) -> None:
    """``--store`` may name a backup's directory; a place with neither is not found, and a daemon is never given one."""
    with daemon.client() as client:
        client.save("notes", "large", LARGE)
        client.backup(str(house / "backup"), wait_ms=20_000)
    before = look(house / "backup")
    assert daemon.ok("cat", "notes/large", "--direct", "--store", str(house / "backup")).out == LARGE
    with DirectClient(str(house / "backup")) as client:
        assert client.check(all=True, wait_ms=20_000).problems_count == 0
    assert look(house / "backup") == before
    with pytest.raises(NotFound):
        DirectClient(str(house))
    assert daemon.cli("list", "--store", str(house / "backup")).code == 2


@pytest.fixture
def old(house: Path) -> Path:
    """A golden store of version 1."""
    store = house / "old"
    store.mkdir(mode=0o700)
    with closing(sqlite3.connect(store / "catalog.sqlite")) as catalog:
        catalog.executescript((GOLDEN / "v1.sql").read_text("utf-8"))
    return store


def test_an_older_store_is_read_and_stays_what_it_is(old: Path) -> None:
    """Its history is read; the upgrade is done in a copy that goes with its reader."""
    before = look(old)
    with DirectClient(str(old)) as client:
        assert client.cat("notes/x") == b"second"
        assert client.cat("notes/x@-1") == b"first"
    assert look(old) == before


def test_an_older_store_for_whose_copy_there_is_no_room(
    house: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not the store's disk that is said to be full, and nothing is left on the one that is."""
    small = house / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=True)
    try:
        monkeypatch.setattr("tempfile.tempdir", str(house))
        monkeypatch.setenv("TMPDIR", str(small))
        with pytest.raises(NoSpace, match=f"no room in {small}"):
            DirectClient(str(old))
        assert [*small.iterdir()] == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_newer_store_is_refused_and_not_touched(daemon: Daemon) -> None:
    """By the daemon and by --direct, in one line that says both versions and what to do."""
    daemon.stop()
    catalog = daemon.home / "store" / "catalog.sqlite"
    with catalog.open("r+b") as file:
        file.seek(60)
        file.write((1000).to_bytes(4, "big"))
    before = look(daemon.home / "store")
    with pytest.raises(StoreNewer, match=r"1000.*install"):
        DirectClient(str(daemon.home / "store"))
    assert look(daemon.home / "store") == before
    process = daemon.spawn()
    assert process.wait(20) == StoreNewer.exit_code
    assert "1000" in daemon.log.read_text()
    assert catalog.read_bytes()[60:64] == (1000).to_bytes(4, "big")


def test_the_reader_ends_with_its_client(crashed: Path) -> None:
    """Nothing is left of it: no process, no directory."""
    client = DirectClient(str(crashed))
    pid, folder = client.status().pid, Path(client.path).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    client.close()
    assert not Path(f"/proc/{pid}").exists()
    assert not folder.exists()
    with pytest.raises(HoldfastError):
        client.ping()


def test_the_reader_ends_with_a_client_that_was_killed(crashed: Path, house: Path) -> None:
    """Nothing is left of it either, wherever files are that are for a time."""
    places = {**os.environ, "TMPDIR": str(house / "for a time")}
    (house / "for a time").mkdir()
    asks = f"from holdfast import direct; c = direct.DirectClient({str(crashed)!r}); print(c.status().pid, flush=True)"
    command = [sys.executable, "-c", f"{asks}; input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=places) as client:
        assert client.stdout is not None
        pid = int(client.stdout.readline())
        assert [*(house / "for a time").iterdir()] != []
        client.kill()
    until(lambda: not Path(f"/proc/{pid}").exists() or has_ended(pid))
    assert [*(house / "for a time").iterdir()] == []


def test_what_would_wait_for_ever_is_refused(daemon: Daemon, crashed: Path) -> None:
    """Nothing happens in a store that is only read."""
    for words in (["wait", "notes/one", "--for", "saved"], ["events", "--follow"]):
        said = daemon.cli(*words, "--direct")
        assert (said.code, "Nothing happens" in said.err) == (NotAllowed.exit_code, True)
    assert len(daemon.ok("events", "--direct", "--json").rows) == 3
