"""Random operations on workspaces, with saves of others, kills and a clock that jumps: whatever was answered is there.

Every state that a workspace was answered for is its content until it is saved, left, reloaded or discarded; then it is
in a snapshot. ``make machine`` runs more examples; HOLDFAST_MACHINE_SEED chooses others.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import hypothesis.strategies as st
import pytest
from e2e_daemon import Daemon, until
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from holdfast.workspace import Workspace
from holdfast_protocol import connection
from holdfast_protocol.chunking import hash_of

EXAMPLES = int(os.environ.get("HOLDFAST_MACHINE_EXAMPLES", "5"))
SEED = int(os.environ.get("HOLDFAST_MACHINE_SEED", "1"))
YEAR_SECONDS = 365 * 24 * 3600
APP = "machine"
NAMES = st.sampled_from(["verse", "chorus"])
PICKS = st.integers(0, 65535)
PARTS = st.sampled_from(["a", "b", "c", "d"])

State = dict[str, bytes]


class Machine(RuleBasedStateMachine):
    """``model``: what each workspace was answered for last; ``unsaved``: those whose session's head does not have it;
    ``kept``: states that are to be in a snapshot."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_HOME"))
        self.clock = Path(self.folder.name, "clock")
        self.clock.write_text("0")
        self.daemon = Daemon(Path(self.folder.name, "d"))
        self.daemon.environment["HOLDFAST_FAULT"] = f"clock={self.clock}"
        self.daemon.start()
        self.client = self.daemon.client()
        self.open: dict[str, Workspace] = {}
        self.model: dict[str, State] = {}
        self.unsaved: set[str] = set()
        self.kept: list[tuple[str, str, State]] = []  # session's name, snapshot, what is in it
        self.undoable: list[tuple[int, State]] = []
        self.number = 0
        self.patches = pytest.MonkeyPatch()

    def teardown(self) -> None:
        try:
            for name, snapshot, state in self.kept:
                assert self._in_snapshot(name, snapshot) == state
        finally:
            self.patches.undo()
            self.client.close()
            self.daemon.stop()
            self.folder.cleanup()

    def _content(self) -> bytes:
        self.number += 1
        return b"%06d" % self.number * (1 + self.number % 3 * 5000)

    def _in_snapshot(self, name: str, snapshot: str) -> State:
        shown = self.client.show(f"{APP}/{name}@{snapshot}")
        return {part.name: self.client.cat(f"{APP}/{name}@{snapshot}:{part.key}") for part in shown.parts}

    def _any(self, pick: int) -> Workspace | None:
        """What is drawn does not depend on how things stand: that depends on the moment as well."""
        return [*self.open.values()][pick % len(self.open)] if self.open else None

    def _any_left(self, pick: int) -> str | None:
        left = [key for key in self.model if key not in self.open]
        return left[pick % len(left)] if left else None

    def _ended(self, ws: Workspace, snapshot: str | None) -> State:
        """What was unsaved is in that snapshot, whose name is not known where the session was never saved."""
        state = {**self.model[ws.id]}
        if snapshot is not None:
            rows = self.client.list(app=APP).rows
            if any(row.id == ws.row.session for row in rows):
                self.kept.append((next(row.name for row in rows if row.id == ws.row.session), snapshot, state))
        return state

    @initialize(name=NAMES)
    def begin(self, name: str) -> None:
        self.client.save(APP, name, parts={"a": b"first", "b": b"second"})

    @rule(name=NAMES)
    def opens(self, name: str) -> None:
        if len(self.open) == 4:
            return
        ws = self.client.workspace(f"{APP}/{name}", format="parts")
        self.open[ws.id] = ws
        self.model[ws.id] = {row.name: ws[row.key] for row in ws.parts}

    @rule(pick=PICKS, part=PARTS)
    def puts(self, pick: int, part: str) -> None:
        ws = self._any(pick)
        if ws is None:
            return
        ws[part] = self.model[ws.id][part] = self._content()
        self.unsaved.add(ws.id)

    @rule(pick=PICKS, part=PARTS, length=PICKS)
    def patches(self, pick: int, part: str, length: int) -> None:
        ws = self._any(pick)
        if ws is None:
            return
        if part not in self.model[ws.id]:
            return
        before = self.model[ws.id][part]
        start = pick % (len(before) + 1)
        end = start + length % (len(before) - start + 1)
        piece = self._content()
        ws.patch(part, start, end, piece, of=hash_of(before))
        self.model[ws.id][part] = before[:start] + piece + before[end:]
        self.unsaved.add(ws.id)

    @rule(pick=PICKS, part=PARTS)
    def removes(self, pick: int, part: str) -> None:
        ws = self._any(pick)
        if ws is None:
            return
        if part not in self.model[ws.id]:
            return
        del ws[part]
        del self.model[ws.id][part]
        self.unsaved.add(ws.id)

    @rule(pick=PICKS)
    def saves(self, pick: int) -> None:
        ws = self._any(pick)
        if ws is None:
            return
        saved = ws.save()
        state = self._in_snapshot(saved.session.name, saved.snapshot)
        if saved.outcome != "suspect":
            self.unsaved.discard(ws.id)
        if saved.outcome == "merged":
            assert all(content in state.values() for content in self.model[ws.id].values())
        else:
            assert state == self.model[ws.id]
            self.kept.append((saved.session.name, saved.snapshot, state))

    @rule(name=NAMES, part=PARTS)
    def another_saves(self, name: str, part: str) -> None:
        self.client.save(APP, name, parts={part: self._content()})

    @rule(pick=PICKS)
    def leaves(self, pick: int) -> None:
        ws = self._any(pick)
        if ws is None:
            return
        del self.open[ws.id]
        ws.close()
        self._only_unsaved()

    @rule(pick=PICKS)
    def resumes(self, pick: int) -> None:
        identity = self._any_left(pick)
        if identity is None:
            return
        self.open[identity] = self.client.workspace(id=identity)

    @rule(pick=PICKS)
    def recovers(self, pick: int) -> None:
        identity = self._any_left(pick)
        if identity is None:
            return
        saved = self.client.recover(identity)
        state = self.model.pop(identity)
        if saved.outcome == "suspect":  # it goes on
            self.model[identity] = state
        if saved.outcome != "merged":
            self.kept.append((saved.session.name, saved.snapshot, state))

    @rule(pick=PICKS)
    def discards(self, pick: int) -> None:
        ws = self._any(pick)
        if ws is None:
            return
        ended = self.client.discard(ws.id)
        del self.open[ws.id]
        state = self._ended(ws, ended.snapshot)
        del self.model[ws.id]
        if ended.snapshot is not None and ended.operation is not None:
            self.undoable.append((ended.operation, state))

    @rule(pick=PICKS, head=st.booleans())
    def reloads(self, pick: int, head: bool) -> None:
        ws = self._any(pick)
        if ws is None:
            return
        reloaded = self.client.reload(ws.id, head=head)
        state = self._ended(ws, reloaded.snapshot)
        if reloaded.operation is not None:
            self.undoable.append((reloaded.operation, {**state}))
        self.unsaved.discard(ws.id)
        ws = self.open[ws.id] = self.client.workspace(id=ws.id)
        self.model[ws.id] = {row.name: ws[row.key] for row in ws.parts}

    @rule()
    def undoes(self) -> None:
        if not self.undoable:
            return
        number, state = self.undoable.pop()
        before = {row.id: row for row in self.client.workspaces().rows}
        self.client.undo(number)
        for row in self.client.workspaces().rows:
            if row.id not in before or row.changed != before[row.id].changed:
                self.model[row.id] = state
                self.unsaved.add(row.id)
                if row.id in before:
                    self.open[row.id] = self.client.workspace(id=row.id)

    @rule()
    def the_daemon_is_killed(self) -> None:
        self.daemon.kill()
        self._come_back()

    @rule()
    def the_daemon_stops(self) -> None:
        self.daemon.stop()
        self._come_back()

    def _come_back(self) -> None:
        self.client.close()
        self.daemon.start()
        self.client = self.daemon.client()
        self.open = {key: self.client.workspace(id=key) for key in self.open}

    @rule()
    def the_client_is_gone(self) -> None:
        """Without a word: its workspaces are left, or ended where nothing was unsaved."""
        self.client.close()
        self.client = self.daemon.client()
        self.open.clear()
        until(lambda: all(row.left is not None for row in self.client.workspaces().rows))
        self._only_unsaved()

    def _only_unsaved(self) -> None:
        """Of those that were left."""
        self.model = {key: state for key, state in self.model.items() if key in self.open or key in self.unsaved}

    @rule(seconds=st.sampled_from([-YEAR_SECONDS, -60, 0, 60, YEAR_SECONDS]))
    def the_clock_jumps(self, seconds: int) -> None:
        """That of the machine, so the client's too: request ids tell the time."""
        self.clock.write_text(str(seconds))
        self.patches.setattr(connection, "time_ns", lambda: time.time_ns() + seconds * 10**9)

    @rule()
    def everything_is_autosaved(self) -> None:
        until(lambda: self.client.status().unsaved is None)
        for key, ws in self.open.items():
            row = next(row for row in self.client.workspaces().rows if row.id == key)
            if not row.saved and row.autosave is not None:
                self._ended(ws, row.autosave)

    @invariant()
    def what_was_answered_is_there(self) -> None:
        rows = {row.id: row for row in self.client.workspaces().rows}
        assert set(rows) == set(self.model)
        for key, state in self.model.items():
            ws = self.open.get(key)
            if ws is None:
                continue
            fresh = self.client.workspace(id=key)
            assert {row.name: fresh[row.key] for row in fresh.parts} == state
            self.open[key] = fresh


@pytest.mark.timeout(1800)
def test_what_was_answered_is_there_whatever_happens() -> None:
    """Nothing that a workspace was answered for is missing, in it or in the snapshot that was made of it."""
    many = settings(
        max_examples=EXAMPLES, stateful_step_count=25, deadline=None, database=None,
        phases=(Phase.generate, *((Phase.shrink,) if os.environ.get("HOLDFAST_MACHINE_SHRINK") else ())),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )  # fmt: skip
    run_state_machine_as_test(seed(SEED)(Machine), settings=many)
