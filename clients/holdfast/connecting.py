"""Finding the daemon, and starting it where none runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from holdfast.addresses import addressed
from holdfast_protocol import endpoint
from holdfast_protocol.errors import Busy, ShuttingDown, Unreachable

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.client import Client


def connect(
    socket: str | None = None, *, timeout_seconds: float = 10.0, start: bool = False, key: str | None = None,
    server_key: str | None = None,
) -> Client:  # fmt: skip
    """A client of the daemon that serves this user, after a first ``hello``.

    ``socket``: the path of its socket; without it the place that the environment gives (``HOLDFAST_SOCKET``,
    ``HOLDFAST_HOME``, the platform's), or ``tcp://HOST:PORT``, with ``key`` and ``server_key`` as in ``Client``.
    ``start``: start a daemon where none runs, on this machine. Raises Unreachable at once where nobody listens, Busy
    where a daemon will once it has upgraded its store, NotAllowed where the socket's directory is open to others, or a
    key is not allowed or not the one expected, NotFound where there is no key, TooLate after ``timeout_seconds``.

    >>> with holdfast.connect() as client:
    ...     client.cat("notes/ideas@-1").decode()
    'a bridge'
    """
    from holdfast.client import Client

    path = addressed(path_of(socket), key, server_key)
    client = Client(path, timeout_seconds=timeout_seconds)
    try:
        client.hello()
    except (Unreachable, ShuttingDown, Busy):
        client.close()
        if not start or endpoint.is_remote(path):
            raise
        from holdfast.starting import start_daemon  # only where it is needed: it takes a while

        start_daemon(path, os.environ, named=socket is not None)
        client = Client(path, timeout_seconds=timeout_seconds)
        client.hello()
    return client


async def connect_async(
    socket: str | None = None, *, timeout_seconds: float = 10.0, start: bool = False, key: str | None = None,
    server_key: str | None = None,
) -> AsyncClient:  # fmt: skip
    """The same for asyncio.

    >>> async def first_idea():
    ...     async with await holdfast.connect_async() as client:
    ...         return await client.cat("notes/ideas@-1")
    >>> asyncio.run(first_idea())
    b'a bridge'
    """
    from holdfast.async_client import AsyncClient

    path = addressed(path_of(socket), key, server_key)
    client = AsyncClient(path, timeout_seconds=timeout_seconds)
    try:
        await client.hello()
    except (Unreachable, ShuttingDown, Busy):
        client.close()
        if not start or endpoint.is_remote(path):
            raise
        import asyncio

        from holdfast.starting import start_daemon

        await asyncio.to_thread(start_daemon, path, os.environ, named=socket is not None)
        client = AsyncClient(path, timeout_seconds=timeout_seconds)
        await client.hello()
    return client


def path_of(socket: str | None) -> str:
    """Where the daemon is, by name or by the environment. The client needs the socket only; naming the other
    places keeps platformdirs from being loaded for them."""
    return endpoint.places(os.environ, socket=socket, store="/", sessions="/", config="/").socket
