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
from holdfast_protocol.messages import LIMITS

SHED_SECONDS = 0.5

_log = logging.getLogger("holdfast.connections")


class Connections:
    """Binds the socket to the listener, which stays ours, and counts who comes and goes."""

    def __init__(
        self,
        socket: zmq.Socket[bytes],
        listener: sockets.socket,
        endpoint: str,
        limit: int,
        changed: Callable[[], None],
    ) -> None:
        """``changed`` is called on the loop after the socket was bound or unbound: its events must be looked at."""
        self._socket = socket
        self._listener = listener
        self._endpoint = endpoint
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
        self._socket.setsockopt(zmq.IPC_FILTER_UID, os.geteuid())  # another user's is closed before a byte is read
        events = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED | zmq.EVENT_MONITOR_STOPPED
        self._monitor = self._socket.get_monitor_socket(events)
        self._bind()
        self._counter = threading.Thread(target=self._count, name="connections", daemon=True)
        self._counter.start()

    async def stop(self) -> None:
        """With the socket, which is closed here."""
        self._stopping = True
        self._socket.disable_monitor()
        self._socket.close()
        await asyncio.to_thread(self._counter.join)
        self._listener.close()

    def cut(self, descriptor: int, process: int) -> None:
        """This connection ends; not, where it has ended already, one of somebody else that has its number now."""
        with contextlib.suppress(OSError), copy_of(descriptor) as connection:
            if process_of(connection) == process:
                connection.shutdown(sockets.SHUT_RDWR)

    def _bind(self) -> None:
        """A copy of the listener for libzmq, which closes what it is given; ours keeps the queue of the kernel."""
        self._socket.setsockopt(zmq.USE_FD, os.dup(self._listener.fileno()))
        self._socket.bind(self._endpoint)
        self._bound = True

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
            process = self._processes[descriptor] = process_of(connection)
            self._of_process[process] += 1
            if process and self._of_process[process] > self._process_limit:  # 0: of another namespace
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
            with contextlib.suppress(zmq.ZMQError):
                self._socket.unbind(self._endpoint)
            self._loop.call_later(SHED_SECONDS, self._take_again)
            self._changed()

    def _take_again(self) -> None:
        if not self._stopping:
            self.count = 0  # the end of those that were cut is not told
            self._processes, self._of_process = {}, Counter()
            self._bind()
            self._changed()
