"""What changed between two documents, part by part, in the words of their format."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.alignment import longest_rising
from holdfast_daemon.formats.base import Format, Pair, Part
from holdfast_daemon.nesting import holders
from holdfast_protocol.model import ChangeRow

TEXT_BYTES = 256 * 1024


def changes(form: Format, old: Sequence[Part], new: Sequence[Part]) -> list[ChangeRow]:
    """Rows in the new document's order, removed parts where they stood."""
    pairs = form.match(old, new)
    kept = [(was, now) for was, now in pairs if was is not None and now is not None]
    # A part with another name is told as renamed: in a folder of files, its new name is its new place.
    moves = _Moves(form, old, new, [(was, now) for was, now in kept if old[was].name == new[now].name], dict(kept))
    rows = []
    for was, now in _in_order(pairs, len(old), len(new)):
        before = old[was] if was is not None else None
        after = new[now] if now is not None else None
        what = _what(form, before, after)
        if what:
            rows.append(_row(form, what, before, after))
        if was is not None and now is not None and (line := moves.line(was, now)):
            part = new[now]
            rows.append(ChangeRow(what="moved", key=part.key, name=part.name, kind=part.kind, line=line))
    return rows


class _Moves:
    """Which parts lie elsewhere than they did: in another part that holds them, or at another place in the same."""

    def __init__(
        self, form: Format, old: Sequence[Part], new: Sequence[Part], staying: Sequence[Pair], new_of: dict[int, int]
    ) -> None:  # fmt: skip
        self._old, self._new, self._new_of = old, new, new_of
        self._held_before, self._held_now = holders(old, form.holds), holders(new, form.holds)
        self._elsewhere: set[int] = set()
        within: dict[int | None, list[tuple[int, int]]] = defaultdict(list)
        for was, now in staying:
            assert was is not None
            assert now is not None
            if self._holder_before(was) != self._held_now[now]:
                self._elsewhere.add(now)
            elif new[now].kind not in form.unordered:
                within[self._held_now[now]].append((was, now))
        self._moved = {now for pairs in within.values() for now in _moved(pairs)}
        self._places = [_places(held) for held in (self._held_before, self._held_now)]

    def _holder_before(self, was: int) -> int | None:
        """As a place in the new document; a place that is none there for one that is gone."""
        holder = self._held_before[was]
        return None if holder is None else self._new_of.get(holder, -1)

    def line(self, was: int, now: int) -> str:
        """Such as ``track reads: panel A → panel B`` or ``buffer bass: place 3 → 1``; empty where it did not move."""
        part = self._new[now]
        if now in self._elsewhere:
            before, after = self._held_before[was], self._held_now[now]
            old = "none" if before is None else f"{self._old[before].kind} {self._old[before].name}"
            new = "none" if after is None else f"{self._new[after].kind} {self._new[after].name}"
            return f"{part.kind} {part.name}: {old} → {new}"
        if now not in self._moved:
            return ""
        before, after = self._places[0][was], self._places[1][now]
        places = f"place {before} → {after}" if before != after else f"other neighbours at place {after}"
        return f"{part.kind} {part.name}: {places}"


def _places(held: Sequence[int | None]) -> list[int]:
    """For each part its place, from 1, among those that the same one holds."""
    counts: Counter[int | None] = Counter()
    places = []
    for holder in held:
        counts[holder] += 1
        places.append(counts[holder])
    return places


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
    still = {*longest_rising([was for was, _ in by_new_place])}
    return {now for place, (_, now) in enumerate(by_new_place) if place not in still}


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


def _unified(before: bytes, after: bytes) -> str:
    if before == after or max(len(before), len(after)) > TEXT_BYTES:
        return ""
    try:
        old, new = before.decode().split("\n"), after.decode().split("\n")
    except UnicodeDecodeError:
        return ""
    return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=2))[2:])
