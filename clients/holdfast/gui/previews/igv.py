"""IGV's sessions as IGV lays them out, missing files hatched."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from holdfast.gui.house import House
from holdfast.gui.previews.resources import resources_of
from holdfast.looking.colors import color_of
from holdfast.looking.genome import spans_of
from holdfast.looking.lanes import LABEL_WIDTH, MOST_LOCI, MOST_TRACKS, WIDTH, panels_of, regions_of
from holdfast.looking.track_picture import picture
from holdfast.looking.tracks import path_of
from holdfast_protocol.messages import Shown

TEMPLATE = "preview_igv.html"


async def context(house: House, shown: Shown, at: str, said: QueryParams) -> dict[str, object]:
    """What the template needs."""
    resources = await resources_of(house, shown)
    tracks = [part for part in shown.parts if part.kind == "track"]
    visible = [part for part in tracks if part.facts.get("visible") != "false"]
    panels = panels_of(shown.parts, visible[:MOST_TRACKS], resources.rows)
    spans = spans_of(str(shown.facts.get("locus") or ""), LABEL_WIDTH, WIDTH, MOST_LOCI)
    words = f"{len(tracks)} tracks over {shown.facts.get('locus') or 'the genome'}; the table below says the same"
    return {
        "genome": shown.facts.get("genome"),
        "locus": shown.facts.get("locus"),
        "panels": panels,
        "picture": picture(panels, spans, regions_of(shown.parts, spans), words),
        "tracks": [(part, color_of(part.facts.get("color")), path_of(part)) for part in tracks],
        "undrawn_count": len(visible) - len(visible[:MOST_TRACKS]),
        "hidden_count": len(tracks) - len(visible),
        "resources": resources,
        "warnings": shown.warnings,
    }
