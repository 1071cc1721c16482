"""Parts that are text, one below the other: what the previews of Renardo and of plain documents show."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.gui.house import House
from holdfast.gui.showing import code
from holdfast.looking.contents import Window, windows
from holdfast.looking.languages import language_of_part
from holdfast.looking.texts import text_of
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow, Ref

_PARTS_COUNT = 40


@dataclass(frozen=True, slots=True)
class Text:
    """``html`` is None for what is no text; ``is_cut``: it goes on."""

    part: PartRow
    html: Markup | None
    is_cut: bool


async def texts_of(house: House, shown: Shown, parts: Sequence[PartRow]) -> dict[str, object]:
    """The first of ``parts``, highlighted by their kinds, names and beginnings."""
    if shown.snapshot is None:
        return {"texts": [], "left_out": 0}
    some = parts[:_PARTS_COUNT]
    found = await windows(house.client, Ref(id=shown.session.id, snapshot=shown.snapshot.snapshot), some)
    texts = await asyncio.to_thread(lambda: [_text(*each) for each in zip(some, found, strict=True)])
    return {"texts": texts, "left_out": len(parts) - len(some)}


def _text(part: PartRow, window: Window) -> Text:
    text = text_of(window.data, is_cut=not window.is_whole)
    html = None if text is None else code(text, language_of_part(part, text))
    return Text(part, html, is_cut=html is None or not window.is_whole)
