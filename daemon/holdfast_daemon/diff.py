"""What changed between two documents, part by part, in the words of their format."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from holdfast_daemon.formats.base import Format, Part
from holdfast_protocol.model import ChangeRow

TEXT_BYTES = 256 * 1024


def changes(form: Format, old: Sequence[Part], new: Sequence[Part]) -> list[ChangeRow]:
    """Rows in the new document's order, removed parts where they stood."""
    pairs = form.match(old, new)
    pairs.sort(key=lambda pair: (pair[1] if pair[1] is not None else _place(pair[0], pairs), pair[1] is not None))
    rows = []
    for old_index, new_index in pairs:
        before = old[old_index] if old_index is not None else None
        after = new[new_index] if new_index is not None else None
        what = _what(before, after)
        if what:
            rows.append(_row(form, what, before, after))
    return rows or _moves(form, old, new, pairs)


def _place(old_index: int | None, pairs: Sequence[tuple[int | None, int | None]]) -> float:
    """Where a removed part stood, among the new ones: behind its nearest surviving predecessor."""
    before = [(old, new) for old, new in pairs if old is not None and new is not None and old < (old_index or 0)]
    return max(before)[1] + 0.5 if before else -0.5


def _what(before: Part | None, after: Part | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if before.content != after.content:
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


def _moves(
    form: Format, old: Sequence[Part], new: Sequence[Part], pairs: Sequence[tuple[int | None, int | None]]
) -> list[ChangeRow]:
    order = [pair[0] for pair in pairs if pair[0] is not None]
    if order == sorted(order):
        return []
    moved = [(was, now) for was, now in pairs if was is not None and now is not None and was != now]
    return [
        ChangeRow(
            what="moved",
            key=new[now].key,
            name=new[now].name,
            kind=new[now].kind,
            line=f"{new[now].kind} {new[now].name}: place {was + 1} → {now + 1}",
        )
        for was, now in moved
    ]


def _unified(before: bytes, after: bytes) -> str:
    if before == after or max(len(before), len(after)) > TEXT_BYTES:
        return ""
    try:
        old, new = before.decode().split("\n"), after.decode().split("\n")
    except UnicodeDecodeError:
        return ""
    return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=2))[2:])
