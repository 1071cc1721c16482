"""Two thousand connections held open by a stranger: the daemon neither dies nor goes deaf."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_daemon import Daemon

COUNT = 2000
HOLD_SECONDS = 3.0


@pytest.fixture
def descriptors() -> Iterator[None]:
    """This process may open them all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < COUNT + 200:
        pytest.skip(f"this process may open only {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, COUNT + 200), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _few() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))


def _held(path: str, until: float) -> list[socket.socket]:
    """As many of ``COUNT`` attempts as the kernel gives before ``until``."""
    held: list[socket.socket] = []
    for _ in range(COUNT):
        if time.monotonic() > until:
            break
        one = socket.socket(socket.AF_UNIX)
        one.setblocking(False)
        try:
            one.connect(path)
            held.append(one)
        except OSError:  # the queue is full: the daemon takes no more for now
            one.close()
            time.sleep(0.002)
    return held


@pytest.mark.parametrize("limit", ["1024", "default"])
def test_two_thousand_held_connections(limit: str, house: Path, descriptors: None) -> None:
    """Whatever its limit of open files, the daemon survives them and serves a client when they are gone."""
    daemon = Daemon(house / "d", before=_few if limit == "1024" else None)
    try:
        daemon.start()
        daemon.ok("save", "notes/x", "-", content=b"x")
        started = time.monotonic()
        held = _held(daemon.socket, started + 10)
        assert len(held) > (200 if limit == "1024" else 500)
        while time.monotonic() < started + HOLD_SECONDS:
            assert daemon.alive
            time.sleep(0.05)
        for one in held:
            with contextlib.suppress(OSError):
                one.close()
        assert daemon.ok("cat", "notes/x").out == b"x"
        assert daemon.alive
    finally:
        daemon.stop()
