"""Any part of a snapshot as text, table, image or hex: a window of it, whatever its size."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from holdfast.gui import part_views as views
from holdfast.gui.house import House, house_of, render_page
from holdfast.looking.contents import WINDOW_BYTES, Window, window
from holdfast.looking.languages import language_of_part
from holdfast.looking.marking import code
from holdfast.looking.pictures import image_type
from holdfast.looking.texts import hex_rows
from holdfast_protocol.errors import NotFound, TooLarge
from holdfast_protocol.messages import LIMITS, Shown
from holdfast_protocol.model import ArrayRow, PartRow, Ref

_PARTS_COUNT = 1000
#: By these it is told what a part is.
_START_BYTES = 64
_IMAGE_BYTES = 32 * 1024 * 1024


def part_list(shown: Shown) -> dict[str, object]:
    """What the tab of the parts needs."""
    return {"parts": shown.parts[:_PARTS_COUNT], "left_out": max(0, len(shown.parts) - _PARTS_COUNT)}


async def part(request: Request) -> Response:
    """GET ``/part/{id}/{snapshot}?key=PART[/ARRAY]&as=text|table|image|hex|raw&offset=BYTES``. ``raw`` is a picture's
    own bytes, and nothing that is no picture."""
    house, said = house_of(request), request.query_params
    key, view = said.get("key", ""), said.get("as", "")
    offset = int(said["offset"]) if said.get("offset", "").isdecimal() and len(said["offset"]) < 18 else 0
    ref = Ref(id=request.path_params["id"], snapshot=request.path_params["snapshot"], part=key)
    if view == "raw":
        return await _picture(house, ref)
    shown = await house.client.show(Ref(id=ref.id, snapshot=ref.snapshot))
    row, array = _named(shown, key)
    start = await window(house.client, ref, length=_START_BYTES)
    view = view if view in views.VIEWS else "table" if array and views.can_tell(array) else views.best_view(start)
    if view == "image":
        context: dict[str, object] = {"is_picture": image_type(start.data) is not None, "back": None, "on": None}
    else:
        context = await _VIEWS[view](house, ref, offset, row, array)
    return await render_page(
        request, "part.html", session=shown.session, row=row, array=array, key=key, view=view, views=views.VIEWS,
        snapshot=ref.snapshot, size_bytes=start.size_bytes, offset=offset, **context,
    )  # fmt: skip


def _named(shown: Shown, key: str) -> tuple[PartRow, ArrayRow | None]:
    for row in shown.parts:
        if row.key == key:
            return row, None
        for array in row.arrays:
            if key == f"{row.key}/{array.name}":
                return row, array
    raise NotFound("There is no such part in this snapshot", part=key)


async def _text(house: House, ref: Ref, offset: int, row: PartRow, array: ArrayRow | None) -> dict[str, object]:
    found = await window(house.client, ref, offset)
    text = found.data.decode(errors="replace")
    language = language_of_part(row, row.name, text)
    return {"html": await asyncio.to_thread(code, text, language, numbered=not offset), **_ends(found, WINDOW_BYTES)}


async def _hex(house: House, ref: Ref, offset: int, row: PartRow, array: ArrayRow | None) -> dict[str, object]:
    found = await window(house.client, ref, offset, views.HEX_BYTES)
    return {"lines": hex_rows(found.data, offset), **_ends(found, views.HEX_BYTES)}


async def _table(house: House, ref: Ref, offset: int, row: PartRow, array: ArrayRow | None) -> dict[str, object]:
    if array is None:
        found = await window(house.client, ref)
        return {"table": await asyncio.to_thread(views.table_of_text, found.data), **_ends(found, None)}
    if not views.can_tell(array):
        return {"table": None, "back": None, "on": None}
    width = views.row_bytes(array)
    length = min(LIMITS["window_bytes"] // width, views.ROWS_COUNT) * width
    found = await window(house.client, ref, offset - offset % width, length)
    whole = found.data[: len(found.data) // width * width]
    return {"table": views.table_of_array(array, whole, found.offset // width), **_ends(found, length)}


async def _picture(house: House, ref: Ref) -> Response:
    start = await window(house.client, ref, length=_START_BYTES)
    kind = image_type(start.data)
    if kind is None:
        raise NotFound("This part is no picture", part=ref.part or "")
    if start.size_bytes > _IMAGE_BYTES:
        raise TooLarge(f"A picture is shown up to {_IMAGE_BYTES} bytes", limit=_IMAGE_BYTES)
    return Response(await house.client.cat(ref), media_type=kind)


def _ends(found: Window, step: int | None) -> dict[str, object]:
    """The offsets of the windows before and behind this one."""
    end = found.offset + len(found.data)
    has_more = step is not None and len(found.data) > 0 and end < found.size_bytes
    return {
        "back": max(0, found.offset - step) if step is not None and found.offset else None,
        "on": end if has_more else None,
    }


_VIEWS = {"text": _text, "table": _table, "hex": _hex}
