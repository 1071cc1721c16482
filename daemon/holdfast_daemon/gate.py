"""Does a new document look like damage next to the one before? Pure; a reason for people, or None.

What a format knows better it says itself (``Format.suspicion``); here stands what holds for every application.
"""

from __future__ import annotations

#: Below this size a document may shrink to anything: small sessions are rewritten all the time.
SMALL_BYTES = 2048
SHRINK_FACTOR = 10


def suspicion_by_size(old_bytes: int, new_bytes: int) -> str | None:
    """Why a document of ``new_bytes`` after one of ``old_bytes`` is suspect."""
    if old_bytes > 0 and new_bytes == 0:
        return f"it is empty, and there were {old_bytes} bytes"
    if old_bytes >= SMALL_BYTES and new_bytes * SHRINK_FACTOR < old_bytes:
        return f"it has {new_bytes} bytes, and there were {old_bytes}"
    return None
