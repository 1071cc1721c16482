"""Work that may stand still for ever, because somebody else's file system does: nobody else waits for it, not even the
end of the daemon."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from holdfast_protocol.errors import Busy

#: So long a job waits until it is its turn.
TURN_SECONDS = 1.0

Value = TypeVar("Value")


class Apart:
    """So many jobs at a time, each in a thread of its own. For the loop only."""

    def __init__(self, count: int) -> None:
        self._turns = asyncio.Semaphore(count)

    async def of(self, work: Callable[[], Value]) -> Value:
        """What it gives or raises. Raises Busy, soon, where others stand in the way."""
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError as problem:
            raise Busy("Others' files are being read, and it takes long; send the chunks") from problem
        loop = asyncio.get_running_loop()
        done: Future[Value] = Future()
        done.set_running_or_notify_cancel()  # from here on it goes on, whoever waits for it no longer

        def run() -> None:
            try:
                done.set_result(work())
            except BaseException as problem:  # whoever waits has it
                done.set_exception(problem)
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._turns.release)

        threading.Thread(target=run, name="apart", daemon=True).start()
        return await asyncio.wrap_future(done)
