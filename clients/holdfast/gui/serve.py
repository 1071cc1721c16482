"""``holdfast gui``: serves the page to this machine until it is interrupted."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import webbrowser
from collections.abc import Callable
from types import FrameType

import uvicorn

from holdfast.connecting import connect_async
from holdfast.gui.app import app
from holdfast.gui.guard import Guard
from holdfast.gui.house import House
from holdfast.gui.live import Live
from holdfast_protocol.errors import HoldfastError, Unreadable


def serve(path: str | None, port: int, *, opens: bool, start: bool, says: Callable[[str], None]) -> None:
    """Says the address, good for one visit, and serves. ``port`` 0: any. Raises what ``connect`` does, and Unreadable
    where the port is taken."""
    asyncio.run(_serve(path, port, opens=opens, start=start, says=says))


async def _serve(path: str | None, port: int, *, opens: bool, start: bool, says: Callable[[str], None]) -> None:
    async with await connect_async(path, start=start) as client:
        listener = _listener(port)
        prefix = f"/{secrets.token_urlsafe(12)}"
        house = House(client=client, live=Live(client), prefix=prefix, is_remote=_is_remote())
        guard = Guard(app(house), prefix)
        config = uvicorn.Config(
            guard, access_log=False, log_level="warning", server_header=False, date_header=False,
            timeout_graceful_shutdown=1, ws="websockets-sansio", ws_max_size=4096, lifespan="on",
        )  # fmt: skip
        address = guard.address(listener.getsockname()[1])
        says(address)
        if opens and not house.is_remote:
            asyncio.get_running_loop().call_later(0.3, webbrowser.open, address)
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        await _Server(config).serve(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn looks ten times a second whether it is to end. Here it is told, and sleeps until then."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()

    async def main_loop(self) -> None:
        """Until a signal came."""
        await self._ended.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """In between any two steps of the program."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._ended.set)


def _is_news(record: logging.LogRecord) -> bool:
    """A download that was cut off, for a reason that the page tells, is no fault of this program."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HoldfastError)


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()  # whoever reads the address may come at once
    except OSError as problem:
        listener.close()
        raise Unreadable(f"Port {port} of this machine cannot be had: {problem.strerror}", port=port) from problem
    return listener


def _is_remote() -> bool:
    """Whether the browser is probably on another machine: nobody sees a window here."""
    has_display = any(os.environ.get(each) for each in ("DISPLAY", "WAYLAND_DISPLAY"))
    return "SSH_CONNECTION" in os.environ or (os.name == "posix" and os.uname().sysname == "Linux" and not has_display)
