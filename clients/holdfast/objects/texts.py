"""Rows of numbers as text: OBJ and CSV. Every number is written so that reading it gives the very same one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from holdfast.numbers import has_numbers, numbers, size_of
from holdfast.objects.anatomy import CORNERS, POINTS, TRIANGLES, Column, Table, free_name
from holdfast.objects.streaming import Encode, corners_in
from holdfast_protocol.model import ArrayRow

_UNITS = {"Å": "angstrom"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_LONGEST_COMMENT = 200
_QUOTED = frozenset('",\n\r')


def comment(text: str) -> str:
    """As a line of a header may say it, and ASCII but for names."""
    return _CONTROLS.sub(" ", text).replace("Å", "angstrom").replace("×", "x")[:_LONGEST_COMMENT]


# OBJ (Wavefront's Advanced Visualizer): vertices, their normals, and faces that name them, counted from 1.


def obj_tables(tables: Mapping[str, Table]) -> dict[str, Table]:
    """By the word that begins a line, what the file has."""
    mesh = tables.get(CORNERS)
    whole = mesh or tables.get(POINTS)
    if whole is None:
        return {}
    found = {"v": whole.only(whole.column("x", "y", "z")), "vn": whole.only(whole.column("nx", "ny", "nz"))}
    if mesh is not None:
        found["f"] = tables[TRIANGLES].only(tables[TRIANGLES].column("a", "b", "c"))
    kept = {word: table for word, table in found.items() if table.columns}
    return kept if all(has_numbers(each.array.dtype) for table in kept.values() for each in table.columns) else {}


def obj_header(comments: Iterable[str]) -> bytes:
    """All before the lines."""
    return "".join(f"# {each}\n" for each in comments).encode()


def obj_encoder(word: str, tables: Mapping[str, Table]) -> Encode:
    """What writes these lines."""

    def faces(columns: Sequence[Column], count: int, contents: Sequence[bytes]) -> bytes:
        corners = [each + 1 for each in corners_in(contents[0], columns[0].array.dtype, tables["v"].count)]
        if "vn" not in tables:
            return ("f %d %d %d\n" * count % (*corners,)).encode()
        twice = [each for corner in corners for each in (corner, corner)]
        return ("f %d//%d %d//%d %d//%d\n" * count % (*twice,)).encode()

    def lines(columns: Sequence[Column], count: int, contents: Sequence[bytes]) -> bytes:
        return _lines(f"{word} ", " ", columns, count, contents)

    return faces if word == "f" else lines


# CSV (RFC 4180, with a line feed alone): a row for each point.


def csv_table(tables: Mapping[str, Table]) -> Table | None:
    """What the file has."""
    found = tables.get(POINTS)
    return None if found is None else found.only(*(each for each in found.columns if _is_told(each.array)))


def csv_header(table: Table) -> bytes:
    """The names of the columns; of places with their unit."""
    unit = _UNITS.get(table.columns[0].array.unit, table.columns[0].array.unit)
    places = [f"{name}_{unit}" if unit else name for name in table.columns[0].names]
    taken: set[str] = set()
    names = [*places, *(name for column in table.columns[1:] for name in column.names)]
    return (",".join(_quoted(free_name(name, taken)) for name in names) + "\n").encode("utf-8", "replace")


def csv_lines(columns: Sequence[Column], count: int, contents: Sequence[bytes]) -> bytes:
    """Rows of the table."""
    return _lines("", ",", columns, count, contents)


def _is_told(array: ArrayRow) -> bool:
    return has_numbers(array.dtype) or array.dtype[1:2] == "U"


def _lines(begin: str, between: str, columns: Sequence[Column], count: int, contents: Sequence[bytes]) -> bytes:
    width = sum(len(column.names) for column in columns)
    values: list[object] = [None] * (width * count)
    forms, at = list[str](), 0
    for column, content in zip(columns, contents, strict=True):
        form, found = _values(column.array.dtype, content)
        for number in range(len(column.names)):
            values[at::width] = found[number :: len(column.names)]
            forms.append(form)
            at += 1
    line = begin + between.join(forms) + "\n"
    return (line * count % (*values,)).encode("utf-8", "replace")


def _values(dtype: str, content: bytes) -> tuple[str, Sequence[object]]:
    """How they are written, and they themselves: nine digits tell any number of 32 bits from its neighbours."""
    if dtype[1] == "U":
        return "%s", [_quoted(text) for text in _texts(dtype, content)]
    return {"f": "%r" if dtype[2:] == "8" else "%.9g"}.get(dtype[1], "%d"), numbers(content, dtype)


def _texts(dtype: str, content: bytes) -> Iterable[str]:
    size_bytes, encoding = size_of(dtype), "utf-32-be" if dtype[0] == ">" else "utf-32-le"
    for at in range(0, len(content), size_bytes):
        yield content[at : at + size_bytes].decode(encoding, "replace").rstrip("\0")


def _quoted(text: str) -> str:
    return text if _QUOTED.isdisjoint(text) else '"{}"'.format(text.replace('"', '""'))
