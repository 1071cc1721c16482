"""Renardo's sessions: every buffer highlighted, as its editor shows it."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from holdfast.gui.house import House
from holdfast.gui.previews.texts import texts_of
from holdfast_protocol.messages import Shown

TEMPLATE = "preview_texts.html"


async def context(house: House, shown: Shown, at: str, said: QueryParams) -> dict[str, object]:
    """What the template needs. Startup code comes first, as it runs first; an empty one is left out."""
    parts = [part for part in shown.parts if part.kind != "state" and (part.size_bytes or part.kind != "startup")]
    return await texts_of(house, shown, parts)
