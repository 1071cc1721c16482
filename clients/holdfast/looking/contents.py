"""What is read of a session to be looked at: a window of each part, however large they say that they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from holdfast.async_client import AsyncClient
from holdfast_protocol import messages
from holdfast_protocol.errors import TooLarge
from holdfast_protocol.model import PartRow, Ref

WINDOW_BYTES = 256 * 1024
_TOGETHER_COUNT = 16


class Window(NamedTuple):
    """``data`` lies at ``offset`` of ``size_bytes`` bytes."""

    data: bytes
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """The offset of what follows."""
        return self.offset + len(self.data)

    @property
    def is_whole(self) -> bool:
        return len(self.data) == self.size_bytes


async def window(
    client: AsyncClient, ref: Ref, offset: int = 0, length: int = WINDOW_BYTES, path: bytes = b""
) -> Window:
    """Some bytes of a part (or of its array, ``PART/ARRAY``), or of the file ``path``. Raises NotFound, Ambiguous,
    Damaged, TooLarge."""
    answer = await client.ask(messages.Cat(ref=ref, path=path, offset=offset, length=length))
    assert isinstance(answer.reply, messages.Content)
    return Window(b"".join(answer.payload[:1]), offset, answer.reply.size_bytes)


async def whole(client: AsyncClient, ref: Ref, limit_bytes: int) -> bytes:
    """All of a part. Raises TooLarge where that is more than ``limit_bytes``, and what ``window`` does."""
    start = await window(client, ref)
    if start.is_whole:
        return start.data
    if start.size_bytes > limit_bytes:
        raise TooLarge(f"It is read up to {limit_bytes} bytes", limit=limit_bytes)
    return await client.cat(ref)


async def windows(client: AsyncClient, snapshot: Ref, rows: Sequence[PartRow]) -> list[Window]:
    """The beginning of each part, a few asked for at a time: the daemon has other clients. Raises what ``window``
    does."""
    found: list[Window] = []
    for start in range(0, len(rows), _TOGETHER_COUNT):
        some = rows[start : start + _TOGETHER_COUNT]
        asked = (window(client, Ref(id=snapshot.id, snapshot=snapshot.snapshot, part=row.key)) for row in some)
        found += await asyncio.gather(*asked)
    return found
