"""Daemons for tests, forked from one process that has imported everything: a start costs a third of the time.

What runs is the daemon's own ``main``, in a process of its own, with its own environment; only the imports are shared.
``python -m holdfast_daemon.forking`` is that process: it takes requests from the socket that is its standard input
(``holdfast.testing`` asks), one datagram each: a JSON map of ``arguments``, ``environment``, ``log`` and ``folder``
(paths), and the descriptor of a socket, which is told the daemon's process number and, when it ends, its exit code.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from typing import Any

from holdfast_daemon.app import main as daemon
from holdfast_daemon.formats.registry import load_formats

REQUEST_BYTES = 1 << 20


def main() -> int:
    """Until nobody asks any more; in a daemon's process, how that ended."""
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
