"""A bridge to IGV that is started again goes on with its own workspace, and takes no other's place."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_daemon import CLI, Daemon, until
from fake_igv import FakeIgv, session
from igv_bridge import Bridge

import holdfast
from holdfast.bridges.igv_port import IgvPort
from holdfast.bridges.listening import listener_started
from holdfast_protocol.model import WorkspaceRow

GOOD = session("/a.bed", "/b.bed")
SCROLLED = session("/a.bed", "/b.bed", locus="chr2")

LISTENS = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
input()
"""

#: Starts a bridge of the name, or one more of it.
Start = Callable[..., Bridge]


@pytest.fixture
def start(shared: Daemon, igv: FakeIgv, tmp_path: Path, request: pytest.FixtureRequest) -> Start:
    """Each with a connection and a folder of its own."""
    numbers = itertools.count()

    def begin() -> Bridge:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        client = shared.client()
        request.addfinalizer(client.close)
        return Bridge(client, IgvPort(igv.port, str(folder)), request.node.name)

    return begin


@pytest.fixture
def left(start: Start) -> WorkspaceRow:
    """What a bridge of before left, of the good session."""
    before = start()
    before.turn()
    before.following.finish()
    [row] = before.rows()
    assert row.left is not None
    return row


@pytest.mark.parametrize("present", [GOOD, SCROLLED, session("/b.bed", "/a.bed", "/c.bed")])
def test_it_goes_on_with_what_it_left(start: Start, igv: FakeIgv, left: WorkspaceRow, present: bytes) -> None:
    """Whatever its user did in IGV meanwhile, as long as nothing is gone; and it says so, once."""
    igv.session = present
    again = start()
    for _ in range(2):
        again.turn()
    [row] = again.rows()
    assert (row.id, row.left) == (left.id, None)
    assert again.said == [f"It goes on with workspace {left.id[:12]}"]
    assert again.kept() == [present]


@pytest.mark.parametrize("present", [session("/c.bed"), session("/a.bed")])
def test_what_would_be_gone_is_left(start: Start, igv: FakeIgv, left: WorkspaceRow, present: bytes) -> None:
    """Another session was opened meanwhile, or a track closed: both are there."""
    igv.session = present
    again = start()
    again.turn()
    assert [row.left is None for row in again.rows()] == [True, False]
    assert again.kept() == [present, GOOD]


def test_an_igv_that_is_seen_empty_goes_on_with_nothing(start: Start, igv: FakeIgv, left: WorkspaceRow) -> None:
    """``new``, and the same files loaded afresh: the good state stays as it was."""
    igv.session = session()
    again = start()
    again.turn()
    assert [row.left for row in again.rows() if row.id == left.id] == [left.left]
    igv.session = SCROLLED
    again.turn()
    assert again.kept() == [SCROLLED, GOOD]


def test_an_igv_that_was_started_again_goes_on_only_where_nothing_differs(
    start: Start, igv: FakeIgv, left: WorkspaceRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its user made of the same files in the run before may be missing."""
    monkeypatch.setattr("holdfast.bridges.igv_port.listener_started", lambda port: time.time_ns())
    again = start()
    again.turn()
    again.following.finish()
    assert [row.id for row in again.rows()] == [left.id]
    igv.session = SCROLLED
    later = start()
    later.turn()
    assert later.kept() == [SCROLLED, GOOD]


def test_a_workspace_that_another_one_holds_is_not_taken(start: Start, igv: FakeIgv) -> None:
    """Two bridges under one name have one each, and the first goes on undisturbed."""
    first, second = start(), start()
    first.turn()
    second.turn()
    igv.session = SCROLLED
    first.turn()
    assert [row.left for row in first.rows()] == [None, None]
    assert first.said == second.said == []
    assert first.kept() == [SCROLLED, GOOD]


def test_one_whose_end_nobody_has_noticed_yet_is_no_other(start: Start, igv: FakeIgv) -> None:
    """The daemon gives itself the time to notice that the connection is gone."""
    first, second = start(), start()
    first.turn()
    [row] = first.rows()
    first.client.close()
    igv.session = SCROLLED
    second.turn()
    assert [each.id for each in second.rows()] == [row.id]


def test_once_and_once_more_is_one_workspace(shared: Daemon, igv: FakeIgv) -> None:
    """A timer that asks each hour leaves no litter."""
    for present in (GOOD, SCROLLED):
        igv.session = present
        shared.ok("bridge", "igv", "hourly", "--once", "--port", str(igv.port))
    with shared.client() as client:
        [row] = [row for row in client.workspaces(app="igv").rows if row.name == "hourly"]
        assert client.load(f"igv/{client.recover(row.id).session.name}").files[b""] == SCROLLED


@pytest.mark.parametrize("with_daemon", [False, True])
def test_a_killed_bridge_that_is_started_at_once(daemon: Daemon, igv: FakeIgv, with_daemon: bool) -> None:
    """Before anybody has noticed; the daemon killed as well, or not."""
    words = [*CLI, "bridge", "igv", "--every", "0.2", "--port", str(igv.port)]
    bridge = subprocess.Popen(words, env=daemon.environment, stderr=subprocess.PIPE)
    try:
        with daemon.client() as client:
            [row] = until(lambda: kept(client))
            bridge.kill()
            bridge.communicate(timeout=15)
            if with_daemon:
                daemon.kill()
                daemon.start()
            igv.session = SCROLLED
            bridge = subprocess.Popen(words, env=daemon.environment, stderr=subprocess.PIPE)
            [again] = until(lambda: [each for each in kept(client) if each.autosave != row.autosave])
            assert (again.id, again.left) == (row.id, None)
            assert len(client.workspaces().rows) == 1
    finally:
        bridge.send_signal(signal.SIGTERM)
        bridge.communicate(timeout=15)


def kept(client: holdfast.Client) -> list[WorkspaceRow]:
    return [row for row in client.workspaces().rows if row.autosave]


def test_the_start_of_who_listens_is_known() -> None:
    """To a hundredth of a second or so; of nobody there is none."""
    before = time.time_ns()
    with subprocess.Popen([sys.executable, "-c", LISTENS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert before - 50_000_000 < (listener_started(port) or 0) < time.time_ns()
        process.communicate(b"\n", timeout=15)
    assert listener_started(port) is None
