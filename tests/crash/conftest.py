"""A daemon of the test's own that ends or holds where the test says; nothing else is ever killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: modules are imported by their unique names
sys.path.append(str(Path(__file__).parents[1] / "e2e"))  # the daemon in a process is written once

from crash_daemon import CrashDaemon


@pytest.fixture
def daemon(house: Path) -> Iterator[CrashDaemon]:
    """Not running yet; whatever runs at the end is killed by its process number."""
    made = CrashDaemon(house / "d")
    yield made
    if made.alive:
        made.kill()
