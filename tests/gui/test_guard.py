"""Who may see the page: nobody but the browser that was given its address."""

from __future__ import annotations

import pytest
from gui_addresses import ORIGIN, PORT, PREFIX
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from holdfast.gui.guard import Guard

SAME = {"host": f"127.0.0.1:{PORT}", "origin": ORIGIN}


@pytest.fixture
def stranger(guard: Guard, page: TestClient) -> TestClient:
    """Another browser, or another page, after the first visit was made."""
    return TestClient(guard, base_url=ORIGIN, follow_redirects=False)


@pytest.fixture
def cookie(page: TestClient) -> dict[str, str]:
    return {"cookie": f"holdfast={page.cookies['holdfast']}"}


def test_the_address_is_good_for_one_visit(guard: Guard) -> None:
    """The token becomes a cookie that no script sees and no other page sends, and is worth nothing then."""
    browser = TestClient(guard, base_url=ORIGIN, follow_redirects=False)
    address = guard.address(PORT)
    answer = browser.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/")
    said = answer.headers["set-cookie"].lower()
    assert all(word in said for word in ("httponly", "samesite=strict", f"path={PREFIX}"))
    assert TestClient(guard, base_url=ORIGIN).get(address).status_code == 401


def test_without_the_cookie_nothing_is_seen(stranger: TestClient) -> None:
    """Neither the list nor a file of the page itself, with a wrong cookie or a wrong token either."""
    for path in ("/", "/rows", "/static/app.css"):
        assert stranger.get(f"{PREFIX}{path}").status_code == 401
        assert stranger.get(f"{PREFIX}{path}", headers={"cookie": "holdfast=guessed"}).status_code == 401
    assert stranger.get(f"{PREFIX}/?token=guessed").status_code == 401
    assert stranger.get("/").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8000", "user@127.0.0.1:8000", "", "[::2]"])
def test_another_name_for_this_machine_is_refused(stranger: TestClient, cookie: dict[str, str], host: str) -> None:
    """A name that an attacker's server gives out for 127.0.0.1 (DNS rebinding) opens nothing."""
    assert stranger.get(f"{PREFIX}/rows", headers={**cookie, "host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:9000", "[::1]:9000", "localhost"])
def test_any_port_of_this_machine_will_do(page: TestClient, host: str) -> None:
    """``ssh -L 9000:...`` works."""
    assert page.get("/rows", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9999", "null", "https://127.0.0.1:8000"])
def test_another_page_gets_and_does_nothing(stranger: TestClient, cookie: dict[str, str], origin: str) -> None:
    """Though the browser sends the cookie along."""
    headers = {**cookie, "origin": origin}
    assert stranger.get(f"{PREFIX}/rows", headers=headers).status_code == 403
    assert stranger.post(f"{PREFIX}/undo", headers=headers).status_code == 403


def test_what_changes_something_must_say_where_it_comes_from(stranger: TestClient, cookie: dict[str, str]) -> None:
    """A form of another page may leave the origin out."""
    assert stranger.post(f"{PREFIX}/undo", headers=cookie).status_code == 403
    site = {**cookie, "sec-fetch-site": "cross-site"}
    assert stranger.get(f"{PREFIX}/rows", headers=site).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "http://evil.example"}, {"origin": ""}, {"cookie": "holdfast=guessed"}, {"host": "evil.example"}],
)
def test_a_socket_of_another_page_is_refused(page: TestClient, cookie: dict[str, str], wrong: dict[str, str]) -> None:
    """Before it is accepted; the page's own is accepted."""
    address = f"ws://127.0.0.1:{PORT}{PREFIX}/live"
    with page.websocket_connect(address, headers={**SAME, **cookie}):
        pass
    with pytest.raises(WebSocketDisconnect), page.websocket_connect(address, headers={**SAME, **cookie, **wrong}):
        pass


def test_every_answer_forbids_what_the_page_does_not_need(page: TestClient, stranger: TestClient) -> None:
    """No script or style but our own files, no frame around it, nothing kept; refusals too."""
    for answer in (page.get("/"), page.get("/rows"), stranger.get(f"{PREFIX}/")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
