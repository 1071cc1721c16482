"""Mosaic's sessions in 3D.

The numbers themselves are fetched by the page (``blob``), those that are seen first; here is only said what there is
to fetch, and of how many points each.
"""

from __future__ import annotations

from starlette.datastructures import QueryParams

from holdfast.gui.house import House
from holdfast.gui.previews.resources import resources_of
from holdfast.looking.shapes import every_of, groups_of
from holdfast_protocol.messages import Shown

TEMPLATE = "preview_mosaic.html"


async def context(house: House, shown: Shown, at: str, said: QueryParams) -> dict[str, object]:
    """What the template needs."""
    groups = groups_of(shown.parts)
    snapshot = shown.snapshot.snapshot if shown.snapshot else at
    meta = next((part.facts for part in shown.parts if part.kind == "metadata"), {})
    return {
        "groups": groups,
        "every": every_of(member for group in groups for member in group.members),
        "cloud": f"cloud-{shown.session.id}-{snapshot}",
        "blob": f"{house.prefix}/blob/{shown.session.id}/{snapshot}",
        "shape": meta.get("shape"),
        "physical_shape": meta.get("physical_shape"),
        "resources": await resources_of(house, shown),
        "warnings": shown.warnings,
    }
