"""AiderDesk's messages, as far as anybody wants to read them: pictures are taken out of them, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from holdfast.async_client import AsyncClient
from holdfast.looking.contents import windows
from holdfast.looking.pictures import taken_out
from holdfast.parts import SessionPart
from holdfast.values import Message
from holdfast_protocol.errors import Damaged
from holdfast_protocol.model import PartRow, Ref

#: A longer message is not read, nor are more than so many bytes of long ones: pictures make them long.
MESSAGE_BYTES = 8 * 1024 * 1024
_TOGETHER_BYTES = 32 * 1024 * 1024


class Told(NamedTuple):
    """A message without its pictures. ``message`` is None where it is none, or longer than what is read; ``text`` is
    then what is there, as it is."""

    part: PartRow
    message: Message | None
    text: str = ""


async def told(client: AsyncClient, snapshot: Ref, parts: Sequence[PartRow]) -> list[Told]:
    """In their order. Raises HoldfastError."""
    found: list[Told] = []
    left_bytes = _TOGETHER_BYTES
    for part, window in zip(parts, await windows(client, snapshot, parts), strict=True):
        data, is_whole = window.data, window.is_whole
        if not is_whole and window.size_bytes <= min(MESSAGE_BYTES, left_bytes):
            left_bytes -= window.size_bytes
            data = await client.cat(Ref(id=snapshot.id, snapshot=snapshot.snapshot, part=part.key))
            is_whole = True
        found.append(await asyncio.to_thread(told_of, part, data, is_whole=is_whole))
    return found


def told_of(part: PartRow, data: bytes, *, is_whole: bool) -> Told:
    """One, of what was read of it."""
    message = message_of(part, data) if is_whole else None
    return Told(part, message, "" if message else data.decode(errors="replace"))


def message_of(part: PartRow, content: bytes) -> Message | None:
    """None where it is none."""
    content = taken_out(content).content
    try:
        value = SessionPart(part, Ref(), "aiderdesk", lambda _: content).value
    except Damaged:
        return None
    return value if isinstance(value, Message) else None
