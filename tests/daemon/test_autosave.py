"""The live state is snapshotted when it was quiet, at the ceiling otherwise, and is as old as its oldest change."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from holdfast_daemon.autosave import LONGEST_RETRY_SECONDS, Autosave, Pace

PACE = Pace(quiet_seconds=2.0, ceiling_seconds=30.0)


def test_nothing_is_due_while_nothing_changed() -> None:
    """Nor after everything was taken."""
    assert Autosave().due() is None
    assert Autosave().changed(10.0).began().ended().due() is None
    assert Autosave().flush(10.0).due() is None


def test_it_is_due_once_it_was_quiet() -> None:
    """Two seconds after the latest change."""
    autosave = Autosave(PACE).changed(10.0)
    assert autosave.due() == 12.0
    assert autosave.changed(11.5).due() == 13.5


def test_the_ceiling_is_absolute() -> None:
    """Whoever types once a second gets a snapshot after thirty all the same."""
    autosave = Autosave(PACE)
    for second in range(29):
        autosave = autosave.changed(100.0 + second)
    assert autosave.due() == 130.0


def test_what_changes_while_a_snapshot_is_made_is_for_the_next() -> None:
    """And is as old as itself, not as what the snapshot has."""
    autosave = Autosave(PACE).changed(10.0).began().changed(13.0)
    assert autosave.due() is None
    assert autosave.unsaved_seconds(14.0) == 4.0
    autosave = autosave.ended()
    assert (autosave.due(), autosave.unsaved_seconds(14.0)) == (15.0, 1.0)


def test_a_snapshot_that_failed_is_tried_again_later_each_time() -> None:
    """And the state is unsaved since its first change."""
    autosave = Autosave(PACE).changed(10.0)
    delays = []
    for _ in range(8):
        autosave = autosave.began().failed(100.0)
        delays.append(autosave.due())
    assert delays == [100.0 + delay for delay in (1, 2, 4, 8, 10, 10, 10, LONGEST_RETRY_SECONDS)]
    assert autosave.unsaved_seconds(100.0) == 90.0
    assert autosave.is_late(100.0)
    assert autosave.flush(101.0).due() == 101.0
    assert autosave.began().ended().changed(200.0).began().failed(300.0).due() == 301.0


def test_a_disk_may_be_full_for_a_week() -> None:
    """The tries go on, ten seconds apart."""
    autosave = Autosave(PACE).changed(10.0)
    for _ in range(60_000):
        autosave = autosave.began().failed(100.0)
    assert autosave.due() == 100.0 + LONGEST_RETRY_SECONDS


class Typing(RuleBasedStateMachine):
    """Somebody types, snapshots are made and fail, against a list of the changes."""

    def __init__(self) -> None:
        super().__init__()
        self.autosave = Autosave(PACE)
        self.now = 0.0
        self.waiting: list[float] = []
        self.taken: list[float] = []

    @rule(seconds=st.floats(0, 40))
    def passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def changes(self) -> None:
        self.autosave = self.autosave.changed(self.now)
        self.waiting.append(self.now)

    @precondition(lambda self: self.waiting and not self.taken)
    @rule()
    def begins(self) -> None:
        self.autosave = self.autosave.began()
        self.taken, self.waiting = self.waiting, []

    @precondition(lambda self: self.taken)
    @rule(fails=st.booleans())
    def ends(self, fails: bool) -> None:
        self.autosave = self.autosave.failed(self.now) if fails else self.autosave.ended()
        self.waiting = [*self.taken, *self.waiting] if fails else self.waiting
        self.taken = []

    @rule()
    def flushes(self) -> None:
        self.autosave = self.autosave.flush(self.now)

    @invariant()
    def agrees(self) -> None:
        """Something is due where something waits, by the ceiling or a retry; the age is that of the oldest change."""
        changes = [*self.taken, *self.waiting]
        assert self.autosave.unsaved_seconds(self.now) == (self.now - changes[0] if changes else 0.0)
        due = self.autosave.due()
        assert (due is not None) == bool(self.waiting and not self.taken)
        if due is not None:
            latest_retry = self.now + LONGEST_RETRY_SECONDS
            assert due <= max(min(self.waiting[-1] + 2.0, self.waiting[0] + 30.0), latest_retry)


TestTyping = Typing.TestCase
