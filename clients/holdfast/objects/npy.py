"""NPY: NumPy's file of one array, its bytes as they are.

Source: NumPy's ``numpy/lib/format.py``, version 1.0 of the layout.
"""

from __future__ import annotations

from holdfast_protocol.model import ArrayRow

_BEGINS = b"\x93NUMPY\x01\x00"
_MULTIPLE_BYTES = 64


def header(array: ArrayRow) -> bytes:
    """All before the values."""
    told = {"descr": array.dtype, "fortran_order": array.fortran, "shape": (*array.shape,)}
    text = f"{told!r}"
    room = -(len(_BEGINS) + 2 + len(text) + 1) % _MULTIPLE_BYTES
    line = f"{text}{' ' * room}\n".encode("ascii")
    return _BEGINS + len(line).to_bytes(2, "little") + line
