"""A real daemon for each case, and folders of applications that it has adopted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: what cases share is imported by its unique name
sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
sys.path.insert(0, str(Path(__file__).parents[1] / "data" / "mosaic"))

from e2e_daemon import Daemon
from losses_adopted import Adopted


@pytest.fixture
def daemon(house: Path) -> Iterator[Daemon]:
    """A running daemon of this test's own."""
    made = Daemon(house / "d")
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def desk(house: Path) -> Path:
    """Where an application keeps its own folders: a home that the daemon knows nothing of."""
    made = house / "ann"
    made.mkdir()
    return made


@pytest.fixture
def adopt(daemon: Daemon) -> Callable[..., Adopted]:
    """``adopt(folder, app, *flags)`` does ``holdfast folder add`` and gives the adopted folder."""

    def add(folder: Path, app: str, *flags: str) -> Adopted:
        rows = daemon.ok("folder", "add", str(folder), "--app", app, *flags, "--json").rows
        return Adopted(daemon, app, Path(rows[0]["path"]), rows[0]["label"])

    return add
