"""Every row of DESIGN.md's table "How the visible file is kept true", reached by a crash and an outsider's hand."""

from __future__ import annotations

import pytest
from crash_daemon import APP, NAME, NEW, OLD, OTHER, CrashDaemon, replace
from e2e_daemon import renardo, until

BASE = renardo("Clock.bpm = 96", kick='k1 >> play("X ")', hat="h1 >> play('-')")


def _crash(daemon: CrashDaemon, step: str, content: bytes = NEW, name: str = NAME, app: str = APP) -> None:
    daemon.start_with(f"{step}=kill")
    daemon.save(content, name=name, app=app)
    daemon.dies()


@pytest.mark.parametrize("step", ["exchanged", "before-confirm"])
def test_what_should_be_there_is_there(daemon: CrashDaemon, step: str) -> None:
    """On disk = wanted: it is confirmed, and the log says nothing of it."""
    visible = daemon.held_old()
    _crash(daemon, step)
    assert visible.read_bytes() == NEW
    daemon.start()
    daemon.settle()
    assert (daemon.types(), visible.read_bytes()) == (["created", "saved"], NEW)


def test_the_outsider_wrote_what_was_wanted(daemon: CrashDaemon) -> None:
    """The same where an outsider put those very bytes there: nothing has changed."""
    visible = daemon.held_old()
    _crash(daemon, "after-commit")
    replace(visible, NEW)
    daemon.start()
    daemon.settle()
    assert (daemon.types(), daemon.names(), visible.read_bytes()) == (["created", "saved"], {NAME}, NEW)


def test_a_publication_that_has_not_happened_is_done(daemon: CrashDaemon) -> None:
    """On disk = published: what is wanted is put there."""
    visible = daemon.held_old()
    _crash(daemon, "after-commit")
    assert visible.read_bytes() == OLD
    daemon.start()
    daemon.settle()
    assert (daemon.types(), visible.read_bytes()) == (["created", "saved"], NEW)


def test_an_outside_change_that_conflicts_becomes_a_fork(daemon: CrashDaemon) -> None:
    """Neither: an outside snapshot whose parent is what was published; the head stays, and all three are kept."""
    visible = daemon.held_old()
    _crash(daemon, "after-commit")
    replace(visible, OTHER)
    daemon.start()
    until(lambda: len(daemon.names()) == 2)
    daemon.settle()
    assert {*daemon.history()} == {OLD, NEW, OTHER}
    assert (daemon.head(), visible.read_bytes()) == (NEW, NEW)
    assert daemon.types() == ["created", "saved", "forked"]


def test_an_outside_change_elsewhere_is_merged(daemon: CrashDaemon) -> None:
    """Neither, and other parts changed: the merge has both changes, and all three are in the history."""
    ours, theirs = BASE.replace(b"X ", b"X o "), BASE.replace(b"'-'", b"'--'")
    visible = daemon.held_old(BASE, app="renardo")
    _crash(daemon, "after-commit", ours, app="renardo")
    replace(visible, theirs)
    daemon.start()
    until(lambda: "merged" in daemon.types())
    daemon.settle()
    both = ours.replace(b"'-'", b"'--'")
    assert visible.read_bytes() == daemon.head(app="renardo") == both
    assert {*daemon.history()} == {BASE, ours, theirs, both}
    assert daemon.names() == {NAME}


def test_a_deletion_that_happened_is_confirmed(daemon: CrashDaemon) -> None:
    """Absent, and wanted absent: nobody deleted it a second time."""
    visible = daemon.held_old()
    daemon.start_with("removed-aside=kill")
    daemon.delete()
    daemon.dies()
    assert not visible.exists()
    daemon.start()
    daemon.settle()
    assert daemon.types() == ["created", "deleted"]
    daemon.stop()
    assert daemon.sql("SELECT path FROM visible") == []


