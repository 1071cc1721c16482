"""What changed between two snapshots, part by part."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.cli.output import plain
from holdfast.tui.painting import Line, Lines
from holdfast_protocol.messages import Changes
from holdfast_protocol.model import ChangeRow

_LINES = 5000
_SIGNS = {"+": "good", "-": "bad", "@": "accent"}
_WHATS = {"added": "good", "removed": "bad", "changed": "warn"}


def changes_drawn(changes: Changes, key: str | None) -> Lines:
    """All changes, or those of one part."""
    rows = [row for row in changes.rows if key is None or row.key == key]
    if not rows:
        return Lines([[("Nothing differs", "faint")]])
    lines: list[Line] = [[(plain(changes.summary), "strong")], []] if key is None else []
    for row in rows:
        lines += _change_lines(row)
    return Lines([*lines[:_LINES], *([[("… and more", "warn")]] if len(lines) > _LINES else [])])


def _change_lines(row: ChangeRow) -> Sequence[Line]:
    text = row.text.split("\n") if row.text else []
    return [
        [("■ ", _WHATS.get(row.what, "accent")), (plain(row.line), "strong")],
        *([("  ", ""), (plain(line.expandtabs(4)[:2000]), _SIGNS.get(line[:1], ""))] for line in text),
        [],
    ]
