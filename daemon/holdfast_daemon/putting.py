"""Chunks that come before the save which names them: sent, or read by us in a file that the client has open."""

from __future__ import annotations

import os
from functools import partial
from typing import NamedTuple

from holdfast_daemon.apart import Apart
from holdfast_daemon.claims import Claim
from holdfast_daemon.documents import Documents
from holdfast_daemon.lending import Lender, lent
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.recent import Recent
from holdfast_daemon.sessions import Caller
from holdfast_daemon.store.base import Catalog, Transaction
from holdfast_daemon.store.nouns import ChunkPlace
from holdfast_protocol import messages as m
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.errors import NotAllowed, TooLarge

#: Read at a time: each piece costs a sync; twice as much made a ping beside it wait 22 ms instead of 12 (99 of 100).
PIECE_BYTES = 16 * 1024 * 1024
READERS_COUNT = 2
BEGUN_COUNT = 8


class _Begun:
    """A file that is asked for piece by piece, as far as it is there."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self.names: list[bytes] = []
        self.whole = new_hash()


class _Piece(NamedTuple):
    names: list[bytes]
    size_bytes: int
    end: bool
    claim: Claim
    places: list[ChunkPlace]


class Putting:
    """For the loop only."""

    def __init__(self, catalog: Catalog, documents: Documents) -> None:
        self._catalog = catalog
        self._documents = documents
        self._content = documents.content
        self._begun: Recent[bytes, _Begun] = Recent(BEGUN_COUNT)
        self._readers = Apart(READERS_COUNT)

    async def put(self, request: m.Put, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Loose chunks, for a save that will name them."""
        largest = max((len(frame) for frame in payload), default=0)
        if largest > m.LIMITS["window_bytes"]:
            raise TooLarge(f"A chunk has {largest} bytes", limit=m.LIMITS["window_bytes"])
        claim, places = await self._documents.in_thread(self._content.place_chunks, payload)
        await self._keep(claim, places, caller)
        return m.Stored(count=len(payload)), ()

    async def put_file(self, request: m.PutFile, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """The same, of a file that the caller has open."""
        if caller.lender is None:
            raise NotAllowed(f"This connection was not offered {m.LOCAL_FILES}")
        begun = self._begun.take(caller.peer)  # nobody else goes on with it meanwhile
        if begun is None or begun.size_bytes != request.offset:
            begun = _Begun() if request.offset == 0 else None
        piece = await self._readers.of(partial(self._place, caller.lender, request.descriptor, request.offset, begun))
        await self._keep(piece.claim, piece.places, caller)
        if begun is not None and piece.end:
            self._content.remember_whole(begun.names, begun.whole.digest())
        elif begun is not None:
            self._begun.put(caller.peer, begun)
        reply = m.FilePut(count=len(piece.names), size_bytes=piece.size_bytes, end=piece.end)
        return reply, [b"".join(piece.names)]

    def _place(self, lender: Lender, number: int, offset: int, begun: _Begun | None) -> _Piece:
        with lent(lender, number) as source:
            size_bytes = os.fstat(source.fileno()).st_size
            start = min(offset, size_bytes)
            source.seek(start)
            content = source.read(min(PIECE_BYTES, size_bytes - start))
            end = len(content) < PIECE_BYTES or start + PIECE_BYTES == size_bytes
            if not end:  # it will be asked for next
                os.posix_fadvise(source.fileno(), start + PIECE_BYTES, PIECE_BYTES, os.POSIX_FADV_WILLNEED)
        names, placed_bytes, claim, places = self._content.place_piece(content, end=end)
        if begun is not None:
            begun.whole.update(memoryview(content)[:placed_bytes])
            begun.names += names
            begun.size_bytes += placed_bytes
        return _Piece(names, placed_bytes, end, claim, places)

    async def _keep(self, claim: Claim, places: list[ChunkPlace], caller: Caller) -> None:
        self._content.claims.promise(caller.peer, claim.hashes)

        def work(tx: Transaction) -> None:
            tx.add_chunks(places)
            tx.loosen(claim.hashes)

        await self._catalog.commit(work)
        self._content.claims.put_again(claim.hashes)
