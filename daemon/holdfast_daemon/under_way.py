"""The requests that are being worked on. One that changes the store is worked on once at a time: a repeat of it waits
for the try before it, which has as long as the repeat does, and finds its answer. Each may be cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import NamedTuple

from holdfast_daemon.deadlines import Wish

#: What it gives is whether it ended because it was cancelled. It raises nothing.
Work = Callable[[Wish], Coroutine[None, None, bool]]


class Asking(NamedTuple):
    """The connection, the id of the request, until when it is waited for, by the monotonic clock; whether it is done
    once; and whether it is never cut off in the middle."""

    peer: bytes
    request: bytes
    deadline: float
    once: bool
    lasts: bool


class _Try(NamedTuple):
    task: asyncio.Task[bool]
    wish: Wish
    lasts: bool


class UnderWay:
    """For the loop only."""

    def __init__(self) -> None:
        self._tries: dict[tuple[bytes, bytes], _Try] = {}
        self._newest: dict[bytes, _Try] = {}
        self._tasks: set[asyncio.Task[bool]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, asking: Asking, work: Work) -> asyncio.Task[bool]:
        """Work from now on, or behind the other tries of what is done once."""
        before = self._newest.get(asking.request) if asking.once else None
        wish = before.wish if before is not None else Wish(asking.deadline)
        wish.deadline = max(wish.deadline, asking.deadline)
        task = asyncio.get_running_loop().create_task(_after(before, work, wish))
        begun = self._tries[asking.peer, asking.request] = _Try(task, wish, asking.lasts)
        if asking.once:
            self._newest[asking.request] = begun
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._ended(asking, begun))
        return task

    async def cancel(self, peer: bytes, request: bytes) -> str:
        """What becomes of that request of that connection, and of its other tries: ``cancelled``, ``done`` where it was
        too late for that, ``unknown`` where it is not under way."""
        found = self._tries.get((peer, request))
        if found is None:
            return "unknown"
        found.wish.is_cancelled = True
        if not found.lasts:
            found.task.cancel()
        await asyncio.wait([found.task])
        return "cancelled" if found.task.result() else "done"

    def drop(self, peer: bytes) -> None:
        """That connection is not to have what it asked for; a change that is being made is."""
        for (asker, _), found in self._tries.items():
            if asker == peer:
                found.wish.is_cancelled = True
                if not found.lasts:
                    found.task.cancel()

    async def wait(self, seconds: float) -> None:
        """Until nothing is under way, but no longer than that."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _ended(self, asking: Asking, ended: _Try) -> None:
        self._tasks.discard(ended.task)
        if self._tries.get((asking.peer, asking.request)) is ended:
            del self._tries[asking.peer, asking.request]
        if self._newest.get(asking.request) is ended:
            del self._newest[asking.request]


async def _after(before: _Try | None, work: Work, wish: Wish) -> bool:
    if before is not None:
        await asyncio.wait([before.task])
    return await work(wish)
