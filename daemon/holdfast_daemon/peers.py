"""Who is at the other end of a connection, by the kernel's word: what a client says about itself is not asked.

libzmq gives the kernel's word with every message (``Peer-Address``), which a client cannot forge. Its ``User-Id`` it
can (lessons.md, probe C), but not on the network, where it is the key that the doorkeeper let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import zmq

from holdfast_daemon.access import Known, Users, caller
from holdfast_daemon.grants import Grant, Grants
from holdfast_daemon.lending import Lender
from holdfast_daemon.quota import Client
from holdfast_protocol.connection import DaemonConnection

REFUSAL = "This daemon does not serve this user, and nobody under an identity that ZeroMQ has not chosen"


NOT_ALLOWED = "This key is not allowed here, or is no longer"
NOBODY = Grant("", "read", ())


@dataclass(slots=True)
class Peer:
    """One connection. ``grant``: what it may, with no author for one that is not served, and ``refusal`` is why;
    ``descriptor`` the number that libzmq has it by, or -1; ``lender``: where it may have us read what it has open;
    ``user``: of this machine, where it is one."""

    grant: Grant
    refusal: str
    client: Client
    descriptor: int
    wire: DaemonConnection
    lender: Lender | None = None
    user: Known | None = None


def introduced(identity: bytes, first: zmq.Frame, grants: Grants | None, users: Users) -> Peer:
    """The peer whose first frame this is. With an identity of its own choice, which could be that of another who has
    left, it is not served. ``grants``: who may come over the network, where anybody may; ``users``: who of this
    machine."""
    user = _user(first)
    key = _key(first) if user is None else ""
    refusal = NOT_ALLOWED if key else REFUSAL
    grant = NOBODY
    process = 0 if user is None else user.process
    if identity.startswith(b"\0") and user is not None:
        grant = users.of(user) or NOBODY
    elif identity.startswith(b"\0") and key and grants is not None:
        grant = grants.of(key) or NOBODY
    if key:  # the limits of a process are those of a key: the kernel knows no process there
        process = -1 - crc32(key.encode())
    return Peer(grant, refusal, Client(identity, process), _descriptor(first), DaemonConnection(), user=user)


def _key(first: zmq.Frame) -> str:
    """The key that was proved, which libzmq takes from whoever was asked about it; "" on a connection without one."""
    try:
        address, key = first.get("Peer-Address"), first.get("User-Id")
    except zmq.ZMQError:
        return ""
    return "" if not address or str(address).startswith("localhost:") else str(key)


def _user(first: zmq.Frame) -> Known | None:
    """None where the kernel does not say."""
    try:
        return caller(str(first.get("Peer-Address")))
    except zmq.ZMQError:
        return None


def _descriptor(first: zmq.Frame) -> int:
    try:
        return int(first.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1
