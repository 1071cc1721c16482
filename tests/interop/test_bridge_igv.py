"""The bridge keeps the live state of the real, unmodified IGV: what was in it is there, whatever becomes of it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from e2e_daemon import CLI, Daemon, until
from programs import tiny_genome
from programs.igv import Igv, OpenIgv
from programs.igv_view import View, difference, view
from programs.presence import there

import holdfast
from holdfast.bridges.following import Following, Gone, Silent
from holdfast.bridges.igv_port import IgvPort
from holdfast_protocol.model import WorkspaceRow


class Place:
    """A folder with a genome and tracks, and the IGV that can be run on it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.igv = Igv(tiny_genome.make(self.data), folder / "home")


class Bridge:
    """One in this process, turned by hand."""

    def __init__(self, client: holdfast.Client, port: IgvPort, name: str) -> None:
        self.client = client
        self.port = port
        self.name = name
        self.following = Following(client, f"igv/{name}", port, 0.01, print)
        self.turn = self.following.turn

    def rows(self) -> list[WorkspaceRow]:
        return rows(self.client, self.name)

    def recovered(self, row: WorkspaceRow) -> View:
        """What is in the session that a workspace is saved as."""
        saved = self.client.recover(row.id, name=f"{self.name} {row.id[:8]}")
        return view(self.client.load(f"igv/{saved.session.name}").files[b""], Path("/"))


def rows(client: holdfast.Client, name: str) -> list[WorkspaceRow]:
    """Those that have something, changed last first."""
    return [row for row in client.workspaces(app="igv").rows if row.name == name and row.autosave]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    there("igv")
    return Place(tmp_path_factory.mktemp("igv"))


@pytest.fixture(scope="module")
def open_igv(place: Place) -> Iterator[OpenIgv]:
    with closing(place.igv.opened()) as running:
        yield running


@pytest.fixture
def igv(open_igv: OpenIgv) -> OpenIgv:
    """With nothing open."""
    open_igv.command("new")
    return open_igv


@pytest.fixture
def port(igv: OpenIgv, tmp_path: Path) -> IgvPort:
    return IgvPort(igv.port, str(tmp_path))


@pytest.fixture
def bridge(client: holdfast.Client, port: IgvPort, request: pytest.FixtureRequest) -> Iterator[Bridge]:
    made = Bridge(client, port, request.node.name)
    yield made
    made.following.leave()


def test_what_igv_has_is_kept_and_igv_opens_it(place: Place, igv: OpenIgv, bridge: Bridge, tmp_path: Path) -> None:
    """Fact 10: what its user loaded and made is in the session, and what IGV makes of that session is the same."""
    igv.command(f"load {place.data}/genes.bed")
    igv.command(f"load {place.data}/signal.wig")
    igv.command("region chr1 1500 2500")
    bridge.turn()
    [row] = bridge.rows()
    seen = bridge.recovered(row)
    assert {where[1] for where in seen if where[0] == "Resource"} == {"genes.bed", "signal.wig"}
    assert [where for where in seen if where[0] == "Region"]
    saved = bridge.client.load(f"igv/{bridge.name} {row.id[:8]}").files[b""]
    file = tmp_path / "recovered.xml"
    file.write_bytes(saved)
    igv.command("new")
    igv.command(f"load {file}")
    again = bridge.port.state(30).document
    assert isinstance(again, bytes)
    assert difference(seen, view(again, Path("/"))) == {}


def test_nothing_is_made_of_an_igv_that_nobody_touches(place: Place, igv: OpenIgv, bridge: Bridge) -> None:
    """Fact 9: identical states are not kept twice, whatever IGV counts up at each saving."""
    igv.command(f"load {place.data}/signal.wig")
    for _ in range(4):
        bridge.turn()
    told = [row for row in bridge.client.events(0, follow=False) if (row.type, row.name) == ("autosaved", bridge.name)]
    assert len(told) == 1


def test_new_pushes_nothing_out(place: Place, igv: OpenIgv, bridge: Bridge) -> None:
    """Fact 9: what was there before it is left and offered; what is loaded after it is another one's."""
    igv.command(f"load {place.data}/genes.bed")
    bridge.turn()
    igv.command("new")
    for _ in range(3):
        bridge.turn()
    [row] = bridge.rows()
    assert row.left is not None
    igv.command(f"load {place.data}/signal.wig")
    bridge.turn()
    newer, older = (bridge.recovered(row) for row in bridge.rows())
    assert [where[1] for where in newer if where[0] == "Resource" and where[2] == "path"] == ["signal.wig"]
    assert [where[1] for where in older if where[0] == "Resource" and where[2] == "path"] == ["genes.bed"]


