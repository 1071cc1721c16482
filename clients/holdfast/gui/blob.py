"""The numbers of a session's arrays as a graphics card takes them, streamed: what a picture in 3D is drawn of.

Points and corners go as float32, triangles as uint32, little-endian, three to a row, behind one another. Nothing is
kept: a window of the daemon's becomes a piece of the answer.
"""

from __future__ import annotations

import asyncio
import sys
from array import array
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from holdfast.gui.house import house_of
from holdfast_protocol.errors import BadField
from holdfast_protocol.model import Ref

#: NumPy's kinds of numbers to those of Python's arrays; all of these are as long in both.
_TYPES = {"f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}
_ORDERS = {"<": "little", ">": "big", "|": sys.byteorder}
_ROW_COUNT = 3
_INDEX_BITS = 0xFFFFFFFF


class Rows:
    """Rows of three numbers of ``dtype`` (NumPy's word, ``<f4``), every so many of them kept, window by window.

    ``is_index``: they count corners. Raises BadField for numbers that nothing is drawn of.
    """

    def __init__(self, dtype: str, every: int = 1, *, is_index: bool = False) -> None:
        order, kind = _ORDERS.get(dtype[:1]), _TYPES.get(dtype[1:])
        if order is None or kind is None or every < 1 or (is_index and kind in "fd"):
            raise BadField(f"Nothing is drawn of every {every} rows of {dtype!r}", field="dtype")
        self._kind = kind
        self._is_swapped = order != sys.byteorder
        self._row_bytes = _ROW_COUNT * array(kind).itemsize
        self._every = every
        self._is_index = is_index
        self._rest = b""
        self._skip = 0  # rows until the next that is kept

    def of(self, window: bytes) -> bytes:
        """What the next bytes, cut anywhere, add."""
        content = self._rest + window
        count = len(content) // self._row_bytes
        self._rest = content[count * self._row_bytes :]
        numbers: array[float] = array(self._kind)
        numbers.frombytes(memoryview(content)[: count * self._row_bytes])
        if self._is_swapped:
            numbers.byteswap()
        drawn = self._drawn(self._kept(numbers, count))
        if sys.byteorder == "big":
            drawn.byteswap()
        return drawn.tobytes()

    def _kept(self, numbers: array[float], count: int) -> array[float]:
        first, step = self._skip * _ROW_COUNT, self._every * _ROW_COUNT
        self._skip = (self._skip - count) % self._every
        if self._every == 1:
            return numbers
        columns = [numbers[first + axis :: step] for axis in range(_ROW_COUNT)]
        kept: array[float] = array(self._kind, bytes(len(columns[0]) * self._row_bytes))
        for axis, column in enumerate(columns):
            kept[axis::_ROW_COUNT] = column
        return kept

    def _drawn(self, numbers: array[float]) -> array[float] | array[int]:
        if self._kind == "f" or (self._is_index and self._kind in "iI"):
            return numbers
        if self._is_index:
            return array("I", (int(each) & _INDEX_BITS for each in numbers))
        return array("f", numbers)


async def blob(request: Request) -> Response:
    """GET ``/blob/{session}/{snapshot}?key=PART&array=NAME&dtype=<f4``: the rows of an array, every so many
    (``every``), as float32, or with ``index`` as uint32."""
    asked = request.query_params
    every = asked.get("every", "1")
    if not (every.isascii() and every.isdigit() and len(every) < 10):
        raise BadField(f"{every!r} is no number of rows", field="every")
    rows = Rows(asked.get("dtype", "<f4"), int(every), is_index="index" in asked)
    part = f"{asked.get('key', '')}/{asked.get('array', 'points')}"
    ref = Ref(id=request.path_params["session"], snapshot=request.path_params["snapshot"], part=part)
    windows = house_of(request).client.windows(ref)
    first = await anext(windows, b"")  # what cannot be read is said with a code, before anything is promised
    return StreamingResponse(_pieces(rows, first, windows), media_type="application/octet-stream")


async def _pieces(rows: Rows, first: bytes, windows: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each window's in turn; what else the page asks goes in between."""
    yield rows.of(first)
    async for window in windows:
        await asyncio.sleep(0)
        yield rows.of(window)


ROUTES = [Route("/blob/{session}/{snapshot}", blob)]
