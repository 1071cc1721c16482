"""The bridge to Mosaic keeps what its user did, however Mosaic or the bridge ends, and unpickles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_daemon import CLI, Daemon, Said, until
from fake_mosaic import FakeMosaic

import holdfast
from holdfast_protocol.model import WorkspaceRow

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made


def session(*names: str) -> tuple[bytes, ...]:
    """A document of objects of these names, and their ids."""
    world = made.World()
    state = world.session([world.geometry(name) for name in names])
    return (world.pickled(state), *(f"uuid-{name}" for name in names))


class Bridge:
    """The command, running; its session has a name of its own."""

    def __init__(self, daemon: Daemon, mosaic: FakeMosaic, name: str) -> None:
        self.daemon, self.mosaic, self.name = daemon, mosaic, name
        words = [*CLI, "bridge", "mosaic", name, "--every", "0.2"]
        environment = {**daemon.environment, **mosaic.environment}
        self.process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ended(self) -> Said:
        """Once it has."""
        out, err = self.process.communicate(timeout=20)
        return Said(subprocess.CompletedProcess([], self.process.returncode, out, err))


@pytest.fixture
def mosaic(tmp_path: Path) -> FakeMosaic:
    return FakeMosaic(tmp_path)


@pytest.fixture
def bridge(shared: Daemon, mosaic: FakeMosaic, request: pytest.FixtureRequest) -> Iterator[Bridge]:
    made = Bridge(shared, mosaic, request.node.name)
    yield made
    mosaic.close()
    if made.process.returncode is None:
        made.ended()


def rows(client: holdfast.Client, bridge: Bridge) -> list[WorkspaceRow]:
    """Those that have something, changed last first."""
    return [row for row in client.workspaces(app="mosaic").rows if row.name == bridge.name and row.autosave]


def kept(client: holdfast.Client, row: WorkspaceRow) -> bytes:
    saved = client.recover(row.id, name=f"{row.name} {row.id[:8]}")
    return client.load(f"mosaic/{saved.session.name}").files[b""]


def test_what_its_user_does_is_kept(client: holdfast.Client, bridge: Bridge) -> None:
    """While Mosaic runs; and what was done last is there when it has ended, whose exit code is the bridge's."""
    bridge.mosaic.show(*session("a"))
    [row] = until(lambda: rows(client, bridge))
    assert [part.name for part in client.workspace(id=row.id).parts if part.kind == "cluster"] == ["a"]
    document, *uuids = session("a", "b")
    bridge.mosaic.show(document, *uuids)
    bridge.mosaic.close()
    said = bridge.ended()
    assert said.code == 3
    assert "holdfast workspace recover" in said.err
    [row] = rows(client, bridge)
    assert row.left is not None
    assert kept(client, row) == document


def test_close_pushes_nothing_out(client: holdfast.Client, bridge: Bridge) -> None:
    """The good state is left and offered at once, and the next session has a workspace of its own."""
    good = session("a", "b")
    bridge.mosaic.show(*good)
    until(lambda: rows(client, bridge))
    bridge.mosaic.show(session()[0])
    until(lambda: rows(client, bridge)[0].left is not None)
    other = session("c")
    bridge.mosaic.show(*other)
    until(lambda: len(rows(client, bridge)) == 2)
    assert [kept(client, row) for row in rows(client, bridge)] == [other[0], good[0]]


