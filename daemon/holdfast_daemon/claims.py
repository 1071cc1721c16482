"""Which chunks somebody is about to name, so that collection leaves them alone.

A save looks first which of its chunks are in the store, and names them later, in its transaction. Between the two
nothing names them: a *claim* does. It lasts as long as somebody holds it (a ``Placed`` does), that of a client over the
wire until its save has named the chunk, or an hour after its last word about chunks. What collection is about to take
is *condemned*: it counts as unknown, so that a save which comes then brings it anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from weakref import WeakSet

from holdfast_daemon.store.nouns import ChunkPlace

#: After a client's last word about chunks.
PROMISE_SECONDS = 3600.0
#: No view of the catalog is so old that it still shows what was condemned then.
CONDEMNED_SECONDS = 600.0


class Claim:
    """Chunks that will be named, and the packs in which new ones of them are."""

    __slots__ = ("__weakref__", "hashes", "packs")

    def __init__(self, hashes: Iterable[bytes]) -> None:
        self.hashes = set(hashes)
        self.packs: set[int] = set()


class Claims:
    """For any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._putting = threading.Lock()
        self._claims: WeakSet[Claim] = WeakSet()
        self._promised: dict[bytes, tuple[Claim, float]] = {}
        self._during: set[bytes] | None = None
        self._condemned: dict[bytes, float] = {}

    def claim(self, hashes: Iterable[bytes] = ()) -> Claim:
        """Before it is looked whether they are there. ``extend`` adds to it."""
        made = Claim(hashes)
        with self._lock:
            self._claims.add(made)
            if self._during is not None:
                self._during |= made.hashes
        return made

    def extend(self, claim: Claim, hashes: Iterable[bytes]) -> None:
        """More of them."""
        added = {*hashes}
        with self._lock:
            claim.hashes |= added
            if self._during is not None:
                self._during |= added

    def promise(self, peer: bytes, hashes: Iterable[bytes]) -> None:
        """A client will name them, for it was told, or will be, that they are there."""
        with self._lock:
            claim, _ = self._promised.get(peer) or (Claim(()), 0.0)
            self._claims.add(claim)
            self._promised[peer] = claim, self._monotonic()
        self.extend(claim, hashes)

    def promised(self, peer: bytes) -> set[bytes]:
        """What a client has put or asked for, and not named in a save since."""
        with self._lock:
            claim, _ = self._promised.get(peer) or (Claim(()), 0.0)
            return {*claim.hashes}

    def kept(self, peer: bytes, hashes: Iterable[bytes]) -> None:
        """A client's save has named them."""
        with self._lock:
            if peer in self._promised:
                self._promised[peer][0].hashes.difference_update(hashes)

    def known(self, hashes: set[bytes]) -> set[bytes]:
        """Those of the chunks in the store that will stay there."""
        with self._lock:
            return hashes - self._condemned.keys() if self._condemned else hashes

    def is_known(self, name: bytes) -> bool:
        """The same for one."""
        return name not in self._condemned

    def put_again(self, hashes: Iterable[bytes]) -> None:
        """They were condemned, and are in the store anew."""
        with self._lock:
            for each in hashes:
                self._condemned.pop(each, None)

    def put(self, claim: Claim, put: Callable[[], ChunkPlace]) -> ChunkPlace:
        """Where ``put`` put a chunk of the claim; nobody sees its pack without it."""
        with self._putting:
            place = put()
            if place.pack is not None:
                claim.packs.add(place.pack)
        return place

    def hold(self, packs: Iterable[int]) -> Claim:
        """They stay where they are for as long as somebody has this."""
        made = self.claim()
        with self._putting:
            made.packs.update(packs)
        return made

    @property
    def packs(self) -> set[int]:
        """In which there are chunks that nothing names yet."""
        with self._putting, self._lock:
            return {pack for claim in self._claims for pack in claim.packs}

    def begin(self) -> None:
        """A collection begins: what is claimed from now until its ``end`` is not condemned in it, however short."""
        now = self._monotonic()
        with self._lock:
            self._promised = {
                peer: (claim, last) for peer, (claim, last) in self._promised.items() if now - last < PROMISE_SECONDS
            }
            self._condemned = {
                name: since for name, since in self._condemned.items() if now - since < CONDEMNED_SECONDS
            }
            self._during = set()

    def end(self) -> None:
        """It has."""
        with self._lock:
            self._during = None

    def condemn(self, hashes: Iterable[bytes]) -> list[bytes]:
        """Those that nobody has claimed; from now on they count as unknown."""
        now = self._monotonic()
        with self._lock:
            claimed = set(self._during or ()).union(*(claim.hashes for claim in self._claims))
            doomed = [each for each in hashes if each not in claimed]
            self._condemned.update(dict.fromkeys(doomed, now))
        return doomed
