"""What looks like damage in a chat, and what AiderDesk itself would not get over (aiderdesk.md 3 and 4).

That it drops an assistant's empty message is no loss of a session: it does so before anything is saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.aiderdesk.messages import is_of_v0, message_of
from holdfast_daemon.formats.base import DamagedDocument, Part, Reading
from holdfast_daemon.formats.jsontext import value_of

#: A chat of so many messages looks lost when none is left as it was, and fewer than one in ``FEW`` are there at all.
MANY_MESSAGES = 10
FEW = 5


def suspicion(old: Reading, new: Reading) -> str | None:
    """All is gone, or nearly all, as when AiderDesk starts and saves its first message (aiderdesk.md 4, 1 and 4)."""
    before, after = ([part for part in each.parts if part.kind in ("message", "file")] for each in (old, new))
    if before and not after:
        return f"every message and context file is gone, and there were {len(before)}"
    had, has = ([part.content for part in each if part.kind == "message"] for each in (before, after))
    if len(had) >= MANY_MESSAGES and len(has) * FEW < len(had) and not {*had} & {*has}:
        return f"none of {len(had)} messages is left, and there are only {len(has)} others"
    return None


def losses(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """A part's key and what AiderDesk makes of it."""
    for part in parts:
        if part.kind != "message":
            continue
        try:
            value = value_of(part.content)
        except DamagedDocument:
            continue
        if is_of_v0(value):
            yield part.key, "AiderDesk 0.9 and later cannot use a message of 0.7 or 0.8"
        elif message_of(value).missing:
            yield part.key, "a tool's result holds nothing, and AiderDesk 0.35 fails to load a session with such a one"