@pytest.mark.parametrize("step", ["confirmed", "after-commit"], ids=["published", "newer-on-its-way"])
def test_a_file_deleted_while_down_is_a_deletion(daemon: CrashDaemon, step: str) -> None:
    """Absent, published before: deleted outside, and undo brings the head back."""
    visible = daemon.held_old()
    _crash(daemon, step)
    visible.unlink()
    daemon.start()
    until(lambda: "deleted-outside" in daemon.types())
    assert daemon.names() == set()
    with daemon.client() as client:
        client.undo(published=True)
    daemon.settle()
    assert (visible.read_bytes(), daemon.names()) == (NEW, {NAME})
    assert daemon.types() == ["created", "saved", "deleted-outside", "undone"]


def test_a_file_never_published_is_published(daemon: CrashDaemon) -> None:
    """Absent, and never published: it is not a deletion."""
    _crash(daemon, "after-commit")
    daemon.start()
    daemon.settle()
    assert (daemon.types(), (daemon.sessions / APP / NAME).read_bytes()) == (["created"], NEW)


def test_a_strangers_file_at_a_new_session_path_is_kept(daemon: CrashDaemon) -> None:
    """Never published, and a stranger's file stands there: it becomes a session of its own."""
    visible = daemon.sessions / APP / NAME
    _crash(daemon, "after-commit")
    visible.parent.mkdir(exist_ok=True)
    replace(visible, OTHER)
    daemon.start()
    until(lambda: len(daemon.names()) == 2)
    daemon.settle()
    assert {*daemon.history()} == {NEW, OTHER}
    assert visible.read_bytes() == NEW


def test_a_file_changed_behind_a_delete_is_kept(daemon: CrashDaemon) -> None:
    """Wanted absent, and an outsider wrote there meanwhile: the outsider's bytes are in the history and visible."""
    visible = daemon.held_old()
    daemon.start_with("after-commit=kill")
    daemon.delete()
    daemon.dies()
    replace(visible, OTHER)
    daemon.start()
    until(lambda: daemon.names() == {NAME})
    daemon.settle()
    assert {*daemon.history()} == {OLD, OTHER}
    assert visible.read_bytes() == OTHER


@pytest.mark.parametrize("garbage", [b"\0" * 4096, b"", NEW[:5]], ids=["zeros", "empty", "cut"])
def test_a_file_torn_by_a_power_cut_is_published_again(daemon: CrashDaemon, garbage: bytes) -> None:
    """Neither, and the machine went down before the publication was synced: published again, the bytes a suspect."""
    visible = daemon.held_old()
    _crash(daemon, "exchanged")
    daemon.sql("UPDATE visible SET boot = 'another boot'")
    visible.write_bytes(garbage)
    daemon.start()
    daemon.settle()
    until(lambda: visible.read_bytes() == NEW)
    assert daemon.head() == NEW
    with daemon.client() as client:
        suspects = [row for row in client.log(f"{APP}/{NAME}").rows if row.suspect]
        assert [client.cat(f"{APP}/{NAME}@{row.snapshot}") for row in suspects] == [garbage]
    assert daemon.names() == {NAME}


def test_a_confirmed_file_of_another_boot_is_an_outside_change(daemon: CrashDaemon) -> None:
    """Another boot alone does not make a change a tear: the publication was confirmed."""
    visible = daemon.held_old()
    daemon.sql("UPDATE visible SET boot = 'another boot'")
    visible.write_bytes(OTHER)
    daemon.start()
    until(lambda: daemon.head() == OTHER)
    daemon.settle()
    assert daemon.types() == ["created", "changed-outside"]


def test_what_a_power_cut_brings_back_of_a_purged_session_goes(daemon: CrashDaemon) -> None:
    """A displaced file whose removal was not durable yet goes at the next start, and nobody is told of a problem."""
    daemon.held_old()
    daemon.start()
    identity = daemon.row().id
    with daemon.client() as client:
        client.delete(f"{APP}/{NAME}", published=True)
        client.purge(f"{APP}/{NAME}")
    daemon.stop()
    left = daemon.home / "store" / "staging" / f"old-{identity}-{'0' * 32}-00000000-00000000"
    left.write_bytes(OLD)
    daemon.start()
    until(lambda: not left.exists())
    with daemon.client() as client:
        assert client.status().problems == []
