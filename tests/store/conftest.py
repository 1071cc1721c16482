"""Every engine in a temporary folder; ``reopen`` as a new process would."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: modules are imported by their unique names

from store_engines import CATALOGS, CHUNKS, OpenCatalog, OpenChunks

from holdfast_daemon.store.base import Catalog


@pytest.fixture(params=CATALOGS)
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenCatalog]:
    """Each catalog engine, empty."""
    made = OpenCatalog(tmp_path, request.param)
    yield made
    made.catalog.close()


@pytest.fixture
def catalog(opened: OpenCatalog) -> Catalog:
    """The same where it is not opened again."""
    return opened.catalog


@pytest.fixture(params=CHUNKS)
def stored(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OpenChunks]:
    """Each engine of chunks, empty."""
    made = OpenChunks(tmp_path, request.param)
    yield made
    made.chunks.close()
