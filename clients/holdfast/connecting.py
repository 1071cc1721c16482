"""Finding the daemon, and starting it where none runs."""

from __future__ import annotations

import os

from holdfast.client import Client
from holdfast_protocol import endpoint
from holdfast_protocol.errors import ShuttingDown, Unreachable


def connect(socket: str | None = None, *, timeout_seconds: float = 10.0, start: bool = False) -> Client:
    """A client of the daemon that serves this user, after a first ``hello``.

    ``socket``: the path of its socket; without it the place that the environment gives (``HOLDFAST_SOCKET``,
    ``HOLDFAST_HOME``, the platform's). ``start``: start a daemon where none runs. Raises Unreachable at once where
    nobody listens, Busy where a daemon will once it has upgraded its store, NotAllowed where the socket's directory is
    open to others, TooLate after ``timeout_seconds``.

        with holdfast.connect() as client:
            client.save("renardo", "verse", b"p1 >> pluck()")
            print(client.load("renardo/verse@-1").files[b""])
    """
    # The client needs the socket only; naming the other places keeps platformdirs from being loaded for them.
    path = endpoint.places(os.environ, socket=socket, store="/", sessions="/", config="/").socket
    client = Client(path, timeout_seconds=timeout_seconds)
    try:
        client.hello()
    except (Unreachable, ShuttingDown):
        client.close()
        from holdfast.starting import check_not_busy, start_daemon  # only where it is needed: it takes a while

        if not start:
            check_not_busy(path)
            raise
        start_daemon(path, os.environ, named=socket is not None)
        client = Client(path, timeout_seconds=timeout_seconds)
        client.hello()
    return client
