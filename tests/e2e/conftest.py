"""Real daemons, one for each test or one for a module whose tests do not disturb each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: the daemon is imported by its unique name

from adopted import Place, adopt, own
from e2e_daemon import Daemon
from fake_igv import FakeIgv, session

import holdfast


@pytest.fixture
def stopped(house: Path) -> Iterator[Daemon]:
    """A daemon that is not running yet; whatever runs at the end is stopped."""
    made = Daemon(house / "d")
    yield made
    made.stop()


@pytest.fixture
def daemon(stopped: Daemon) -> Daemon:
    """A running daemon of this test's own."""
    return stopped.start()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A running daemon for a whole module; each test uses session names of its own."""
    made = Daemon(tmp_path_factory.mktemp("s") / "d").start()
    yield made
    made.stop()


@pytest.fixture
def client(shared: Daemon) -> Iterator[holdfast.Client]:
    """A connection of this test's own, to the module's daemon."""
    with shared.client() as made:
        yield made


@pytest.fixture
def igv() -> Iterator[FakeIgv]:
    """With two tracks open."""
    with closing(FakeIgv(session("/a.bed", "/b.bed"))) as running:
        yield running


@pytest.fixture(params=["adopted", "sessions"])
def place(request: pytest.FixtureRequest, house: Path) -> Iterator[Place]:
    """A folder that is empty yet; the sessions folder is a whole daemon's. Modules that need another have their own."""
    is_adopted = request.param == "adopted"
    daemon: Daemon = request.getfixturevalue("shared" if is_adopted else "daemon")
    with daemon.client() as client:
        yield adopt(daemon, client, house / "notes") if is_adopted else own(daemon, client)
