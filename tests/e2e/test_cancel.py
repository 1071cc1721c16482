"""What its asker calls off is not done, or its asker is told that it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_changes import APP, CASES, FILES, held, may_hold, ready, types
from e2e_daemon import Daemon
from e2e_line import Line

from holdfast_protocol import messages as m
from holdfast_protocol.errors import Cancelled
from holdfast_protocol.model import PartSource


@pytest.fixture
def holding(stopped: Daemon) -> Daemon:
    """A daemon whose commits can be held once."""
    may_hold(stopped)
    return stopped.start()


def _outcome(line: Line, cancel: bytes) -> str:
    reply = line.hear(cancel)
    assert isinstance(reply, m.Cancelled)
    return reply.outcome


def _cancelled(line: Line, request: bytes) -> str:
    return _outcome(line, line.tell(m.Cancel(request=request)))


def _waiting(line: Line) -> bytes:
    """A request that is not answered within the hour."""
    state = line.ask(m.WorkspaceOpen(app=APP, name="waiting"))
    assert isinstance(state, m.WorkspaceState)
    line.ask(m.WorkspaceDue(id=state.workspace.id, every_ms=3_600_000))
    return line.tell(m.WorkspaceDue(id=state.workspace.id, every_ms=3_600_000))


def test_what_only_waits_ends_at_once(shared: Daemon) -> None:
    """And is answered so."""
    with Line(shared.socket) as line:
        waiting = _waiting(line)
        assert _cancelled(line, waiting) == "cancelled"
        with pytest.raises(Cancelled):
            line.hear(waiting)


def test_a_request_of_another_connection_is_unknown(shared: Daemon) -> None:
    """It goes on waiting."""
    with Line(shared.socket) as line, Line(shared.socket) as other:
        waiting = _waiting(line)
        assert _cancelled(other, waiting) == "unknown"
        assert _cancelled(line, waiting) == "cancelled"


def test_a_request_that_was_answered_is_unknown(shared: Daemon) -> None:
    """And so is one that never came."""
    with Line(shared.socket) as line:
        answered = line.tell(m.Save(app=APP, name="answered", files=FILES), [b"content"])
        line.hear(answered)
        assert _cancelled(line, answered) == "unknown"
        assert _cancelled(line, bytes(16)) == "unknown"


def test_every_change_that_waits_is_not_made(holding: Daemon, house: Path) -> None:
    """It is answered so, nothing is done; and it is done when it is asked again under its id."""
    with holding.client() as client, Line(holding.socket) as line, Line(holding.socket) as other:
        cases = [ready(client, kind, house / m.VERB_OF[kind]) for kind in CASES]
        before = client.status().operations_count
        with held(holding, other):
            tried = [line.tell(case.request, case.payload) for case in cases]
            cancels = [line.tell(m.Cancel(request=each)) for each in tried]
            line.wait_until_begun()
        assert [_outcome(line, each) for each in cancels] == ["cancelled"] * len(cases)
        for each in tried:
            with pytest.raises(Cancelled):
                line.hear(each)
        assert types(client, before) == ["created"]
        for case, each in zip(cases, tried, strict=True):
            line.ask(case.request, case.payload, id=each)
        assert types(client, before + 1) == [each for case in cases for each in case.operations]


def test_a_change_that_is_being_made_is_done(holding: Daemon) -> None:
    """Its asker is answered as ever."""
    with Line(holding.socket) as line:
        with held(holding, line) as save:
            cancel = line.tell(m.Cancel(request=save))
            line.wait_until_begun()
        assert _outcome(line, cancel) == "done"


def test_whoever_repeats_a_change_may_cancel_it(holding: Daemon) -> None:
    """All tries under its id end: it is one request, whose first connection may be gone."""
    save = m.Save(app=APP, name="called off", files=FILES)
    with Line(holding.socket) as line, Line(holding.socket) as other:
        with held(holding, other):
            tried = line.tell(save, [b"content"])
            line.wait_until_begun()
            other.tell(save, [b"content"], id=tried)
            cancel = other.tell(m.Cancel(request=tried))
            other.wait_until_begun()
        assert _outcome(other, cancel) == "cancelled"
        for each in (line, other):
            with pytest.raises(Cancelled):
                each.hear(tried)


def test_a_part_that_was_cancelled_is_not_put(holding: Daemon) -> None:
    """The workspace has what was put before it."""
    with holding.client() as client, Line(holding.socket) as line, Line(holding.socket) as other:
        state = line.ask(m.WorkspaceOpen(app=APP, name="parts"))
        assert isinstance(state, m.WorkspaceState)
        put = m.WorkspacePut(id=state.workspace.id, source=PartSource(part="part", frame=0))
        with held(holding, other):
            line.tell(put, [b"wanted"])
            cancel = line.tell(m.Cancel(request=line.tell(put, [b"not wanted"])))
            line.wait_until_begun()
        assert _outcome(line, cancel) == "cancelled"
        assert client.workspace(id=state.workspace.id)["part"] == b"wanted"
