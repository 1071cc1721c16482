"""What others do while somebody looks, told some at a time; and whether the daemon is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from holdfast.async_client import AsyncClient
from holdfast_protocol.errors import HoldfastError, NotFound
from holdfast_protocol.model import OperationRow

#: The first that happens is told at once; what comes within this time after it is told together.
TOGETHER_SECONDS = 0.1
#: A daemon that is silent for less is not missed: what is asked of it meanwhile is answered when it is back.
SILENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.25


class Meanwhile:
    """``there``: the daemon is there, for the first time or again, and what is shown is to be read; whatever happens
    from then on is told. ``told`` gets the operations, ``away`` why there is no daemon."""

    def __init__(
        self,
        path: str,
        *,
        there: Callable[[], Awaitable[None]],
        told: Callable[[Sequence[OperationRow]], Awaitable[None]],
        away: Callable[[HoldfastError], Awaitable[None]],
    ) -> None:
        self._path = path
        self._there = there
        self._told = told
        self._away = away
        self._since: int | None = None
        self._waiting: list[OperationRow] = []
        self._are_waiting = asyncio.Event()

    async def follow(self) -> None:
        """Until it is cancelled. While the daemon is there and nothing happens, nothing is asked of it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell())
            is_away = False
            while True:
                try:
                    async with AsyncClient(self._path, timeout_seconds=SILENCE_SECONDS) as client:
                        newest = await _newest(client)  # before anything is read: what comes after it is not missed
                        is_away = False
                        await self._there()
                        await self._listen(client, newest if self._since is None else self._since)
                except NotFound:  # another store, or an older state of it
                    self._since = None
                except HoldfastError as problem:
                    if not is_away:
                        is_away = True
                        await self._away(problem)
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def _listen(self, client: AsyncClient, since: int) -> None:
        self._since = since
        async for row in client.events(since):
            self._since = row.number
            self._waiting.append(row)
            self._are_waiting.set()

    async def _tell(self) -> None:
        while True:
            await self._are_waiting.wait()
            self._are_waiting.clear()
            rows, self._waiting = self._waiting, []
            await self._told(rows)
            await asyncio.sleep(TOGETHER_SECONDS)


async def _newest(client: AsyncClient) -> int:
    """The number of the newest operation."""
    rows = (await client.operations(newest=True, limit=1)).rows
    return rows[-1].number if rows else 0
