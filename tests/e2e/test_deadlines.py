"""A change whose time is up before it is made is not made, and its asker is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from e2e_changes import APP, CASES, FILES, held, may_hold, ready, types
from e2e_daemon import Daemon, until
from e2e_line import Line

from holdfast_protocol import messages as m
from holdfast_protocol.errors import TooLate
from holdfast_protocol.model import PartSource

SHORT_MS = 50


@pytest.fixture
def holding(stopped: Daemon) -> Daemon:
    """A daemon whose commits can be held once."""
    may_hold(stopped)
    return stopped.start()


def _pass(milliseconds: int) -> None:
    over = time.monotonic() + milliseconds / 1000
    until(lambda: time.monotonic() > over)


def test_every_change_that_comes_too_late_is_not_made(holding: Daemon, house: Path) -> None:
    """It is answered so, nothing is done; and it is done when it is asked again under its id."""
    with holding.client() as client, Line(holding.socket) as line, Line(holding.socket) as other:
        cases = [ready(client, kind, house / m.VERB_OF[kind]) for kind in CASES]
        before = client.status().operations_count
        with held(holding, other):
            tried = [line.tell(case.request, case.payload, deadline_ms=SHORT_MS) for case in cases]
            line.wait_until_begun()
            _pass(2 * SHORT_MS)
        for each in tried:
            with pytest.raises(TooLate):
                line.hear(each)
        assert types(client, before) == ["created"]
        for case, each in zip(cases, tried, strict=True):
            line.ask(case.request, case.payload, id=each)
        assert types(client, before + 1) == [each for case in cases for each in case.operations]


def test_a_repeat_with_time_left_prolongs_the_first_try(holding: Daemon) -> None:
    """Both are given the answer of the one save."""
    save = m.Save(app=APP, name="prolonged", files=FILES, new=True)
    with Line(holding.socket) as line, Line(holding.socket) as other:
        with held(holding, other):
            tried = line.tell(save, [b"content"], deadline_ms=SHORT_MS)
            other.tell(save, [b"content"], id=tried)
            other.wait_until_begun()
            _pass(2 * SHORT_MS)
        assert line.hear(tried) == other.hear(tried)


def test_a_part_that_comes_too_late_is_not_put(holding: Daemon) -> None:
    """The workspace has what was put before it."""
    with holding.client() as client, Line(holding.socket) as line, Line(holding.socket) as other:
        state = line.ask(m.WorkspaceOpen(app=APP, name="late"))
        assert isinstance(state, m.WorkspaceState)
        put = m.WorkspacePut(id=state.workspace.id, source=PartSource(part="part", frame=0))
        with held(holding, other):
            first = line.tell(put, [b"in time"])
            late = line.tell(put, [b"too late"], deadline_ms=SHORT_MS)
            line.wait_until_begun()
            _pass(2 * SHORT_MS)
        line.hear(first)
        with pytest.raises(TooLate):
            line.hear(late)
        assert client.workspace(id=state.workspace.id)["part"] == b"in time"


def test_what_only_waits_is_answered_when_its_time_is_up(shared: Daemon) -> None:
    """Nobody is asked for the state of this workspace in the next hour."""
    with Line(shared.socket) as line:
        state = line.ask(m.WorkspaceOpen(app=APP, name="waiting"))
        assert isinstance(state, m.WorkspaceState)
        line.ask(m.WorkspaceDue(id=state.workspace.id, every_ms=3_600_000))
        with pytest.raises(TooLate):
            line.ask(m.WorkspaceDue(id=state.workspace.id, every_ms=3_600_000), deadline_ms=SHORT_MS)
