"""What somebody who looks is told of what others do, and of the daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import holdfast
from holdfast.looking.meanwhile import Meanwhile
from holdfast.testing import PrivateDaemon
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.model import OperationRow

DEADLINE_SECONDS = 20


class Looker:
    """Writes down what it is told, in order; ``reads`` is what it does when it is to read."""

    def __init__(self, path: str, reads: Callable[[], Awaitable[object]] | None = None) -> None:
        self.said: list[str] = []
        self._reads = reads
        self._meanwhile = Meanwhile(path, there=self._there, told=self._told, away=self._away)
        self._has_heard = asyncio.Condition()

    async def follows(self, does: Callable[[], Awaitable[None]]) -> None:
        """While ``does`` goes on."""
        following = asyncio.create_task(self._meanwhile.follow())
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await does()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def hears(self, what: str, times: int = 1) -> None:
        async with self._has_heard:
            await self._has_heard.wait_for(lambda: self.said.count(what) >= times)

    async def _says(self, *what: str) -> None:
        async with self._has_heard:
            self.said += what
            self._has_heard.notify_all()

    async def _there(self) -> None:
        await self._says("there")
        if self._reads is not None:
            await self._reads()

    async def _told(self, rows: Sequence[OperationRow]) -> None:
        await self._says(*(row.name or "" for row in rows))

    async def _away(self, problem: HoldfastError) -> None:
        await self._says(problem.code)


def test_what_happens_while_it_is_read_is_told(holdfast_daemon: PrivateDaemon) -> None:
    """Between the first answer and the subscription nothing is lost; what was before is not told."""

    async def looks() -> None:
        async with holdfast.AsyncClient(holdfast_daemon.socket) as client:
            await client.save("notes", "before", b"x")
            looker = Looker(holdfast_daemon.socket, lambda: client.save("notes", "meanwhile", b"x"))
            await looker.follows(lambda: looker.hears("meanwhile"))
            assert looker.said == ["there", "meanwhile"]

    asyncio.run(looks())


def test_what_happens_while_nobody_is_told_is_told_afterwards(holdfast_daemon: PrivateDaemon) -> None:
    """A daemon that is away is said to be, once; when it is back all is read, and each operation still told once."""

    async def looks() -> None:
        looker = Looker(holdfast_daemon.socket)

        async def does() -> None:
            await looker.hears("there")
            async with holdfast.AsyncClient(holdfast_daemon.socket) as client:
                await client.save("notes", "first", b"x")
            await looker.hears("first")
            holdfast_daemon.kill()
            await looker.hears("unreachable")
            holdfast_daemon.start()
            async with holdfast.AsyncClient(holdfast_daemon.socket) as client:
                await client.save("notes", "second", b"x")
            await looker.hears("second")

        await looker.follows(does)
        assert looker.said == ["there", "first", "unreachable", "there", "second"]

    asyncio.run(looks())


def test_many_changes_are_told_together(holdfast_daemon: PrivateDaemon) -> None:
    """Each once and in order, however fast they come."""

    async def looks() -> None:
        looker = Looker(holdfast_daemon.socket)

        async def does() -> None:
            await looker.hears("there")
            async with holdfast.AsyncClient(holdfast_daemon.socket) as client:
                await asyncio.gather(*(client.save("notes", f"n{number}", b"x") for number in range(50)))
            await asyncio.gather(*(looker.hears(f"n{number}") for number in range(50)))

        await looker.follows(does)
        assert len(looker.said) == 51

    asyncio.run(looks())
