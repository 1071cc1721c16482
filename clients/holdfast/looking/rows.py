"""The numbers of an array as they are drawn: points and corners as float32, triangles as uint32, little-endian, three
to a row. Decides only; nothing is read here."""

from __future__ import annotations

import sys
from array import array

from holdfast_protocol.errors import BadField

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
