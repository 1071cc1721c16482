"""Rows of the wire as JSON: times as ISO 8601 UTC, hashes as hexadecimal digits, paths as text, sizes in bytes."""

from __future__ import annotations

import json
from typing import Any

from holdfast.cli.words import iso_time, path_text
from holdfast_protocol.model import Row

_TIMES = frozenset({"time", "created", "modified", "scanned", "started"})


def to_json(row: Row, extra: dict[str, object]) -> str:
    """One line. ASCII only, so that neither a terminal nor a narrow encoding can be hurt by it."""
    return json.dumps({**plain_row(row), **_plain_map(extra)}, ensure_ascii=True).replace("\x7f", "\\u007f")


def plain_row(row: Row) -> dict[str, Any]:
    """The row's fields, with their names on the wire."""
    return {field: _plain_field(field, getattr(row, field)) for field in row.__struct_fields__}


def _plain_field(field: str, value: object) -> Any:
    if field in _TIMES and isinstance(value, int):
        return iso_time(value)
    if isinstance(value, bytes):
        return value.hex() if field == "hash" else path_text(value)
    if isinstance(value, Row):
        return plain_row(value)
    if isinstance(value, list):
        return [_plain_field("", each) for each in value]
    return value


def _plain_map(extra: dict[str, object]) -> dict[str, Any]:
    return {field: _plain_field(field, value) for field, value in extra.items()}
