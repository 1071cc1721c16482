"""A connection on which a test says what it likes: any request, under any id, repeated on another one."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import zmq

from holdfast_protocol.connection import Answered, ClientConnection
from holdfast_protocol.messages import PROTOCOL_VERSION, Hello, Reply, Request, WorkspaceList

ANSWER_SECONDS = 15.0
DEADLINE_MS = 20_000


class Line:
    """One DEALER; hello has been said."""

    def __init__(self, path: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.connect(f"ipc://{path}")
        self._connection = ClientConnection()
        self._heard: dict[bytes, Answered] = {}
        self.ask(Hello(protocol=PROTOCOL_VERSION))

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._context.term()

    def tell(
        self, request: Request, payload: Sequence[bytes] = (), *, id: bytes = b"", deadline_ms: int = DEADLINE_MS
    ) -> bytes:
        """Send; gives the id."""
        identity, frames = self._connection.send(request, deadline_ms, payload, id or os.urandom(16))
        self._socket.send_multipart(frames)
        return identity

    def hear(self, id: bytes) -> Reply:
        """The answer to the request of that id; a coded error is raised."""
        until = time.monotonic() + ANSWER_SECONDS
        while id not in self._heard:
            assert self._socket.poll(max(0, round((until - time.monotonic()) * 1000))), "no answer"
            answer = self._connection.receive(self._socket.recv_multipart())
            if answer is not None:
                self._heard[answer.id] = answer
        answer = self._heard.pop(id)
        if answer.error is not None:
            raise answer.error
        assert answer.reply is not None
        return answer.reply

    def wait_until_begun(self) -> None:
        """All that was sent here is being worked on: this request, which is none of those answered at once, as well."""
        self.ask(WorkspaceList())

    def ask(
        self, request: Request, payload: Sequence[bytes] = (), *, id: bytes = b"", deadline_ms: int = DEADLINE_MS
    ) -> Reply:
        """Both."""
        return self.hear(self.tell(request, payload, id=id, deadline_ms=deadline_ms))
