"""What happens, for all open pages: one subscription to the daemon, and a WebSocket that says to each page what to read
again. Rows never go through it: the page asks for what it shows."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from holdfast.async_client import AsyncClient
from holdfast.looking.meanwhile import Meanwhile
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.model import OperationRow

#: Of more sessions than these it is said only that something changed.
IDS_COUNT = 100
DELETIONS_COUNT = 1000


class Live:
    """Which pages listen, and whether the daemon is there."""

    def __init__(self, client: AsyncClient) -> None:
        self._meanwhile = Meanwhile(client.path, there=self._there, told=self._told, away=self._away)
        self._pages: set[asyncio.Queue[str]] = set()
        self.is_away = False
        #: The number of the newest operation that pages were told of, and the last deletions among them.
        self.newest = 0
        self.deletions: deque[OperationRow] = deque(maxlen=DELETIONS_COUNT)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """For as long as the page is served."""
        following = asyncio.create_task(self._meanwhile.follow())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _there(self) -> None:
        if self.is_away:
            self.is_away = False
            self._tell("back")
        self._tell("changed")

    async def _told(self, rows: Sequence[OperationRow]) -> None:
        self.newest = rows[-1].number
        self.deletions.extend(row for row in rows if row.type == "deleted-outside")
        changed = sorted({row.session or "" for row in rows})
        self._tell("changed", changed if len(changed) <= IDS_COUNT else [])

    async def _away(self, problem: HoldfastError) -> None:
        self.is_away = True
        self._tell("away")

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
