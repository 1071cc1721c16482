"""What others do meanwhile, told some at a time; and whether the daemon is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from holdfast.async_client import AsyncClient
from holdfast_protocol.errors import HoldfastError, NotFound
from holdfast_protocol.model import OperationRow

#: What comes within this time is told together.
_TOGETHER_SECONDS = 0.1
#: A daemon that is away for less is not missed.
_PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.25


class Live:
    """``told`` gets the operations; ``away`` why there is no daemon, and then, when there is one again, None."""

    def __init__(
        self,
        path: str,
        told: Callable[[Sequence[OperationRow]], Awaitable[None]],
        away: Callable[[HoldfastError | None], Awaitable[None]],
    ) -> None:
        self._path = path
        self._told = told
        self._away = away
        self._since: int | None = None
        self._waiting: list[OperationRow] = []
        self._are_there = asyncio.Event()

    async def follow(self) -> None:
        """Until it is cancelled. It connects as often as the daemon comes back."""
        telling = asyncio.create_task(self._tell())
        is_away = False
        try:
            while True:
                client = AsyncClient(self._path, timeout_seconds=_PATIENCE_SECONDS)
                try:
                    if self._since is None:
                        rows = (await client.operations(limit=1, newest=True)).rows
                        self._since = rows[-1].number if rows else 0
                    await client.ping()
                    if is_away:
                        is_away = False
                        await self._away(None)
                    await self._listen(client)
                except NotFound:  # another store, or an older state of it
                    self._since = None
                except HoldfastError as problem:
                    if not is_away:
                        is_away = True
                        await self._away(problem)
                    await asyncio.sleep(_PAUSE_SECONDS)
                finally:
                    client.close()
        finally:
            telling.cancel()

    async def _listen(self, client: AsyncClient) -> None:
        async for row in client.events(self._since):
            self._since = row.number
            self._waiting.append(row)
            self._are_there.set()

    async def _tell(self) -> None:
        while True:
            await self._are_there.wait()
            await asyncio.sleep(_TOGETHER_SECONDS)
            rows, self._waiting = self._waiting, []
            self._are_there.clear()
            await self._told(rows)
