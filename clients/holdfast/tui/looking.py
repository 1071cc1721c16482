"""What is looked at, and as much of its content as a person can look at."""

from __future__ import annotations

from typing import NamedTuple

from holdfast.async_client import AsyncClient
from holdfast.looking.contents import Window, window
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow, Ref

#: So much of a text is read and shown.
TEXT_BYTES = 128 * 1024


class Looked(NamedTuple):
    """A snapshot of a session, and who can read it."""

    client: AsyncClient
    shown: Shown

    @property
    def ref(self) -> Ref:
        """The session at that snapshot."""
        snapshot = self.shown.snapshot
        return Ref(id=self.shown.session.id, snapshot=snapshot.snapshot if snapshot else "latest")

    def part(self, key: str) -> Ref:
        """A part of it (or ``KEY/ARRAY``)."""
        return Ref(id=self.ref.id, snapshot=self.ref.snapshot, part=key)

    async def of_part(self, part: PartRow) -> Window:
        """Its beginning. Raises HoldfastError."""
        return await self.window(self.part(part.key), 0, TEXT_BYTES)

    async def of_file(self, path: bytes) -> Window:
        """Its beginning. Raises HoldfastError."""
        return await window(self.client, self.ref, 0, TEXT_BYTES, path)

    async def window(self, ref: Ref, offset: int, length: int) -> Window:
        """Bytes from ``offset`` on. Raises HoldfastError."""
        return await window(self.client, ref, offset, length)
