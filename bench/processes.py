"""Starting what is measured and its peers, and stopping it again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from holdfast_protocol.endpoint import places
from holdfast_protocol.errors import Unreachable

BIN = Path(sys.executable).parent
START_SECONDS = 20
TICKS = os.sysconf("SC_CLK_TCK")


def environment(home: Path) -> dict[str, str]:
    """This process's environment with everything of holdfast below ``home``, and Python as it is by itself:
    PYTHONDONTWRITEBYTECODE, for one, would have every start compile anew."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "PYTHON"))}
    return kept | {"HOLDFAST_HOME": str(home)}


@contextmanager
def daemon(home: Path) -> Iterator[tuple[str, int]]:
    """A daemon's endpoint and process id. Raises Unreachable where it does not come up; its log is in ``home``."""
    socket = places(environment(home)).socket
    with (home / "daemon.log").open("wb") as log, _running([str(BIN / "holdfastd")], home, log.fileno()) as process:
        _wait_for(socket, process, home / "daemon.log")
        yield f"ipc://{socket}", process.pid


@contextmanager
def echo(home: Path) -> Iterator[str]:
    """A bare echo's endpoint."""
    socket = str(home / "echo")
    with _running([sys.executable, str(Path(__file__).with_name("echo.py")), f"ipc://{socket}"], home, None) as process:
        _wait_for(socket, process, None)
        yield f"ipc://{socket}"


@contextmanager
def fan_out(home: Path, count: int, messages: Sequence[bytes]) -> Iterator[str]:
    """The endpoint of what sends these messages to ``count`` who ask, again and again."""
    socket, file = str(home / "fan-out"), home / "messages"
    file.write_bytes(b"".join(len(each).to_bytes(4, "big") + each for each in messages))
    script = str(Path(__file__).with_name("fan_out.py"))
    with _running([sys.executable, script, f"ipc://{socket}", str(count), str(file)], home, None) as process:
        _wait_for(socket, process, None)
        yield f"ipc://{socket}"


@contextmanager
def _running(command: Sequence[str], home: Path, log: int | None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment(home), stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(socket: str, process: subprocess.Popen[bytes], log: Path | None) -> None:
    end = time.monotonic() + START_SECONDS
    while not os.path.exists(socket):
        if process.poll() is not None or time.monotonic() > end:
            said = log.read_text("utf-8", "replace")[-2000:] if log else ""
            raise Unreachable(f"It did not come up:\n{said}", path=socket)
        time.sleep(0.01)


def resident_bytes(pid: int) -> int:
    """What the process holds in memory now (proc(5), VmRSS)."""
    lines = Path(f"/proc/{pid}/status").read_text().split("\n")
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) * 1024


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
