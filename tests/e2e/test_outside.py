"""What others do in the sessions folder while the daemon runs."""

from __future__ import annotations

import os
import time
from pathlib import Path

from e2e_daemon import Daemon, renardo, until

GOOD = renardo("Clock.bpm = 96", kick='k1 >> play("X ")', hat="\n".join(f"h{n} >> play('-')" for n in range(40)))
CHANGED = GOOD.replace(b"96", b"120")


def _saved(daemon: Daemon, name: str) -> Path:
    daemon.ok("save", f"renardo/{name}", "-", content=GOOD)
    return daemon.file("renardo", f"{name}.py")


def _revision(daemon: Daemon, name: str) -> int:
    return int(daemon.show(f"renardo/{name}")["revision"])


def test_a_file_changed_outside_is_a_snapshot(shared: Daemon) -> None:
    """What an editor writes into a session's file becomes its head, with the cause outside."""
    _saved(shared, "changed").write_bytes(CHANGED)
    until(lambda: _revision(shared, "changed") == 2)
    assert shared.log_of("renardo/changed")[0]["cause"] == "outside"
    assert shared.ok("cat", "renardo/changed").out == CHANGED
    assert shared.ok("cat", "renardo/changed@-1").out == GOOD


def test_a_file_dropped_in_is_a_session(shared: Daemon) -> None:
    """A file that somebody puts into an application's folder is a session of that application."""
    shared.file("renardo", "").mkdir(parents=True, exist_ok=True)
    shared.file("renardo", "dropped.py").write_bytes(GOOD)
    row = until(lambda: shared.rows("renardo").get("dropped"))
    assert row["format"] == "renardo"
    assert shared.ok("cat", "renardo/dropped").out == GOOD
    assert shared.file("renardo", "dropped.py").read_bytes() == GOOD


def test_a_folder_of_a_new_application_is_seen(shared: Daemon) -> None:
    """A file in an application's folder that was not there before is a session too."""
    shared.file("other", "").mkdir(parents=True)
    shared.file("other", "thing.txt").write_bytes(b"thing")
    until(lambda: shared.rows("other"))
    assert shared.ok("cat", "other/thing.txt").out == b"thing"


def test_a_file_renamed_outside_is_the_same_session(shared: Daemon) -> None:
    """mv of a session's file renames the session: its id and history stay."""
    before = _saved(shared, "old")
    identity = shared.show("renardo/old")["id"]
    before.rename(before.with_name("young.py"))
    row = until(lambda: shared.rows("renardo").get("young"))
    assert row["id"] == identity
    assert "old" not in shared.rows("renardo")


def test_an_atomic_replacement_is_a_change(shared: Daemon) -> None:
    """An editor that writes beside the file and renames over it changes the session, and makes no other."""
    visible = _saved(shared, "replaced")
    identity = shared.show("renardo/replaced")["id"]
    beside = visible.with_name("replaced.py~")
    beside.write_bytes(CHANGED)
    beside.replace(visible)
    until(lambda: shared.ok("cat", "renardo/replaced").out == CHANGED)
    row = shared.rows("renardo")["replaced"]
    assert row["id"] == identity
    assert not [name for name in shared.rows("renardo") if name.startswith("replaced") and name != "replaced"]


def test_an_emptied_file_leaves_the_head(shared: Daemon) -> None:
    """A file truncated outside makes its session diverged and suspect; the head is as it was, restore puts it back."""
    visible = _saved(shared, "emptied")
    head = shared.show("renardo/emptied")["head"]
    visible.write_bytes(b"")
    row = until(lambda: (found := shared.rows("renardo")["emptied"])["diverged"] and found)
    assert (row["suspect"], row["head"], row["revision"]) == (True, head, 1)
    assert visible.read_bytes() == b""
    shared.ok("restore", "renardo/emptied")
    assert visible.read_bytes() == GOOD
    row = shared.rows("renardo")["emptied"]
    assert (row["suspect"], row["diverged"]) == (False, False)


