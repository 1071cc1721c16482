"""A real store in a temporary folder for every test that asks for one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: modules are imported by their unique names

from daemon_store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open, empty, with a clock of its own; closed at the end."""
    made = Store(tmp_path)
    yield made
    made.close()
