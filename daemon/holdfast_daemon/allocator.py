"""The C library's allocator: what a burst of large messages took goes back to the system.

glibc raises its threshold for memory of its own (mmap) to the size of what was freed last, so that from the second
large message on they lie in the heap, which is given back from its end only: 80 messages of 7 MiB left 50 to 360 MB
behind. A threshold that was set stays where it is (mallopt(3), M_MMAP_THRESHOLD).
"""

from __future__ import annotations

import ctypes

#: glibc's own first threshold: half of it cost 64 savers a tenth, twice as much gained nothing.
LARGE_BYTES = 128 * 1024
_M_MMAP_THRESHOLD = -3


def keep_large_apart() -> None:
    """For this process, from now on. Another C library is left as it is."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
