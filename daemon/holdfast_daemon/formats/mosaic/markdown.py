"""A session of Mosaic as Markdown: its objects in a table."""

from __future__ import annotations

from holdfast_daemon.formats.base import Part, Reading
from holdfast_daemon.formats.markdown import facts_table, heading, page, table
from holdfast_daemon.formats.mosaic.reading import GEOMETRY_KINDS

#: Columns beside name and kind: heading and fact.
_FACTS = {
    "Type": "type", "Points": "points", "Vertices": "vertices", "Triangles": "triangles", "Visible": "visible",
    "Color": "color", "Opacity": "opacity",
}  # fmt: skip
_MORE = {"Shown as": "representation", "Sampling rate (Å)": "sampling_rate", "Id": "uuid"}


def session_markdown(name: str, reading: Reading, *, full: bool) -> bytes:
    """``full``: with what is known of the whole, further columns, and what is no object."""
    facts = {**_FACTS, **(_MORE if full else {})}
    objects = [part for part in reading.parts if part.kind in GEOMETRY_KINDS]
    rows = [(part.name, part.kind, *(_shown(part, fact) for fact in facts.values())) for part in objects]
    used = [at for at in range(len(facts) + 2) if at < 2 or any(row[at] for row in rows)]
    columns = ["Object", "Kind", *facts]
    said = table([columns[at] for at in used], [[row[at] for at in used] for row in rows])
    if not full:
        return page(heading(1, name), said)
    others = [(part.name, part.kind, f"{len(part.content):,}") for part in reading.parts if part not in objects]
    beside = heading(2, "What else it holds") + table(("Name", "Kind", "Bytes"), others) if others else ""
    return page(heading(1, name), facts_table(reading), said, beside)


def _shown(part: Part, fact: str) -> str | None:
    value = part.facts.get(fact)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else value
