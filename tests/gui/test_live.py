"""What open pages are told, without asking."""

from __future__ import annotations

import json
from typing import Any

from starlette.testclient import TestClient, WebSocketTestSession

import holdfast
from holdfast.testing import PrivateDaemon

ADDRESS = "ws://127.0.0.1:8000/secret/live"


def _told(socket: WebSocketTestSession, what: str) -> dict[str, Any]:
    """The next that says this."""
    while True:
        told: dict[str, Any] = json.loads(socket.receive_text())
        if told["what"] == what:
            return told


def test_every_open_page_is_told_which_session_changed(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """Whoever changed it; in one message where several changes come together."""
    with page.websocket_connect(ADDRESS) as one, page.websocket_connect(ADDRESS) as other:
        saved = holdfast_client.save("notes", "ideas", b"a bridge").session.id
        assert saved in _told(one, "changed")["sessions"]
        assert saved in _told(other, "changed")["sessions"]


def test_a_page_hears_that_the_daemon_is_away_and_back(page: TestClient, holdfast_daemon: PrivateDaemon) -> None:
    """By itself; and of what happened afterwards too."""
    with page.websocket_connect(ADDRESS) as socket:
        holdfast_daemon.stop()
        _told(socket, "away")
        holdfast_daemon.start()
        _told(socket, "back")
        with holdfast_daemon.client() as client:
            saved = client.save("notes", "later", b"x").session.id
        while saved not in _told(socket, "changed")["sessions"]:
            pass
