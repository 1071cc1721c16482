"""What the tests of the command line share."""

from __future__ import annotations

import json
from collections.abc import Callable

from clients_fake_daemon import FakeDaemon

from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Asked
from holdfast_protocol.model import Row

Holdfast = Callable[..., tuple[int, bytes, bytes]]
HOSTILE = "a\x1b[31m\x07\x9b\u202eb\nc"


def json_lines(raw: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in raw.splitlines()]


def last(daemon: FakeDaemon, kind: type[wire.Request]) -> Asked:
    return daemon.requests(kind)[-1]


class Sent:
    """Answers one verb with one reply, and gives back the request."""

    def __init__(self, daemon: FakeDaemon, kind: type[wire.Request], reply: Row, payload: list[bytes] | None = None):
        self._daemon, self._kind = daemon, kind
        daemon.answers[kind] = lambda asked: (reply, payload or [])  # type: ignore[assignment,return-value]  # a Reply

    def request(self) -> wire.Request:
        return last(self._daemon, self._kind).request
