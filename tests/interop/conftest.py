"""Lets the suite import its programs, says at its head which of them are there, and runs the newest Mosaic."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: modules are imported by their unique names

from programs.mosaic import Mosaic
from programs.presence import there, versions


def pytest_report_header() -> list[str]:
    """Each real program with its version, or the reason why it is not there."""
    return versions()


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosaic]:
    """1.3.2, which opens the sessions of every release before it."""
    with closing(Mosaic(there("mosaic-1.3.2"), tmp_path_factory.mktemp("newest"))) as running:
        yield running
