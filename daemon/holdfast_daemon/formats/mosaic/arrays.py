"""NumPy's arrays among the nodes: as they are pickled, as their bytes lie there, and what they are called.

Protocol 5 has ``_frombuffer(bytearray, dtype, shape, order)``; protocol 4, and whatever is not contiguous or holds
objects, has ``_reconstruct(ndarray, (0,), b"b")`` given the state ``(1, shape, dtype, is_fortran, bytes)``.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from math import prod

from holdfast_daemon.formats.mosaic.nodes import Bytes, Made, Name, Node

#: NumPy's short words of which every value is plain bytes; dates have units and records fields beside the word.
_WORD = re.compile(r"([biufcSU])([0-9]{1,9})")
_ORDERS = ("<", ">", "|")
_NUMBER_FORMATS = {"f4": "f", "f8": "d", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "b1": "?"}
_BUFFER = ("numpy._core.numeric", "_frombuffer")
_RECONSTRUCT = ("numpy._core.multiarray", "_reconstruct")
#: What is read out of arrays for people is about lengths, places and sizes of grids.
MOST_NUMBERS = 16


@dataclass(frozen=True, slots=True)
class Plain:
    """An array of plain values. ``dtype`` is NumPy's short word with the byte order, ``dtype_node`` what says so."""

    dtype: str
    shape: tuple[int, ...]
    is_fortran: bool
    payload: Bytes
    dtype_node: Node


def plain_array(node: Node) -> Plain | None:
    """An array whose bytes are its values and as many as its shape says; None for anything else."""
    if not isinstance(node, Made) or node.is_new or not isinstance(node.callee, Name):
        return None
    match node.callee.name, node.arguments, node.state:
        case "_frombuffer", (Bytes() as payload, dtype, shape, "C" | "F" as order), _:
            return _plain(payload, dtype, shape, is_fortran=order == "F")
        case "_reconstruct", _, (_, shape, dtype, bool() as is_fortran, Bytes() as payload):
            return _plain(payload, dtype, shape, is_fortran=is_fortran)
    return None


def _plain(payload: Bytes, dtype_node: Node, shape: Node, *, is_fortran: bool) -> Plain | None:
    dtype = word_of(dtype_node)
    if dtype is None or not isinstance(shape, tuple) or len(shape) > 32:
        return None
    if not all(type(count) is int and 0 <= count < 1 << 48 for count in shape):
        return None
    if prod(shape) * _item_bytes(dtype) != len(payload.content):
        return None
    return Plain(dtype, shape, is_fortran, payload, dtype_node)


def word_of(node: Node) -> str | None:
    """A type of plain values: ``<f4`` of ``numpy.dtype("f4", False, True)`` with its state
    ``(3, "<", None, None, None, -1, -1, 0)``."""
    if not isinstance(node, Made) or not isinstance(node.callee, Name) or node.callee.name != "dtype":
        return None
    match node.arguments, node.state:
        case (str() as word, *_), (_, str() as order, None, None, None, _, _, _):
            if _WORD.fullmatch(word) and order in _ORDERS and _item_bytes(order + word):
                return order + word
    return None


def _item_bytes(dtype: str) -> int:
    return int(dtype[2:]) * (4 if dtype[1] == "U" else 1)


def as_buffer(plain: Plain) -> Made:
    """The array as protocol 5 has it."""
    payload = Bytes(plain.payload.content, is_mutable=True)
    order = "CF"[plain.is_fortran]  # the one object that CPython has for a letter, also for those that are read
    arguments = (payload, plain.dtype_node, plain.shape, order)
    return Made(Name(*_BUFFER), arguments, is_new=False)


def new_array(dtype: str, shape: tuple[int, ...], content: bytes) -> Made:
    """An array of these bytes, of C order, as protocol 5 has it. ``dtype``: NumPy's short word."""
    order, word = dtype[0], dtype[1:]
    state = (3, order, None, None, None, -1, -1, 0)
    dtype_node = Made(Name("numpy", "dtype"), (word, False, True), is_new=False, state=state)
    return as_buffer(Plain(dtype, shape, False, Bytes(content, is_mutable=True), dtype_node))


def as_state(plain: Plain) -> Made:
    """The array as protocol 4 has it."""
    payload = Bytes(plain.payload.content, is_mutable=False)
    state = (1, plain.shape, plain.dtype_node, plain.is_fortran, payload)
    arguments = (Name("numpy", "ndarray"), (0,), Bytes(b"b", is_mutable=False))
    return Made(Name(*_RECONSTRUCT), arguments, is_new=False, state=state)


def is_buffer(node: Made) -> bool:
    """Whether it is written in protocol 5's way."""
    return isinstance(node.callee, Name) and node.callee.name == "_frombuffer"


def _is_number(node: Node) -> bool:
    return type(node) is float or (type(node) is int and abs(node) < 1 << 63)


def numbers_of(node: Node) -> tuple[float, ...] | None:
    """A few numbers, from an array or a tuple or list of them; None where it is anything else or longer."""
    if isinstance(node, (tuple, list)):
        return tuple(node) if len(node) <= MOST_NUMBERS and all(map(_is_number, node)) else None
    plain = plain_array(node)
    return None if plain is None else _unpacked(plain)


def number_of(node: Node) -> float | None:
    """A number, by itself or as NumPy's ``scalar(dtype, bytes)``; None for anything else."""
    if _is_number(node):
        return float(node)
    if not isinstance(node, Made) or not isinstance(node.callee, Name) or node.callee.name != "scalar":
        return None
    match node.arguments:
        case dtype, Bytes() as payload:
            plain = _plain(payload, dtype, (1,), is_fortran=False)
            numbers = None if plain is None else _unpacked(plain)
            return numbers[0] if numbers else None
    return None


def _unpacked(plain: Plain) -> tuple[float, ...] | None:
    if plain.dtype[1:] not in _NUMBER_FORMATS or prod(plain.shape) > MOST_NUMBERS:
        return None
    order = ">" if plain.dtype[0] == ">" else "<"
    return struct.unpack(f"{order}{prod(plain.shape)}{_NUMBER_FORMATS[plain.dtype[1:]]}", plain.payload.content)
