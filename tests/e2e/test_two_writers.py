"""Two writers never lose each other's work."""

from __future__ import annotations

import threading
import time

from e2e_daemon import Daemon, renardo

BASE = {"kick": "k1 >> play('X')", "hat": "h1 >> play('-')", "bass": "b1 >> bass([0])"}


def _document(**changed: str) -> bytes:
    return renardo("Clock.bpm = 96", **{**BASE, **changed})


def test_changes_of_different_parts_are_merged(shared: Daemon) -> None:
    """Two saves from one revision that changed different buffers end in one head with both, and say merged."""
    shared.ok("save", "renardo/m", "-", content=_document())
    shared.ok("save", "renardo/m", "-", "--expect", "1", content=_document(kick="k1 >> play('O')"))
    said = shared.ok("save", "renardo/m", "-", "--expect", "1", content=_document(bass="b1 >> bass([4])"))
    assert "merged" in said.text
    both = _document(kick="k1 >> play('O')", bass="b1 >> bass([4])")
    assert shared.ok("cat", "renardo/m").out == both
    assert shared.file("renardo", "m.py").read_bytes() == both
    assert len(shared.log_of("renardo/m")[0]["parents"]) == 2


def test_changes_of_one_part_are_a_fork(shared: Daemon) -> None:
    """Two saves from one revision that changed the same buffer are both kept; the later caller is told where."""
    shared.ok("save", "renardo/f", "-", content=_document())
    shared.ok("save", "renardo/f", "-", "--expect", "1", content=_document(kick="mine"))
    said = shared.cli("save", "renardo/f", "-", "--expect", "1", content=_document(kick="yours"))
    assert said.code == 4
    fork = next(row for row in shared.rows("renardo").values() if row["forked_from"])
    assert fork["name"] in said.err
    assert "kick" in said.err
    assert fork["forked_from"] == shared.show("renardo/f")["id"]
    assert shared.ok("cat", "renardo/f").out == _document(kick="mine")
    assert shared.ok("cat", f"renardo/{fork['name']}").out == _document(kick="yours")
    assert (shared.sessions / fork["path"]).read_bytes() == _document(kick="yours")


def test_two_clients_of_the_library_merge_without_saying_revisions(shared: Daemon) -> None:
    """A client remembers the revision it loaded; two of them with different parts lose nothing."""
    with shared.client() as one, shared.client() as other:
        one.save("renardo", "lib", _document())
        other.load("renardo/lib")
        one.save("renardo", "lib", _document(kick="one"))
        assert other.save("renardo", "lib", _document(hat="other")).outcome == "merged"
    assert shared.ok("cat", "renardo/lib").out == _document(kick="one", hat="other")


def test_a_save_from_an_old_revision_is_no_overwriting(shared: Daemon) -> None:
    """A plain document saved from an older revision does not replace the head: it forks, exit 4."""
    for text in (b"one", b"two"):
        shared.ok("save", "notes/old", "-", content=text)
    said = shared.cli("save", "notes/old", "-", "--expect", "1", content=b"three")
    assert said.code == 4
    assert shared.ok("cat", "notes/old").out == b"two"
    assert shared.ok("cat", "notes/old (fork)").out == b"three"


def test_a_revision_that_never_was_is_not_found(shared: Daemon) -> None:
    """--expect with a number that the session never had is exit 3, and nothing is saved."""
    shared.ok("save", "notes/never", "-", content=b"one")
    assert shared.cli("save", "notes/never", "-", "--expect", "7", content=b"two").code == 3
    assert shared.show("notes/never")["revision"] == 1


def test_new_refuses_an_existing_name(shared: Daemon) -> None:
    """--new on a name that is taken is exit 4, and the session is as it was."""
    shared.ok("save", "notes/taken", "-", "--new", content=b"one")
    assert shared.cli("save", "notes/taken", "-", "--new", content=b"two").code == 4
    assert shared.ok("cat", "notes/taken").out == b"one"


def test_a_second_identical_save_changes_nothing(shared: Daemon) -> None:
    """Saving what is the head already adds no snapshot and no revision."""
    for _ in range(2):
        shared.ok("save", "notes/twice", "-", content=b"one")
    assert shared.show("notes/twice")["revision"] == 1


def test_a_restored_part_and_a_save_meet(shared: Daemon) -> None:
    """One client restores a buffer while another saves another one: whoever is later, the head has both."""
    padding = "d1 >> play('x-o-')  # padding\n" * 3000

    def document(kick: str, bass: str) -> bytes:
        return renardo("", kick=f"{kick}\n{padding}end", bass=f"{bass}\n{padding}end")

    for round_number in range(10):
        name = f"meet-{round_number}"
        shared.ok("save", f"renardo/{name}", "-", content=document("old", "wanted"))
        shared.ok("save", f"renardo/{name}", "-", content=document("old", "unwanted"))
        with shared.client() as one, shared.client() as other:
            one.load(f"renardo/{name}")
            restoring = threading.Thread(target=other.restore, args=(f"renardo/{name}@-1:bass",))
            restoring.start()
            time.sleep(0.002 * round_number)  # the moment is the case, nothing is waited for
            saved = one.save("renardo", name, document("new", "unwanted"))
            restoring.join()
        assert saved.outcome in ("saved", "merged")
        assert shared.ok("cat", f"renardo/{name}:kick").out.startswith(b"new")
        assert shared.ok("cat", f"renardo/{name}:bass").out.startswith(b"wanted")
