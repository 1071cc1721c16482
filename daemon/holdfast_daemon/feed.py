"""The event feed: who wants which operations, and how far each of them is.

A subscriber with something still in its queue is left alone: it goes on from its number, out of the operations table,
once it has taken that. So nobody is cut off for being slow, and nothing is kept in memory for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from holdfast_daemon.outbound import Outbound
from holdfast_daemon.service import Service
from holdfast_protocol import connection
from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import Event, Subscribe

EVENTS_COUNT = 200


@dataclass(slots=True)
class _Subscription:
    number: int
    app: str | None
    session: str | None


class Feed:
    """Subscriptions by peer and by the id of the request that made them."""

    def __init__(self, service: Service, outbound: Outbound, put: Callable[[bytes, Frames], None]) -> None:
        self._service = service
        self._outbound = outbound
        self._put = put
        self._peers: dict[bytes, dict[bytes, _Subscription]] = {}

    def follows(self, peer: bytes) -> bool:
        """Whether it waits for events."""
        return peer in self._peers

    def peers(self) -> Collection[bytes]:
        """Those that wait for events."""
        return self._peers.keys()

    def subscribe(self, peer: bytes, key: bytes, request: Subscribe) -> None:
        """Answer with the newest number, then give what came after ``since``, then what comes."""
        newest = self._service.newest_operation()
        since = newest if request.since is None else min(request.since, newest)
        self._peers.setdefault(peer, {})[key] = _Subscription(since, request.app, request.session)
        self._put(peer, connection.result(key, self._service.subscribed(newest)))
        self._give(peer, key)

    def unsubscribe(self, peer: bytes, key: bytes) -> bool:
        """Whether it was there."""
        own = self._peers.get(peer, {})
        ended = own.pop(key, None)
        if not own:
            self._peers.pop(peer, None)
        return ended is not None

    def forget(self, peer: bytes) -> int:
        """It is no longer connected. How many subscriptions that ended."""
        return len(self._peers.pop(peer, ()))

    def pump(self) -> None:
        """There may be new operations, or room."""
        for peer, own in list(self._peers.items()):
            for key in list(own):
                self._give(peer, key)

    def _give(self, peer: bytes, key: bytes) -> None:
        while self._outbound.size_bytes(peer) == 0 and (wanted := self._peers.get(peer, {}).get(key)):
            rows = self._service.operations_after(wanted.number, EVENTS_COUNT)
            for row in rows:
                wanted.number = row.number
                if wanted.app in (None, row.app) and wanted.session in (None, row.session):
                    self._put(peer, connection.event(key, Event(row=row)))
            if len(rows) < EVENTS_COUNT:
                return
