"""One large file up and down again, each way checked by its hash: what it costs both sides in memory, and another
thread of the same client in time; and how long a first save takes, until it is in the store and visible, beside ``cp``
and ``sync``. ``--large 10000000000`` is ten gigabytes, and takes five times that of disk.

Up it goes twice, each time with other bytes: read by the daemon itself, and in chunks that the client sends. The client
is a process of its own. Memory is the greatest resident memory (VmHWM), the daemon's since it was reset.
What the machine itself takes to wake somebody up is measured beside it, by a process that only sleeps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE

from measure import Measured, at_most, percentile, ratio, seconds

import holdfast

SIZE_BYTES = 1 << 30
_PIECE_BYTES = 16 << 20
_MEMORY_MB, _PING_MS, _OF_A_COPY = 256.0, 20.0, 0.75
_UP = ("up, read by the daemon", "up, in chunks")

#: Sleeps until its input ends; says how many milliseconds late it woke up each time.
_SLEEPER = """
import json, select, sys, time
late = []
while True:
    start = time.perf_counter()
    if select.select([sys.stdin], [], [], 0.005)[0]:
        break
    late.append((time.perf_counter() - start) * 1000 - 5)
print(json.dumps(late))
"""
#: Moves the session up (a WAY that begins so) or down at SOCKET while another thread pings; says its memory in MB, the
#: milliseconds of each ping, and the seconds that it took.
_MOVER = """
import json, sys, threading, time
from pathlib import Path
import holdfast
from holdfast_protocol import messages
way, socket, path = sys.argv[1:]
if way == "up, in chunks":
    messages.LOCAL_FILES = "unknown"  # what the daemon offers means nothing to this client
client = holdfast.connect(socket, timeout_seconds=120)
pings, done = [], threading.Event()
def ping():
    while not done.wait(0.005):
        start = time.perf_counter()
        client.ping()
        pings.append((time.perf_counter() - start) * 1000)
pinging = threading.Thread(target=ping)
pinging.start()
start = time.perf_counter()
if way.startswith("up"):
    client.save("plain", "large", Path(path), published=True)
else:
    document = client.open("plain/large")
    assert document.write(document.files[0], path) == document.session.size_bytes
taken = time.perf_counter() - start
done.set()
pinging.join()
peak = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([peak, pings, taken]))
"""


def run(endpoint: str, home: Path, pid: int, size_bytes: int) -> Iterator[Measured]:
    """Both ways."""
    file = home / "large"
    try:
        for way in (*_UP, "down"):
            copied = _copied(file, size_bytes) if way in _UP else None
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew (proc(5))
            command = [sys.executable, "-c", _MOVER, way, endpoint.removeprefix("ipc://"), str(file)]
            with subprocess.Popen([sys.executable, "-c", _SLEEPER], stdin=PIPE, stdout=PIPE) as sleeper:
                said = subprocess.run(command, check=True, capture_output=True).stdout
                late_ms = json.loads(sleeper.communicate()[0])
            peak, pings, taken = json.loads(said)
            detail = f"{size_bytes / 1e9:.1f} GB in {taken:.1f} s"
            if copied is not None:
                rates = size_bytes / 1e6 / copied, size_bytes / 1e6 / taken
                yield ratio(f"first save, {way}, against cp and sync", *rates, _OF_A_COPY, " MB/s")
            yield at_most(f"memory of the client, {way}", peak, _MEMORY_MB, "MB", detail)
            yield at_most(f"memory of the daemon, {way}", _peak_megabytes(pid), _MEMORY_MB, "MB", detail)
            ordered = sorted(pings)
            worst = f"median {ordered[len(ordered) // 2]:.1f} ms, slowest {ordered[-1]:.1f} ms of {len(ordered)}"
            worst += f"; a bare sleep is late by {percentile(late_ms, 99):.1f} ms"
            late = percentile(pings, 99)
            yield at_most(f"ping of the same client beside it, {way}, 99 %", late, _PING_MS, "ms", worst)
            file.unlink()
            _wait_until_published(endpoint)
    finally:
        file.unlink(missing_ok=True)


def _wait_until_published(endpoint: str) -> None:
    """What the daemon does behind the answer is no part of what comes next."""
    with holdfast.connect(endpoint.removeprefix("ipc://")) as client:
        while client.status().pending_files:
            time.sleep(0.1)


def _copied(file: Path, size_bytes: int) -> float:
    """The file has new bytes, which are on the disk; gives how many seconds it takes to copy them there."""
    with file.open("wb") as target:
        for _ in range(size_bytes // _PIECE_BYTES):
            target.write(os.urandom(_PIECE_BYTES))
    os.sync()
    copy = file.with_name("copy")

    def work() -> None:
        subprocess.run(["cp", str(file), str(copy)], check=True)
        os.sync()

    taken = seconds(work)
    copy.unlink()
    return taken


def _peak_megabytes(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().split("\n")
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024
