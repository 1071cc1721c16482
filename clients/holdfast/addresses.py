"""Where a daemon is: a path, or a place on the network, for which alone keys are loaded."""

from __future__ import annotations

from holdfast_protocol.endpoint import is_remote


def addressed(socket: str, key: str | None = None, server_key: str | None = None) -> str:
    """The same as ``remote.addressed``, which a path needs nothing of."""
    if not is_remote(socket) and not key and not server_key:
        return socket
    from holdfast import remote

    return remote.addressed(socket, key, server_key)
