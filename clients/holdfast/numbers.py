"""The numbers of an array of a part, without NumPy."""

from __future__ import annotations

import struct
import sys
from array import array

#: NumPy's kinds of numbers to those of Python's arrays; all of these are as long in both.
TYPES = {
    "b1": "B", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f",
    "f8": "d",
}  # fmt: skip
ORDERS = {"<": "little", ">": "big", "|": sys.byteorder}
#: The one kind that Python's arrays do not know.
_HALF = "f2"
_IN_DTYPE = 4  # bytes of a character of NumPy's text


def has_numbers(dtype: str) -> bool:
    """Whether it is NumPy's short word for numbers that ``numbers`` gives."""
    return dtype[:1] in ORDERS and (dtype[1:] in TYPES or dtype[1:] == _HALF)


def size_of(dtype: str) -> int:
    """Bytes of one value of NumPy's short word for plain values."""
    return int(dtype[2:]) * (_IN_DTYPE if dtype[1] == "U" else 1)


def numbers(content: bytes | memoryview, dtype: str) -> array[float]:
    """The numbers of these bytes; whole numbers are ``int``."""
    if dtype[1:] == _HALF:
        order = ">" if ORDERS[dtype[0]] == "big" else "<"
        return array("f", struct.unpack(f"{order}{len(content) // 2}e", content))
    found: array[float] = array(TYPES[dtype[1:]])
    found.frombytes(content)
    if ORDERS[dtype[0]] != sys.byteorder:
        found.byteswap()
    return found
