"""The bridge keeps what is done in the real, unmodified Mosaic, offscreen; Mosaic's own session file is not touched."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from e2e_daemon import CLI, Daemon, until
from programs.mosaic import Mosaic
from programs.presence import there

import holdfast
from holdfast_protocol.model import WorkspaceRow

USER = Path(__file__).parent / "programs" / "mosaic_user.py"
VERSIONS = ("mosaic-1.3.2", "mosaic-1.3.1")


class Desk:
    """The command with Mosaic in it, and its user; ``name``: that of the session."""

    def __init__(self, daemon: Daemon, program: str, folder: Path) -> None:
        self.name = f"{program} {folder.name}"
        self._folder = folder
        python = folder / "python"
        python.write_text(f'#!/bin/sh\nexec {there(program).python} {USER} "$@"\n')
        python.chmod(0o755)
        (folder / "home").mkdir(exist_ok=True)
        variables = {"HOME": str(folder / "home"), "QT_QPA_PLATFORM": "offscreen", "MOSAIC_USER": str(folder)}
        words = [*CLI, "bridge", "mosaic", self.name, "--python", str(python), "--every", "1"]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(words, env={**daemon.environment, **variables}, stdout=log, stderr=log)

    def does(self, *words: str) -> None:
        """What its user does, done."""
        (self._folder / "fresh").write_text(" ".join(words))
        (self._folder / "fresh").rename(self._folder / "order")
        until(lambda: not (self._folder / "order").exists(), 60)
        failed = self._folder / "failed"
        assert not failed.exists(), failed.read_text()

    def ended(self) -> int:
        """Its exit code, once it has."""
        return self.process.wait(60)

    def has_crashed(self) -> bool:
        """Mosaic itself, as it ended: without a screen it does so one time in ten to thirty, without the bridge too."""
        return "Mosaic was ended by SIGSEGV" in (self._folder / "log").read_text(errors="replace")

    def mosaic(self) -> int:
        """The number of Mosaic's process."""
        parent = self.process.pid
        [child] = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return int(child)

    def taken(self) -> int:
        """When Mosaic wrote last; 0 where it is about to."""
        words = Path(f"/proc/{self.mosaic()}/cmdline").read_bytes().split(b"\0")
        try:
            return os.stat(words[-3] + b"/fresh.pickle").st_mtime_ns
        except FileNotFoundError:
            return 0

    def rows(self, client: holdfast.Client) -> list[WorkspaceRow]:
        """Those that have something, changed last first."""
        return [row for row in client.workspaces(app="mosaic").rows if row.name == self.name and row.autosave]


@pytest.fixture(scope="module", params=VERSIONS)
def mosaic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosaic]:
    """The one that makes sessions and says what it sees in them."""
    with closing(Mosaic(there(request.param), tmp_path_factory.mktemp("mosaic"))) as running:
        yield running


@pytest.fixture
def desk(daemon: Daemon, mosaic: Mosaic, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(daemon, mosaic.name, tmp_path)
    yield made
    if made.process.poll() is None:
        made.process.terminate()
        made.ended()


@pytest.fixture
def theirs(mosaic: Mosaic, tmp_path: Path) -> Path:
    """A session with an object of every class."""
    mosaic.make(tmp_path / "theirs.pickle")
    return tmp_path / "theirs.pickle"


def names(mosaic: Mosaic, file: Path) -> list[str]:
    """Of all objects that Mosaic sees in it."""
    seen = mosaic.describe(file)["objects"]
    return [each["state"]["meta"]["name"] for side in seen.values() for each in side]


def recovered(client: holdfast.Client, row: WorkspaceRow, to: Path) -> Path:
    saved = client.recover(row.id, name=f"{row.name} {row.id[:8]}")
    to.write_bytes(client.load(f"mosaic/{saved.session.name}").files[b""])
    return to


def test_what_its_user_does_is_kept(
    client: holdfast.Client, desk: Desk, mosaic: Mosaic, theirs: Path, tmp_path: Path
) -> None:
    """Opened, renamed, and the window closed unsaved: Mosaic sees all of it in what was kept, and was not disturbed."""
    original = theirs.read_bytes()
    desk.does("open_session", str(theirs))
    until(lambda: desk.rows(client), 30)
    desk.does("path")
    assert (tmp_path / "path").read_text() == str(theirs)
    desk.does("rename", "membrane 0 > inner")
    desk.does("leave")
    assert desk.ended() == (1 if desk.has_crashed() else 0)
    [row] = desk.rows(client)
    assert row.left is not None
    kept = names(mosaic, recovered(client, row, tmp_path / "kept.pickle"))
    assert kept == ["inner" if each == "membrane 0" else each for each in names(mosaic, theirs)]
    assert theirs.read_bytes() == original


def test_a_mosaic_that_is_started_again_goes_on(
    client: holdfast.Client, daemon: Daemon, desk: Desk, mosaic: Mosaic, theirs: Path, tmp_path: Path
) -> None:
    """With the workspace that it left, once its user has the same session open again."""
    desk.does("open_session", str(theirs))
    until(lambda: desk.rows(client), 30)
    desk.does("leave")
    desk.ended()
    [row] = desk.rows(client)
    again = Desk(daemon, mosaic.name, tmp_path)
    try:
        again.does("open_session", str(theirs))
        until(lambda: again.rows(client)[0].left is None, 30)
        again.does("rename", "membrane 0 > inner")
        again.does("leave")
    finally:
        again.process.terminate()
        again.ended()
    [now] = again.rows(client)
    assert (now.id, now.autosave != row.autosave) == (row.id, True)
    kept = names(mosaic, recovered(client, now, tmp_path / "kept.pickle"))
    assert kept == ["inner" if each == "membrane 0" else each for each in names(mosaic, theirs)]


def test_an_untouched_mosaic_makes_one_snapshot(client: holdfast.Client, desk: Desk, theirs: Path) -> None:
    """However often its state is taken; and what is closed is left at once, and pushed out by nothing."""
    desk.does("open_session", str(theirs))
    until(lambda: desk.rows(client), 30)
    for _ in range(3):
        taken = desk.taken()
        until(lambda taken=taken: desk.taken() != taken, 30)
    told = [row for row in client.events(0, follow=False) if (row.type, row.name) == ("autosaved", desk.name)]
    assert len(told) == 1
    desk.does("close_session")
    until(lambda: desk.rows(client)[0].left is not None, 30)
    desk.process.terminate()
    assert desk.ended() == 0
    assert len(desk.rows(client)) == 1


def test_a_killed_mosaic_leaves_its_last_state(
    client: holdfast.Client, desk: Desk, mosaic: Mosaic, theirs: Path, tmp_path: Path
) -> None:
    """What its timer had written before; the bridge ends by itself."""
    desk.does("open_session", str(theirs))
    until(lambda: desk.rows(client), 30)
    os.kill(desk.mosaic(), signal.SIGKILL)
    assert desk.ended() == 1
    assert "Mosaic was ended by SIGKILL" in (tmp_path / "log").read_text(errors="replace")
    [row] = desk.rows(client)
    assert row.left is not None
    assert names(mosaic, recovered(client, row, tmp_path / "kept.pickle")) == names(mosaic, theirs)
