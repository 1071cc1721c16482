"""The page of a daemon of the test's own, visited as a browser would: through the guard, with its cookie."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

sys.path.insert(0, os.path.dirname(__file__))  # importlib mode: imported by their unique names

from gui_addresses import ORIGIN, PREFIX
from starlette.testclient import TestClient

from holdfast import AsyncClient
from holdfast.gui.app import app
from holdfast.gui.guard import Guard
from holdfast.gui.house import House
from holdfast.gui.live import Live
from holdfast.testing import PrivateDaemon, holdfast_client, holdfast_daemon  # noqa: F401  # fixtures


@pytest.fixture
def rooms(holdfast_daemon: PrivateDaemon) -> Iterator[House]:  # noqa: F811
    """What the page is handed; the browser is on this machine."""
    client = AsyncClient(holdfast_daemon.socket)
    yield House(client=client, live=Live(client), prefix=PREFIX, is_remote=False)
    client.close()


@pytest.fixture
def guard(rooms: House) -> Guard:
    return Guard(app(rooms), PREFIX)


@pytest.fixture
def page(guard: Guard) -> Iterator[TestClient]:
    """A browser that has made its first visit; paths are below the page's own."""
    with TestClient(guard, base_url=f"{ORIGIN}{PREFIX}", headers={"origin": ORIGIN}) as browser:
        assert browser.get("/", params={"token": guard.token or ""}).status_code == 200
        yield browser
