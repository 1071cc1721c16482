"""One DEALER socket to the daemon. The only place in the client that knows ZeroMQ.

ZeroMQ tells a sender nothing of a daemon that died (lessons.md, probes E and F), so each channel is good for one
connection: it never reconnects, and a monitor says at once when the other side is gone. Who wants to go on opens
a new channel and repeats the request under its id.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import zmq

from holdfast_protocol import endpoint
from holdfast_protocol.errors import HoldfastError, NotAllowed, Unreachable, Unreadable
from holdfast_protocol.messages import LIMITS

if TYPE_CHECKING:
    from holdfast.remote import Remote
    from holdfast_protocol.keys import Pair

_ENDED = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
#: So long a machine may take to say that nobody listens.
_PROBE_SECONDS = 1.0


class Lost(Exception):
    """The connection ended; whether what was sent has arrived is unknown. ``reason``: why, where that can be said."""

    def __init__(self, sentence: str, reason: HoldfastError | None = None) -> None:
        super().__init__(sentence)
        self.reason = reason


class Channel:
    """A connection to the daemon at ``path``, or at a Remote. Times are those of ``time.monotonic``, in seconds.

    Not for several threads at once. In a forked child every method raises Lost, and nothing of the parent's is
    touched: an inherited socket never returns (lessons.md, probe M).
    """

    def __init__(self, path: str) -> None:
        self.path = path
        if not endpoint.is_remote(path):
            _check_folder(path)
        self._pid = os.getpid()
        self._ended = False
        context = zmq.Context()
        self._socket = context.socket(zmq.DEALER)
        # ZeroMQ waits, when a context is collected, until its sockets are closed: nobody collects these before us.
        self._release = weakref.finalize(self, _release, self._pid, context, self._socket)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._socket.setsockopt(zmq.RECONNECT_IVL, -1)
        self._socket.setsockopt(zmq.MAXMSGSIZE, max(LIMITS["answer_header_bytes"], LIMITS["frame_bytes"]))
        self._monitor = self._socket.get_monitor_socket(_ENDED)
        if endpoint.is_remote(path):
            _prove(self._socket, path)
        self._socket.connect(path if endpoint.is_remote(path) else f"ipc://{path}")

    def send(self, frames: Sequence[bytes], until: float) -> None:
        """Hand a whole message to the connection. Raises Lost, or TimeoutError where it is not taken by ``until``."""
        self._until(zmq.POLLOUT, until)
        if not self.try_send(frames):
            raise Lost("The connection closed while sending")

    def receive(self, until: float) -> list[bytes]:
        """The next message. Raises Lost, or TimeoutError where none has come by ``until``."""
        self._until(zmq.POLLIN, until)
        return self._socket.recv_multipart(zmq.NOBLOCK)

    def try_send(self, frames: Sequence[bytes]) -> bool:
        """The same at once; False where it is not taken now."""
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def try_receive(self) -> list[bytes] | None:
        """What has come, or None. Raises Lost once there will be no more, as ``wait`` or ``notice`` has found."""
        try:
            return self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            if self._ended:
                raise self.end() from None
            return None

    @property
    def can_send(self) -> bool:
        """Whether ``try_send`` would not be refused now."""
        return bool(self._socket.poll(0, zmq.POLLOUT))

    @property
    def can_either(self) -> bool:
        """Both with one look: what comes after it makes ``descriptors`` readable again."""
        return bool(self._socket.poll(0, zmq.POLLIN | zmq.POLLOUT))

    @property
    def can_receive(self) -> bool:
        """Whether ``try_receive`` would give something now."""
        return bool(self._socket.poll(0))

    def notice(self) -> bool:
        """Whether the connection has ended."""
        self._ended = self._ended or bool(self._monitor.poll(0))
        return self._ended

    @property
    def descriptors(self) -> tuple[int, int]:
        """Readable when something may have happened, and only then: ``notice``, and ``try_receive`` until it gives
        None, after each ``try_send`` too."""
        return self._socket.FD, self._monitor.FD

    def wait(self, seconds: float, beside: int, *, writable: bool) -> None:
        """Until something came, the connection ended, ``beside`` (a descriptor) is readable, or the time is over; with
        ``writable`` also until something can be sent."""
        self._check_fork()
        event = zmq.POLLIN | zmq.POLLOUT if writable else zmq.POLLIN
        wanted: list[tuple[Any, int]] = [(self._socket, event), (self._monitor, zmq.POLLIN), (beside, zmq.POLLIN)]
        found = dict(zmq.zmq_poll(wanted, _milliseconds(seconds)))
        self._ended = self._ended or self._monitor in found

    def close(self) -> None:
        """Give everything back; what was not sent is dropped. In a forked child: leave the parent's alone."""
        self._release()

    def _until(self, event: int, until: float) -> None:
        """The socket can do ``event``. What had arrived before the end can still be received."""
        self._check_fork()
        wanted = [(self._socket, event), (self._monitor, zmq.POLLIN)]
        found = dict(zmq.zmq_poll(wanted, _milliseconds(until - time.monotonic())))
        if self._socket in found or self._socket.poll(0, event):
            return
        if self._monitor in found:
            raise self.end()
        raise TimeoutError

    def end(self) -> Exception:
        """Of a connection that has ended: Lost, or NotAllowed where the daemon does not let us, or our key, in."""
        from zmq.utils.monitor import recv_monitor_message  # only where something is wrong

        events = []
        while self._monitor.poll(0):
            events.append(recv_monitor_message(self._monitor)["event"])
        if zmq.EVENT_HANDSHAKE_FAILED_AUTH in events:
            said = "allow this key, or no longer" if endpoint.is_remote(self.path) else "let this user in"
            return NotAllowed(f"The daemon at {self.path} does not {said}", socket=self.path)
        if not endpoint.is_remote(self.path):
            return Lost("The connection ended")
        if zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL in events:  # a daemon that cannot read what we say hangs up
            why = f"The daemon at {self.path} does not have the key that is expected of it"
            return Lost("The handshake ended", NotAllowed(why, socket=self.path))
        if zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL in events:
            return Lost("The handshake failed", NotAllowed(f"What listens at {self.path} is no holdfastd"))
        return Lost("The connection ended")

    def _check_fork(self) -> None:
        if self._pid != os.getpid():
            raise Lost("The process was forked")


