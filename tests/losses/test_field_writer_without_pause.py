"""A program that never stops writing: a debounce that each write postpones would wait for ever (aiderdesk.md 4, 5:
twelve messages 0.9 s apart and no save; anchors.md, table D)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from e2e_daemon import until
from losses_adopted import Adopted

#: A line every 10 ms, far below the settling time, until it is killed.
SCRIPT = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    for number in range(100_000):
        file.write(f"line {number}\\n".encode())
        time.sleep(0.01)
"""


def test_it_is_captured_all_the_same(adopt: Callable[..., Adopted], desk: Path) -> None:
    """While it still writes there are snapshots of what was there by then, and at the end of the whole."""
    folder = desk / "logbook"
    folder.mkdir()
    log = folder / "today.txt"
    log.write_bytes(b"begun\n")
    adopted = adopt(folder, "logbook")
    writer = subprocess.Popen([sys.executable, "-c", SCRIPT, str(log)])
    try:
        until(lambda: len(adopted.history("today.txt")) >= 3)
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()

    whole = log.read_bytes()
    adopted.head_is("today.txt", whole)
    for row in adopted.history("today.txt"):
        kept = adopted.command("cat", "today.txt", snapshot=row["snapshot"]).out
        assert whole.startswith(kept)
    adopted.comes_back("today.txt", b"begun\n")
