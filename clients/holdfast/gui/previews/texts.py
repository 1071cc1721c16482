"""Parts one below the other, each as text or what else it is: the previews of Renardo and of plain documents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from holdfast.cli.words import path_text
from holdfast.gui.house import House
from holdfast.gui.part_views import Table, table_of_text
from holdfast.looking.contents import Window, windows
from holdfast.looking.languages import language_of_part
from holdfast.looking.marking import code
from holdfast.looking.pictures import image_type
from holdfast.looking.texts import HexRow, hex_rows, text_of
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow, Ref

_PARTS_COUNT = 40
_HEX_BYTES = 512
_TABLES = (".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Text:
    """One of ``html``, ``table``, ``lines`` (of bytes) or a picture. ``is_cut``: it goes on."""

    part: PartRow
    name: str
    is_cut: bool
    html: Markup | None = None
    table: Table | None = None
    lines: Sequence[HexRow] = ()
    is_picture: bool = False


async def texts_of(house: House, shown: Shown, parts: Sequence[PartRow]) -> dict[str, object]:
    """The first of ``parts``, text highlighted by its kind, name and beginning."""
    if shown.snapshot is None:
        return {"texts": [], "left_out": 0}
    some = parts[:_PARTS_COUNT]
    found = await windows(house.client, Ref(id=shown.session.id, snapshot=shown.snapshot.snapshot), some)
    names = [_name(shown, part) for part in some]
    texts = await asyncio.to_thread(lambda: [_text(*each) for each in zip(some, names, found, strict=True)])
    return {"texts": texts, "left_out": len(parts) - len(some)}


def _name(shown: Shown, part: PartRow) -> str:
    """A document of one file is called as that file."""
    if part.kind != "file" or len(shown.parts) > 1:
        return part.name
    return path_text(shown.session.path).rpartition("/")[2] or part.name


def _text(part: PartRow, name: str, window: Window) -> Text:
    if image_type(window.data):
        return Text(part, name, is_cut=False, is_picture=True)
    text = text_of(window.data, is_cut=not window.is_whole)
    if text is None:
        lines = hex_rows(window.data[:_HEX_BYTES])
        return Text(part, name, is_cut=window.size_bytes > _HEX_BYTES, lines=lines)
    table = _table(name, text, is_cut=not window.is_whole)
    if table is not None:
        return Text(part, name, is_cut=not window.is_whole, table=table)
    return Text(part, name, is_cut=not window.is_whole, html=code(text, language_of_part(part, name, text)))


def _table(name: str, text: str, *, is_cut: bool) -> Table | None:
    """Of lines with separators, by the name, and of a JSON list of objects."""
    if name.lower().endswith(_TABLES):
        return table_of_text((text.rpartition("\n")[0] if is_cut else text).encode())
    return None if is_cut or not text.lstrip().startswith("[{") else table_of_text(text.encode())
