"""Who may see the page: the browser that was given its address, on this machine, and no other page in that browser.

Plain ASGI around everything, since a WebSocket has to pass too. The printed address holds a token, which is good
for one visit and becomes a cookie. The page lies below a random path, to which the cookie is confined: other servers on
this machine do not get it, though a cookie knows no ports.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = {"127.0.0.1", "localhost", "::1"}
COOKIE = "holdfast"
#: Nothing but our own files; an inline script or style is none of them.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """``prefix``: where the page is; ``token``: for the first visit, None once it was made."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self.prefix = prefix
        self.token: str | None = secrets.token_urlsafe(32)
        self._secret = secrets.token_urlsafe(32)

    def address(self, port: int) -> str:
        """To be opened once."""
        return f"http://127.0.0.1:{port}{self.prefix}/?token={self.token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # 403, before it is accepted
        else:
            await refusal(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Why not, as an answer; None where there is nothing against it."""
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or _host_name(host) not in HOSTS:
            return PlainTextResponse("This page is at 127.0.0.1", 421)
        is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        origin = headers.get("origin")
        if origin != f"http://{host}" and not (origin is None and is_read):
            return PlainTextResponse("Another page asks", 403)
        path = scope["path"]
        if path != self.prefix and not path.startswith(f"{self.prefix}/"):
            return PlainTextResponse("Nothing is here", 404)
        is_visit = is_read and path == f"{self.prefix}/"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not (
            is_visit and headers.get("sec-fetch-mode") == "navigate" and "token" in parse_qs(_query(scope))
        ):
            return PlainTextResponse("Another page asks", 403)
        if _equal(_cookie(headers), self._secret):
            return None
        given = parse_qs(_query(scope)).get("token", [""])[-1] if is_visit else ""
        if self.token is None or not _equal(given, self.token):
            return PlainTextResponse("Run `holdfast gui` again: its address is good for one visit", 401)
        self.token = None
        answer = RedirectResponse(f"{self.prefix}/", 303)
        answer.set_cookie(COOKIE, self._secret, path=self.prefix, httponly=True, samesite="strict")
        return answer


def _query(scope: Scope) -> str:
    raw: bytes = scope.get("query_string", b"")
    return raw.decode("latin-1")


def _host_name(host: str) -> str | None:
    try:
        split = urlsplit(f"//{host}")
        return split.hostname if split.username is None and not split.path and split.port != 0 else None
    except ValueError:
        return None


def _cookie(headers: Mapping[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", ()), *own]}
        await send(message)

    return sending
