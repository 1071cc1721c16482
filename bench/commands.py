"""`holdfast list` as a process, against Python importing what any client of this wire needs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from measure import Measured, at_most, in_turn, seconds
from processes import BIN, environment

ROUNDS = 15
PEER = (sys.executable, "-c", "import zmq, msgpack")
SUBJECT = (str(BIN / "holdfast"), "--no-start", "--quiet", "list")


def run(home: Path) -> Iterator[Measured]:
    """One line; lower is better."""
    peer, subject = in_turn(lambda: _seconds(PEER, home), lambda: _seconds(SUBJECT, home), ROUNDS)
    detail = f"{subject * 1000:.0f} ms against {peer * 1000:.0f} ms"
    yield at_most("holdfast list, as a process", subject / peer, 1.5, "×", detail)


def _seconds(command: Sequence[str], home: Path) -> float:
    return seconds(
        # no timeout: with one, Python looks only now and then whether the process has ended, in steps of up to 50 ms
        lambda: subprocess.run(command, env=environment(home), check=True, stdout=subprocess.DEVNULL)
    )
