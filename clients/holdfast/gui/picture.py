"""Pictures out of an AiderDesk message, where they stand in base64: the page may show nothing that is not its own."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.gui.house import house_of
from holdfast.gui.toasts import with_refusal
from holdfast.looking.chats import MESSAGE_BYTES
from holdfast.looking.contents import whole
from holdfast.looking.pictures import picture_of
from holdfast_protocol.errors import NotFound
from holdfast_protocol.model import Ref


async def picture(request: Request) -> Response:
    """GET ``/picture/{session}/{snapshot}?key=PART&number=N``: its bytes, with the type that these say."""
    key, number = request.query_params.get("key", ""), request.query_params.get("number", "")
    ref = Ref(id=request.path_params["session"], snapshot=request.path_params["snapshot"], part=key)
    is_number = number.isascii() and number.isdigit() and len(number) < 7
    content = await whole(house_of(request).client, ref, MESSAGE_BYTES)
    found = await asyncio.to_thread(picture_of, content, int(number)) if is_number else None
    if found is None:
        raise NotFound("There is no such picture in this message", part=key)
    kind, data = found
    return Response(data, media_type=kind)


ROUTES = [Route("/picture/{session}/{snapshot}", with_refusal(picture))]
