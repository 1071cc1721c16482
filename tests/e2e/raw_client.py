"""A client that does as it is told: any frames, any identity, no rules."""

from __future__ import annotations

import os
from typing import Any

import msgpack
import zmq

from holdfast_protocol.messages import PROTOCOL_VERSION

ANSWER_MS = 10_000


def header(verb: str, body: dict[str, Any]) -> bytes:
    """The header frame of a request with an id of its own."""
    return bytes(msgpack.packb({"id": os.urandom(16), "verb": verb, "deadline_ms": 5000, "body": body}))


class Raw:
    """A DEALER."""

    def __init__(self, path: str, identity: bytes = b"") -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        if identity:
            self._socket.setsockopt(zmq.IDENTITY, identity)
        self._socket.connect(f"ipc://{path}")

    def tell(self, *frames: bytes) -> None:
        self._socket.send_multipart(frames)

    def listen(self) -> dict[str, Any]:
        """The header of the next answer."""
        assert self._socket.poll(ANSWER_MS), "no answer"
        header: dict[str, Any] = msgpack.unpackb(self._socket.recv_multipart()[0])
        return header

    def ask(self, *frames: bytes) -> dict[str, Any]:
        self.tell(*frames)
        return self.listen()

    def request(self, verb: str, body: dict[str, Any], *payload: bytes) -> dict[str, Any]:
        return self.ask(header(verb, body), *payload)

    def hello(self) -> None:
        assert self.request("hello", {"protocol": PROTOCOL_VERSION})["kind"] == "result"

    def close(self) -> None:
        self._socket.close()
        self._context.term()