def test_a_bridge_that_is_started_again_goes_on(place: Place, igv: OpenIgv, bridge: Bridge, tmp_path: Path) -> None:
    """With the same IGV, whose user did something meanwhile; and not with less than there was."""
    igv.command(f"load {place.data}/genes.bed")
    bridge.turn()
    [row] = bridge.rows()
    bridge.following.finish()
    igv.command(f"load {place.data}/signal.wig")
    igv.command("region chr1 1500 2500")
    again = Bridge(bridge.client, _port_again(igv, tmp_path / "again"), bridge.name)
    assert again.port.started() < row.created
    again.turn()
    [now] = again.rows()
    assert (now.id, now.left) == (row.id, None)
    assert now.autosave != row.autosave
    again.following.finish()
    igv.command("new")
    igv.command(f"load {place.data}/genes.bed")
    later = Bridge(bridge.client, _port_again(igv, tmp_path / "later"), bridge.name)
    later.turn()
    newer, older = (later.recovered(row) for row in later.rows())
    assert [len([where for where in seen if where[0] == "Region"]) > 0 for seen in (newer, older)] == [False, True]


def _port_again(igv: OpenIgv, folder: Path) -> IgvPort:
    folder.mkdir()
    return IgvPort(igv.port, str(folder))


def test_relative_paths_say_the_same_elsewhere(place: Place, igv: OpenIgv, port: IgvPort) -> None:
    """An IGV that is set to write them gives the session that it would have given otherwise."""
    igv.command(f"load {place.data}/genes.bed")
    absolute = port.state(30).document
    igv.command("preference SESSION.RELATIVE_PATH true")
    try:
        relative = port.state(30).document
    finally:
        igv.command("preference SESSION.RELATIVE_PATH false")
    assert isinstance(absolute, bytes)
    assert isinstance(relative, bytes)
    assert b".." not in relative
    assert difference(view(absolute, Path("/")), view(relative, Path("/"))) == {}


def test_a_silent_igv_is_waited_for(place: Place, igv: OpenIgv, port: IgvPort) -> None:
    """It does not answer within the time, says nothing of worth, and gives its state when it goes on."""
    igv.command(f"load {place.data}/genes.bed")
    igv.process.signal(signal.SIGSTOP)
    try:
        with pytest.raises(Silent, match="does not answer"):
            port.state(1)
        assert port.is_there()
    finally:
        igv.process.signal(signal.SIGCONT)
    document = port.state(30).document
    assert isinstance(document, bytes)
    assert b"genes.bed" in document


def test_a_modal_dialog_is_survived(place: Place, tmp_path: Path) -> None:
    """Its genome is not there, and it waits for somebody to press OK: its port echoes, and saves nothing."""
    with closing(Place(tmp_path).igv.opened(genome=tmp_path / "nowhere.fa")) as igv:
        (tmp_path / "ours").mkdir()
        port = IgvPort(igv.port, str(tmp_path / "ours"))
        assert port.is_there()
        for _ in range(2):
            with pytest.raises(Silent, match="a dialog may be open"):
                port.state(2)
    assert not port.is_there()
    with pytest.raises(Gone):
        port.state(2)


def test_a_killed_igv_leaves_its_last_state(daemon: Daemon, client: holdfast.Client, place: Place, tmp_path: Path):
    """The command goes on, quietly; what IGV had is offered, and an IGV that is started again is followed again."""
    igv = Place(tmp_path).igv.opened()
    words = [*CLI, "bridge", "igv", "killed", "--every", "0.3", "--port", str(igv.port)]
    bridge = subprocess.Popen(words, env=daemon.environment, stderr=subprocess.PIPE)
    try:
        igv.command(f"load {place.data}/genes.bed")
        [row] = until(lambda: rows(client, "killed"))
        igv.close()
        until(lambda: rows(client, "killed")[0].left is not None)
        last = client.last(app="igv").workspace
        assert last is not None
        assert last.id == row.id
    finally:
        igv.close()
        bridge.terminate()
        _, said = bridge.communicate(timeout=30)
    assert bridge.returncode == 0
    assert said.count(b"is not there") == 1
    assert b"genes.bed" in client.load(f"igv/{client.recover(row.id).session.name}").files[b""]
