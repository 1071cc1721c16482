"""The daemon is killed while it adopts, scans, publishes or holds: afterwards store and folder agree."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, listing
from e2e_daemon import Daemon, until

import holdfast


def _place(daemon: Daemon, client: holdfast.Client, root: Path) -> Place:
    label = next(row.label for row in client.folder_list().rows if row.path == bytes(root))
    return Place(daemon, client, "notes", root, label)


def _spawned(stopped: Daemon, fault: str) -> subprocess.Popen[bytes]:
    """A daemon with a fault, once it serves or the fault has ended it."""
    stopped.environment["HOLDFAST_FAULT"] = fault
    process = stopped.spawn()
    del stopped.environment["HOLDFAST_FAULT"]

    def is_decided() -> bool:
        with contextlib.suppress(holdfast.HoldfastError), stopped.client(2):
            return True
        return process.poll() is not None

    until(is_decided)
    return process


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_killed_while_a_folder_is_adopted(stopped: Daemon, house: Path, after: float) -> None:
    """However far it was: each file is a session, none is two, and nothing was written there."""
    files = fill(house / "many", range(600))
    before = listing(house / "many")
    stopped.start()
    with stopped.client() as client:
        client.folder_add(str(house / "many"), "notes")
        time.sleep(after)  # the moment is the case, nothing is waited for
        stopped.kill()
        stopped.start()
        place = _place(stopped, client, house / "many")
        client.folder_scan(place.folder, timeout_seconds=60)
        assert {name: row.size_bytes for name, row in place.rows().items()} == {
            name: len(content) for name, content in files.items()
        }
        assert place.types().count("created") == 600
        assert listing(house / "many") == before


@pytest.mark.parametrize("step", ["before-commit", "after-commit"])
@pytest.mark.parametrize("commit", range(1, 5))
def test_killed_at_a_commit_of_an_adoption(stopped: Daemon, house: Path, step: str, commit: int) -> None:
    """The one who asked may ask again under the same words: there is one folder then."""
    fill(house / "notes", range(3))
    stopped.start()
    stopped.stop()
    process = _spawned(stopped, f"{step}#{commit}=kill")
    with contextlib.suppress(holdfast.HoldfastError), stopped.client(2) as client:
        client.folder_add(str(house / "notes"), "notes")
    process.kill()
    process.wait()
    stopped.start()
    with stopped.client() as client:
        place = adopt(stopped, client, house / "notes")
        assert [row.label for row in client.folder_list().rows] == ["sessions", "notes"]
        assert place.rows().keys() == {"0", "1", "2"}
        assert place.types().count("folder-added") == 1


@pytest.mark.parametrize(
    "step", ["temporary-written", "temporary-synced", "before-exchange", "exchanged", "before-confirm", "confirmed"]
)
def test_killed_while_a_restore_is_published(stopped: Daemon, house: Path, step: str) -> None:
    """The file is the old state or the new, then the new, and nothing of the daemon's own is left beside it."""
    stopped.start()
    with stopped.client() as client:
        place = adopt(stopped, client, house / "notes")
        for content in (b"one", b"two"):
            place.write("x", content)
        identity = place.row("x").id
        stopped.stop()
        stopped.environment["HOLDFAST_FAULT"] = f"{step}=kill"
        stopped.start()
        with contextlib.suppress(holdfast.HoldfastError), stopped.client(1.5) as other:
            other.restore(place.ref("x", "-1"), published=True)
        assert stopped.process is not None
        stopped.process.wait(10)
        assert (place.root / "x").read_bytes() in (b"one", b"two")
        del stopped.environment["HOLDFAST_FAULT"]
        stopped.start()
        until(lambda: (place.root / "x").read_bytes() == b"one")
        client.folder_scan(place.folder)
        assert place.row("x").id == identity
        assert [path.name for path in place.root.iterdir()] == ["x"]
        assert "deleted-outside" not in place.types()


def test_killed_again_and_again_while_files_change(stopped: Daemon, house: Path) -> None:
    """Ten times, at whatever moment: what lay there when it was killed is in the history of the one session."""
    stopped.start()
    with stopped.client() as client:
        place = adopt(stopped, client, house / "notes")
        place.write("x", b"first")
        identity = place.row("x").id
        for number in range(10):
            (place.root / "x").write_bytes(b"before the end %d" % number)
            time.sleep(0.013 * number)  # the moment is the case, nothing is waited for
            stopped.kill()
            stopped.start()
            client.folder_scan(place.folder)
            assert place.row("x").id == identity
            assert place.head("x") == b"before the end %d" % number
        assert {b"before the end %d" % number for number in range(10)} <= {*place.history(identity)}


def test_killed_while_a_burst_is_deleted(stopped: Daemon, house: Path) -> None:
    """Some deletions are committed, the daemon is killed, the rest is found by its next start: held, all of them."""
    stopped.start()
    with stopped.client() as client:
        fill(house / "notes", range(12))
        place = adopt(stopped, client, house / "notes")
        before = {name: row.id for name, row in place.rows().items()}
        for number in range(3):
            (place.root / str(number)).unlink()
        place.settle()
        stopped.kill()
        for number in range(3, 8):
            (place.root / str(number)).unlink()
        stopped.start()
        assert place.held()
        assert {name: row.id for name, row in place.rows().items()} == before


@pytest.mark.parametrize("commit", range(1, 7))
def test_killed_while_deletions_are_accepted(stopped: Daemon, house: Path, commit: int) -> None:
    """At whichever commit: the folder is held with all that is missing, or released with none of it."""
    stopped.start()
    with stopped.client() as client:
        fill(house / "notes", range(12))
        place = adopt(stopped, client, house / "notes")
        for number in range(8):
            (place.root / str(number)).unlink()
        place.held()
        stopped.stop()
        process = _spawned(stopped, f"before-commit#{commit}=kill")
        with contextlib.suppress(holdfast.HoldfastError), stopped.client(1.5) as other:
            other.folder_scan(place.folder, accept=True)
        process.kill()
        process.wait()
        stopped.start()
        client.folder_scan(place.folder)
        row = place.state()
        assert (row.held is not None, row.sessions_count, row.missing_count) in {(True, 12, 8), (False, 4, 0)}