def _release(pid: int, context: zmq.Context[zmq.Socket[bytes]], socket: zmq.Socket[bytes]) -> None:
    if pid == os.getpid():
        socket.disable_monitor()
        context.destroy(linger=0)


def pause(seconds: float, beside: int) -> None:
    """Until ``beside`` is readable, or the time is over."""
    zmq.zmq_poll([(beside, zmq.POLLIN)], _milliseconds(seconds))


def _milliseconds(seconds: float) -> int:
    return ceil(1000 * min(max(seconds, 0.0), 3600.0))


def _prove(socket: zmq.Socket[bytes], remote: str) -> None:
    """Who we are, and who they must be. Raises Unreachable where this libzmq cannot."""
    if not zmq.has("curve"):
        raise Unreachable("This libzmq was built without CURVE, and holdfast goes over no network without it")
    if TYPE_CHECKING:
        assert isinstance(remote, Remote)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.CURVE_PUBLICKEY, remote.pair.public.encode())
    socket.setsockopt(zmq.CURVE_SECRETKEY, remote.pair.secret.encode())
    socket.setsockopt(zmq.CURVE_SERVERKEY, remote.server_key.encode())


def new_key_pair() -> Pair:
    """For a file of keys. Raises Unreachable where this libzmq cannot."""
    from holdfast_protocol.keys import new_pair

    if not zmq.has("curve"):
        raise Unreachable("This libzmq was built without CURVE, and holdfast goes over no network without it")
    return new_pair(zmq.curve_keypair)


def check_listening(path: str) -> None:
    """Raises Unreachable where nobody listens at ``path``, NotAllowed where we may not ask."""
    import socket  # only when something is wrong: it costs a tenth of a command's start

    if endpoint.is_remote(path):
        from holdfast_protocol.keys import address

        try:
            socket.create_connection(address(path), _PROBE_SECONDS).close()
        except TimeoutError:
            return
        except OSError as problem:
            raise Unreachable(f"Nobody can be reached at {path}: {problem.strerror}", socket=path) from problem
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(0)
        try:
            probe.connect(path)
        except PermissionError as problem:
            raise NotAllowed(f"{path}: {problem.strerror}", path=path) from problem
        except (TimeoutError, BlockingIOError):
            return  # somebody listens and is busy, or has as many connections as it takes
        except OSError as problem:
            raise nobody_at(path) from problem


def library_version() -> str:
    """Of libzmq."""
    return zmq.zmq_version()


def nobody_at(path: str) -> HoldfastError:
    """The error that says what to type."""
    if endpoint.is_shared(path):
        start = f"sudo systemctl start {endpoint.service_at(path)}"
        return Unreachable(f"No daemon listens at {path}; start it with: {start}", socket=path)
    return Unreachable(f"No daemon listens at {path}; start one with: holdfastd", socket=path)


def check_answers(path: str, *, is_silent: bool) -> None:
    """Raises the coded error that says why nobody listens at ``path``, or why whoever listens ``is_silent``, and what
    mends it; neither is told where nothing is strange about it."""
    if endpoint.is_remote(path):  # what stands behind it, its own machine knows
        check_listening(path)
        return
    try:
        check_listening(path)
    except HoldfastError as problem:
        from holdfast.silence import of_nobody  # as above

        raise of_nobody(path, os.environ).error(path) from problem
    if is_silent:
        from holdfast.silence import of_silence

        cause = of_silence(path, os.environ)
        if cause is not None:
            raise cause.error(path)


def _check_folder(path: str) -> None:
    try:
        endpoint.check_trusted(path)
    except Unreadable as problem:
        raise nobody_at(path) from problem
    except NotAllowed as problem:
        from holdfast.silence import of_nobody  # as above

        raise of_nobody(path, os.environ).error(path) from problem
