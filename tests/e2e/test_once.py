"""A request that changes the store is done once, whatever becomes of the first try: every verb of ``CHANGING``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_changes import APP, CASES, FILES, held, may_hold, ready, types
from e2e_daemon import Daemon, until
from e2e_line import Line

from holdfast_protocol import connection
from holdfast_protocol import messages as m
from holdfast_protocol.errors import BadField, TooOld

VERBS = [pytest.param(kind, id=m.VERB_OF[kind]) for kind in CASES]


MINUTE_SECONDS, HOUR_SECONDS, DAY_SECONDS = 60, 3600, 24 * 3600


def test_every_verb_that_changes_the_store_is_tried() -> None:
    """The table has each, and no other."""
    assert set(CASES) == m.CHANGING


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon that is killed behind the commit that comes once there is a file ``armed`` beside its home."""
    made = Daemon(tmp_path_factory.mktemp("m") / "d")
    made.environment["HOLDFAST_FAULT"] = f"after-commit=kill,armed={_armed(made)}"
    yield made.start()
    made.stop()


def _armed(daemon: Daemon) -> Path:
    return daemon.home.parent / "armed"


def _lasting(reply: m.Reply) -> object:
    """What every answer to one request says: of a folder, and of a workspace, each says how it is by then."""
    if isinstance(reply, m.FolderChanged):
        return reply.operation, [row.label for row in reply.rows]
    return reply.workspace.id if isinstance(reply, m.WorkspaceState) else reply


@pytest.mark.parametrize("kind", VERBS)
def test_a_repeat_on_another_connection_is_given_the_first_answer(
    kind: type[m.Request], shared: Daemon, house: Path
) -> None:
    """Whether it comes at once or later; and there is one effect."""
    with shared.client() as client, Line(shared.socket) as one, Line(shared.socket) as other:
        case, before = ready(client, kind, house), client.status().operations_count
        tried = one.tell(case.request, case.payload)
        other.tell(case.request, case.payload, id=tried)
        first, second = one.hear(tried), other.hear(tried)
        third = other.ask(case.request, case.payload, id=tried)
        assert _lasting(first) == _lasting(second) == _lasting(third)
        assert types(client, before) == [*case.operations]


def test_a_repeat_of_what_waits_to_be_committed_waits_with_it(stopped: Daemon, house: Path) -> None:
    """Every verb at once: both connections are given one answer, and there is one effect."""
    may_hold(stopped)
    stopped.start()
    with stopped.client() as client, Line(stopped.socket) as one, Line(stopped.socket) as other:
        cases = [ready(client, kind, house / m.VERB_OF[kind]) for kind in CASES]
        before = client.status().operations_count
        with Line(stopped.socket) as third, held(stopped, third):
            tried = [one.tell(case.request, case.payload) for case in cases]
            one.wait_until_begun()
            for case, each in zip(cases, tried, strict=True):
                other.tell(case.request, case.payload, id=each)
            other.wait_until_begun()
        assert [_lasting(one.hear(each)) for each in tried] == [_lasting(other.hear(each)) for each in tried]
        done = [each for case in cases for each in case.operations]
        assert sorted(types(client, before)) == sorted(["created", *done])


@pytest.mark.parametrize("kind", VERBS)
def test_a_repeat_after_a_crash_behind_the_commit_does_nothing_more(
    kind: type[m.Request], mortal: Daemon, house: Path
) -> None:
    """The effect is there, and each repeat is given one answer."""
    with mortal.client() as client:
        case, before = ready(client, kind, house), client.status().operations_count
    with Line(mortal.socket) as line:
        _armed(mortal).touch()
        tried = line.tell(case.request, case.payload)
        until(lambda: not mortal.alive)
    _armed(mortal).unlink()
    mortal.start()
    with mortal.client() as client, Line(mortal.socket) as line:
        assert types(client, before) == [*case.operations]
        first, second = (line.ask(case.request, case.payload, id=tried) for _ in range(2))
        assert _lasting(first) == _lasting(second)
        assert types(client, before) == [*case.operations]


def _id(monkeypatch: pytest.MonkeyPatch, seconds: int) -> bytes:
    """As it was made that long ago, or will be."""
    with monkeypatch.context() as patches:
        patches.setattr(connection, "time_ns", lambda: time.time_ns() + seconds * 10**9)
        return connection.new_request_id()


@pytest.mark.parametrize("kind", VERBS)
def test_a_change_under_an_id_of_more_than_seven_days_is_refused(
    kind: type[m.Request], shared: Daemon, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer may be forgotten: it could be done twice."""
    with shared.client() as client, Line(shared.socket) as line:
        case, before = ready(client, kind, house), client.status().operations_count
        with pytest.raises(TooOld):
            line.ask(case.request, case.payload, id=_id(monkeypatch, -7 * DAY_SECONDS - MINUTE_SECONDS))
        assert types(client, before) == []


def test_an_id_of_almost_seven_days_is_taken(shared: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is one of a clock that is a little ahead; one of a clock that is far ahead is not."""
    save = m.Save(app=APP, name="almost", files=FILES)
    with Line(shared.socket) as line:
        for seconds in (-7 * DAY_SECONDS + MINUTE_SECONDS, HOUR_SECONDS - MINUTE_SECONDS):
            line.ask(save, [b"content"], id=_id(monkeypatch, seconds))
        with pytest.raises(TooOld):
            line.ask(save, [b"content"], id=_id(monkeypatch, HOUR_SECONDS + MINUTE_SECONDS))


@pytest.mark.parametrize(("name", "content"), [("mine", b"others"), ("yours", b"content"), ("mine", bytes(10**5))])
def test_an_id_is_for_one_body_and_one_content(name: str, content: bytes, shared: Daemon) -> None:
    """The same verb with others under that id is refused, and nothing is done."""
    with shared.client() as client, Line(shared.socket) as line:
        tried = line.tell(m.Save(app=APP, name="mine", files=FILES), [b"content"])
        line.hear(tried)
        before = client.status().operations_count
        with pytest.raises(BadField):
            line.ask(m.Save(app=APP, name=name, files=FILES), [content], id=tried)
        assert types(client, before) == []
