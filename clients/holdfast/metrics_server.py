"""``holdfast metrics --serve``: the text over HTTP, to this machine. One at a time: whoever scrapes comes seldom."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

from holdfast.metrics import CONTENT_TYPE
from holdfast_protocol.errors import HoldfastError, Unreadable

HOST = "127.0.0.1"
#: Whoever scrapes waits for ten, mostly: a daemon that is away is to be told before.
ANSWER_SECONDS = 5


class MetricsServer(HTTPServer):
    """``text``: what is served, made anew for each who asks. Raises Unreadable where the port is taken."""

    def __init__(self, port: int, text: Callable[[], str]) -> None:
        try:
            super().__init__((HOST, port), _Scrape)
        except OSError as problem:
            raise Unreadable(f"Port {port} of this machine cannot be had: {problem.strerror}", port=port) from problem
        self.text = text

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/metrics"


class _Scrape(BaseHTTPRequestHandler):
    """Nobody else's page may read it by a name of its own for this machine: the host that is asked for is looked at."""

    server: MetricsServer
    timeout = ANSWER_SECONDS

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in (HOST, "localhost"):
            self._answer(421, "This is at 127.0.0.1\n")
        elif self.path != "/metrics":
            self._answer(404, "There is /metrics\n")
        else:
            try:
                self._answer(200, self.server.text())
            except HoldfastError as problem:  # a target that is down, for whoever scrapes
                self._answer(503, f"{problem.sentence}\n")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a scrape every few seconds is no news."""

    def _answer(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
