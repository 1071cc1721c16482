"""What waits for slow peers: bounded in bytes for each of them, so that none costs the daemon its memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import LIMITS

#: Gives "sent", "full" (try again later) or "gone".
Send = Callable[[bytes, Frames], str]


class Outbound:
    """Queues by peer. What does not fit into the socket waits here in order; over the bound all of it is dropped, and
    ``cut`` is told whose that was. ``gone``: who is no longer there."""

    def __init__(self, send: Send, gone: Callable[[bytes], None], cut: Callable[[bytes], None]) -> None:
        self._send = send
        self._gone = gone
        self._cut = cut
        self._queues: dict[bytes, deque[Frames]] = {}
        self._sizes: dict[bytes, int] = {}

    @property
    def waiting(self) -> bool:
        return bool(self._queues)

    @property
    def total_bytes(self) -> int:
        """What waits for all of them."""
        return sum(self._sizes.values())

    def size_bytes(self, peer: bytes) -> int:
        """What waits for this peer."""
        return self._sizes.get(peer, 0)

    def put(self, peer: bytes, frames: Frames) -> None:
        """Send, or keep for later."""
        if peer not in self._queues:
            outcome = self._send(peer, frames)
            if outcome == "gone":
                self._gone(peer)
            if outcome != "full":
                return
        size = sum(len(frame) for frame in frames)
        if self.size_bytes(peer) + size > LIMITS["outbound_bytes"]:
            self.drop(peer)
            self._cut(peer)
            return
        self._queues.setdefault(peer, deque()).append(frames)
        self._sizes[peer] = self.size_bytes(peer) + size

    def flush(self) -> bool:
        """Try again for everybody. Whether anything went out."""
        went = False
        for peer in list(self._queues):
            queue = self._queues[peer]
            while queue:
                outcome = self._send(peer, queue[0])
                if outcome == "full":
                    break
                went = True
                if outcome == "gone":
                    self._gone(peer)
                    queue.clear()
                    break
                self._sizes[peer] -= sum(len(frame) for frame in queue.popleft())
            if not queue:
                self.drop(peer)
        return went

    def drop(self, peer: bytes) -> None:
        """Nothing waits for this peer any longer."""
        self._queues.pop(peer, None)
        self._sizes.pop(peer, None)
