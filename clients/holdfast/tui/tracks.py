"""IGV's tracks as a table, panel by panel, and the files that they need."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.style import Style

from holdfast.cli.output import plain
from holdfast.looking.tracks import LOST, Files
from holdfast.tui.looking import Looked
from holdfast.tui.painting import Line, Lines, Piece, fitted
from holdfast_protocol.model import PartRow, ResourceRow

_ROWS = 500
_NAME_PLACES, _PANEL_PLACES, _HEIGHT_PLACES, _RANGE_PLACES = 18, 13, 7, 10
_STATES: dict[str, Piece] = {
    "there": ("✔ there", "good"),
    "moved": ("→ moved", "warn"),
    "missing": ("✘ missing", "bad"),
    "remote": ("☁ remote", "faint"),
}


async def tracks(looked: Looked, chosen: PartRow | None) -> Lines:
    """Raises HoldfastError."""
    resources = (await looked.client.check_resources(looked.ref)).rows
    facts, files = looked.shown.facts, Files(resources)
    lines: list[Line] = [[(f"{name}  ", "strong"), (plain(str(facts[name])), "")] for name in ("genome", "locus")]
    lines += [[], [("   ", ""), *_cells("TRACK", "PANEL", "HEIGHT", "RANGE", "faint")]]
    shown = [part for part in looked.shown.parts if part.kind == "track"]
    lines += [_track_line(part, files.of(part)) for part in shown[:_ROWS]]
    regions = [part for part in looked.shown.parts if part.kind == "region"]
    lines += _table("REGIONS", [[(plain(part.name), "")] for part in regions])
    lines += _table("FILES", [_resource_line(row) for row in resources])
    return Lines(lines)


def _table(heading: str, rows: Sequence[Line]) -> list[Line]:
    return [[], [(heading, "faint")], *rows[:_ROWS]] if rows else []


def _track_line(part: PartRow, file: ResourceRow | None) -> Line:
    facts = part.facts
    is_visible = str(facts.get("visible")) != "false"
    panel, height, span = (str(facts.get(name) or "") for name in ("panel", "height", "range"))
    state, meaning = _STATES[file.state] if file is not None and file.state in LOST else ("", "")
    beside = f" {state}" if state else "" if is_visible else " ○ hidden"
    meaning = str(meaning) or ("" if is_visible else "faint")
    return [_swatch(facts.get("color")), *_cells(part.name, panel, height, span, meaning), (beside, meaning)]


def _cells(name: str, panel: str, height: str, span: str, meaning: str) -> list[Piece]:
    return [
        (fitted(name, _NAME_PLACES), meaning), ("  ", ""), (fitted(panel, _PANEL_PLACES), "faint"),
        (f"{plain(height):>{_HEIGHT_PLACES}}", "faint"), ("  ", ""), (fitted(span, _RANGE_PLACES), "faint"),
    ]  # fmt: skip


def _swatch(color: object) -> Piece:
    """The colour as the session has it: ``0,0,178``."""
    found = re.fullmatch(r"(\d{1,3}),(\d{1,3}),(\d{1,3})", str(color))
    if found is None or any(int(each) > 255 for each in found.groups()):
        return ("   ", "")
    return ("██ ", Style.parse(f"rgb({','.join(str(int(each)) for each in found.groups())})"))


def _resource_line(row: ResourceRow) -> Line:
    state, meaning = _STATES.get(row.state, (f"? {row.state}", "warn"))
    return [(fitted(state, 11), meaning), (plain(row.reference), "")]
