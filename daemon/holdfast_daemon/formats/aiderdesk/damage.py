"""What looks like damage in a chat, and what AiderDesk itself would not get over (aiderdesk.md 3 and 4).

That it drops an assistant's empty message is no loss of a session: it does so before anything is saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.aiderdesk.messages import is_of_v0, message_of
from holdfast_daemon.formats.aiderdesk.task import WITHOUT_SETTINGS
from holdfast_daemon.formats.base import DamagedDocument, Part, Reading
from holdfast_daemon.formats.jsontext import value_of

#: A chat of so many messages looks lost when none is left as it was, and fewer than one in ``FEW`` are there at all.
MANY_MESSAGES = 10
FEW = 5
#: So does one of fewer, long ones, when none is left as it was and they hold less than one byte in ``SHRINK_FACTOR``:
#: a task's other files may be large enough that its size alone does not tell.
LONG_BYTES = 2048
SHRINK_FACTOR = 10


def suspicion(old: Reading, new: Reading) -> str | None:
    """All is gone, or nearly all, as when AiderDesk starts and saves its first message (aiderdesk.md 4, 1 and 4); or
    what a task cannot be without (4, 7). A chat that was cleared on purpose, or compacted, looks the same: both are
    kept, and its user says which one counts."""
    if _has(old, "settings") and not _has(new, "settings"):
        return WITHOUT_SETTINGS
    had, has = ([part.content for part in each.parts if part.kind == "message"] for each in (old, new))
    if had and not has:
        return f"every message is gone, and there were {len(had)}"
    if _has(old, "file") and not has and not _has(new, "file"):
        return "every context file is gone"
    if {*had} & {*has}:
        return None
    if len(had) >= MANY_MESSAGES and len(has) * FEW < len(had):
        return f"none of {len(had)} messages is left, and there are only {len(has)} others"
    before, after = (sum(map(len, each)) for each in (had, has))
    if before >= LONG_BYTES and after * SHRINK_FACTOR < before:
        return f"none of {len(had)} messages with {before} bytes is left, and the others have only {after}"
    return None


def _has(reading: Reading, kind: str) -> bool:
    return any(part.kind == kind for part in reading.parts)


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