def test_an_emptied_file_can_be_accepted(shared: Daemon) -> None:
    """accept makes what lies on disk of a diverged session its head."""
    visible = _saved(shared, "accepted")
    visible.write_bytes(b"")
    until(lambda: shared.rows("renardo")["accepted"]["diverged"])
    shared.ok("accept", "renardo/accepted")
    row = shared.rows("renardo")["accepted"]
    assert (row["suspect"], row["diverged"], row["revision"]) == (False, False, 2)
    assert shared.ok("cat", "renardo/accepted").out == b""
    assert visible.read_bytes() == b""
    assert shared.ok("cat", "renardo/accepted@-1").out == GOOD


def test_a_save_over_an_outside_change_keeps_both(shared: Daemon) -> None:
    """Nothing that was on disk is overwritten before it is in the history, not even in the same moment."""
    visible = _saved(shared, "both")
    visible.write_bytes(CHANGED)
    shared.cli("save", "renardo/both", "-", content=GOOD.replace(b"k1", b"k2"))
    until(lambda: shared.ok("status", "--json").rows[0]["pending_files"] == 0)

    def kept() -> bool:
        found = b""
        for name in [name for name in shared.rows("renardo") if name.startswith("both")]:
            for row in shared.log_of(f"renardo/{name}"):
                found += shared.ok("cat", f"renardo/{name}@{row['snapshot']}").out
        return b"120" in found and b"k2" in found

    until(kept)


def test_links_and_pipes_are_left_alone_and_reported(daemon: Daemon, tmp_path: Path) -> None:
    """A symbolic link is not followed and a FIFO not opened; status says so and the daemon goes on."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    folder = daemon.file("notes", "")
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    problems = until(lambda: len(found := daemon.ok("status", "--json").rows[0]["problems"]) >= 2 and found)
    assert any("link" in each for each in problems)
    assert any("pipe" in each for each in problems)
    assert daemon.rows("notes") == {}
    assert (folder / "link").is_symlink()
    assert daemon.alive
    daemon.ok("save", "notes/after", "-", content=b"alive")


def test_a_file_replaced_by_a_link_is_not_followed(daemon: Daemon, tmp_path: Path) -> None:
    """A session's file that becomes a link out of the folder is never read or written through."""
    target = tmp_path / "target"
    target.write_bytes(b"target")
    daemon.ok("save", "notes/linked", "-", content=b"mine")
    visible = daemon.file("notes", "linked")
    visible.unlink()
    visible.symlink_to(target)
    daemon.cli("save", "notes/linked", "-", content=b"mine again")
    assert target.read_bytes() == b"target"
    assert daemon.alive


def test_a_file_that_cannot_be_published_stops_no_other(daemon: Daemon) -> None:
    """A damaged chunk of one session is said by name; other sessions are published, and the daemon does not spin."""
    old, new = os.urandom(300_000), os.urandom(300_000)
    daemon.ok("save", "notes/big", "-", content=old)
    daemon.ok("save", "notes/big", "-", "--accept", content=new)
    [pack] = (daemon.home / "store" / "packs").iterdir()
    whole = pack.read_bytes()
    pack.write_bytes(whole.replace(old[1000:1100], b"\0" * 100))
    daemon.cli("--timeout", "2", "restore", "notes/big@-1")
    daemon.ok("save", "notes/other", "-", content=b"other")
    assert daemon.file("notes", "other").read_bytes() == b"other"
    assert daemon.file("notes", "big").read_bytes() == new
    assert any(
        "big" in problem and "damaged" in problem for problem in daemon.ok("status", "--json").rows[0]["problems"]
    )
    before = _processor_seconds(daemon)
    time.sleep(1)
    assert _processor_seconds(daemon) - before < 0.5


def _processor_seconds(daemon: Daemon) -> float:
    fields = Path(f"/proc/{daemon.ok('status', '--json').rows[0]['pid']}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
