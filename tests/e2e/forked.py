"""Daemons of the tests are forked from one process that has imported everything: a start costs a third of the time.

What runs is the daemon's own ``main``, in a process of its own, with its own environment; only the imports are shared.
``python forked.py`` is that process: it takes requests from the socket that is its standard input.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

REQUEST_BYTES = 1 << 20


class Forked:
    """What tests do with a ``subprocess.Popen``."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self.returncode: int | None = None
        self.pid = int(status.recv(32))

    def poll(self) -> int | None:
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("holdfastd", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._status.settimeout(timeout)
            try:
                self.returncode = int(self._status.recv(32))
            except (BlockingIOError, TimeoutError):
                return None
            self._status.close()
        return self.returncode


_forkers: dict[int, socket.socket] = {}


def fork(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
    """A daemon that may or may not come to serve."""
    forker = _forkers.get(os.getpid())
    if forker is None:
        forker, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = subprocess.Popen([sys.executable, __file__], stdin=theirs, env=dict(environment))
        theirs.close()
        _forkers[os.getpid()] = forker
        atexit.register(process.wait)
        atexit.register(forker.close)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    request = {"arguments": [*arguments], "environment": dict(environment), "log": str(log), "folder": os.getcwd()}
    socket.send_fds(forker, [json.dumps(request).encode()], [theirs.fileno()])
    theirs.close()
    return Forked(ours)


def main() -> int:
    """Until nobody asks any more; in a daemon's process, how that ended."""
    from holdfast_daemon.app import main as daemon
    from holdfast_daemon.formats.registry import load_formats

    load_formats({})
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    requests = socket.socket(fileno=0)
    while True:
        said, descriptors, *_ = socket.recv_fds(requests, REQUEST_BYTES, 1)
        if not said:
            return 0
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.detach()
            _mind(socket.socket(fileno=descriptors[0]))
            return daemon(_prepared(json.loads(said)))
        os.close(descriptors[0])


def _mind(status: socket.socket) -> None:
    """Comes back in a process of its own; this one waits for that, and says how it ended."""
    pid = os.fork()
    if pid == 0:
        status.close()
        return
    status.send(str(pid).encode())
    _, ended = os.waitpid(pid, 0)
    status.send(str(os.waitstatus_to_exitcode(ended)).encode())
    os._exit(0)


def _prepared(request: dict[str, Any]) -> list[str]:
    """The arguments of the daemon, whose process this is from now on."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    null, log = os.open(os.devnull, os.O_RDONLY), os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for descriptor, number in ((null, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, number)
    os.close(null)
    os.close(log)
    arguments: list[str] = request["arguments"]
    return arguments


if __name__ == "__main__":
    sys.exit(main())
