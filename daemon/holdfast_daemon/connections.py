"""How many are connected, and what happens when they are too many: libzmq aborts the process when descriptors run out.

A process that has more connections than it may has the newest of them cut, and nobody else notices. Many processes
together can still be too many. libzmq's listener cannot be told to stop accepting and keep the rest (lessons.md, probe
B, and what was tried since: unbinding from a monitor serves nobody afterwards). So over the limit of all every
connection is cut, and taken again a moment later; clients come back by themselves, on a new socket with the same
request ids, and a flood does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket as sockets
import threading
from collections import Counter
from collections.abc import Callable

import zmq
from zmq.utils.monitor import recv_monitor_message

from holdfast_daemon.credentials import copy_of, process_of
from holdfast_daemon.doorkeeper import HERE, Network
from holdfast_protocol.messages import LIMITS

SHED_SECONDS = 0.5
#: Until when a connection must have greeted: one of this machine, and one over the network, there and back three times.
HANDSHAKE_MS, NETWORK_HANDSHAKE_MS = 1000, 3000
#: Whose connections those over the network are, together, among the processes of this machine.
_NETWORK = -1

_log = logging.getLogger("holdfast.connections")


class Connections:
    """Binds the socket to the listener, which stays ours, and counts who comes and goes."""

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        listener: sockets.socket,
        endpoint: str,
        network: Network | None,
        shared: bool,
        limit: int,
        changed: Callable[[], None],
    ) -> None:
        """``network``: where else to listen. ``shared``: with other users, of whom the doorkeeper is asked. ``changed``
        is called on the loop after the socket was bound or unbound: its events must be looked at."""
        self._socket = socket
        self._listener = listener
        self._endpoint = endpoint
        self._network = network
        self._shared = shared
        self._bound_to: list[str] = []
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._bound = self._stopping = False
        self.limit = limit
        self.count = 0
        self._process_limit = min(LIMITS["connections_count"], limit // 2)
        self._processes: dict[int, int] = {}
        self._of_process: Counter[int] = Counter()

    def start(self) -> None:
        """Serve. A handshake that fails ends in DISCONNECTED as well, so two events count every connection once."""
        if not self._shared:
            self._socket.setsockopt(zmq.IPC_FILTER_UID, os.geteuid())  # another's is closed before a byte is read
        events = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | zmq.EVENT_MONITOR_STOPPED
        self._monitor = self._socket.get_monitor_socket(events)
        self._counter = threading.Thread(target=self._count, name="connections", daemon=True)
        self._counter.start()
        self._bind()

    async def stop(self) -> None:
        """With the socket, which is closed here."""
        self._stopping = True
        self._socket.disable_monitor()
        self._socket.close()
        await asyncio.to_thread(self._counter.join)
        self._listener.close()
        if self._network is not None:
            self._network.listener.close()

    def cut(self, descriptor: int, process: int, seconds: float = 0) -> None:
        """This connection ends, after so long; not, where it has ended already, one of somebody else that has its
        number now."""
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            connection = held.enter_context(copy_of(descriptor))
            if process_of(connection) == process and seconds:
                self._loop.call_later(seconds, _end, connection)
                held.pop_all()
            elif process_of(connection) == process:
                connection.shutdown(sockets.SHUT_RDWR)

    def _bind(self) -> None:
        """What is set counts for what is bound after it: the network's listener is bound last, and has its own."""
        if self._network is not None:  # a libzmq without CURVE knows no such option
            self._socket.setsockopt(zmq.CURVE_SERVER, 0)
        if self._shared:
            self._socket.setsockopt(zmq.ZAP_DOMAIN, HERE)
        self._socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
        self._bind_to(self._listener, self._endpoint)
        if self._network is not None:
            self._socket.setsockopt(zmq.IPV6, 1)
            self._socket.setsockopt(zmq.CURVE_SERVER, 1)
            self._socket.setsockopt(zmq.CURVE_SECRETKEY, self._network.pair.secret.encode())
            self._socket.setsockopt(zmq.HANDSHAKE_IVL, NETWORK_HANDSHAKE_MS)
            self._bind_to(self._network.listener, self._network.endpoint)
        self._bound = True

    def _bind_to(self, listener: sockets.socket, endpoint: str) -> None:
        """A copy of the listener for libzmq, which closes what it is given; ours keeps the queue of the kernel."""
        self._socket.setsockopt(zmq.USE_FD, os.dup(listener.fileno()))
        self._socket.bind(endpoint)
        bound = self._socket.getsockopt(zmq.LAST_ENDPOINT)
        assert isinstance(bound, bytes)
        self._bound_to.append(bound.rstrip(b"\0").decode())

    def _count(self) -> None:
        """In a thread of its own: libzmq's I/O thread waits for this one while the queue of events is full, and a bind
        in the loop would wait for the I/O thread."""
        while True:
            message = recv_monitor_message(self._monitor)
            if message["event"] == zmq.EVENT_MONITOR_STOPPED:
                self._monitor.close(0)
                return
            if message["event"] == zmq.EVENT_ACCEPTED:
                self._came(message["value"])
            else:
                self._left(message["value"])
            if self._bound and self.count > self.limit:
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    self._loop.call_soon_threadsafe(self._shed)

    def _came(self, descriptor: int) -> None:
        self.count += 1
        with contextlib.suppress(OSError), copy_of(descriptor) as connection:  # it may have left already
            is_here = connection.family == sockets.AF_UNIX
            process = self._processes[descriptor] = process_of(connection) if is_here else _NETWORK
            self._of_process[process] += 1
            limit = self._process_limit if is_here else self.limit // 2
            if process and self._of_process[process] > limit:  # 0: of another namespace
                connection.shutdown(sockets.SHUT_RDWR)  # libzmq sees it end, and says so

    def _left(self, descriptor: int) -> None:
        self.count = max(0, self.count - 1)
        process = self._processes.pop(descriptor, None)
        if process is not None:
            self._of_process[process] -= 1
            if not self._of_process[process]:
                del self._of_process[process]

    def _shed(self) -> None:
        if self._bound and self.count > self.limit:
            _log.warning("%d connections: all are cut, and taken again in %s s", self.count, SHED_SECONDS)
            self._bound = False
            for endpoint in self._bound_to:
                with contextlib.suppress(zmq.ZMQError):
                    self._socket.unbind(endpoint)
            self._bound_to = []
            self._loop.call_later(SHED_SECONDS, self._take_again)
            self._changed()

    def _take_again(self) -> None:
        if not self._stopping:
            self.count = 0  # the end of those that were cut is not told
            self._processes, self._of_process = {}, Counter()
            self._bind()
            self._changed()


def _end(connection: sockets.socket) -> None:
    with contextlib.suppress(OSError), connection:
        connection.shutdown(sockets.SHUT_RDWR)
