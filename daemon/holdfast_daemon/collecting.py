"""Giving room back: chunks that nothing names go, packs that are mostly dead are written anew, the catalog shrinks.

All of it in steps, each short and a transaction of its own, beside whatever else is done; it may be cut off between any
two, and what is left then is found by the next one. Its order, and why no save loses a chunk by it, is in STORE.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from functools import partial

from holdfast_daemon.content import Content
from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import Catalog, Chunks, Transaction
from holdfast_daemon.store.nouns import ChunkPlace, StoredDocument
from holdfast_protocol.errors import Damaged, NoSpace

#: Loose chunks that are looked for in one pass over the manifests: some megabytes of hashes.
SLICE_COUNT = 50_000
#: Of each step, so that it takes a few milliseconds.
MANIFESTS_COUNT = 100
ROWS_COUNT = 64
COPIED_COUNT = 8
PAGES_COUNT = 64
#: Where more than that went, the newest pack is sealed, so that it can be written anew as well.
SEALED_BYTES = 1024 * 1024
PAUSE_SECONDS = 0.002
#: A pack is written anew when less than this part of it is named.
LIVE_PART = 0.5

#: A loose chunk: the number of its row, and its hash.
Row = tuple[int, bytes]

_log = logging.getLogger("holdfast.collecting")


class Collecting:
    """One collection at a time."""

    def __init__(self, catalog: Catalog, chunks: Chunks, content: Content, faults: Faults) -> None:
        self._catalog = catalog
        self._chunks = chunks
        self._claims = content.claims
        self._faults = faults

    async def collect(self) -> int:
        """The bytes of the chunks that went. A pack that cannot be read, or for whose copy there is no room, stays."""
        self._claims.begin()
        try:
            freed_bytes = await self._sweep()
        finally:
            self._claims.end()
        if freed_bytes > SEALED_BYTES:
            await asyncio.to_thread(self._chunks.rotate)
        sealed, live = self._chunks.sealed(), await asyncio.to_thread(self._live_bytes)
        for pack in sorted(sealed, key=lambda pack: live.get(pack, 0)):  # what frees room for nothing comes first
            try:
                await self._renew(pack, sealed[pack], live.get(pack, 0))
            except (Damaged, NoSpace) as problem:
                _log.warning("Pack %d stays as it is: %s", pack, problem.sentence)
        await self._shrink()
        return freed_bytes

    async def named_by_none(self, loose: set[bytes], dying: Collection[bytes] = ()) -> set[bytes]:
        """Those of the chunks that no document names, except for those that are ``dying``, and no workspace."""
        left, after = set(loose), b""
        while left:
            documents = await asyncio.to_thread(self._manifests, after)
            if not documents:
                break
            after = documents[-1].id
            lasting = (file for each in documents if each.id not in dying for file in each.files)
            left.difference_update(*(file.chunks for file in lasting))
            await asyncio.sleep(PAUSE_SECONDS)
        return left - await asyncio.to_thread(self._workspace_chunks)

    async def _sweep(self) -> int:
        freed_bytes = after = 0
        while rows := await asyncio.to_thread(self._loose, after):
            after = rows[-1][0]
            dead = await self.named_by_none({name for _, name in rows})
            self._faults.at("chunks-marked")
            for some in _batches([row for row in rows if row[1] not in dead]):
                await self._catalog.commit(partial(_fasten, rows=some))
            for some in _batches([row for row in rows if row[1] in dead]):
                freed_bytes += await self._catalog.commit(partial(self._take, rows=some))
                self._faults.at("chunks-swept")
                await asyncio.sleep(PAUSE_SECONDS)
        return freed_bytes

    def _take(self, tx: Transaction, rows: Sequence[Row]) -> int:
        """Those that nobody is about to name."""
        doomed = {*self._claims.condemn(name for _, name in rows)}
        sizes = tx.chunk_sizes(doomed)
        tx.remove_chunks(doomed)
        tx.fasten(number for number, name in rows if name in doomed)
        return sum(sizes.values())

    async def _renew(self, pack: int, size_bytes: int, live_bytes: int) -> None:
        """It is gone afterwards, where it is mostly dead."""
        if live_bytes > size_bytes * LIVE_PART or pack in self._claims.packs:
            return
        while places := await asyncio.to_thread(self._chunks_in, pack):
            moved = await asyncio.to_thread(self._copied, places)
            self._faults.at("pack-copied")
            await self._catalog.commit(partial(_move, places=moved))
            self._faults.at("pack-moved")
            await asyncio.sleep(PAUSE_SECONDS)
        if pack not in self._claims.packs:
            await asyncio.to_thread(self._chunks.drop, pack)
            self._faults.at("pack-dropped")

    def _copied(self, places: Sequence[ChunkPlace]) -> list[ChunkPlace]:
        self._chunks.reserve(sum(place.size_bytes for place in places))
        return [self._chunks.put(place.hash, self._chunks.get(place)) for place in places]

    async def _shrink(self) -> None:
        """Until nothing is free, or nothing more is given back (a catalog that cannot shrink)."""
        left = None
        while True:
            before, left = left, await self._catalog.commit(lambda tx: tx.shrink(PAGES_COUNT))
            self._faults.at("catalog-shrunk")
            if left in (0, before):
                return
            await asyncio.sleep(PAUSE_SECONDS)

    # Questions, asked in a thread.

    def _manifests(self, after: bytes) -> list[StoredDocument]:
        return self._catalog.reader.manifests(after, MANIFESTS_COUNT)

    def _workspace_chunks(self) -> set[bytes]:
        return self._catalog.reader.workspace_chunks()

    def _loose(self, after: int) -> list[Row]:
        return self._catalog.reader.loose_chunks(after, SLICE_COUNT)

    def _live_bytes(self) -> dict[int, int]:
        return self._catalog.reader.pack_sizes()

    def _chunks_in(self, pack: int) -> list[ChunkPlace]:
        return self._catalog.reader.chunks_in(pack, COPIED_COUNT)


def _fasten(tx: Transaction, rows: Sequence[Row]) -> None:
    tx.fasten(number for number, _ in rows)


def _move(tx: Transaction, places: Sequence[ChunkPlace]) -> None:
    tx.move_chunks(places)


def _batches(rows: Sequence[Row]) -> list[Sequence[Row]]:
    return [rows[at : at + ROWS_COUNT] for at in range(0, len(rows), ROWS_COUNT)]
