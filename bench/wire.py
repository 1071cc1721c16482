"""A raw client for measuring: frames are made beforehand, so that the daemon is measured and not the client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import zmq

from holdfast_protocol.connection import Answered, ClientConnection, Frames
from holdfast_protocol.messages import PROTOCOL_VERSION, Hello, Reply, Request

PATIENCE_MS = 30_000


class Line:
    """One DEALER. ``ask`` is for setting up; ``send`` and ``receive`` move frames without looking at them."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], endpoint: str) -> None:
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, PATIENCE_MS)
        self.socket.connect(endpoint)
        self.protocol = ClientConnection()

    def send(self, frames: Frames) -> None:
        self.socket.send_multipart(frames)

    def receive(self) -> Frames:
        return self.socket.recv_multipart()

    def hello(self) -> None:
        self.ask(Hello(protocol=PROTOCOL_VERSION, client="bench"))

    def ask(self, request: Request, payload: Sequence[bytes] = ()) -> Reply:
        """The reply; a coded error is raised."""
        identity, frames = self.protocol.send(request, PATIENCE_MS, payload)
        self.send(frames)
        while True:
            answered = self.next()
            if answered.id == identity:
                if answered.reply is None:
                    raise answered.error or RuntimeError("an answer with neither reply nor error")
                return answered.reply

    def next(self) -> Answered:
        """The next answer or event that somebody waits for."""
        while True:
            answered = self.protocol.receive(self.receive())
            if answered is not None:
                return answered


def frames_of(request: Request, payload: Sequence[bytes] = ()) -> Frames:
    """The frames of a request with an id of its own."""
    return ClientConnection().send(request, PATIENCE_MS, payload)[1]


def check_result(frames: Frames) -> None:
    """A refusal would be measured as a very fast answer: raises unless this is a result."""
    if b"\xa4kind\xa6result" not in frames[0][:64]:
        raise RuntimeError(f"not a result: {frames[0][:200]!r}")


@contextmanager
def lines(endpoint: str, count: int) -> Iterator[list[Line]]:
    """``count`` connections that have said nothing yet."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    opened = [Line(context, endpoint) for _ in range(count)]
    try:
        yield opened
    finally:
        for line in opened:
            line.socket.close()
        context.term()
