"""A session of IGV as Markdown: what is seen where, in tables."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast_daemon.formats.base import Part, Reading
from holdfast_daemon.formats.defaults import text_of
from holdfast_daemon.formats.markdown import blocks, facts_table, heading, page, table

#: Kind to the title of its table, and its columns beside the name: heading and fact.
_TABLES = {
    "track": (
        "Tracks",
        {"Panel": "panel", "Class": "class", "Height": "height", "Color": "color", "Range": "range"},
    ),
    "resource": ("Data files", {"Type": "type", "Path or URL": "path"}),
    "region": ("Regions of interest", {"Description": "description"}),
}
_LINES = ("genome", "locus")


def session_markdown(name: str, reading: Reading, *, full: bool) -> bytes:
    """``full``: with what is known of the whole, and every other part as it stands in the document."""
    lines = [part for part in reading.parts if part.kind in _LINES]
    said = table(("", ""), [(part.kind, reading.facts.get(part.kind) or text_of(part)) for part in lines])
    tables = "".join(_table(reading.parts, kind) for kind in _TABLES)
    if not full:
        return page(heading(1, name), said, tables)
    others = [part for part in reading.parts if part.kind not in (*_TABLES, *_LINES)]
    shown = blocks((part, text_of(part), "") for part in others)
    return page(heading(1, name), facts_table(reading), said, tables, shown)


def _table(parts: Sequence[Part], kind: str) -> str:
    title, facts = _TABLES[kind]
    rows = [(part.name, *(part.facts.get(fact) for fact in facts.values())) for part in parts if part.kind == kind]
    used = [0, *(at for at in range(1, len(facts) + 1) if any(row[at] for row in rows))]
    columns = ["Name", *facts]
    if not rows:
        return ""
    return heading(2, title) + table([columns[at] for at in used], [[row[at] for at in used] for row in rows])
