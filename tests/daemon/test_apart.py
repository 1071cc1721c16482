"""What stands still for ever keeps nobody from working."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from holdfast_daemon import apart
from holdfast_daemon.apart import Apart
from holdfast_protocol.errors import Busy


def test_what_work_gives_or_raises_is_had() -> None:
    """One job after the other, more of them than there are turns."""

    async def run() -> None:
        jobs = Apart(1)
        assert await asyncio.gather(*(jobs.of(lambda number=number: number) for number in range(5))) == [0, 1, 2, 3, 4]  # type: ignore[misc]  # a lambda with a default
        with pytest.raises(ZeroDivisionError):
            await jobs.of(lambda: 1 // 0)
        assert await jobs.of(lambda: "after it") == "after it"

    asyncio.run(run())


def test_jobs_behind_those_that_stand_still_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Soon; those are given up by whoever asked for them, and keep their turns until they end, after all."""
    monkeypatch.setattr(apart, "TURN_SECONDS", 0.01)
    end = threading.Event()

    async def run() -> None:
        jobs = Apart(2)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await jobs.of(lambda: end.wait(30))
        with pytest.raises(Busy):
            await jobs.of(lambda: "never")
        end.set()
        monkeypatch.setattr(apart, "TURN_SECONDS", 30)
        assert await jobs.of(lambda: "at last") == "at last"

    asyncio.run(run())


_STANDS_STILL = """
import asyncio, threading
from holdfast_daemon.apart import Apart
begun, end = threading.Event(), threading.Event()
def stand_still():
    begun.set()
    end.wait()
async def run():
    job = asyncio.create_task(Apart(1).of(stand_still))
    await asyncio.to_thread(begun.wait)
asyncio.run(run())
"""


def test_a_process_ends_before_what_stands_still() -> None:
    """Nothing waits for it at the end."""
    subprocess.run([sys.executable, "-c", _STANDS_STILL], check=True, timeout=30)
