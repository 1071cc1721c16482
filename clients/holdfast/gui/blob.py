"""The numbers of a session's arrays as a graphics card takes them, streamed: what a picture in 3D is drawn of.

Points and corners go as float32, triangles as uint32, little-endian, three to a row, behind one another. Nothing is
kept: a window of the daemon's becomes a piece of the answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from holdfast.gui.house import house_of
from holdfast.looking.rows import Rows
from holdfast_protocol.errors import BadField, HoldfastError
from holdfast_protocol.model import Ref


async def blob(request: Request) -> Response:
    """GET ``/blob/{session}/{snapshot}?key=PART&array=NAME&dtype=<f4``: the rows of an array, every so many
    (``every``), as float32, or with ``index`` as uint32. What cannot be read is said before anything is promised."""
    try:
        return await _streamed(request)
    except HoldfastError as problem:
        return PlainTextResponse(f"{problem.code}: {problem}", 400 if isinstance(problem, BadField) else 404)


async def _streamed(request: Request) -> Response:
    asked = request.query_params
    every = asked.get("every", "1")
    if not (every.isascii() and every.isdigit() and len(every) < 10):
        raise BadField(f"{every!r} is no number of rows", field="every")
    rows = Rows(asked.get("dtype", "<f4"), int(every), is_index="index" in asked)
    part = f"{asked.get('key', '')}/{asked.get('array', 'points')}"
    ref = Ref(id=request.path_params["session"], snapshot=request.path_params["snapshot"], part=part)
    windows = house_of(request).client.windows(ref)
    first = await anext(windows, b"")
    return StreamingResponse(_pieces(rows, first, windows), media_type="application/octet-stream")


async def _pieces(rows: Rows, first: bytes, windows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each window's in turn."""
    yield rows.of(first)
    async for window in windows:
        yield rows.of(window)


ROUTES = [Route("/blob/{session}/{snapshot}", blob)]
