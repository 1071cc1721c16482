"""Killed at every step of a collection, beside running saves: what was answered is there, and the room comes back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from crash_daemon import COLLECTION_STEPS, CrashDaemon

from holdfast_daemon.store.nouns import ChunkPlace, read_manifest
from holdfast_daemon.store.packs import Packs
from holdfast_protocol.messages import Prune
from holdfast_protocol.model import Ref

LARGE, SMALL = 400_000, 20_000
#: The home, what stays, what goes.
Filled = tuple[Path, dict[str, bytes], list[bytes]]


class Writer(threading.Thread):
    """Saves until the daemon is gone: contents that come and go, and some that were in purged sessions."""

    def __init__(self, daemon: CrashDaemon, again: list[bytes]) -> None:
        super().__init__()
        self._daemon = daemon
        self._again = again
        self.answered: dict[str, bytes] = {}
        self.stop = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            name, content = f"w{number}", self._again[number % len(self._again)]
            if self._daemon.save(content, name=name) is None:
                return
            self.answered[name] = content
            number += 1
            self.stop.wait(0.02)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """The home of a daemon that has ended; what stays in it, and what is only in sessions that are purged."""
    daemon = CrashDaemon(tmp_path_factory.mktemp("f") / "d")
    stays = {f"s{number}": os.urandom(SMALL if number else LARGE) for number in range(4)}
    goes = [os.urandom(LARGE if number < 6 else SMALL) for number in range(18)]
    daemon.start()
    with daemon.client() as client:
        for name, content in stays.items():
            client.save("notes", name, content)
        for number, content in enumerate(goes):
            client.save("notes", f"g{number}", content)
        for number in range(len(goes)):
            client.purge(f"notes/g{number}")
    daemon.stop()
    return daemon.home, stays, goes


def _verify(daemon: CrashDaemon) -> int:
    """Every hash of a store whose daemon has ended; how many bytes the packs have that nothing names."""
    store = daemon.home / "store"
    packs = Packs(str(store / "packs"))
    with closing(sqlite3.connect(store / "catalog.sqlite")) as catalog:
        assert catalog.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        missing = "SELECT count(*) FROM snapshots WHERE document NOT IN (SELECT id FROM documents)"
        assert catalog.execute(missing).fetchone() == (0,)
        rows = catalog.execute("SELECT hash, size_bytes, pack, offset_bytes, content FROM chunks").fetchall()
        places = {row[0]: ChunkPlace(*row) for row in rows}
        for identity, manifest in catalog.execute("SELECT id, manifest FROM documents"):
            for file in read_manifest(identity, manifest).files:
                assert all(packs.get(places[name]) for name in file.chunks)
    live_bytes = sum(place.size_bytes for place in places.values() if place.pack is not None)
    packs.close()
    return sum(path.stat().st_size for path in (store / "packs").iterdir()) - live_bytes


@pytest.mark.parametrize("step", COLLECTION_STEPS)
def test_a_collection_may_be_killed_at_any_step(daemon: CrashDaemon, filled: Filled, step: str) -> None:
    """Beside saves of the very contents that are being collected."""
    home, stays, goes = filled
    shutil.copytree(home, daemon.home, ignore=shutil.ignore_patterns("run"))
    daemon.start_with(f"{step}=kill")
    writer = Writer(daemon, goes[5:8])
    writer.start()
    assert daemon.ask(Prune(), (), os.urandom(16)) is None
    daemon.dies()
    writer.join()
    daemon.start()
    with daemon.client() as client:
        for name, content in {**stays, **writer.answered}.items():
            assert client.cat(Ref(app="notes", name=name)) == content
        client.prune()
        assert client.prune(dry_run=True).snapshots_count == 0
    daemon.stop()
    assert _verify(daemon) < 2 * LARGE
