"""A value that costs much to make and much to keep: kept only while it is asked for again and again.

Whoever reads a large part window by window would otherwise have its whole document read for each window.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class _Kept(Generic[Value]):
    """``asking_count``: so many wait for it."""

    value: Value | None = None
    asking_count: int = 0
    end: asyncio.TimerHandle | None = None
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


class Lately(Generic[Value]):
    """``count`` values at a time, those that are being made among them, each forgotten ``seconds`` after it was last
    asked for. For the loop only."""

    def __init__(self, seconds: float, count: int = 1) -> None:
        self._seconds = seconds
        self._count = count
        self._kept: OrderedDict[Hashable, _Kept[Value]] = OrderedDict()
        self._room = asyncio.Semaphore(count)
        self._making_count = 0

    async def of(self, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        """The value of ``key``, made once for all who ask meanwhile."""
        kept = self._kept.setdefault(key, _Kept())
        kept.asking_count += 1
        try:
            async with kept.making:
                value = kept.value if kept.value is not None else await self._made(kept, make)
        finally:
            kept.asking_count -= 1
            if kept.value is None and not kept.asking_count:
                self._drop(key, kept)
        if self._kept.get(key) is kept:
            self._kept.move_to_end(key)
            self._stop(kept)
            kept.end = asyncio.get_running_loop().call_later(self._seconds, self._drop, key, kept)
        return value

    async def _made(self, kept: _Kept[Value], make: Callable[[], Awaitable[Value]]) -> Value:
        async with self._room:
            self._making_count += 1
            try:
                others = [(key, each) for key, each in self._kept.items() if each.value is not None]
                for key, each in others[: max(0, len(others) + self._making_count - self._count)]:
                    self._drop(key, each)
                kept.value = value = await make()
                return value
            finally:
                self._making_count -= 1

    def forget(self) -> None:
        """Now."""
        for key, kept in [*self._kept.items()]:
            self._drop(key, kept)

    def _drop(self, key: Hashable, kept: _Kept[Value]) -> None:
        kept.value = None
        self._stop(kept)
        if self._kept.get(key) is kept and not kept.asking_count:
            del self._kept[key]

    def _stop(self, kept: _Kept[Value]) -> None:
        if kept.end is not None:
            kept.end.cancel()
            kept.end = None


class Unkept(Lately[Value]):
    """Made anew each time; for any thread."""

    async def of(self, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        """The value."""
        return await make()
