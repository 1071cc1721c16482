"""Who is at the other end of a connection, by the kernel's word: what a client says about itself is not asked.

libzmq gives the kernel's word with every message (``Peer-Address``), which a client cannot forge. Its ``User-Id`` it
can (lessons.md, probe C).
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass

import zmq

from holdfast_daemon.lending import Lender
from holdfast_daemon.quota import Client
from holdfast_protocol.connection import DaemonConnection

REFUSAL = "This daemon serves its own user only, under an identity that ZeroMQ has chosen"


@dataclass(slots=True)
class Peer:
    """One connection. ``author`` is the user's name, or "" for one that is not served; ``descriptor`` the number that
    libzmq has it by, or -1; ``lender``: where it may have us read what it has open."""

    author: str
    client: Client
    descriptor: int
    wire: DaemonConnection
    lender: Lender | None = None


def introduced(identity: bytes, first: zmq.Frame) -> Peer:
    """The peer whose first frame this is. With an identity of its own choice, which could be that of another who has
    left, it is not served."""
    user, process = _credentials(first)
    served = user == os.geteuid() and identity.startswith(b"\0")
    return Peer(_name_of(user) if served else "", Client(identity, process), _descriptor(first), DaemonConnection())


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
