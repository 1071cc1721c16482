"""The event feed: who wants which operations, and how far each of them is.

A subscriber with something still in its queue is left alone: it goes on from its number, out of the operations table,
once it has taken that. So nobody is cut off for being slow, and nothing is kept in memory for them.

Events go out in short turns, a piece of the log to each subscriber after the other, and between two turns the loop does
what else there is: neither a long history nor many subscribers keep a request waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from holdfast_daemon.outbound import Outbound
from holdfast_daemon.service import Service
from holdfast_daemon.store.nouns import Wanted
from holdfast_protocol import connection
from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import Event, Subscribe

#: How much of the log is looked at, and how much of it told, in one piece.
LOOKED_COUNT = 2000
EVENTS_COUNT = 100
TURN_SECONDS = 0.002

Key = tuple[bytes, bytes]


@dataclass(slots=True)
class _Subscription:
    """``number``: everything up to it that is wanted has been told."""

    number: int
    wanted: Wanted


class Feed:
    """Subscriptions by peer and by the id of the request that made them. ``soon`` calls back when the loop is free."""

    def __init__(
        self, service: Service, outbound: Outbound, put: Callable[[bytes, Frames], None],
        soon: Callable[[Callable[[], None]], object],
    ) -> None:  # fmt: skip
        self._service = service
        self._outbound = outbound
        self._put = put
        self._soon = soon
        self._peers: dict[bytes, dict[bytes, _Subscription]] = {}
        self._behind: dict[Key, None] = {}  # a set in the order in which they get their turns
        self._turning = False

    def follows(self, peer: bytes) -> bool:
        """Whether it waits for events."""
        return peer in self._peers

    def subscribe(self, peer: bytes, key: bytes, request: Subscribe) -> None:
        """Answer with the newest number, then give what came after ``since``, then what comes."""
        newest = self._service.newest_operation()
        since = newest if request.since is None else min(request.since, newest)
        wanted = Wanted(request.app, request.session, tuple(request.types))
        self._peers.setdefault(peer, {})[key] = _Subscription(since, wanted)
        self._put(peer, connection.result(key, self._service.subscribed(newest)))
        self.pump()

    def unsubscribe(self, peer: bytes, key: bytes) -> None:
        """One that is not there is gone already."""
        own = self._peers.get(peer, {})
        own.pop(key, None)
        if not own:
            self._peers.pop(peer, None)

    def forget(self, peer: bytes) -> None:
        """It is no longer connected."""
        self._peers.pop(peer, None)

    def pump(self) -> None:
        """There may be new operations, or room."""
        if not self._peers:
            return
        newest = self._service.newest_operation()
        for peer, own in self._peers.items():
            self._behind.update({(peer, key): None for key, each in own.items() if each.number < newest})
        self._turn_soon()

    def _turn_soon(self) -> None:
        if self._behind and not self._turning:
            self._turning = True
            self._soon(self._turn)

    def _turn(self) -> None:
        self._turning = False
        until = time.monotonic() + TURN_SECONDS
        newest = self._service.newest_operation()
        while self._behind:
            peer, key = next(iter(self._behind))
            del self._behind[peer, key]
            subscription = self._peers.get(peer, {}).get(key)
            if subscription is None or self._outbound.size_bytes(peer):
                continue  # it is gone, or asked for again once it has taken what waits
            self._give(peer, key, subscription, newest)
            if subscription.number < newest:
                self._behind[peer, key] = None
            if time.monotonic() >= until:
                break
        self._turn_soon()

    def _give(self, peer: bytes, key: bytes, subscription: _Subscription, newest: int) -> None:
        """One piece of the log."""
        up_to = min(newest, subscription.number + LOOKED_COUNT)
        rows = self._service.operations_fitting(subscription.wanted, subscription.number, up_to, EVENTS_COUNT)
        subscription.number = rows[-1].number if len(rows) == EVENTS_COUNT else up_to
        for row in rows:
            self._put(peer, connection.event(key, Event(row=row)))
