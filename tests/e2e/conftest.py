"""Real daemons, one for each test or one for a module whose tests do not disturb each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: the daemon is imported by its unique name

from e2e_daemon import Daemon


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
