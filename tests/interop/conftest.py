"""Lets the suite import its programs, says at its head which are there, and runs the newest Mosaic and a daemon."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: modules are imported by their unique names
sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from e2e_daemon import Daemon
from programs.mosaic import Mosaic
from programs.presence import there, versions

import holdfast


def pytest_report_header() -> list[str]:
    """Each real program with its version, or the reason why it is not there."""
    return versions()


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosaic]:
    """1.3.2, which opens the sessions of every release before it."""
    with closing(Mosaic(there("mosaic-1.3.2"), tmp_path_factory.mktemp("newest"))) as running:
        yield running


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A running one for a whole module."""
    made = Daemon(tmp_path_factory.mktemp("s") / "d").start()
    yield made
    made.stop()


@pytest.fixture
def client(daemon: Daemon) -> Iterator[holdfast.Client]:
    """A connection of this test's own."""
    with daemon.client() as made:
        yield made
