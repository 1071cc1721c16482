"""The command line in a process of its own, forked from one that has imported it: a run costs a tenth of the time.

What runs is its own ``main``, with its own arguments, environment, standard streams (pipes) and exit code; only the
imports are shared. That it imports little, and all that it needs, is told by tests that begin with an interpreter.
As a program, this is the process that is forked: it takes a datagram for each run from the socket that is its standard
input, a JSON map of ``words``, ``environment`` and ``folder``, with four descriptors: a socket, which is told the
process's number and its exit code, and the three streams.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module

REQUEST_BYTES = 1 << 20
#: What an interpreter reads once, when it begins.
AT_THE_BEGINNING = ("PYTHON", "LANG", "LC_")

_forkers: dict[int, socket.socket] = {}


def is_forkable(environment: Mapping[str, str]) -> bool:
    """Whether an interpreter of its own would begin as the one that is forked did."""
    kept = {**os.environ, **dict.fromkeys((name for name in os.environ if name not in environment), "")}
    differing = {name for name in {*kept, *environment} if environment.get(name, "") != kept.get(name, "")}
    return not any(name.startswith(AT_THE_BEGINNING) and environment.get(name) for name in differing)


def run(
    words: list[str], environment: Mapping[str, str], content: bytes, timeout_seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """One run, as ``subprocess.run`` does it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pipes = [os.pipe() for _ in range(3)]
    (read, write), out, err = pipes
    request = {"words": words, "environment": dict(environment), "folder": os.getcwd()}
    given = [theirs.fileno(), read, out[1], err[1]]
    socket.send_fds(_forker(), [json.dumps(request).encode()], given)
    theirs.close()
    for descriptor in given[1:]:
        os.close(descriptor)
    said: dict[int, bytes] = {}
    threads = [threading.Thread(target=_write, args=[write, content])]
    threads += [threading.Thread(target=_read, args=[each, said]) for each in (out[0], err[0])]
    for thread in threads:
        thread.start()
    with ours:
        ours.settimeout(timeout_seconds)
        pid = int(ours.recv(32))
        try:
            code = int(ours.recv(32))
        except TimeoutError as problem:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(words, timeout_seconds) from problem
        finally:
            for thread in threads:
                thread.join()
    return subprocess.CompletedProcess(words, code, said[out[0]], said[err[0]])


def _write(descriptor: int, content: bytes) -> None:
    with suppress(BrokenPipeError), open(descriptor, "wb", buffering=0) as pipe:
        left = memoryview(content)
        while left:
            left = left[pipe.write(left) :]


def _read(descriptor: int, said: dict[int, bytes]) -> None:
    with open(descriptor, "rb") as pipe:
        said[descriptor] = pipe.read()


def _forker() -> socket.socket:
    found = _forkers.get(os.getpid())
    if found is None:
        found, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = subprocess.Popen([sys.executable, __file__], stdin=theirs.fileno(), stdout=subprocess.DEVNULL)
        theirs.close()
        _forkers[os.getpid()] = found
        atexit.register(process.wait)
        atexit.register(found.close)
    return found


def main() -> None:
    """Until nobody asks any more."""
    import holdfast.cli

    for each in pkgutil.iter_modules(holdfast.cli.__path__, "holdfast.cli."):
        import_module(each.name)
    for name in ("client", "doctor", "starting", "silence"):
        import_module(f"holdfast.{name}")
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    requests = socket.socket(fileno=os.dup(0))
    while True:
        said, descriptors, *_ = socket.recv_fds(requests, REQUEST_BYTES, 4)
        if not said:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            _mind(descriptors[0], descriptors[1:])
            _become(json.loads(said), descriptors[1:])
            holdfast.cli.main()
        for descriptor in descriptors:
            os.close(descriptor)


def _mind(status: int, streams: list[int]) -> None:
    """Comes back in a process of its own; this one waits for that, and says how it ended."""
    pid = os.fork()
    if pid == 0:
        os.close(status)
        return
    for stream in streams:
        os.close(stream)
    os.write(status, str(pid).encode())
    _, ended = os.waitpid(pid, 0)
    os.write(status, str(os.waitstatus_to_exitcode(ended)).encode())
    os._exit(0)


def _become(request: dict[str, object], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]  # a map of text
    os.chdir(str(request["folder"]))
    sys.argv = ["-c", *request["words"]]  # type: ignore[misc]  # a list of text


if __name__ == "__main__":
    main()
