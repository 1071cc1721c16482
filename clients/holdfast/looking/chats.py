"""A message of an AiderDesk chat, from what was read of its part."""

from __future__ import annotations

from holdfast.looking.contents import Window
from holdfast.parts import SessionPart
from holdfast.values import Message
from holdfast_protocol.errors import Damaged
from holdfast_protocol.model import PartRow, Ref


def message_of(part: PartRow, found: Window) -> Message | None:
    """None where it is none, or longer than what was read."""
    if not found.is_whole:
        return None
    try:
        value = SessionPart(part, Ref(), "aiderdesk", lambda _: found.data).value
    except Damaged:
        return None
    return value if isinstance(value, Message) else None
