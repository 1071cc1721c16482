"""The process is killed at every step that a save or a delete meets; what was answered is there, the rest is whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from crash_daemon import APP, COLLECTION_STEPS, NAME, NEW, OLD, OTHER, CrashDaemon, Held, replace

from holdfast_daemon.fault import STEPS

NOT_DONE = ("chunks-written", "before-commit")
NOT_ANSWERED = (*NOT_DONE, "after-commit")

SAVE_STEPS = tuple(step for step in STEPS if step not in ("displaced-kept", "removed-aside", *COLLECTION_STEPS))
DELETE_STEPS = ("before-commit", "after-commit", "removed-aside")
DISPLACED_STEPS = ("displaced-kept", "exchanged", "before-confirm", "confirmed")


def test_every_step_is_killed_at() -> None:
    """The tests below leave no step of the table out."""
    assert {*SAVE_STEPS, *DELETE_STEPS, *DISPLACED_STEPS, *COLLECTION_STEPS} == {*STEPS}


def _fault(step: str, action: str = "kill") -> str:
    return f"{step}={action}"


def _on_disk(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@pytest.mark.parametrize("step", SAVE_STEPS)
def test_a_first_save_is_there_whole_or_not_at_all(daemon: CrashDaemon, step: str) -> None:
    """Killed at any step of a new session's save: answered means kept; the file is absent or whole, then converges."""
    daemon.start_with(_fault(step))
    request = os.urandom(16)
    answered = daemon.save(NEW, request)
    daemon.dies()
    visible = daemon.sessions / APP / NAME
    assert _on_disk(visible) in (None, NEW)
    if step in NOT_ANSWERED:
        assert answered is None
    daemon.start()
    assert daemon.names() == (set() if step in NOT_DONE else {NAME})
    assert daemon.types() == ([] if step in NOT_DONE else ["created"])
    daemon.settle()
    again = daemon.save(NEW, request)
    assert again is not None
    assert again.outcome == "saved"
    assert answered is None or answered == again
    daemon.settle()
    assert (daemon.names(), daemon.types(), daemon.history()) == ({NAME}, ["created"], [NEW])
    assert visible.read_bytes() == NEW


@pytest.mark.parametrize("step", SAVE_STEPS)
def test_an_overwriting_save_leaves_the_old_bytes_or_the_new(daemon: CrashDaemon, step: str) -> None:
    """Killed at any step of a save over another: the file is never absent and never mixed, and the save counts once."""
    visible = daemon.held_old()
    daemon.start_with(_fault(step))
    request = os.urandom(16)
    answered = daemon.save(NEW, request)
    daemon.dies()
    assert _on_disk(visible) in (OLD, NEW)
    if step in ("before-commit", "after-commit"):
        assert answered is None
    if step in NOT_ANSWERED:
        assert _on_disk(visible) == OLD
    daemon.start()
    done = step not in NOT_DONE
    assert daemon.head() == (NEW if done else OLD)
    daemon.settle()
    assert visible.read_bytes() == daemon.head()
    again = daemon.save(NEW, request)
    assert again is not None
    assert (again.outcome, again.session.revision) == ("saved", 2)
    assert answered is None or answered == again
    daemon.settle()
    assert (daemon.types(), daemon.history()) == (["created", "saved"], [NEW, OLD])
    assert visible.read_bytes() == NEW


@pytest.mark.parametrize("step", DELETE_STEPS)
def test_a_delete_is_done_or_not(daemon: CrashDaemon, step: str) -> None:
    """Killed at any step of a delete: the file is whole or gone, an outside deletion is not made up, undo works."""
    visible = daemon.held_old()
    daemon.start_with(_fault(step))
    request = os.urandom(16)
    answered = daemon.delete(request)
    daemon.dies()
    assert _on_disk(visible) in (None, OLD)
    if step in NOT_ANSWERED:
        assert answered is None
        assert _on_disk(visible) == OLD
    daemon.start()
    assert daemon.names(deleted=True) == (set() if step in NOT_DONE else {NAME})
    assert daemon.delete(request) is not None
    daemon.settle()
    assert not visible.exists()
    assert daemon.types() == ["created", "deleted"]
    with daemon.client() as client:
        client.undo(2, published=True)
    daemon.settle()
    assert visible.read_bytes() == OLD


@pytest.mark.parametrize("step", DISPLACED_STEPS)
def test_a_displaced_outsider_survives_the_crash(daemon: CrashDaemon, step: str, house: Path) -> None:
    """An outsider's bytes are exchanged away and the daemon dies: they are in the history after the next start."""
    visible = daemon.held_old()
    held = Held(house / "held")
    daemon.start_with(f"before-exchange={held.action},{_fault(step)}")
    assert daemon.save(NEW) is not None
    held.reached()
    replace(visible, OTHER)
    held.go()
    daemon.dies()
    assert visible.read_bytes() == NEW
    daemon.start()
    daemon.settle()
    assert {*daemon.history()} == {OLD, NEW, OTHER}
    assert daemon.types().count("forked") == 1
    assert daemon.head() == NEW


TREE_STEPS: tuple[str, ...] = ("before-exchange", "exchanged", "before-exchange#2", "exchanged#2", "before-confirm")


@pytest.mark.parametrize("step", TREE_STEPS)
def test_a_document_of_several_files_is_finished(daemon: CrashDaemon, step: str) -> None:
    """Killed between two files of one document: each file is old or new, then all are new, and nobody is blamed."""
    old, new = {b"a": b"a" + OLD, b"b": b"b" + OLD}, {b"a": b"a" + NEW, b"b": b"b" + NEW}
    daemon.start()
    with daemon.client() as client:
        visible = daemon.sessions / os.fsdecode(client.save(APP, NAME, old, published=True).session.path)
    daemon.stop()
    daemon.start_with(f"{step}=kill")
    saved = _answer_or_none(lambda: _save_tree(daemon, new))
    daemon.dies()
    assert saved in (None, "saved")
    for name in (b"a", b"b"):
        assert (visible / os.fsdecode(name)).read_bytes() in (old[name], new[name])
    daemon.start()
    daemon.settle()
    with daemon.client() as client:
        assert client.load(f"{APP}/{NAME}").files == new
    assert daemon.types() == ["created", "saved"]


def _save_tree(daemon: CrashDaemon, files: dict[bytes, bytes]) -> str:
    from holdfast_protocol.messages import Save, Saved
    from holdfast_protocol.model import FileSource

    sources = [FileSource(frame=number, path=path) for number, path in enumerate(files)]
    reply = daemon.ask(Save(app=APP, name=NAME, files=sources), tuple(files.values()), os.urandom(16))
    return reply.outcome if isinstance(reply, Saved) else ""


def _answer_or_none(ask: Callable[[], str]) -> str | None:
    return ask() or None
