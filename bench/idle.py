"""What a daemon with 10,000 sessions holds and does while nobody asks."""

from __future__ import annotations

import time
from collections.abc import Iterator

from measure import Measured, at_most
from processes import cpu_seconds, resident_bytes
from wire import check_result, frames_of, lines

from holdfast_protocol.messages import Save
from holdfast_protocol.model import FileSource

SESSIONS_COUNT = 10_000
FLIGHT = 64
SETTLE_SECONDS, WATCH_SECONDS = 3, 10


def run(daemon: str, pid: int) -> Iterator[Measured]:
    """Memory, and the share of one core over ten seconds."""
    with lines(daemon, 1) as (line,):
        line.hello()
        for number in range(SESSIONS_COUNT + FLIGHT):
            if number >= FLIGHT:
                check_result(line.receive())
            if number < SESSIONS_COUNT:
                content = f"session {number}\n".encode() * 20
                line.send(frames_of(Save(app="plain", name=f"idle-{number}", files=[FileSource(frame=0)]), [content]))
    time.sleep(SETTLE_SECONDS)
    before = cpu_seconds(pid)
    time.sleep(WATCH_SECONDS)
    share = (cpu_seconds(pid) - before) / WATCH_SECONDS * 100
    detail = f"{SESSIONS_COUNT:,} sessions"
    yield at_most("idle: memory", resident_bytes(pid) / 2**20, 80, "MB", detail)
    yield at_most("idle: of a core", share, 0.2, "%", f"{detail}; the kernel counts in steps of 0.1 %")
