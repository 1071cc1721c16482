"""Whether the daemon does its work, and not only lives: asked as a client asks, over the socket.

The service manager restarts a daemon that it does not hear of in time. It hears of this one only when a request has
gone through the socket, the loop and the store's writer, and has come back: a loop that turns while nobody is
answered, or a disk that swallows a write for ever, ends in a restart. A coded error is an answer: on a full disk a
restart would mend nothing.
"""

from __future__ import annotations

import threading
import time

import zmq

from holdfast_daemon.notices import Notices
from holdfast_protocol.connection import ClientConnection
from holdfast_protocol.errors import Damaged, NoSpace, Unreadable
from holdfast_protocol.messages import PROTOCOL_VERSION, Hello, Probe, Request

#: Times that it is asked while the manager would wait once.
TRIES_COUNT = 3
LOOK_MS = 200
STOP_SECONDS = 2
OF_THE_DISK = (NoSpace, Unreadable, Damaged)


class Liveness:
    """Asks in a thread of its own, which a loop that stands still does not stop."""

    def __init__(self, endpoint: str, notices: Notices) -> None:
        self._endpoint = endpoint
        self._notices = notices
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Does nothing where nobody watches."""
        seconds = self._notices.watchdog_seconds
        if seconds is not None:
            self._thread = threading.Thread(target=self._run, args=[seconds], name="liveness", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Nobody is asked any more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _run(self, watchdog_seconds: float) -> None:
        """On another connection where one is not answered any more: it may have been cut with all others."""
        with zmq.Context() as context:
            while not self._stopping.is_set():
                with context.socket(zmq.DEALER) as way:
                    way.setsockopt(zmq.LINGER, 0)
                    way.setsockopt(zmq.SNDTIMEO, LOOK_MS)
                    way.connect(self._endpoint)
                    self._follow(way, watchdog_seconds)
                self._stopping.wait(LOOK_MS / 1000)

    def _follow(self, way: zmq.Socket[bytes], watchdog_seconds: float) -> None:
        wire = ClientConnection()
        request: Request = Hello(protocol=PROTOCOL_VERSION, client="holdfastd")
        while not self._stopping.is_set() and self._answered(way, wire, request, watchdog_seconds):
            if isinstance(request, Probe):
                self._notices.at_work()
                self._stopping.wait(watchdog_seconds / TRIES_COUNT)
            request = Probe()

    def _answered(self, way: zmq.Socket[bytes], wire: ClientConnection, request: Request, seconds: float) -> bool:
        """Whether the work was done in time, or the disk was the reason why not."""
        until = time.monotonic() + seconds
        _, frames = wire.send(request, round(seconds * 1000))
        try:
            way.send_multipart(frames)
        except zmq.Again:
            return False
        while not self._stopping.is_set() and time.monotonic() < until:
            if way.poll(LOOK_MS):
                answer = wire.receive(way.recv_multipart())
                if answer is not None:
                    return answer.error is None or isinstance(answer.error, OF_THE_DISK)
        return False
