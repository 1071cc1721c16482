"""The bridge to IGV keeps what is there, whatever the port does, and lets nothing empty or half take its place."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_daemon import CLI, Daemon, until
from fake_igv import FakeIgv, Saving, is_silent, only_says_so, refuses, saves, saves_half, saves_json, session
from igv_bridge import Bridge

from holdfast.bridges.following import Gone, Silent
from holdfast.bridges.igv_port import IgvPort

JSON = b'{"reference":{"id":"g"},"locus":"chr1:1-9","tracks":[{"type":"annotation","path":"/a.bed"}]}'


@pytest.fixture
def port(igv: FakeIgv, tmp_path: Path) -> IgvPort:
    return IgvPort(igv.port, str(tmp_path))


@pytest.fixture
def bridge(shared: Daemon, port: IgvPort) -> Iterator[Bridge]:
    with shared.client() as client:
        made = Bridge(client, port)
        yield made
        made.following.leave()


def test_the_file_is_what_counts(igv: FakeIgv, port: IgvPort) -> None:
    """Byte for byte as IGV wrote it, under whatever name; IGV 3 writes another."""
    assert port.state(5).document == igv.session
    igv.session, igv.saving = JSON, saves_json
    assert port.state(5).document == JSON


@pytest.mark.parametrize(
    ("saving", "why"),
    [
        (only_says_so, "wrote nothing, and answered 'OK'"),
        (refuses, "wrote nothing, and answered 'Error: directory not found"),
        (saves_half, "no whole session"),
        (is_silent, "does not answer; a dialog may be open"),
    ],
)
def test_an_answer_without_a_file_is_no_state(igv: FakeIgv, port: IgvPort, saving: Saving, why: str) -> None:
    """Fact 10: OK without a file, half a file, an error, and nothing at all; the next time may be better."""
    igv.saving = saving
    with pytest.raises(Silent, match=why):
        port.state(0.3)
    igv.saving = saves
    assert port.state(5).document == igv.session


def test_the_last_file_stays_until_there_is_another(igv: FakeIgv, port: IgvPort, tmp_path: Path) -> None:
    """IGV has it for the open session, which its menu reloads."""
    for _ in range(3):
        port.state(5)
    igv.saving = refuses
    with pytest.raises(Silent):
        port.state(5)
    assert [(tmp_path / name).read_bytes() for name in os.listdir(tmp_path)] == [igv.session]


def test_a_command_that_igv_comes_to_late_is_not_taken_for_an_answer(igv: FakeIgv, port: IgvPort) -> None:
    """A dialog is closed: what was written then is of another moment, and half of it perhaps."""
    paths = []

    def late(path: str, session: bytes) -> None:
        paths.append(path)

    igv.saving = late
    with pytest.raises(Silent):
        port.state(0.2)
    saves(paths[0], session("/old.bed"))
    igv.saving = only_says_so
    with pytest.raises(Silent, match="wrote nothing"):
        port.state(5)
    assert not os.listdir(os.path.dirname(paths[0])), "and it is cleaned up"


def test_a_closed_port_is_an_igv_that_is_not_there(igv: FakeIgv, port: IgvPort) -> None:
    """Said so, and seen when it is back."""
    igv.close()
    assert not port.is_there()
    with pytest.raises(Gone):
        port.state(1)
    igv.open()
    assert port.is_there()


def test_what_igv_has_is_a_workspace(igv: FakeIgv, bridge: Bridge) -> None:
    """As it was last; nothing is made of nothing new, nor of a mere difference in the writing."""
    for locus in ("chr1", "chr2"):
        igv.session = session("/a.bed", locus=locus)
        bridge.turn()
    newest = bridge.rows()[0].autosave
    igv.session = igv.session.replace(b"><", b">\n <")
    bridge.turn()
    [row] = bridge.rows()
    assert (row.autosave, row.left, row.unsaved) == (newest, None, None)
    assert bridge.kept() == [session("/a.bed", locus="chr2")]
    bridge.turn()
    assert [each.id for each in bridge.rows()] != [row.id], "one that was recovered is not gone on with"


def test_new_pushes_nothing_out(igv: FakeIgv, bridge: Bridge) -> None:
    """Fact 9: the good state is left and offered at once, an empty one is never kept, and the next has its own."""
    bridge.turn()
    good, igv.session = igv.session, session()
    for _ in range(3):
        bridge.turn()
    left = [row for row in bridge.rows() if row.autosave]
    assert [row.left is not None for row in left] == [True]
    assert "holdfast workspace recover" in bridge.said[0]
    igv.session = session("/c.bed")
    bridge.turn()
    assert bridge.kept() == [session("/c.bed"), good]


def test_another_session_has_a_workspace_of_its_own(igv: FakeIgv, bridge: Bridge) -> None:
    """One that shares no file with the one before; one that shares some goes on."""
    bridge.turn()
    igv.session = session("/b.bed", "/c.bed")
    bridge.turn()
    assert len(bridge.rows()) == 1
    igv.session = session("/d.bed")
    bridge.turn()
    assert bridge.kept() == [session("/d.bed"), session("/b.bed", "/c.bed")]


def test_an_igv_that_ended_leaves_its_last_state(igv: FakeIgv, bridge: Bridge) -> None:
    """Offered by ``last`` while the bridge goes on quietly; an IGV that starts otherwise has a workspace of its own."""
    bridge.turn()
    igv.close()
    for _ in range(3):
        bridge.turn()
    [row] = bridge.rows()
    assert row.left is not None
    assert [line for line in bridge.said if "is not there" in line] == [bridge.said[-1]]
    last = bridge.client.last(app="igv").workspace
    assert last is not None
    assert last.id == row.id
    igv.open()
    igv.session = session("/a.bed", "/b.bed", locus="chr2")
    bridge.turn()
    assert [row.left is None for row in bridge.rows()] == [True, False]


def test_a_dialog_is_told_of_and_survived(igv: FakeIgv, bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said once, shown in ``status`` and in the row, gone when IGV answers; the good state stays meanwhile."""
    bridge.turn()
    igv.saving = only_says_so
    for _ in range(3):
        bridge.turn()
    [row] = bridge.rows()
    assert row.unanswered is not None
    assert len(bridge.said) == 1
    assert [line for line in bridge.client.status().problems if bridge.name in line and "wrote nothing" in line]
    igv.saving = saves
    for _ in range(2):
        bridge.turn()
    assert bridge.rows()[0].unanswered is None
    assert bridge.said[1:] == [f"{bridge.following._program.name}: its state is kept again"]
    assert bridge.kept() == [igv.session]


