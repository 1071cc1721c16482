"""System calls of a running daemon on certain files fail, until they do not any more: strace says so to the kernel."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e_daemon import Daemon, until

WRITES = "write,pwrite64,writev,pwritev,pwritev2"
READS = "read,pread64,preadv,preadv2"
SYNCS = "fsync,fdatasync,syncfs"
RENAMES = "rename,renameat,renameat2,link,linkat"


@contextmanager
def failing(daemon: Daemon, calls: str, error: str, *paths: Path) -> Iterator[None]:
    """Of all its threads; on these files only, where any are named."""
    assert daemon.process is not None
    pid = daemon.process.pid
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(pid), "-e", f"inject={calls}:error={error}"]
    for path in paths:
        words += ["-P", str(path)]
    tracer = subprocess.Popen([*words, "-e", f"trace={calls}"])

    def is_traced() -> bool:
        said = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        return all(f"TracerPid:\t{tracer.pid}\n" in each for each in said)

    until(is_traced)
    try:
        yield
    finally:
        tracer.terminate()
        tracer.wait()
