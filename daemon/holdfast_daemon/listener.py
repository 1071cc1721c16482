"""One daemon for one store and one socket: locks first, then the socket, made by us and closed to everybody else.

libzmq unlinks a live ``ipc://`` path before it binds, so a second daemon would silently steal it (lessons.md, probe
A). Therefore the locks, and therefore a listener of our own that is handed over with ``ZMQ_USE_FD``.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast_protocol.endpoint import SOCKET_PATH_BYTES, check_private
from holdfast_protocol.errors import BadName, NotAllowed, StoreLocked, Unreadable
from holdfast_protocol.keys import address

BACKLOG_COUNT = 128
#: By convention the first of what systemd hands over.
FIRST_HANDED_OVER = 3
#: What launchd's description of us (clients/holdfast/service/launchd.py) calls the socket.
LAUNCHD_NAME = b"Listener"


class Lock:
    """A lock file held for life; the kernel lets go of it when the process ends, however it ends."""

    def __init__(self, path: str, what: str, note: dict[str, str | int]) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise Unreadable(f"{path}: {problem.strerror}", path=path) from problem
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            holder = _holder(self._descriptor)
            os.close(self._descriptor)
            raise StoreLocked(
                f"{what} is held by another holdfastd, process {holder.get('pid', 'unknown')} "
                f"(its socket is {holder.get('socket', 'unknown')})",
                pid=holder.get("pid"),
                path=path,
            ) from problem
        self._note = note
        self.say("")

    def say(self, doing: str) -> None:
        """What keeps the holder from listening, for those who wait for it; "" once nothing does. Not said where the
        disk does not take it: the lock holds all the same."""
        known = json.dumps({**self._note, "doing": doing} if doing else self._note).encode()
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, known, 0)
            os.ftruncate(self._descriptor, len(known))

    def release(self) -> None:
        os.close(self._descriptor)


def _holder(descriptor: int) -> dict[str, str | int]:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def holder_of(path: str) -> int | None:
    """The process that holds a lock file, found out without keeping anybody from it; None where none does, as with a
    file from another machine."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    pid = _holder(descriptor).get("pid")
    try:
        if not isinstance(pid, int) or not os.path.exists(f"/proc/{pid}"):
            return None
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # only where it seems to be held
    except BlockingIOError:
        return pid if isinstance(pid, int) else None
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def make_directory(path: str) -> None:
    """A private directory, made where it is absent. Raises NotAllowed where it is not ours alone."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror}", path=path) from problem
    check_private(path)


def listen(path: str) -> socket.socket:
    """A listening socket at ``path``, mode 0600. Only for the holder of its lock: a stale file is replaced."""
    if len(os.fsencode(path)) > SOCKET_PATH_BYTES:
        raise BadName(f"The socket's path {path} is over {SOCKET_PATH_BYTES} bytes", name=path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if os.path.lexists(path):
            os.unlink(path)
        before = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(before)
        listener.listen(BACKLOG_COUNT)
    except OSError as problem:
        listener.close()
        raise Unreadable(f"{path}: {problem.strerror}", path=path) from problem
    return listener


def listen_to_network(said: str) -> tuple[socket.socket, str]:
    """A listening socket at ``tcp://HOST:PORT``, and where it is: port 0 is any that is free, ``*`` every address of
    this machine. Raises BadField, Unreadable."""
    host, port = address(said)
    try:
        passive = socket.getaddrinfo(host.strip("*") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, where = passive[0]
        listener = socket.create_server(where[:2], family=family, backlog=BACKLOG_COUNT)
    except OSError as problem:
        raise Unreadable(f"{said}: {problem.strerror}", path=said) from problem
    listener.setblocking(False)
    name, port = listener.getsockname()[:2]
    return listener, f"tcp://[{name}]:{port}" if family == socket.AF_INET6 else f"tcp://{name}:{port}"


def handed_over(environment: Mapping[str, str]) -> socket.socket | None:
    """The listening socket that systemd (sd_listen_fds(3)) or launchd made and holds for us; None where there is none.
    Its path and mode are those of the socket's unit. Raises NotAllowed for what is no listening Unix socket."""
    if sys.platform == "darwin":
        return _usable(held_by_launchd(ctypes.CDLL(None)))
    count = environment.get("LISTEN_FDS", "")
    if environment.get("LISTEN_PID") != str(os.getpid()) or not count.isdecimal():
        return None
    return _usable(range(FIRST_HANDED_OVER, FIRST_HANDED_OVER + int(count)))


def held_by_launchd(system: Any) -> list[int]:
    """The descriptors under our name in our plist (launch_activate_socket(3)); none for whom launchd did not start.
    ``system``: the C library."""
    found, count = ctypes.POINTER(ctypes.c_int)(), ctypes.c_size_t()
    if system.launch_activate_socket(LAUNCHD_NAME, ctypes.byref(found), ctypes.byref(count)):
        return []
    descriptors = found[: count.value]
    system.free(found)
    return descriptors


def _usable(descriptors: Sequence[int]) -> socket.socket | None:
    if not descriptors:
        return None
    try:
        listener = socket.socket(fileno=descriptors[0])
        is_ours = listener.family == socket.AF_UNIX and listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        path = listener.getsockname()
    except OSError as problem:
        raise NotAllowed(f"The socket that was handed over cannot be used: {problem.strerror}") from problem
    if len(descriptors) != 1 or not is_ours or not isinstance(path, str) or not path:
        count = len(descriptors)
        raise NotAllowed(f"One listening Unix socket with a path is to be handed over, not {count} of {listener}")
    listener.setblocking(False)
    os.set_inheritable(descriptors[0], False)
    return listener


def raise_descriptor_limit() -> int:
    """The soft limit of open files becomes the hard one; gives it. libzmq aborts the process when it runs out."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = min(hard, 1 << 20) if hard != resource.RLIM_INFINITY else 1 << 20
    resource.setrlimit(resource.RLIMIT_NOFILE, (wished, hard))
    return wished
