"""The event feed: who wants which operations, and how far each of them is.

A subscriber with something still in its queue is left alone: it goes on from its number, out of the operations table,
once it has taken that. So nobody is cut off for being slow, and nothing is kept in memory for them.

Events go out in short turns, a piece of the log to each subscriber after the other, and between two turns the loop does
what else there is: neither a long history nor many subscribers keep a request waiting.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from holdfast_daemon.answering import Answering
from holdfast_daemon.log_pages import LogPages
from holdfast_daemon.outbound import Outbound
from holdfast_daemon.store.nouns import Wanted
from holdfast_protocol import connection
from holdfast_protocol.connection import Frames
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import Beat, Gap, Subscribe

TURN_SECONDS = 0.002
#: When all have been told all, the next round waits for so many times as long as that took: where many listen to much,
#: each is told several operations at once, and most of the time is left for requests.
REST_FACTOR = 4
LONGEST_REST_SECONDS = 0.03
AGAIN_SECONDS = 1.0

_log = logging.getLogger("holdfast.feed")

Key = tuple[bytes, bytes]


@dataclass(slots=True)
class _Subscription:
    """``number``: everything up to it that is wanted has been told; ``told`` was the last of it; ``lately``: since the
    last beat. ``in_pages``: several in one message."""

    number: int
    told: int
    wanted: Wanted
    in_pages: bool
    lately: bool = True


class Feed:
    """Subscriptions by peer and by the id of the request that made them. ``later`` calls back after so many seconds."""

    def __init__(
        self, service: Answering, outbound: Outbound, put: Callable[[bytes, Frames], None],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:  # fmt: skip
        self._service = service
        self._pages = LogPages(service)
        self._outbound = outbound
        self._put = put
        self._later = later
        self._peers: dict[bytes, dict[bytes, _Subscription]] = {}
        self._behind: dict[Key, None] = {}  # a set in the order in which they get their turns
        self._stirred = self._turning = False
        self._spent_seconds = 0.0
        self._rests_until = 0.0

    def follows(self, peer: bytes) -> bool:
        """Whether it waits for events."""
        return peer in self._peers

    def subscribe(
        self, peer: bytes, key: bytes, request: Subscribe, apps: tuple[str, ...] = (), *, in_pages: bool
    ) -> None:
        """Answer with the newest number, then give what came after ``since``, then what comes; only of ``apps``, if
        some are named."""
        newest = self._service.newest_operation()
        since = newest if request.since is None else min(request.since, newest)
        self._pages.renew()
        wanted = Wanted(request.app, request.session, tuple(request.types), apps)
        self._peers.setdefault(peer, {})[key] = _Subscription(since, since, wanted, in_pages)
        self._put(peer, connection.result(key, self._service.subscribed(newest)))
        if since < (request.since or 0):
            self._put(peer, connection.told(key, Gap(number=since)))
        self.pump()

    def cut(self, peer: bytes) -> bool:
        """What waited for it was dropped: its subscriptions, if it has any, are told where they go on."""
        own = self._peers.get(peer, {})
        for key, each in own.items():
            self._put(peer, connection.told(key, Gap(number=each.number)))
        return bool(own)

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

    def stop(self) -> None:
        """Nobody is told anything from here on; they go on from their numbers when the daemon is back."""
        self._peers.clear()

    def pump(self) -> None:
        """There may be new operations, or room."""
        if self._peers:
            self._stirred = True
            self._turn_soon()

    def beat(self) -> None:
        """It is time to tell those who were told nothing how far they are; who has not taken the last is not asked."""
        for peer, own in list(self._peers.items()):
            for key, each in list(own.items()):
                if not each.lately and self._outbound.size_bytes(peer) == 0:
                    self._put(peer, connection.told(key, Beat(number=each.number, told=each.told)))
                each.lately = False

    def _turn_soon(self) -> None:
        if not self._turning:
            self._turning = True
            self._later(max(0.0, self._rests_until - time.monotonic()), self._turn)

    def _turn(self) -> None:
        """A store that cannot be read just now is asked again a while later: nobody has missed anything."""
        self._turning = False
        try:
            self._take_turns()
        except HoldfastError as problem:
            _log.warning("Events wait: %s", problem.sentence)
            self._stirred = True
            self._rests_until = time.monotonic() + AGAIN_SECONDS
            self._turn_soon()

    def _take_turns(self) -> None:
        start = time.monotonic()
        newest = self._service.newest_operation()
        if self._stirred:
            self._stirred = False
            self._look_who_is_behind(newest)
        while self._behind:
            peer, key = next(iter(self._behind))
            del self._behind[peer, key]
            subscription = self._peers.get(peer, {}).get(key)
            if subscription is None or self._outbound.size_bytes(peer):
                continue  # it is gone, or asked for again once it has taken what waits
            self._give(peer, key, subscription)
            if subscription.number < newest:
                self._behind[peer, key] = None
            if time.monotonic() - start >= TURN_SECONDS:
                break
        self._spent_seconds += time.monotonic() - start
        if not self._behind:
            self._rests_until = time.monotonic() + min(LONGEST_REST_SECONDS, REST_FACTOR * self._spent_seconds)
            self._spent_seconds = 0.0
        if self._behind or self._stirred:
            self._turn_soon()

    def _look_who_is_behind(self, newest: int) -> None:
        if not self._behind:
            self._pages.renew()
        for peer, own in self._peers.items():
            self._behind.update({(peer, key): None for key, each in own.items() if each.number < newest})

    def _give(self, peer: bytes, key: bytes, subscription: _Subscription) -> None:
        """One piece of the log."""
        page = self._pages.after(subscription.wanted, subscription.number)
        subscription.number = page.up_to
        if page.rows:
            subscription.told, subscription.lately = page.last, True
        if subscription.in_pages and page.rows:
            self._put(peer, connection.told_of_body(key, "events", page.body))
        else:
            for row in page.rows:
                self._put(peer, connection.event_of_row(key, row))
