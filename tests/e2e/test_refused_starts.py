"""Stores and folders that a daemon refuses, with a sentence, and leaves as they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from e2e_daemon import Daemon, until


def _made(stopped: Daemon) -> Path:
    """A store with a session in it and no daemon; gives its catalog."""
    stopped.start()
    stopped.ok("save", "notes/x", "-", content=b"x")
    with stopped.client() as client:
        client.save("notes", "large", b"0123456789" * 50_000)
    stopped.stop()
    stopped.log.unlink()
    return stopped.home / "store" / "catalog.sqlite"


def _refused(stopped: Daemon) -> tuple[int, str]:
    """How a start that must fail ends."""
    process = stopped.spawn()
    try:
        code = process.wait(8)
    finally:
        process.kill()
        process.wait()
    log = stopped.log.read_text()
    assert "Traceback" not in log, log
    assert "holdfastd: " in log
    return code, log


def _contents(stopped: Daemon) -> dict[str, bytes]:
    store = stopped.home / "store"
    return {
        str(file.relative_to(store)): file.read_bytes()
        for file in store.rglob("*")
        if file.is_file() and not file.name.endswith(("lock", "-shm", "-wal"))
    }


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_newer_store_is_refused_and_untouched(journal: str, stopped: Daemon) -> None:
    """A store of a newer version is left as it is, to the byte; the sentence names both versions."""
    catalog = sqlite3.connect(_made(stopped))
    catalog.execute(f"PRAGMA journal_mode = {journal}")
    catalog.execute("PRAGMA user_version = 99")
    catalog.commit()
    catalog.close()
    before = _contents(stopped)
    code, log = _refused(stopped)
    assert code == 1
    assert "version 99" in log
    assert _contents(stopped) == before
    assert (stopped.sessions / "notes" / "x").read_bytes() == b"x"


def test_a_store_that_is_upgraded_is_said_meanwhile(stopped: Daemon) -> None:
    """Who asks before the daemon listens is told that it upgrades; afterwards it serves, and says so no more."""
    store = stopped.home / "store"
    store.mkdir(parents=True, mode=0o700)
    lock = Path(f"{stopped.socket}.lock")
    with closing(sqlite3.connect(store / "catalog.sqlite")) as catalog:
        catalog.executescript((Path(__file__).parents[1] / "data" / "store" / "v5.sql").read_text("utf-8"))
        catalog.execute("PRAGMA journal_mode = WAL")
        catalog.execute("BEGIN IMMEDIATE")  # holds the upgrade
        stopped.process = stopped.spawn()
        until(lambda: lock.exists() and "doing" in lock.read_text())
        said = stopped.cli("list")
        catalog.rollback()
    assert said.code == 7
    assert "bringing its store from version 5 to" in said.err
    assert "bringing its store from version 5 to" in stopped.log.read_text()
    until(lambda: stopped.cli("list").code == 0)
    assert "doing" not in lock.read_text()
    stopped.stop()


def test_a_catalog_that_is_no_database_is_refused(stopped: Daemon) -> None:
    """A catalog whose beginning was overwritten is said to be damaged, and not written to."""
    catalog = _made(stopped)
    with catalog.open("r+b") as file:
        file.write(b"\xa5" * 4096)
    before = _contents(stopped)
    code, log = _refused(stopped)
    assert code == 8
    assert "catalog.sqlite" in log
    assert _contents(stopped) == before


def test_a_catalog_damaged_in_the_middle_is_refused(stopped: Daemon) -> None:
    """A catalog whose pages were overwritten behind a good beginning is said to be damaged, not served."""
    catalog = _made(stopped)
    with catalog.open("r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * (catalog.stat().st_size - 100))
    code, log = _refused(stopped)
    assert code == 8
    assert "catalog.sqlite" in log


def test_an_emptied_catalog_is_not_a_new_store(stopped: Daemon) -> None:
    """A catalog of no bytes beside packs with content is damage: the daemon does not begin a new history over it."""
    catalog = _made(stopped)
    assert list(catalog.parent.glob("packs/*.pack"))
    catalog.write_bytes(b"")
    code, _ = _refused(stopped)
    assert code == 8


def test_another_programs_database_is_refused(stopped: Daemon) -> None:
    """A database with other tables is not taken for a store."""
    store = stopped.home / "store"
    store.mkdir(parents=True, mode=0o700)
    catalog = sqlite3.connect(store / "catalog.sqlite")
    catalog.execute("CREATE TABLE recipes(name TEXT)")
    catalog.commit()
    catalog.close()
    before = _contents(stopped)
    code, _ = _refused(stopped)
    assert code == 8
    assert _contents(stopped) == before


def test_a_file_in_place_of_the_sessions_folder_is_refused(stopped: Daemon) -> None:
    """A sessions folder that cannot be one is a sentence that names it, and exit 1."""
    stopped.home.mkdir()
    stopped.sessions.write_text("not a folder")
    code, log = _refused(stopped)
    assert code == 1
    assert str(stopped.sessions) in log
    assert stopped.sessions.read_text() == "not a folder"


@pytest.mark.parametrize("place", ["store", "run"])
def test_a_file_in_place_of_another_folder_is_refused(place: str, stopped: Daemon) -> None:
    """The same for the store and the runtime directory."""
    stopped.home.mkdir()
    (stopped.home / place).write_text("not a folder")
    code, log = _refused(stopped)
    assert code in (1, 5)
    assert str(stopped.home / place) in log


def test_an_open_runtime_directory_is_refused(stopped: Daemon) -> None:
    """A directory of the socket that others may enter is not served from: exit 5."""
    stopped.home.mkdir()
    (stopped.home / "run").mkdir(mode=0o777)
    (stopped.home / "run").chmod(0o777)
    assert _refused(stopped)[0] == 5
