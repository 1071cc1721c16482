"""Who is at the other end of a connection, by the kernel's word: what a client says about itself is not asked.

libzmq gives the kernel's word with every message (``Peer-Address``), which a client cannot forge. Its ``User-Id`` it
can (lessons.md, probe C), but not on the network, where it is the key that the doorkeeper let in.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from zlib import crc32

import zmq

from holdfast_daemon.grants import Grant, Grants
from holdfast_daemon.lending import Lender
from holdfast_daemon.quota import Client
from holdfast_protocol.connection import DaemonConnection

REFUSAL = "This daemon serves its own user only, under an identity that ZeroMQ has chosen"


NOT_ALLOWED = "This key is not allowed here, or is no longer"
NOBODY = Grant("", "read", ())


@dataclass(slots=True)
class Peer:
    """One connection. ``grant``: what it may, with no author for one that is not served, and ``refusal`` is why;
    ``descriptor`` the number that libzmq has it by, or -1; ``lender``: where it may have us read what it has open."""

    grant: Grant
    refusal: str
    client: Client
    descriptor: int
    wire: DaemonConnection
    lender: Lender | None = None


def introduced(identity: bytes, first: zmq.Frame, grants: Grants | None) -> Peer:
    """The peer whose first frame this is. With an identity of its own choice, which could be that of another who has
    left, it is not served. ``grants``: who may come over the network, where anybody may."""
    user, process = _credentials(first)
    key = _key(first) if user == -1 else ""
    refusal = NOT_ALLOWED if key else REFUSAL
    grant = NOBODY
    if identity.startswith(b"\0") and user == os.geteuid():
        grant = Grant(_name_of(user), is_owner=True)
    elif identity.startswith(b"\0") and key and grants is not None:
        grant = grants.of(key) or NOBODY
    if key:  # the limits of a process are those of a key: the kernel knows no process there
        process = -1 - crc32(key.encode())
    return Peer(grant, refusal, Client(identity, process), _descriptor(first), DaemonConnection())


def _key(first: zmq.Frame) -> str:
    """The key that was proved, which libzmq takes from whoever was asked about it; "" on a connection without one."""
    try:
        address, key = first.get("Peer-Address"), first.get("User-Id")
    except zmq.ZMQError:
        return ""
    return "" if not address or str(address).startswith("localhost:") else str(key)


def _credentials(first: zmq.Frame) -> tuple[int, int]:
    """User and process; -1 and 0 where the kernel does not say."""
    try:
        user, _, process = map(int, str(first.get("Peer-Address")).split(":")[1:])  # localhost:UID:GID:PID
    except (zmq.ZMQError, ValueError):
        return -1, 0
    return user, process


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _descriptor(first: zmq.Frame) -> int:
    try:
        return int(first.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1
