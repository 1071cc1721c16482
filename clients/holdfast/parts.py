"""The parts of a snapshot, as a program wants them: read when they are looked at, each as a value of its kind.

NumPy is not needed and never imported; where it is installed, ``numpy.asarray(array)`` takes an array over without
copying its bytes, by NumPy's own array interface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast_protocol.errors import Ambiguous, Damaged, NotFound
from holdfast_protocol.model import ArrayRow, PartRow, Ref
from holdfast_protocol.names import shown

if TYPE_CHECKING:
    from holdfast.values import Value

#: All bytes of a part or of an array in it.
Read = Callable[[Ref], bytes]


class ChosenParts(NamedTuple):
    """Parts of one snapshot, ``ref``, of a session of ``format``."""

    rows: list[PartRow]
    ref: Ref
    format: str

    def named(self, row: PartRow) -> Ref:
        """One of them."""
        return Ref(id=self.ref.id, snapshot=self.ref.snapshot, part=row.key)

    def read_by(self, read: Read) -> list[SessionPart]:
        """As a program wants them."""
        return [SessionPart(row, self.ref, self.format, read) for row in self.rows]


def chosen(rows: Sequence[PartRow], wanted: Sequence[str], kinds: Sequence[str]) -> list[PartRow]:
    """Those named by key or by unique name, and those of the kinds; all where nothing is said. Raises NotFound,
    Ambiguous."""
    keys = {_named(rows, each) for each in wanted}
    return [row for row in rows if row.key in keys or row.kind in kinds or not (wanted or kinds)]


def _named(rows: Sequence[PartRow], said: str) -> str:
    fitting = [row.key for row in rows if said == row.key] or [row.key for row in rows if said == row.name]
    if len(fitting) > 1:
        raise Ambiguous(f"{shown(said)} is the name of several parts", candidates=fitting)
    if not fitting:
        raise NotFound(f"There is no part {shown(said)}", part=said)
    return fitting[0]


class PartArray:
    """An array: ``dtype`` (NumPy's short word), ``shape``, ``unit`` (``Å``; empty for none), and its bytes.

    >>> points = client.parts("mosaic/cell", kinds=["cluster"])[0].arrays["points"]
    >>> points
    PartArray('points', dtype='<f4', shape=(5, 3), unit='Å')
    >>> len(points.data)
    60
    """

    def __init__(self, row: ArrayRow, read: Callable[[], bytes]) -> None:
        self.name = row.name
        self.dtype = row.dtype
        self.shape = tuple(row.shape)
        self.unit = row.unit
        self.fortran = row.fortran
        self.size_bytes = row.size_bytes
        self._read = read

    def __repr__(self) -> str:
        return f"PartArray({self.name!r}, dtype={self.dtype!r}, shape={self.shape}, unit={self.unit!r})"

    @cached_property
    def data(self) -> bytes:
        """The bytes, in C order or, with ``fortran``, in Fortran order. Raises Damaged where some are missing."""
        data = self._read()
        if len(data) != self.size_bytes:
            raise Damaged(f"Array {self.name} has {len(data)} bytes, {self.size_bytes} were announced")
        return data

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """What ``numpy.asarray`` asks for: https://numpy.org/doc/stable/reference/arrays.interface.html."""
        return {
            "version": 3, "typestr": self.dtype, "shape": self.shape, "data": self.data,
            "strides": self._strides() if self.fortran else None,
        }  # fmt: skip

    def _strides(self) -> tuple[int, ...]:
        strides, step = [], int(self.dtype[2:]) * (4 if self.dtype[1] == "U" else 1)
        for count in self.shape:
            strides.append(step)
            step *= count
        return tuple(strides)


class SessionPart:
    """One part: ``key``, ``name``, ``kind``, ``facts`` (what its format says of it), ``size_bytes`` and, read when
    asked for, its ``content``, ``text``, ``arrays`` (name → PartArray) and ``value``.

    >>> bass = client.parts("renardo/verse:bass")[0]
    >>> bass.key, bass.kind, bass.facts["lines"]
    ('buffer-2', 'buffer', 1)
    >>> bass.text
    'b1 >> bass([0])'
    """

    def __init__(self, row: PartRow, ref: Ref, form: str, read: Read) -> None:
        self.key = row.key
        self.name = row.name
        self.kind = row.kind
        self.size_bytes = row.size_bytes
        self.facts: Mapping[str, str | int | bool | None] = MappingProxyType(row.facts)
        self.format = form
        self.arrays: Mapping[str, PartArray] = MappingProxyType(
            {each.name: PartArray(each, lambda each=each: self._array(each)) for each in row.arrays}  # type: ignore[misc]  # a default binds the loop's value
        )
        self._ref = ref
        self._read = read

    def __repr__(self) -> str:
        return f"SessionPart({self.key!r}, name={self.name!r}, kind={self.kind!r})"

    @cached_property
    def content(self) -> bytes:
        """All bytes of the part. Raises Damaged."""
        return self._read(self._named(self.key))

    @property
    def text(self) -> str:
        """The content as text. Raises UnicodeDecodeError where it is none."""
        return self.content.decode()

    @cached_property
    def value(self) -> Value:
        """The content as a value of its kind (``holdfast.values``): a Message, a Track, a Buffer, a Geometry. Raises
        Damaged where it is none."""
        from holdfast.values import value_of

        return value_of(self)

    def _array(self, row: ArrayRow) -> bytes:
        if "content" in self.__dict__:
            return self.content[row.offset : row.offset + row.size_bytes]
        return self._read(self._named(f"{self.key}/{row.name}"))

    def _named(self, part: str) -> Ref:
        return Ref(id=self._ref.id, snapshot=self._ref.snapshot, part=part)
