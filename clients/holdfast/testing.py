"""For the tests of applications: a daemon of each test's own, there in a tenth of a second, and gone afterwards.

    pytest_plugins = ["holdfast.testing"]  # in conftest.py

    def test_it_saves(holdfast_daemon):
        my_application.save("first", socket=holdfast_daemon.socket)
        with holdfast_daemon.client() as client:
            assert client.cat("mine/first") == b"what it saved"

The first one takes as long as a daemon does; the others are forked from a process that has everything imported.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from holdfast.client import Client
from holdfast_protocol.endpoint import places
from holdfast_protocol.errors import HoldfastError, TooLate

DEADLINE_SECONDS = 30.0
_PAUSE_SECONDS = 0.005


class PrivateDaemon:
    """A daemon with a home (store, sessions, socket, configuration) of its own below ``home``. ``with`` starts and
    stops it; ``environment`` is what a program needs to find it."""

    def __init__(self, home: Path, arguments: Sequence[str] = ()) -> None:
        self.home = home
        self.arguments = [*arguments]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
        self.environment = {**kept, "HOLDFAST_HOME": str(home)}
        self.socket = places(self.environment).socket
        self.sessions = home / "sessions"
        self.log = home / "holdfastd.log"
        self._process: Forked | None = None

    def start(self) -> Self:
        """Returns once it answers. Raises TooLate, with the end of its log, where it does not."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._process = fork(self.arguments, self.environment, self.log)
        until = time.monotonic() + DEADLINE_SECONDS
        while True:
            try:
                self.client().close()
                return self
            except HoldfastError as problem:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise TooLate(f"The daemon did not start: {self.log.read_text()[-2000:]}") from problem
            time.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        """As a system does it: everything is answered and published first. Again is once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(DEADLINE_SECONDS)

    def kill(self) -> None:
        """As a power cut does it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_SECONDS)

    def client(self, *, timeout_seconds: float = 10.0) -> Client:
        """A new one."""
        client = Client(self.socket, timeout_seconds=timeout_seconds)
        client.hello()
        return client

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@pytest.fixture
def holdfast_daemon() -> Iterator[PrivateDaemon]:
    """A running daemon of this test's own."""
    home = Path(tempfile.mkdtemp(prefix="holdfast-"))  # short: the path of a socket has at most 107 bytes
    try:
        with PrivateDaemon(home) as daemon:
            yield daemon
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def holdfast_client(holdfast_daemon: PrivateDaemon) -> Iterator[Client]:
    """A client of it."""
    with holdfast_daemon.client() as client:
        yield client


class Forked:
    """A process that was forked elsewhere, with what tests do with a ``subprocess.Popen``."""

    def __init__(self, status: socket.socket) -> None:
        self._status = status
        self.returncode: int | None = None
        self.pid = int(status.recv(32) or 0)
        if not self.pid:
            raise ChildProcessError("The process that forks daemons has ended")

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
    """A daemon that may or may not come to serve; what it says goes to ``log``."""
    forker = _forkers.get(os.getpid())
    if forker is None:
        forker, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = subprocess.Popen([sys.executable, "-m", "holdfast_daemon.forking"], stdin=theirs.fileno())
        theirs.close()
        _forkers[os.getpid()] = forker
        atexit.register(process.wait)
        atexit.register(forker.close)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    request = {"arguments": [*arguments], "environment": dict(environment), "log": str(log), "folder": os.getcwd()}
    socket.send_fds(forker, [json.dumps(request).encode()], [theirs.fileno()])
    theirs.close()
    return Forked(ours)
