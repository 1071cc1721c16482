"""What changed between two documents, part by part, in the words of their format."""

from __future__ import annotations

import difflib
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.base import Format, Pair, Part
from holdfast_protocol.model import ChangeRow

TEXT_BYTES = 256 * 1024


def changes(form: Format, old: Sequence[Part], new: Sequence[Part]) -> list[ChangeRow]:
    """Rows in the new document's order, removed parts where they stood."""
    pairs = form.match(old, new)
    kept = [(was, now) for was, now in pairs if was is not None and now is not None]
    # A part with another name is told as renamed: in a folder of files, its new name is its new place.
    staying = [(was, now) for was, now in kept if old[was].name == new[now].name]
    moved = _moved([(was, now) for was, now in staying if new[now].kind not in form.unordered])
    rows = []
    for was, now in _in_order(pairs, len(old), len(new)):
        before = old[was] if was is not None else None
        after = new[now] if now is not None else None
        what = _what(form, before, after)
        if what:
            rows.append(_row(form, what, before, after))
        if was is not None and now is not None and now in moved:
            rows.append(_move(new[now], was, now))
    return rows


def summary(rows: Sequence[ChangeRow]) -> str:
    """All rows in one line: ``2 messages added, 1 file changed``; empty where there are none."""
    counts = Counter((row.kind, row.what) for row in rows)
    return ", ".join(f"{count} {_many(kind, count)} {what}" for (kind, what), count in counts.items())


def _many(kind: str, count: int) -> str:
    if count == 1:
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") else kind if kind.endswith("s") else f"{kind}s"


def _in_order(pairs: Sequence[Pair], old_count: int, new_count: int) -> Iterator[Pair]:
    """As the new document has them, a removed part behind its nearest predecessor that is still there."""
    new_of = {was: now for was, now in pairs if was is not None}
    old_of = {now: was for was, now in pairs if now is not None}
    gone_behind: dict[int, list[int]] = defaultdict(list)
    survivor = -1
    for was in range(old_count):
        now = new_of[was]
        if now is None:
            gone_behind[survivor].append(was)
        else:
            survivor = now
    for now in range(-1, new_count):
        if now >= 0:
            yield old_of[now], now
        yield from ((was, None) for was in gone_behind[now])


def _moved(survivors: Sequence[tuple[int, int]]) -> set[int]:
    """The fewest new places whose parts must have moved: all but a longest run that is still in the old order."""
    by_new_place = sorted(survivors, key=lambda pair: pair[1])
    ends: list[int] = []  # the smallest old place that ends an increasing run of each length
    lengths = []
    for was, _ in by_new_place:
        length = bisect_left(ends, was)
        ends[length : length + 1] = [was]
        lengths.append(length)
    moved = set()
    wanted, ceiling = len(ends) - 1, math.inf
    for (was, now), length in zip(reversed(by_new_place), reversed(lengths), strict=True):
        if length == wanted and was < ceiling:
            wanted, ceiling = wanted - 1, was
        else:
            moved.add(now)
    return moved


def _what(form: Format, before: Part | None, after: Part | None) -> str:
    if before is None or after is None:
        part = after or before
        assert part is not None
        return "" if part.kind in form.incidental else "removed" if after is None else "added"
    if before.content != after.content and not form.same(before, after):
        return "changed"
    return "renamed" if before.name != after.name else ""


def _row(form: Format, what: str, before: Part | None, after: Part | None) -> ChangeRow:
    part = after or before
    assert part is not None
    return ChangeRow(
        what=what,
        key=part.key,
        name=part.name,
        kind=part.kind,
        line=form.describe_change(before, after),
        text=_unified(before.content if before else b"", after.content if after else b""),
    )


def _move(part: Part, was: int, now: int) -> ChangeRow:
    line = f"{part.kind} {part.name}: place {was + 1} → {now + 1}"
    return ChangeRow(what="moved", key=part.key, name=part.name, kind=part.kind, line=line)


def _unified(before: bytes, after: bytes) -> str:
    if before == after or max(len(before), len(after)) > TEXT_BYTES:
        return ""
    try:
        old, new = before.decode().split("\n"), after.decode().split("\n")
    except UnicodeDecodeError:
        return ""
    return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=2))[2:])
