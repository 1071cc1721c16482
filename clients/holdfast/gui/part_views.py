"""The bytes of a part as people look at them: text, table, image or hex. Decides only; nothing is read here."""

from __future__ import annotations

import csv
import json
import struct
from typing import NamedTuple

from holdfast.looking.contents import Window
from holdfast.looking.marking import visible
from holdfast.looking.pictures import image_type
from holdfast.looking.texts import text_of
from holdfast_protocol.model import ArrayRow

VIEWS = ("text", "table", "image", "hex")
ROWS_COUNT = 200
HEX_BYTES = 4096
_CELL_SIGNS = 300
_COLUMNS_COUNT = 40
_CODES = {
    "f2": "e", "f4": "f", "f8": "d", "i1": "b", "i2": "h", "i4": "i", "i8": "q",
    "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "b1": "?",
}  # fmt: skip


class Table(NamedTuple):
    columns: list[str]
    rows: list[list[str]]


def best_view(start: Window) -> str:
    """What a person probably wants to see first, by how it begins."""
    if image_type(start.data):
        return "image"
    return "hex" if text_of(start.data, is_cut=not start.is_whole) is None else "text"


def table_of_text(data: bytes) -> Table | None:
    """Of JSON: the members, or a list of objects with their members as columns. Of lines with tabs, semicolons or
    commas: their cells. None where it is nothing of these."""
    text = data.decode(errors="replace")
    try:
        return _table_of_value(json.loads(text))
    except (ValueError, RecursionError):
        return _table_of_lines(text)


def _table_of_value(value: object) -> Table | None:
    if isinstance(value, dict):
        return Table(["member", "value"], [[_cell(key), _cell(each)] for key, each in [*value.items()][:ROWS_COUNT]])
    if not isinstance(value, list):
        return None
    objects = [each for each in value[:ROWS_COUNT] if isinstance(each, dict)]
    if not objects or len(objects) < len(value[:ROWS_COUNT]):
        return Table(["", "value"], [[str(place), _cell(each)] for place, each in enumerate(value[:ROWS_COUNT])])
    columns = [*dict.fromkeys(key for each in objects for key in each)][:_COLUMNS_COUNT]
    return Table([_cell(each) for each in columns], [[_cell(row.get(key, "")) for key in columns] for row in objects])


def _table_of_lines(text: str) -> Table | None:
    lines = text.rstrip().replace("\r\n", "\n").split("\n")[: ROWS_COUNT + 1]
    mark = next((mark for mark in "\t;," if lines and mark in lines[0]), None)
    if mark is None or any(len(line) > csv.field_size_limit() for line in lines):
        return None
    try:
        first, *rest = csv.reader(lines, delimiter=mark)
    except (csv.Error, ValueError):
        return None
    return Table(*([*map(_cell, first[:_COLUMNS_COUNT])], [[*map(_cell, row[:_COLUMNS_COUNT])] for row in rest]))


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(text if len(text) <= _CELL_SIGNS else f"{text[:_CELL_SIGNS]}…")


def can_tell(array: ArrayRow) -> bool:
    """Numbers of one or two dimensions, row after row."""
    return array.dtype[1:] in _CODES and len(array.shape) in (1, 2) and not (array.fortran and len(array.shape) > 1)


def row_bytes(array: ArrayRow) -> int:
    """How many bytes a row has."""
    return int(array.dtype[2:]) * _across(array)


def table_of_array(array: ArrayRow, data: bytes, start: int) -> Table:
    """``data`` are whole rows, from row ``start`` on."""
    across = _across(array)
    order = ">" if array.dtype[0] == ">" else "<"
    numbers = struct.iter_unpack(f"{order}{across}{_CODES[array.dtype[1:]]}", data) if across else ()
    columns = [
        "",
        *("xyz" if array.name in ("points", "normals", "vertices") and across == 3 else map(str, range(across))),
    ]
    rows = [[str(place), *map(_number, row[:_COLUMNS_COUNT])] for place, row in enumerate(numbers, start)]
    return Table(columns[: _COLUMNS_COUNT + 1], rows)


def _across(array: ArrayRow) -> int:
    return array.shape[1] if len(array.shape) == 2 else 1


def _number(value: float | bool) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
