"""The arrays of an object read side by side, some rows at a time, and written as a form has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holdfast.documents import Windows
from holdfast.entries import Source
from holdfast.numbers import numbers, size_of
from holdfast.objects.anatomy import Column, Table
from holdfast.plans import Plan
from holdfast_protocol.errors import Damaged
from holdfast_protocol.messages import Cat
from holdfast_protocol.model import ArrayRow, Ref
from holdfast_protocol.names import shown

#: What some rows become; each of the contents is of as many rows, of the column at its place.
Encode = Callable[[Sequence[Column], int, Sequence[bytes]], bytes]
_NO_CORNER = "A triangle names a corner that its mesh does not have"


def array_of(part: Ref, array: ArrayRow) -> Windows:
    """The bytes of an array of a part of a pinned snapshot."""
    return Windows(Cat(ref=Ref(id=part.id, snapshot=part.snapshot, part=f"{part.part}/{array.name}")))


class Rows:
    """All rows of a table, of the object ``part`` of a pinned snapshot, which people know as ``called``."""

    def __init__(self, part: Ref, table: Table, encode: Encode, called: str) -> None:
        self._called = called
        self._table = table
        self._lanes = [_Lane(part, each.array) for each in table.columns]
        self._encode = encode
        self._left_count = table.count

    def next(self) -> Plan[list[bytes]]:
        """The next few. Raises Damaged where an array is shorter than it should be, or a triangle has no corner."""
        if not self._left_count:
            return []
        try:
            return [(yield from self._encoded())]
        except Damaged as problem:
            raise Damaged(f"{shown(self._called)}: {problem.sentence}", **problem.details) from problem

    def _encoded(self) -> Plan[bytes]:
        for lane in self._lanes:
            yield from lane.fill()
        count = min(lane.count for lane in self._lanes)
        self._left_count -= count
        contents = [lane.taken(count) for lane in self._lanes]
        return self._encode(self._table.columns, count, contents)


class _Lane:
    """The rows of one array, in C order."""

    def __init__(self, part: Ref, array: ArrayRow) -> None:
        self._array = array
        self._windows = array_of(part, array)
        self._width = array.shape[1] if len(array.shape) == 2 else 1
        self._value_bytes = size_of(array.dtype)
        self._row_bytes = self._width * self._value_bytes
        self._is_turned = array.fortran and self._width > 1
        self._content = b""
        self._at = 0  # row of ``_content``, where it is turned

    @property
    def count(self) -> int:
        """Rows that are here."""
        return len(self._content) // self._row_bytes - self._at

    def fill(self) -> Plan[None]:
        """There is at least one row. In Fortran order a row's values lie far apart: all of it is read then."""
        while not self.count:
            pieces = yield from self._windows.next()
            if not pieces:
                raise Damaged(f"Array {self._array.name} ends too early")
            self._content += b"".join(pieces)
            if self._is_turned:
                self._content += yield from self._windows.all()

    def taken(self, count: int) -> bytes:
        """The next rows."""
        if self._is_turned:
            self._at += count
            return self._turned(self._at - count, self._at)
        size_bytes = count * self._row_bytes
        taken, self._content = self._content[:size_bytes], self._content[size_bytes:]
        return taken

    def _turned(self, begin: int, end: int) -> bytes:
        rows = len(self._content) // self._row_bytes
        size = self._value_bytes
        columns = [self._content[(rows * at + begin) * size : (rows * at + end) * size] for at in range(self._width)]
        return side_by_side([(column, size) for column in columns])


def corners_in(content: bytes, dtype: str, count: int) -> list[int]:
    """The corners that triangles name, of ``count``. Raises Damaged where one is none of them."""
    try:
        corners = [*map(int, numbers(content, dtype))]
    except (OverflowError, ValueError) as problem:  # no number, or none that is finite
        raise Damaged(_NO_CORNER) from problem
    if corners and not 0 <= min(corners) <= max(corners) < count:
        raise Damaged(_NO_CORNER)
    return corners


def side_by_side(columns: Sequence[tuple[bytes | memoryview, int]]) -> bytes:
    """Records of one value of each column; of a column its bytes, and how many of them are one value's."""
    stride = sum(size for _, size in columns)
    (first, first_size), *others = columns
    if not others:
        return bytes(first)
    found = bytearray(len(first) // first_size * stride)
    at = 0
    for content, size in columns:
        for byte in range(size):
            found[at + byte :: stride] = content[byte::size]
        at += size
    return bytes(found)


class Chained:
    """Sources one after the other, and what is before them: made of what small arrays hold, when its turn comes."""

    def __init__(self, header: Callable[[], Plan[bytes]], sources: Sequence[Source]) -> None:
        self._header: Callable[[], Plan[bytes]] | None = header
        self._sources = [*sources]

    def next(self) -> Plan[list[bytes]]:
        """The next few pieces."""
        header, self._header = self._header, None
        if header is not None:
            return [(yield from header())]
        while self._sources:
            if pieces := (yield from self._sources[0].next()):
                return pieces
            del self._sources[0]
        return []
