"""The process is killed at every step that a batch meets: all of it is there, or nothing; and so with its undo."""

from __future__ import annotations

import os

import pytest
from crash_daemon import APP, COLLECTION_STEPS, NEW, OLD, CrashDaemon

from holdfast_daemon.fault import STEPS
from holdfast_protocol import messages as m
from holdfast_protocol.model import FileSource, Ref

NOT_DONE = ("chunks-written", "before-commit")
KILLED_AT = tuple(step for step in STEPS if step not in ("displaced-kept", *COLLECTION_STEPS))
FILES = [FileSource(frame=0)]
#: A file that is written, one that is moved and written, one that is new, one that goes.
BATCH = m.Batch(
    changes=[
        m.Change(save=m.Save(app=APP, name="written", files=FILES)),
        m.Change(rename=m.Rename(ref=Ref(app=APP, name="moved"), name="elsewhere")),
        m.Change(save=m.Save(app=APP, name="elsewhere", files=FILES)),
        m.Change(save=m.Save(app=APP, name="made", files=FILES)),
        m.Change(delete=m.Delete(ref=Ref(app=APP, name="gone"))),
    ]
)
BEFORE = {"written": OLD, "moved": OLD, "gone": OLD}
AFTER = {"written": NEW, "elsewhere": NEW, "made": NEW}


def _heads(daemon: CrashDaemon) -> dict[str, bytes]:
    return {name: daemon.head(name) for name in daemon.names()}


def _files(daemon: CrashDaemon) -> dict[str, bytes]:
    found = (daemon.sessions / APP).iterdir()
    return {path.name: path.read_bytes() for path in found if not path.name.startswith(".")}


@pytest.fixture
def before(daemon: CrashDaemon) -> CrashDaemon:
    """Three sessions, visible and confirmed, and no daemon."""
    for name in BEFORE:
        daemon.held_old(name=name)
    return daemon


@pytest.mark.parametrize("step", KILLED_AT)
def test_a_batch_is_done_or_not(before: CrashDaemon, step: str) -> None:
    """No file is mixed; what was answered is done, a repeat is done once, and the files come to show it."""
    daemon = before
    daemon.start_with(f"{step}=kill")
    request = os.urandom(16)
    answered = daemon.ask(BATCH, (NEW,), request)
    daemon.dies()
    assert set(_files(daemon).values()) <= {OLD, NEW}
    daemon.start()
    assert _heads(daemon) == (BEFORE if step in NOT_DONE else AFTER)
    assert answered is None or step not in NOT_DONE
    again = daemon.ask(BATCH, (NEW,), request)
    assert isinstance(again, m.Batched)
    assert answered in (None, again)
    daemon.settle()
    assert _heads(daemon) == _files(daemon) == AFTER
    assert [row.batch for row in daemon.log_rows()] == [None] * 3 + [4] * 5


@pytest.mark.parametrize("step", ["before-commit", "after-commit", "before-exchange", "removed-aside"])
def test_the_undo_of_a_batch_is_done_or_not(before: CrashDaemon, step: str) -> None:
    """The same, the other way round."""
    daemon = before
    daemon.start()
    daemon.ask(BATCH, (NEW,), os.urandom(16))
    daemon.settle()
    daemon.stop()
    daemon.start_with(f"{step}=kill")
    request = os.urandom(16)
    daemon.ask(m.Undo(number=6), (), request)
    daemon.dies()
    daemon.start()
    assert _heads(daemon) == (AFTER if step == "before-commit" else BEFORE)
    assert isinstance(daemon.ask(m.Undo(number=6), (), request), m.Undone)
    daemon.settle()
    assert _heads(daemon) == _files(daemon) == BEFORE
    assert [row.batch for row in daemon.log_rows()] == [None] * 3 + [4] * 5 + [9] * 5
