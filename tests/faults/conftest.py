"""A running daemon, whose system calls can be made to fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: modules are imported by their unique names
sys.path.append(str(Path(__file__).parents[1] / "e2e"))  # the daemon in a process is written once

from e2e_daemon import Daemon


@pytest.fixture
def daemon(house: Path) -> Iterator[Daemon]:
    """With a small session and a large one, which is in a pack."""
    made = Daemon(house / "d").start()
    with made.client() as client:
        client.save("notes", "small", b"small", published=True)
        client.save("notes", "large", bytes(range(256)) * 2000, published=True)
    yield made
    made.stop()
