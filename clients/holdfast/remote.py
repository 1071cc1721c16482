"""A daemon on the network: where it is, who asks, and which key it must prove to have.

Nothing is trusted at first sight: a daemon whose key is not known here is not spoken to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from holdfast_protocol import keys
from holdfast_protocol.endpoint import is_remote, places
from holdfast_protocol.errors import BadField, NotAllowed
from holdfast_protocol.keys import Pair


class Remote(str):
    """``tcp://HOST:PORT``, with the keys to speak to it."""

    pair: Pair
    server_key: str


def addressed(
    socket: str, key: str | None = None, server_key: str | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """``socket``, which on the network is a Remote. ``key``: the file of the asker's pair (or ``HOLDFAST_KEY``);
    ``server_key``: the daemon's public key (or ``HOLDFAST_SERVER_KEY``); otherwise both are those beside the
    configuration. Raises NotFound where there is no key, NotAllowed where others can read it or the daemon's is not
    known, BadField."""
    if isinstance(socket, Remote):
        return socket
    if not is_remote(socket):
        if key or server_key:
            raise BadField(f"Keys are for tcp://HOST:PORT; {socket} is a path", field="socket")
        return socket
    environment = os.environ if environment is None else environment
    keys.address(socket)
    made = Remote(socket)
    made.pair = keys.read_pair(key or environment.get("HOLDFAST_KEY") or key_file(environment, keys.CLIENT))
    said = server_key or environment.get("HOLDFAST_SERVER_KEY") or _known(socket, environment)
    made.server_key = keys.check_key(said)
    return made


def key_file(environment: Mapping[str, str], name: str) -> str:
    """Where a file of keys is."""
    return os.path.join(os.path.dirname(places(environment, socket="/", store="/", sessions="/").config), name)


def _known(socket: str, environment: Mapping[str, str]) -> str:
    found = keys.read_servers(key_file(environment, keys.SERVERS)).get(socket)
    if found is None:
        raise NotAllowed(
            f"The key of {socket} is not known here. On its machine, holdfast key list shows it; then here: "
            f"holdfast key trust {socket} KEY",
            socket=socket,
        )
    return found
