"""The table of DESIGN.md section 2, "How the visible file is kept true": content decides, nothing else does."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum


class Verdict(Enum):
    """What to do about one path."""

    CONFIRM = "what should be there is there: published becomes wanted"
    PUBLISH = "our publication has not happened yet: do it"
    REPUBLISH = "torn by a power cut: publish again, and keep the bytes as a suspect"
    OUTSIDE = "a change made outside, whose parent is what was published"
    GONE = "deleted outside"
    NOTHING = "all is well"


def verdict(
    on_disk: bytes | None,
    published: bytes | None,
    wanted: bytes | None,
    *,
    torn: bool = False,
    on_way: Collection[bytes] = (),
) -> Verdict:
    """``on_disk``, ``published`` and ``wanted`` are names of documents, None for nothing there. ``torn``: the machine
    went down before a publication that was on its way had been synced. ``on_way``: the heads between ``published``
    and ``wanted``; one of them is on disk where a crash came between its exchange and its confirmation."""
    if on_disk == wanted:
        return Verdict.NOTHING if published == wanted else Verdict.CONFIRM
    if on_disk is None and torn:
        return Verdict.PUBLISH
    if on_disk is None:
        return Verdict.PUBLISH if published is None else Verdict.GONE
    if on_disk == published or on_disk in on_way:
        return Verdict.PUBLISH
    if torn and wanted is not None:
        return Verdict.REPUBLISH
    return Verdict.OUTSIDE
