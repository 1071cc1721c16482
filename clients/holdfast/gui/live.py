"""What happens, for all open pages: one subscription to the daemon, and a WebSocket that says to each page what to read
again. Rows never go through it: the page asks for what it shows."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from holdfast.async_client import AsyncClient
from holdfast_protocol.errors import HoldfastError

GATHER_SECONDS = 0.1
RETRY_SECONDS = 0.5
#: A daemon that is silent for so long is away; what is asked of it meanwhile is answered when it is back.
SILENCE_SECONDS = 2.0
#: Of more sessions than these it is said only that something changed.
IDS_COUNT = 100


class Live:
    """Which pages listen, and whether the daemon is there."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._pages: set[asyncio.Queue[str]] = set()
        self.is_away = False
        self._changed: set[str] = set()
        self._gathering = False

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """For as long as the page is served."""
        following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _follow(self) -> None:
        """A subscription that is lost for long says that the daemon is away: while it is there, nothing is asked."""
        while True:
            try:
                async with AsyncClient(self._client.path, timeout_seconds=SILENCE_SECONDS) as client:
                    async for row in client.events(await self._newest(client)):
                        self._happened(row.session)
            except HoldfastError:
                if not self.is_away:
                    self.is_away = True
                    self._tell("away")
                await asyncio.sleep(RETRY_SECONDS)

    async def _newest(self, client: AsyncClient) -> int:
        """The number of the newest operation; the daemon is there then, and what happened meanwhile is read again."""
        rows = (await client.operations(newest=True, limit=1)).rows
        if self.is_away:
            self.is_away = False
            self._tell("back")
            self._happened(None)
        return rows[-1].number if rows else 0

    def _happened(self, session: str | None) -> None:
        self._changed.add(session or "")
        if not self._gathering:
            self._gathering = True
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._tell_changed)

    def _tell_changed(self) -> None:
        self._gathering = False
        changed, self._changed = sorted(self._changed), set()
        self._tell("changed", changed if len(changed) <= IDS_COUNT else [])

    def _tell(self, what: str, sessions: list[str] | None = None) -> None:
        said = json.dumps({"what": what, "sessions": sessions or []})
        for page in self._pages:
            page.put_nowait(said)

    async def serve(self, socket: WebSocket) -> None:
        """One page, until it is closed."""
        await socket.accept()
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._pages.add(queue)
        if self.is_away:
            queue.put_nowait(json.dumps({"what": "away", "sessions": []}))
        told = asyncio.create_task(_tell_all(socket, queue))
        try:
            while True:
                await socket.receive_text()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._pages.discard(queue)
            told.cancel()


async def _tell_all(socket: WebSocket, queue: asyncio.Queue[str]) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.send_text(await queue.get())


async def _live(socket: WebSocket) -> None:
    await socket.app.state.house.live.serve(socket)


ROUTES = [WebSocketRoute("/live", _live)]
