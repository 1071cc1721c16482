"""Texts of a pickle exchanged where they stand, so that every other byte of it stays.

A pickle has no places in it but the lengths of its frames (PEP 3154): a text may become longer or shorter when the
frame around it says so. What a memo names by number stays what it is.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from holdfast_daemon.formats.mosaic import opcodes as op

_FIRST_WITH_SHORT = 4
_LENGTHS = {1: "<B", 4: "<I", 8: "<Q"}
#: Opcode to the bytes of what follows it, or, for those that tell it themselves, of their length.
_FIXED = {
    **dict.fromkeys((op.PROTO, op.BININT1, op.BINPUT, op.BINGET), 1),
    **dict.fromkeys((op.BININT, op.LONG_BINPUT, op.LONG_BINGET), 4),
    **dict.fromkeys((op.BINFLOAT, op.FRAME), 8),
    op.BININT2: 2,
}
_TEXTS = {op.SHORT_BINUNICODE: 1, op.BINUNICODE: 4, op.BINUNICODE8: 8}
_COUNTED = {
    **_TEXTS,
    **dict.fromkeys((op.SHORT_BINBYTES, op.LONG1), 1),
    **dict.fromkeys((op.BINBYTES, op.LONG4), 4),
    **dict.fromkeys((op.BINBYTES8, op.BYTEARRAY8), 8),
}


class _Step(NamedTuple):
    """An opcode, where it stands, and where what follows it begins and ends; of a text, its characters."""

    code: bytes
    begin: int
    inner: int
    end: int


def restitched(pickle: bytes, changed: Callable[[str], str | None]) -> bytes:
    """The pickle with other texts: what ``changed`` gives for each, or None where it stays. It can be read."""
    edits: dict[int, tuple[int, bytes]] = {}
    frames: list[_Step] = []
    for step in _steps(pickle):
        if step.code == op.FRAME:
            frames.append(step)
        elif step.code in _TEXTS:
            new = changed(pickle[step.inner : step.end].decode("utf-8", "surrogatepass"))
            if new is not None:
                edits[step.begin] = step.end, _text(new, has_short=pickle[1] >= _FIRST_WITH_SHORT)
    begins = [*edits]
    grown = [0, *accumulate(len(new) - (end - begin) for begin, (end, new) in edits.items())]
    for frame in frames:
        (size,) = struct.unpack("<Q", pickle[frame.inner : frame.end])
        first, last = bisect_left(begins, frame.end), bisect_left(begins, frame.end + size)
        if grown[first] != grown[last]:
            edits[frame.inner] = frame.end, struct.pack("<Q", size + grown[last] - grown[first])
    return _spliced(pickle, edits)


def _spliced(pickle: bytes, edits: Mapping[int, tuple[int, bytes]]) -> bytes:
    view, pieces, at = memoryview(pickle), list[bytes | memoryview](), 0
    for begin, (end, new) in sorted(edits.items()):
        pieces += [view[at:begin], new]
        at = end
    return b"".join([*pieces, view[at:]])


def _text(text: str, *, has_short: bool) -> bytes:
    """As CPython writes it."""
    content = text.encode("utf-8", "surrogatepass")
    code = op.SHORT_BINUNICODE if has_short and len(content) < 1 << 8 else op.BINUNICODE
    return code + struct.pack(_LENGTHS[_TEXTS[code]], len(content)) + content


def _steps(pickle: bytes) -> Iterator[_Step]:
    at, code = 0, b""
    while code != op.STOP:
        begin, code = at, pickle[at : at + 1]
        inner = at = at + 1
        if code in _COUNTED:
            inner += _COUNTED[code]
            (size,) = struct.unpack(_LENGTHS[_COUNTED[code]], pickle[at:inner])
            at = inner + size
        elif code == op.GLOBAL:
            at = pickle.index(b"\n", pickle.index(b"\n", at) + 1) + 1
        else:
            at += _FIXED.get(code, 0)
        yield _Step(code, begin, inner, at)
