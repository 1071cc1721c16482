"""Whatever a peer does, the daemon lives; and when it has gone, others are served at once and its memory is back."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import hostile_peers
import pytest
from e2e_daemon import Daemon, until

PEER_SECONDS = 40
SERVED_SECONDS = 0.1
KEPT_BYTES = 100_000_000


def resident_bytes(daemon: Daemon) -> int:
    """What the daemon holds in memory now (proc(5), VmRSS)."""
    assert daemon.process is not None
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def served_seconds(daemon: Daemon) -> float:
    """How long an honest newcomer's ping takes: the middle one of five."""
    with daemon.client() as client:
        times = [time.monotonic()]
        for _ in range(5):
            client.ping()
            times.append(time.monotonic())
    return statistics.median(after - before for before, after in pairwise(times))


@pytest.mark.parametrize("peer", hostile_peers.PEERS)
def test_a_hostile_peer_harms_nobody(peer: str, shared: Daemon) -> None:
    """The daemon lives through it; once it has gone, a ping takes 100 ms at most and the memory is within 100 MB."""
    with shared.client() as client:
        client.ping()
    before = resident_bytes(shared)
    command = [sys.executable, hostile_peers.__file__, peer, shared.socket]
    done = subprocess.run(command, timeout=PEER_SECONDS, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert shared.alive
    until(lambda: served_seconds(shared) <= SERVED_SECONDS)
    until(lambda: resident_bytes(shared) <= before + KEPT_BYTES)
