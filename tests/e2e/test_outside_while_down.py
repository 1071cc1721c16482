"""What others do in the sessions folder while no daemon runs."""

from __future__ import annotations

import pytest
from e2e_daemon import Daemon, until


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_a_start_finds_what_happened_meanwhile(killed: bool, daemon: Daemon) -> None:
    """Files deleted, changed, renamed and dropped in while the daemon was down are found at its start."""
    for name in ("gone", "changed", "moved", "same"):
        daemon.ok("save", f"notes/{name}", "-", content=f"{name} once".encode())
    moved = daemon.show("notes/moved")["id"]
    if killed:
        daemon.kill()
    else:
        assert daemon.stop() == 0
    folder = daemon.file("notes", "")
    (folder / "gone").unlink()
    (folder / "changed").write_bytes(b"changed twice")
    (folder / "moved").rename(folder / "arrived")
    (folder / "dropped").write_bytes(b"dropped")
    daemon.start()
    until(lambda: set(daemon.rows("notes")) == {"changed", "same", "arrived", "dropped"})
    until(lambda: daemon.ok("cat", "notes/changed").out == b"changed twice")
    assert daemon.show("notes/arrived")["id"] == moved
    assert daemon.log_of("notes/changed")[0]["cause"] == "outside"
    assert daemon.show("notes/same")["revision"] == 1
    number = next(row["number"] for row in daemon.operations() if row["type"] == "deleted-outside")
    daemon.ok("undo", str(number))
    assert (folder / "gone").read_bytes() == b"gone once"


def test_a_start_sweeps_its_own_temporary_files(daemon: Daemon) -> None:
    """What a crash left under the daemon's own names is gone after a start, and no session was made of it."""
    daemon.ok("save", "notes/x", "-", content=b"x")
    daemon.kill()
    left = daemon.home / "store" / "staging" / "new-left"
    left.write_bytes(b"half")
    daemon.start()
    until(lambda: not left.exists())
    assert set(daemon.rows("notes")) == {"x"}


def test_foreign_bytes_left_aside_go_into_the_history(daemon: Daemon) -> None:
    """Somebody's bytes that stood aside when the daemon was killed are a snapshot after the next start."""
    daemon.ok("save", "notes/x", "-", content=b"ours")
    row = daemon.show("notes/x")
    daemon.kill()
    aside = daemon.home / "store" / "staging" / f"old-{row['id']}-{row['head']}-00000000-00000000"
    aside.write_bytes(b"theirs, long enough")
    daemon.start()
    until(lambda: not aside.exists())
    kept = [daemon.ok("cat", f"notes/{name}").out for name in daemon.rows("notes")]
    assert b"theirs, long enough" in kept


def test_a_strange_name_like_ours_does_not_stop_the_start(daemon: Daemon) -> None:
    """A file among the daemon's temporary ones that is not its own is left alone, and the folder is still watched."""
    daemon.ok("save", "notes/x", "-", content=b"x")
    daemon.kill()
    strange = daemon.home / "store" / "staging" / "old-strange"
    strange.write_bytes(b"whose?")
    daemon.file("notes", "dropped").write_bytes(b"dropped")
    daemon.start()
    until(lambda: "dropped" in daemon.rows("notes"))
    assert strange.read_bytes() == b"whose?"
    assert any("old-strange" in problem for problem in daemon.ok("status", "--json").rows[0]["problems"])
