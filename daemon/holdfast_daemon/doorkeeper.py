"""Who knocks over the network is asked for a key before a message of theirs is read (ZeroMQ's ZAP, rfc/27), and whoever
knocks at the socket of a shared store is looked up by the kernel's word.

Without somebody who answers, libzmq lets every key in (lessons.md, "CURVE without ZAP"). It refuses with 400, which
libzmq tells the other side; who it was is then the connection's ``User-Id``, which a client cannot forge here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket as sockets
import time
from collections.abc import Callable
from typing import NamedTuple

import zmq
from zmq.utils import z85

from holdfast_daemon.access import Users, caller
from holdfast_daemon.grants import Grant, Grants
from holdfast_daemon.listener import listen_to_network
from holdfast_protocol.errors import BadField, NotFound
from holdfast_protocol.keys import SERVER, Pair, new_pair, read_pair, write_pair

ENDPOINT = "inproc://zeromq.zap.01"
#: Without a domain libzmq asks nobody about those who come without a key.
HERE = b"here"
KEY_BYTES = 32
#: So long the log says nothing of those who are refused, once it has named one.
SILENT_SECONDS = 1.0

_log = logging.getLogger("holdfast.network")


class Network(NamedTuple):
    """A listener on the network: ``endpoint`` is where it listens, ``pair`` what it proves to be."""

    listener: sockets.socket
    endpoint: str
    pair: Pair
    grants: Grants


class Doorkeeper:
    """Answers in the loop. ``start`` comes before any listener is bound that asks, ``stop`` after it is closed: nobody
    knocks while there is no doorkeeper."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], grants: Grants | None, users: Users) -> None:
        self._socket = context.socket(zmq.REP)
        self._grants = grants
        self._users = users
        self._loop = asyncio.get_running_loop()
        self._unsaid = 0
        self._silent_until = 0.0

    def start(self) -> None:
        """From now on."""
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(ENDPOINT)
        self._loop.add_reader(self._descriptor, self._drain)

    def stop(self) -> None:
        """Nobody else is let in."""
        self._loop.remove_reader(self._descriptor)
        self._socket.close()

    @property
    def _descriptor(self) -> int:
        found = self._socket.getsockopt(zmq.FD)
        assert isinstance(found, int)
        return found

    def _drain(self) -> None:
        """Its descriptor tells of a change only: everything that is there is answered."""
        while self._socket.poll(0):
            version, request, _, address, _, mechanism, *credentials = self._socket.recv_multipart()
            key = credentials[0] if len(credentials) == 1 and len(credentials[0]) == KEY_BYTES else b""
            known = z85.encode(key) if mechanism == b"CURVE" and key else b""
            grant = self._of_key(known.decode()) if known else self._of_user(address.decode())
            if grant is None:
                self._refused(known.decode() or "a user", address.decode())
            said = [b"200", b"OK", known] if grant is not None else [b"400", b"not allowed", b""]
            self._socket.send_multipart([version, request, *said, b""])

    def _refused(self, who: str, address: str) -> None:
        """Whoever knocks on and on does not fill the log."""
        now = time.monotonic()
        if now < self._silent_until:
            self._unsaid += 1
            return
        others = f"; {self._unsaid} before, who are not named" if self._unsaid else ""
        _log.warning("Refused: %s, from %s%s", who, address, others)
        self._unsaid, self._silent_until = 0, now + SILENT_SECONDS

    def _of_key(self, key: str) -> Grant | None:
        return None if self._grants is None else self._grants.of(key)

    def _of_user(self, address: str) -> Grant | None:
        """Of a user, whom the kernel names; nobody comes over the network so."""
        known = caller(address)
        return None if known is None else self._users.of(known)


def on_network(asked: str, directory: str) -> Network:
    """Listens there, with the keys of this directory; the daemon's own is made where there is none yet. Raises
    BadField, Unreadable, and NotAllowed where others can read one of them."""
    check_curve()
    grants = Grants(directory)
    grants.check()
    secret = os.path.join(directory, SERVER)
    try:
        pair = read_pair(secret)
    except NotFound:
        pair = new_pair(zmq.curve_keypair)
        write_pair(secret, pair)
    listener, endpoint = listen_to_network(asked)
    _log.info("Listens at %s too; its key is %s", endpoint, pair.public)
    return Network(listener, endpoint, pair, grants)


def check_curve(has: Callable[[str], bool] = zmq.has) -> None:
    """Raises BadField where this libzmq cannot do what a network needs."""
    if not has("curve"):
        raise BadField("listen: this libzmq was built without CURVE, and nothing goes over the network without it")
