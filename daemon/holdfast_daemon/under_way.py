"""The requests that are being worked on. One that changes the store is worked on once at a time: a repeat of it waits
for the try before it, which has as long as the repeat does, and finds its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import NamedTuple

from holdfast_daemon.deadlines import Wish

Work = Callable[[Wish], Coroutine[None, None, None]]


class _Try(NamedTuple):
    task: asyncio.Task[None]
    wish: Wish


class UnderWay:
    """For the loop only."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._tries: dict[bytes, _Try] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, work: Work, deadline: float, once: bytes | None = None) -> None:
        """Work from now on, or behind the other tries of the request whose id is ``once``. ``work`` raises nothing."""
        before = self._tries.get(once) if once is not None else None
        wish = before.wish if before is not None else Wish(deadline)
        wish.deadline = max(wish.deadline, deadline)
        task = asyncio.get_running_loop().create_task(_after(before, work, wish))
        self._tasks.add(task)
        if once is not None:
            self._tries[once] = _Try(task, wish)
        task.add_done_callback(lambda ended: self._ended(ended, once))

    async def wait(self, seconds: float) -> None:
        """Until nothing is under way, but no longer than that."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _ended(self, task: asyncio.Task[None], once: bytes | None) -> None:
        self._tasks.discard(task)
        if once is not None and self._tries[once].task is task:
            del self._tries[once]


async def _after(before: _Try | None, work: Work, wish: Wish) -> None:
    if before is not None:
        await asyncio.wait([before.task])
    await work(wish)
