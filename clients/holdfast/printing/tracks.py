"""IGV's sessions as they are printed: the panels as IGV lays them out over the locus, and the tracks as a table."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.looking.colors import color_of
from holdfast.looking.genome import spans_of
from holdfast.looking.lanes import LABEL_WIDTH, MOST_LOCI, WIDTH, panels_of, regions_of
from holdfast.looking.track_picture import height_of, picture
from holdfast.looking.tracks import LOST, path_of
from holdfast.plans import Plan, replied
from holdfast.printing.blocks import Block, Heading, Picture, Remark, Table
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import CheckResources, Resources, Shown
from holdfast_protocol.model import PartRow, Ref, ResourceRow

#: Of more tracks it is said how many.
TABLE_COUNT = 5000
_TOGETHER_COUNT = 45


def tracks(shown: Shown, snapshot: Ref) -> Plan[list[Block]]:
    """The picture, what is missing, the table."""
    try:
        resources = (yield from replied(CheckResources(ref=snapshot), Resources)).rows
    except HoldfastError:
        resources = []
    every = [part for part in shown.parts if part.kind == "track"]
    seen = [part for part in every if part.facts.get("visible") != "false"]
    return [*_pictures(shown, seen, resources), *_lost(resources), *_table(every, len(every) - len(seen))]


def _pictures(shown: Shown, seen: Sequence[PartRow], resources: Sequence[ResourceRow]) -> list[Block]:
    """One, or one below the other of so many tracks that each fits onto a page."""
    drawn = seen[:TABLE_COUNT]
    if not drawn:
        return [Remark("No tracks.")]
    found: list[Block] = []
    for start in range(0, len(drawn), _TOGETHER_COUNT):
        some = drawn[start : start + _TOGETHER_COUNT]
        if len(drawn) > _TOGETHER_COUNT:
            found.append(Heading("Tracks", f"{start + 1:,} to {start + len(some):,} of {len(seen):,}"))
        found.append(_picture(shown, some, resources))
    count = len(str(shown.facts.get("locus") or "").split())
    if count > MOST_LOCI:
        found.append(Remark(f"The first {MOST_LOCI} of {count:,} loci are drawn.", is_told=True))
    if len(seen) > len(drawn):
        found.append(Remark(f"The first {len(drawn):,} of {len(seen):,} tracks are drawn.", is_told=True))
    return found


def _picture(shown: Shown, tracks: Sequence[PartRow], resources: Sequence[ResourceRow]) -> Picture:
    locus = str(shown.facts.get("locus") or "")
    panels = panels_of(shown.parts, tracks, resources)
    spans = spans_of(locus, LABEL_WIDTH, WIDTH, MOST_LOCI)
    said = f"{len(tracks)} tracks over {locus or 'the genome'}"
    svg = picture(panels, spans, regions_of(shown.parts, spans), said, alone=True)
    return Picture(svg.encode(errors="replace"), "image/svg+xml", said, (WIDTH, height_of(panels)))


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
    return [*found, Remark(f"and {len(tracks) - len(told):,} more", is_told=True)] if len(tracks) > len(told) else found
