"""What takes minutes: one at a time, in a thread of the lowest priority.

It belongs to the daemon, not to who asked: they may hang up, and whoever asks meanwhile sees how far it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from holdfast_daemon.pacing import Pacing, Stopped
from holdfast_protocol.errors import HoldfastError, Internal, ShuttingDown

STOP_SECONDS = 10.0

Report = TypeVar("Report")


class Failure:
    """Within it what fails is kept for whoever asks how it went: ``sentence`` is None where it went well."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self.sentence: str | None = None
        self.code = ""

    def __enter__(self) -> Failure:
        return self

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> bool:
        if isinstance(problem, Stopped):
            self.sentence = "It was stopped"
        elif isinstance(problem, HoldfastError):
            self.sentence, self.code = problem.sentence, problem.code
        elif isinstance(problem, Exception):  # the thread's one catch-all
            self._log.error("It failed", exc_info=problem)
            self.sentence, self.code = f"{type(problem).__name__}: {problem}", Internal.code
        return problem is None or self.sentence is not None


class LongJob:
    """For the loop only, but for the work."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._ended = asyncio.Event()
        self._stopped = False
        self._pacing = Pacing()

    @property
    def running(self) -> bool:
        return self._thread is not None

    def begin(self, pacing: Pacing, work: Callable[[], Report], end: Callable[[Report], None]) -> None:
        """``work``, which raises nothing, in the thread; then ``end`` with what it gave, in the loop, which may begin
        another. Raises ShuttingDown."""
        if self._stopped:
            raise ShuttingDown("The daemon is stopping; ask again")
        ended = asyncio.Event()
        self._pacing, self._ended = pacing, ended
        loop = asyncio.get_running_loop()

        def run() -> None:
            pacing.lower()
            report = work()
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(finish, report)

        def finish(report: Report) -> None:
            self._thread = None
            end(report)
            ended.set()

        self._thread = threading.Thread(target=run, name=self._name, daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """The one that runs is given up."""
        self._pacing.stop()

    async def wait(self, seconds: float) -> None:
        """Until it has ended; no longer than that."""
        if self.running and seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._ended.wait()

    async def stop(self) -> None:
        """So that no other begins."""
        self._stopped = True
        self.interrupt()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)
