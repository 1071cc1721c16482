"""An object in each form: its files, and which of its arrays are in there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple

from holdfast.entries import Source
from holdfast.numbers import has_numbers, numbers
from holdfast.objects import npy, ply, texts
from holdfast.objects.anatomy import PROPERTIES, ROWS, Table, free_name, tables_of
from holdfast.objects.streaming import Chained, Encode, Rows, array_of
from holdfast.part_files import file_name
from holdfast.plans import Plan
from holdfast_protocol.model import ArrayRow, PartRow, Ref

#: So few numbers stand in a line before the others.
_MOST_NUMBERS = 16


class File(NamedTuple):
    """One of an object's; ``path`` is what follows the object's own name."""

    path: str
    size_bytes: int
    begin: Callable[[], Source]


class Body(NamedTuple):
    """An object in a form; ``held`` are the names of the arrays that are in its files."""

    files: Sequence[File] = ()
    held: frozenset[str] = frozenset()


#: Makes what stands before the rows, of comments.
Header = Callable[[Sequence[str]], bytes]
#: Makes a body: of a part, of which ``ref`` is the pinned name, with these comments.
Form = Callable[[PartRow, Ref, Sequence[str]], Body]


def _ply(part: PartRow, ref: Ref, comments: Sequence[str]) -> Body:
    elements = ply.held(tables_of(part))
    encoders = {element: ply.encoder(element, elements) for element in elements}
    return _of_tables(part, ref, elements, encoders, comments, lambda lines: ply.header(elements, lines), ".ply")


def _obj(part: PartRow, ref: Ref, comments: Sequence[str]) -> Body:
    lines = texts.obj_tables(tables_of(part))
    encoders = {word: texts.obj_encoder(word, lines) for word in lines}
    return _of_tables(part, ref, lines, encoders, comments, texts.obj_header, ".obj")


def _of_tables(
    part: PartRow, ref: Ref, tables: Mapping[str, Table], encoders: Mapping[str, Encode], comments: Sequence[str],
    header: Header, suffix: str,
) -> Body:  # fmt: skip
    """One file with all of them; what is a few numbers only stands in a line of its header."""
    if not tables:
        return Body()
    in_rows = {column.array.name: column.array for table in tables.values() for column in table.columns}
    few = [each for each in part.arrays if each.name not in in_rows and _is_short(each)]

    def begin() -> Source:
        rows = [Rows(ref, table, encoders[name], part.name) for name, table in tables.items()]
        return Chained(lambda: _header(ref, few, comments, header), rows)

    arrays = [*in_rows.values(), *few]
    return Body([File(suffix, _size(arrays), begin)], frozenset(each.name for each in arrays))


def _header(ref: Ref, few: Sequence[ArrayRow], comments: Sequence[str], header: Header) -> Plan[bytes]:
    told = []
    for array in few:
        found = numbers((yield from array_of(ref, array).all()), array.dtype)
        told.append(" ".join([array.name, *(f"{each:.9g}" for each in found), array.unit]).strip())
    return header([texts.comment(each) for each in (*comments, *told)])


def _is_short(array: ArrayRow) -> bool:
    is_of_rows = array.name in ROWS or array.name.startswith(PROPERTIES)
    return not is_of_rows and has_numbers(array.dtype) and prod(array.shape) <= _MOST_NUMBERS


def _csv(part: PartRow, ref: Ref, comments: Sequence[str]) -> Body:
    table = texts.csv_table(tables_of(part))
    if table is None or not table.columns:
        return Body()

    def begin() -> Source:
        return Chained(lambda: _made(texts.csv_header(table)), [Rows(ref, table, texts.csv_lines, part.name)])

    arrays = [column.array for column in table.columns]
    return Body([File(".csv", _size(arrays), begin)], frozenset(each.name for each in arrays))


def _npy(part: PartRow, ref: Ref, comments: Sequence[str]) -> Body:
    files = [File(f"/{path}.npy", array.size_bytes, _begin(ref, array)) for path, array in _paths(part.arrays)]
    return Body(files, frozenset(each.name for each in part.arrays))


def _begin(ref: Ref, array: ArrayRow) -> Callable[[], Source]:
    return lambda: Chained(lambda: _made(npy.header(array)), [array_of(ref, array)])


def _paths(arrays: Sequence[ArrayRow]) -> Iterator[tuple[str, ArrayRow]]:
    taken: set[str] = set()
    for each in arrays:
        *folders, last = (file_name(step) or "_" for step in each.name.split("/"))
        yield free_name("/".join([*(_folder(step) for step in folders), last]), taken), each


def _folder(name: str) -> str:
    """None that the file of another array may have."""
    return f"{name}_" if name.lower().endswith(".npy") else name


def _made(content: bytes) -> Plan[bytes]:
    return content
    yield  # a plan, though it asks nothing


def _size(arrays: Iterable[ArrayRow]) -> int:
    return sum(each.size_bytes for each in arrays)


FORMS: Mapping[str, Form] = {"ply": _ply, "obj": _obj, "csv": _csv, "npy": _npy}