def test_damage_that_only_the_daemon_sees_is_told_of(igv: FakeIgv, bridge: Bridge) -> None:
    """What its format does not read is refused; the state before stays."""
    bridge.turn()
    good, igv.session = igv.session, igv.session.replace(b"<Session", b"<Session version='8' version='7'", 1)
    bridge.turn()
    assert len(bridge.said) == 1
    assert bridge.kept() == [good]


@pytest.fixture
def command(shared: Daemon, igv: FakeIgv) -> Callable[..., subprocess.Popen[bytes]]:
    def start(*words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*CLI, "bridge", "igv", *words, "--port", str(igv.port)], env=shared.environment, stderr=subprocess.PIPE
        )

    return start


def test_one_snapshot_is_one_command(shared: Daemon, command: Callable[..., subprocess.Popen[bytes]], igv: FakeIgv):
    """``--once``: 0 and a workspace, 1 and why."""
    assert shared.ok("bridge", "igv", "once", "--once", "--port", str(igv.port)).code == 0
    with shared.client() as client:
        [row] = [row for row in client.workspaces(app="igv").rows if row.name == "once"]
        assert row.left is not None
    igv.saving = only_says_so
    said = shared.cli("bridge", "igv", "once", "--once", "--port", str(igv.port))
    assert said.code == 1
    assert "wrote nothing" in said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_bridge_ends_in_order(shared: Daemon, command: Callable[..., subprocess.Popen[bytes]], igv: FakeIgv, number):
    """Told to end, it asks once more and leaves its workspace, and that is no failure; its folder is gone."""
    folders: list[str] = []
    igv.saving = lambda path, session: (folders.append(os.path.dirname(path)), saves(path, session))[1]
    name = f"ends by {number}"
    bridge = command(name, "--every", "60")
    with shared.client() as client:
        until(lambda: [row for row in client.workspaces(app="igv").rows if row.name == name and row.autosave])
        igv.session = session("/a.bed", locus="chr2")
        bridge.send_signal(number)
        _, said = bridge.communicate(timeout=15)
        assert bridge.returncode == 0
        assert b"holdfast workspace recover" in said
        [row] = [row for row in client.workspaces(app="igv").rows if row.name == name]
        assert row.left is not None
        assert not os.path.exists(folders[0])
        assert client.load(f"igv/{client.recover(row.id).session.name}").files[b""] == igv.session


def test_a_bridge_outlives_the_daemon(daemon: Daemon, igv: FakeIgv) -> None:
    """Killed and started again: it goes on with the same workspace, without being told."""
    words = [*CLI, "bridge", "igv", "--every", "0.2", "--port", str(igv.port)]
    bridge = subprocess.Popen(words, env=daemon.environment, stderr=subprocess.PIPE)
    try:
        with daemon.client() as client:
            [row] = until(lambda: [row for row in client.workspaces().rows if row.autosave])
            daemon.kill()
            daemon.start()
            igv.session = session("/a.bed", locus="chr2")
            [again] = until(lambda: [each for each in client.workspaces().rows if each.autosave != row.autosave])
            assert (again.id, again.left) == (row.id, None)
    finally:
        bridge.terminate()
        bridge.communicate(timeout=15)
    assert bridge.returncode == 0
