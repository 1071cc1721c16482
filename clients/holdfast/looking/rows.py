"""The numbers of an array as they are drawn: points and corners as float32, triangles as uint32, little-endian, three
to a row. Decides only; nothing is read here."""

from __future__ import annotations

import sys
from array import array

from holdfast.numbers import ORDERS, TYPES, numbers
from holdfast_protocol.errors import BadField

_ROW_COUNT = 3
_INDEX_BITS = 0xFFFFFFFF


class Rows:
    """Rows of three numbers of ``dtype`` (NumPy's word, ``<f4``), every so many of them kept, window by window.

    ``is_index``: they count corners. Raises BadField for numbers that nothing is drawn of.
    """

    def __init__(self, dtype: str, every: int = 1, *, is_index: bool = False) -> None:
        kind = TYPES.get(dtype[1:]) if dtype[:1] in ORDERS else None
        if kind is None or every < 1 or (is_index and kind in "fd"):
            raise BadField(f"Nothing is drawn of every {every} rows of {dtype!r}", field="dtype")
        self._kind = kind
        self._dtype = dtype
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
        found = numbers(memoryview(content)[: count * self._row_bytes], self._dtype)
        drawn = self._drawn(self._kept(found, count))
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
