"""What the kernel says of who is at the other end of a connection that libzmq has."""

from __future__ import annotations

import os
import socket
import struct

#: struct ucred: process, user, group (unix(7), SO_PEERCRED).
CREDENTIALS = struct.Struct("3i")
#: <asm-generic/socket.h>; from Linux 6.5 on. Python has no name for it.
_SO_PEERPIDFD = 77
_DESCRIPTOR = struct.Struct("i")


def copy_of(descriptor: int) -> socket.socket:
    """A hold of our own on a connection of libzmq's: it stays what it is while we look, whoever closes the other.
    Raises OSError."""
    own = os.dup(descriptor)
    try:
        return socket.socket(fileno=own)
    except OSError:
        os.close(own)
        raise


def process_of(connection: socket.socket) -> int:
    """Who connected; 0 where it is of another namespace."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    process: int = CREDENTIALS.unpack(raw)[0]
    return process


def user_of(connection: socket.socket) -> int:
    """Whose process it is."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    user: int = CREDENTIALS.unpack(raw)[1] & 0xFFFFFFFF
    return user


def handle_of(connection: socket.socket) -> int:
    """A descriptor of the process that connected (pidfd_open(2)), which never stands for another that has its number
    later. Raises OSError where the kernel gives none."""
    raw = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD, _DESCRIPTOR.size)
    handle: int = _DESCRIPTOR.unpack(raw)[0]
    return handle
