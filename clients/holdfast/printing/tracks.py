"""IGV's sessions as they are printed: the panels as IGV lays them out over the locus, and the tracks as a table."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.looking.colors import color_of
from holdfast.looking.genome import spans_of
from holdfast.looking.lanes import LABEL_WIDTH, MOST_LOCI, MOST_TRACKS, WIDTH, panels_of, regions_of
from holdfast.looking.track_picture import picture
from holdfast.looking.tracks import LOST, path_of
from holdfast.plans import Plan, replied
from holdfast.printing.blocks import Block, Heading, Picture, Remark, Table
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import CheckResources, Resources, Shown
from holdfast_protocol.model import PartRow, Ref, ResourceRow

#: Of more tracks the table says how many.
TABLE_COUNT = 5000


def tracks(shown: Shown, snapshot: Ref) -> Plan[list[Block]]:
    """The picture, what is missing, the table."""
    try:
        resources = (yield from replied(CheckResources(ref=snapshot), Resources)).rows
    except HoldfastError:
        resources = []
    every = [part for part in shown.parts if part.kind == "track"]
    seen = [part for part in every if part.facts.get("visible") != "false"]
    return [*_picture(shown, seen, resources), *_lost(resources), *_table(every, len(every) - len(seen))]


def _picture(shown: Shown, seen: Sequence[PartRow], resources: Sequence[ResourceRow]) -> list[Block]:
    locus = str(shown.facts.get("locus") or "")
    panels = panels_of(shown.parts, seen[:MOST_TRACKS], resources)
    if not panels:
        return [Remark("No tracks.")]
    spans = spans_of(locus, LABEL_WIDTH, WIDTH, MOST_LOCI)
    said = f"{len(seen)} tracks over {locus or 'the genome'}"
    svg = picture(panels, spans, regions_of(shown.parts, spans), said, alone=True)
    found: list[Block] = [Picture(svg.encode(errors="replace"), "image/svg+xml", said)]
    if len(seen) > MOST_TRACKS:
        found.append(Remark(f"The first {MOST_TRACKS} of {len(seen):,} tracks are drawn."))
    return found


def _lost(resources: Sequence[ResourceRow]) -> list[Block]:
    lost = [row for row in resources if row.state in LOST]
    return [Table(["File", "State"], [[row.reference, row.state] for row in lost])] if lost else []


def _table(tracks: Sequence[PartRow], hidden_count: int) -> list[Block]:
    if not tracks:
        return []
    hidden = f", {hidden_count} of them hidden" if hidden_count else ""
    told = tracks[:TABLE_COUNT]
    columns = {"Panel": "panel", "Type": "class", "Range": "range"}
    rows = [[row.name, *(str(row.facts.get(each) or "") for each in columns.values()), path_of(row)] for row in told]
    found: list[Block] = [
        Heading(f"{len(tracks):,} track{'s'[: len(tracks) > 1]}{hidden}"),
        Table(["Name", *columns, "File"], rows, [color_of(part.facts.get("color")) for part in told]),
    ]
    return [*found, Remark(f"and {len(tracks) - len(told):,} more")] if len(tracks) > len(told) else found
