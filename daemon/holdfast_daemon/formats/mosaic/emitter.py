"""Writes nodes as CPython's pickler writes the objects that they stand for: framing, memo and all.

A document so comes back to the byte. A *document* shares what its nodes share. A *part* is written as if nothing were
shared but equal texts, names and types of numbers: whether Mosaic's objects share anything changes from one save to
the next, and equal objects should have equal bytes. Source: CPython 3.11, ``Modules/_pickle.c``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from holdfast_daemon.formats.mosaic import opcodes as op
from holdfast_daemon.formats.mosaic.arrays import word_of
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Bytes, Made, Name, Node, Set, Table
from holdfast_daemon.formats.mosaic.spelling import NEWEST, Spelling

BATCH = 1000
FRAME_BYTES = 64 * 1024
SMALLEST_FRAME_BYTES = 4
#: CPython's pickler recurses, and gives up before this.
DEEPEST = 1000


class NotInspectable(Exception):
    """This pickle is whole, but cannot be taken apart; the message says why, for people."""


@dataclass(slots=True)
class Allowance:
    """How much may still be written and looked at, so that shared nodes cannot multiply without end."""

    size_bytes: int
    steps: int

    def spend(self, size_bytes: int = 0, steps: int = 0) -> None:
        """Raises NotInspectable where it is used up."""
        self.size_bytes -= size_bytes
        self.steps -= steps
        if self.size_bytes < 0 or self.steps < 0:
            raise NotInspectable("its objects, or what they repeat, are too many for its size")


@dataclass(slots=True)
class Written:
    """A pickle in pieces. ``places``: offset of each watched content, by its ``id``."""

    pieces: list[bytes | memoryview] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def joined(self) -> bytes:
        """The whole."""
        return b"".join(self.pieces)


def written_part(node: Node, allowance: Allowance, watched: Collection[int] = ()) -> Written:
    """A pickle of its own of this node, spelt as the newest do. Raises NotInspectable."""
    return _Emitter(NEWEST, allowance, watched, is_part=True).written(node)


def written_document(node: Node, spelling: Spelling, allowance: Allowance) -> Written:
    """A pickle that shares what its nodes share. Raises NotInspectable."""
    return _Emitter(spelling, allowance, (), is_part=False).written(node)


class _Emitter:
    def __init__(self, spelling: Spelling, allowance: Allowance, watched: Collection[int], *, is_part: bool) -> None:
        self.spelling = spelling
        self.allowance = allowance
        self.watched = watched
        self.is_part = is_part
        self.result = Written()
        self.size_bytes = 0  # of the pieces
        self.frame = bytearray()
        self.in_frame: list[tuple[int, int]] = []  # watched content, and where in the frame it is
        self.memo: dict[object, int] = {}
        self.memo_size = 0
        # What is made on the way stays: its id must not be given to another node.
        self.alive: list[Node] = []
        self.modules: dict[str, str] = {}

    def written(self, node: Node) -> Written:
        self.piece(op.PROTO + bytes([self.spelling.protocol]))
        running = [iter((node,))]
        while running:
            for child in running[-1]:
                if (deeper := self.save(child)) is not None:
                    running.append(deeper)
                    break
            else:
                running.pop()
            if len(running) > DEEPEST:
                raise NotInspectable("its objects are nested too deeply")
        self.write(op.STOP)
        self.end_frame()
        return self.result

    def save(self, node: Node) -> Iterator[Node] | None:
        """Writes a node, or begins to: then what is given is the nodes within, to be saved as they come."""
        if len(self.frame) >= FRAME_BYTES:
            self.end_frame()
        self.allowance.steps -= 1
        if self.allowance.steps < 0:
            self.allowance.spend()
        kind = type(node)
        if kind not in _ATOMS and (index := self.memo.get(self.identity(node))) is not None:
            self.frame += op.BINGET + bytes([index]) if index < 256 else op.LONG_BINGET + struct.pack("<I", index)
            return None
        return _WAYS[kind](self, node)

    # The memo

    def identity(self, node: Node) -> object:
        kind = type(node)
        if kind is Name:
            return kind, self.module(node), node.name
        if not self.is_part:
            return id(node)
        if kind is str:
            return node
        word = word_of(node) if kind is Made else None
        return id(node) if word is None else (kind, word)

    def module(self, node: Name) -> str:
        return self.modules.setdefault(node.module, self.spelling.module(node.module))

    def memoize(self, node: Node) -> None:
        self.write(op.MEMOIZE)
        self.memo[self.identity(node)] = self.memo_size
        self.memo_size += 1

    def forget(self, node: Node) -> None:
        """In a part a node is only shared with itself: where it contains itself."""
        if self.is_part and word_of(node) is None:
            del self.memo[id(node)]

    # Frames

    def write(self, content: bytes) -> None:
        self.frame += content

    def piece(self, content: bytes | memoryview) -> None:
        self.allowance.spend(size_bytes=len(content))
        self.result.pieces.append(content)
        self.size_bytes += len(content)

    def end_frame(self) -> None:
        frame = bytes(self.frame)
        if len(frame) >= SMALLEST_FRAME_BYTES:
            self.piece(op.FRAME + struct.pack("<Q", len(frame)))
        for identity, place in self.in_frame:
            self.result.places.setdefault(identity, self.size_bytes + place)
        if frame:
            self.piece(frame)
        self.frame.clear()
        self.in_frame.clear()

    def content(self, header: bytes, content: bytes | memoryview) -> None:
        """A header, and content that stands outside of frames where it is large."""
        if len(content) < FRAME_BYTES:
            self.write(header)
            if id(content) in self.watched:
                self.in_frame.append((id(content), len(self.frame)))
            self.frame += content
            return
        if self.frame:
            self.end_frame()
        self.piece(header)
        if id(content) in self.watched:
            self.result.places.setdefault(id(content), self.size_bytes)
        self.piece(content)

    # Ways to write each type

    def constant(self, node: object) -> None:
        self.write({None: op.NONE, True: op.TRUE, False: op.FALSE}[node])  # type: ignore[index]  # its three keys

    def number(self, node: int) -> None:
        if 0 <= node < 1 << 8:
            self.write(op.BININT1 + bytes([node]))
        elif 0 <= node < 1 << 16:
            self.write(op.BININT2 + struct.pack("<H", node))
        elif -(1 << 31) <= node < 1 << 31:
            self.write(op.BININT + struct.pack("<i", node))
        else:
            size = (node.bit_length() >> 3) + 1
            digits = node.to_bytes(size, "little", signed=True)
            if node < 0 and digits[-1] == 0xFF and digits[-2] & 0x80:
                digits = digits[:-1]
            self.sized(digits, {1: op.LONG1, 4: op.LONG4})

    def floating(self, node: float) -> None:
        self.write(op.BINFLOAT + struct.pack(">d", node))

    def text(self, node: str) -> None:
        content = node.encode("utf-8", "surrogatepass")
        self.sized(content, {1: op.SHORT_BINUNICODE, 4: op.BINUNICODE, 8: op.BINUNICODE8})
        self.memoize(node)

    def octets(self, node: Bytes) -> None:
        widths = {8: op.BYTEARRAY8} if node.is_mutable else {1: op.SHORT_BINBYTES, 4: op.BINBYTES, 8: op.BINBYTES8}
        self.sized(node.content, widths)
        self.memoize(node)
        self.forget(node)

    def sized(self, content: bytes | memoryview, widths: dict[int, bytes]) -> None:
        width = next(width for width in widths if len(content) < 1 << 8 * width)
        self.content(widths[width] + len(content).to_bytes(width, "little"), content)

    def a_tuple(self, node: tuple[Node, ...]) -> Iterator[Node]:
        if not node:
            self.write(op.EMPTY_TUPLE)
            return
        if len(node) > 3:
            self.write(op.MARK)
        yield from node
        self.write((op.TUPLE1, op.TUPLE2, op.TUPLE3)[len(node) - 1] if len(node) <= 3 else op.TUPLE)
        self.memoize(node)
        self.forget(node)

    def a_list(self, node: list[Node]) -> Iterator[Node]:
        self.write(op.EMPTY_LIST)
        self.memoize(node)
        if len(node) == 1:
            yield node[0]
            self.write(op.APPEND)
        else:
            yield from self.batches(node, BATCH, len(node), op.APPENDS)
        self.forget(node)

    def table(self, node: Table) -> Iterator[Node]:
        self.write(op.EMPTY_DICT)
        self.memoize(node)
        if len(node) == 1:
            yield from node.flat
            self.write(op.SETITEM)
        elif node.flat:
            yield from self.batches(node.flat, 2 * BATCH, len(node.flat) + 1, op.SETITEMS)
        self.forget(node)

    def a_set(self, node: Set) -> Iterator[Node]:
        if node.is_frozen:
            self.write(op.MARK)
            yield from node.items
            self.write(op.FROZENSET)
            self.memoize(node)
        else:
            self.write(op.EMPTY_SET)
            self.memoize(node)
            if node.items:
                yield from self.batches(node.items, BATCH, len(node.items) + 1, op.ADDITEMS)
        self.forget(node)

    def batches(self, items: list[Node], size: int, end: int, several: bytes) -> Iterator[Node]:
        """CPython ends a dict or set of just so many batches with an empty one, a list not: hence ``end``."""
        for start in range(0, end, size):
            self.write(op.MARK)
            yield from items[start : start + size]
            self.write(several)

    def name(self, node: Name) -> Iterator[Node]:
        yield self.module(node)
        yield node.name
        self.write(op.STACK_GLOBAL)
        self.memoize(node)

    def made(self, node: Made) -> Iterator[Node]:
        here = self.spelling.object(node)
        if here is not node:
            self.alive.append(here)
        yield here.callee
        yield here.arguments
        self.write(op.NEWOBJ if here.is_new else op.REDUCE)
        self.memoize(node)
        if here.state is not ABSENT:
            yield here.state
            self.write(op.BUILD)
        self.forget(node)


_ATOMS = frozenset({type(None), bool, int, float})
_WAYS: dict[type, Callable[[_Emitter, Any], Iterator[Node] | None]] = {
    type(None): _Emitter.constant,
    bool: _Emitter.constant,
    int: _Emitter.number,
    float: _Emitter.floating,
    str: _Emitter.text,
    Bytes: _Emitter.octets,
    tuple: _Emitter.a_tuple,
    list: _Emitter.a_list,
    Table: _Emitter.table,
    Set: _Emitter.a_set,
    Name: _Emitter.name,
    Made: _Emitter.made,
}