def test_a_mosaic_that_is_started_again_goes_on_with_what_it_left(
    shared: Daemon, client: holdfast.Client, bridge: Bridge
) -> None:
    """Once its user has that open again, and whatever is done then; with something older, it has a workspace of its
    own, since a Mosaic that was started knows nothing of the run before."""
    older, newer = session("a"), session("a", "b")
    bridge.mosaic.show(*newer)
    [row] = until(lambda: rows(client, bridge))
    bridge.process.terminate()
    bridge.ended()
    again = Bridge(shared, bridge.mosaic, bridge.name)
    until(lambda: rows(client, bridge)[0].left is None)
    changed = session("a", "b", "c")
    bridge.mosaic.show(*changed)
    until(lambda: rows(client, bridge)[0].autosave != row.autosave)
    assert [each.id for each in rows(client, bridge)] == [row.id]
    again.process.terminate()
    assert f"It goes on with workspace {row.id[:12]}" in again.ended().err
    bridge.mosaic.show(*older)
    later = Bridge(shared, bridge.mosaic, bridge.name)
    until(lambda: len(rows(client, bridge)) == 2)
    assert [kept(client, each) for each in rows(client, bridge)] == [older[0], changed[0]]
    later.process.terminate()
    later.ended()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bridge_that_is_told_to_end_ends_mosaic(client: holdfast.Client, bridge: Bridge, number: int) -> None:
    """As its user would, with its last state kept; that is no failure."""
    bridge.mosaic.show(*session("a"))
    until(lambda: rows(client, bridge))
    document, *uuids = session("a", "b")
    bridge.mosaic.show(document, *uuids)
    bridge.process.send_signal(number)
    assert bridge.ended().code == 0
    assert kept(client, rows(client, bridge)[0]) == document


def test_a_killed_mosaic_leaves_its_last_state(client: holdfast.Client, bridge: Bridge) -> None:
    """What its timer had written; the bridge ends with it, and says so by its exit code."""
    bridge.mosaic.show(*session("a"))
    until(lambda: rows(client, bridge))
    [child] = Path(f"/proc/{bridge.process.pid}/task/{bridge.process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGKILL)
    assert bridge.ended().code == 1
    [row] = rows(client, bridge)
    assert row.left is not None
    assert kept(client, row) == session("a")[0]


def test_what_mosaic_cannot_write_is_told_of(client: holdfast.Client, bridge: Bridge) -> None:
    """The last state that it could write is kept."""
    bridge.mosaic.show(*session("a"))
    until(lambda: rows(client, bridge))
    bridge.mosaic.show(b"half", "uuid-a", "unpicklable")
    until(lambda: [line for line in client.status().problems if bridge.name in line and "cannot pickle this" in line])
    bridge.mosaic.close()
    assert bridge.ended().err.count("cannot pickle this") == 1
    assert kept(client, rows(client, bridge)[0]) == session("a")[0]


def test_nothing_of_a_session_is_run(client: holdfast.Client, bridge: Bridge, tmp_path: Path) -> None:
    """A document whose pickle calls something is refused, as any, and told of; the good state stays."""
    bridge.mosaic.show(*session("a"))
    until(lambda: rows(client, bridge))
    harmful = b"cos\nsystem\n(S'touch %s'\ntR." % os.fsencode(tmp_path / "ran")
    bridge.mosaic.show(harmful, "uuid-a")
    until(lambda: [line for line in client.status().problems if bridge.name in line])
    assert not (tmp_path / "ran").exists()
    assert kept(client, rows(client, bridge)[0]) == session("a")[0]


def test_a_mosaic_that_is_built_otherwise_runs_all_the_same(
    shared: Daemon, client: holdfast.Client, mosaic: FakeMosaic
) -> None:
    """What cannot be hooked is said, and the program is there."""
    mosaic.forget_its_window()
    bridge = Bridge(shared, mosaic, "otherwise")
    until(lambda: [line for line in client.status().problems if "otherwise" in line and "AttributeError" in line])
    mosaic.close()
    said = bridge.ended()
    assert said.code == 3
    assert said.err.count("Mosaic could not write its state") == 1


def test_without_mosaic_it_is_said_what_is_missing(shared: Daemon, tmp_path: Path) -> None:
    """No program of that name, or one that does not say its Python."""
    environment = {**shared.environment, "PATH": str(tmp_path)}
    for content, said in ((None, "There is no program mosaic"), (b"\x7fELF", "does not say which Python")):
        if content:
            (tmp_path / "mosaic").write_bytes(content)
            (tmp_path / "mosaic").chmod(0o755)
        done = subprocess.run([*CLI, "bridge", "mosaic"], env=environment, capture_output=True, timeout=20)
        assert done.returncode == 1
        assert said in done.stderr.decode()
