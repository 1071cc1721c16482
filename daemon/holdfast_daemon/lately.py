"""A value that costs much to make and much to keep: kept only while it is asked for again and again.

Whoever reads a large part window by window would otherwise have its whole document read for each window.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lately(Generic[Value]):
    """One value at a time, forgotten ``seconds`` after it was last asked for. For the loop only."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._key: Hashable = None
        self._value: Value | None = None
        self._end: asyncio.TimerHandle | None = None
        self._making = asyncio.Lock()

    async def of(self, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        """The value of ``key``, made once for all who ask meanwhile."""
        async with self._making:
            if self._value is None or self._key != key:
                self.forget()
                self._key, self._value = key, await make()
            if self._end is not None:
                self._end.cancel()
            self._end = asyncio.get_running_loop().call_later(self._seconds, self.forget)
            return self._value

    def forget(self) -> None:
        """Now."""
        self._key = self._value = None
        if self._end is not None:
            self._end.cancel()
            self._end = None


class Unkept(Lately[Value]):
    """Made anew each time; for any thread."""

    async def of(self, key: Hashable, make: Callable[[], Awaitable[Value]]) -> Value:
        """The value."""
        return await make()
