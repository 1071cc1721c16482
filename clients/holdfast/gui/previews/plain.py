"""Documents that no application's preview knows: their parts as text, as far as they are text."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from holdfast.gui.house import House
from holdfast.gui.previews.texts import texts_of
from holdfast_protocol.messages import Shown

TEMPLATE = "preview_texts.html"


async def context(house: House, shown: Shown, at: str, said: QueryParams) -> dict[str, object]:
    """What the template needs."""
    return await texts_of(house, shown, shown.parts)
