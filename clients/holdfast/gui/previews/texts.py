"""Parts that are text, one below the other: what the previews of Renardo and of plain documents show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.gui.contents import Window, windows
from holdfast.gui.house import House
from holdfast.gui.part_views import is_text
from holdfast.gui.showing import code, language_of
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow

_PARTS_COUNT = 40


@dataclass(frozen=True, slots=True)
class Text:
    """``html`` is None for what is no text; ``is_cut``: it goes on."""

    part: PartRow
    html: Markup | None
    is_cut: bool


async def texts_of(house: House, shown: Shown, parts: Sequence[PartRow], language: str) -> dict[str, object]:
    """The first of ``parts``, highlighted as ``language`` or else by their names and beginnings."""
    if shown.snapshot is None:
        return {"texts": [], "left_out": 0}
    some = parts[:_PARTS_COUNT]
    found = await windows(house.client, shown.session.id, shown.snapshot.snapshot, some)
    texts = await asyncio.to_thread(lambda: [_text(*each, language) for each in zip(some, found, strict=True)])
    return {"texts": texts, "left_out": len(parts) - len(some)}


def _text(part: PartRow, window: Window, language: str) -> Text:
    if not is_text(window.data):
        return Text(part, None, is_cut=True)
    text = window.data.decode(errors="replace")
    name = language if part.kind != "file" or not language else language_of(part.name, text)
    return Text(part, code(text, name or language_of(part.name, text)), is_cut=not window.is_whole)
