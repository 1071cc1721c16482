"""One DEALER socket to the daemon. The only place in the client that knows ZeroMQ.

ZeroMQ tells a sender nothing of a daemon that died (lessons.md, probes E and F), so each channel is good for one
connection: it never reconnects, and a monitor says at once when the other side is gone. Who wants to go on opens
a new channel and repeats the request under its id.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import zmq

from holdfast_protocol import endpoint
from holdfast_protocol.errors import HoldfastError, NotAllowed, Unreachable, Unreadable
from holdfast_protocol.messages import LIMITS

_ENDED = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
)


class Lost(Exception):
    """The connection ended; whether what was sent has arrived is unknown."""


class Channel:
    """A connection to the daemon at ``path``. Times are those of ``time.monotonic``, in seconds.

    Not for several threads at once. In a forked child every method raises Lost, and nothing of the parent's is
    touched: an inherited socket never returns (lessons.md, probe M).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        _check_folder(path)
        self._pid = os.getpid()
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self._socket.setsockopt(zmq.MAXMSGSIZE, max(LIMITS["answer_header_bytes"], LIMITS["frame_bytes"]))
        self._monitor = self._socket.get_monitor_socket(_ENDED)
        self._socket.connect(f"ipc://{path}")

    def send(self, frames: Sequence[bytes], until: float) -> None:
        """Hand a whole message to the connection. Raises Lost, or TimeoutError where it is not taken by ``until``."""
        self._wait(zmq.POLLOUT, until)
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again as problem:
            raise Lost("The connection closed while sending") from problem

    def receive(self, until: float) -> list[bytes]:
        """The next message. Raises Lost, or TimeoutError where none has come by ``until``."""
        self._wait(zmq.POLLIN, until)
        return self._socket.recv_multipart(zmq.NOBLOCK)

    def close(self) -> None:
        """Give everything back; what was not sent is dropped. In a forked child: leave the parent's alone."""
        if self._pid != os.getpid():
            return
        self._socket.disable_monitor()
        self._context.destroy(linger=0)

    def _wait(self, event: int, until: float) -> None:
        """Until the socket can do ``event``. What had arrived before the end can still be received."""
        if self._pid != os.getpid():
            raise Lost("The process was forked")
        wanted = [(self._socket, event), (self._monitor, zmq.POLLIN)]
        found = dict(zmq.zmq_poll(wanted, max(0, round((until - time.monotonic()) * 1000))))
        if self._socket in found or self._socket.poll(0, event):
            return
        if self._monitor in found:
            raise Lost("The connection ended")
        raise TimeoutError


def check_listening(path: str) -> None:
    """Raises Unreachable where nobody listens at ``path``, NotAllowed where we may not ask."""
    import socket  # only when something is wrong: it costs a tenth of a command's start

    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except PermissionError as problem:
            raise NotAllowed(f"{path}: {problem.strerror}", path=path) from problem
        except (TimeoutError, BlockingIOError):
            return  # somebody listens and is busy, or has as many connections as it takes
        except OSError as problem:
            raise nobody_at(path) from problem


def nobody_at(path: str) -> HoldfastError:
    """The error that says what to type."""
    return Unreachable(f"No daemon listens at {path}; start one with: holdfastd", socket=path)


def _check_folder(path: str) -> None:
    try:
        endpoint.check_private(os.path.dirname(path))
    except Unreadable as problem:
        raise nobody_at(path) from problem
