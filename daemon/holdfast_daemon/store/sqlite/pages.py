"""How a page of sessions is asked for, so that it costs what is on it wherever it is: each order has an index that is
walked from the last page's end. What few sessions fit is looked up instead, and put in order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from holdfast_daemon.store.base import Position
from holdfast_protocol.messages import List

#: As few as that are faster put in order than found by walking.
FEW_COUNT = 5000
_DIGITS = re.compile("[0-9]+")

#: What an order goes by, and whether it begins with the greatest.
ORDERS: dict[str, tuple[tuple[str, ...], bool]] = {
    "modified": (("modified",), True),
    "created": (("created",), True),
    "name": (("sort_name",), False),
    "size": (("size_bytes",), True),
    "app": (("app", "sort_name"), False),
}


class _Filter(NamedTuple):
    """``fits``: whether a session does. ``fitting``: their row numbers, from an index; "" where there is none."""

    fits: str
    fitting: str
    value: Any


def sort_name(name: str) -> str:
    """What a name is sorted by: without capitals and accents, a number by its value (``track 2`` before ``track 10``,
    which are ``track 0012`` and ``track 00210``)."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return _DIGITS.sub(lambda found: f"{len(digits := found[0].lstrip('0')):03}{digits}", plain.casefold())


def page(
    asked: List, limit: int, after: Position | None, columns: str, count: Callable[[str, tuple[Any, ...]], int]
) -> tuple[str, Sequence[Any]]:
    """The question and its values; its rows have ``columns`` and then their position. ``count`` asks the catalog."""
    keys, greatest_first = ORDERS[asked.sort]
    falls = greatest_first != asked.reverse
    filters = _filters(asked)
    few = next((each for each in filters if each.fitting and _is_few(each, count)), None)
    own = "+" if few is not None else ""  # a plus keeps the planner from walking that column's index
    clauses = [f"{own}deleted = ?", f"{own}archived = ?"]
    values: list[Any] = [int(asked.deleted), int(asked.archived)]
    if asked.app is not None:
        clauses.append(f"{own}app = ?")
        values.append(asked.app)
    for each in filters:
        clauses.append(f"rowid IN ({each.fitting})" if each is few else each.fits)
        values += [] if each.value is None else [each.value]
    places = (*keys, "rowid")
    if after is not None:
        clauses.append(f"({', '.join(places)}) {'<' if falls else '>'} ({', '.join('?' * len(places))})")
        values += after
    order = ", ".join(f"sessions.{place} DESC" if falls else f"sessions.{place}" for place in places)
    numbers = f"SELECT rowid AS number FROM sessions WHERE {' AND '.join(clauses)} ORDER BY {order} LIMIT ? OFFSET ?"
    sql = (  # what is not on the page is not read
        f"SELECT {columns}, {', '.join(f'sessions.{place}' for place in places)} FROM ({numbers}) "
        f"CROSS JOIN sessions ON sessions.rowid = number ORDER BY {order}"
    )
    return sql, [*values, limit, asked.offset]


def _filters(asked: List) -> list[_Filter]:
    found = []
    if asked.templates:
        found.append(_Filter("template", "SELECT rowid FROM sessions WHERE template", None))
    if asked.folder is not None:
        live = "SELECT rowid FROM sessions WHERE folder = ? AND NOT deleted"
        found.append(_Filter("+folder = ?", "" if asked.deleted else live, asked.folder))
    if asked.tag is not None:
        fits = "EXISTS (SELECT 1 FROM tags WHERE session = sessions.id AND tag = ?)"
        fitting = "SELECT s.rowid FROM tags JOIN sessions AS s ON s.id = session WHERE tag = ?"
        found.append(_Filter(fits, fitting, asked.tag))
    if asked.text is not None:
        found.append(_Filter("instr(lower(name), lower(?))", "", asked.text))
    return found


def _is_few(each: _Filter, count: Callable[[str, tuple[Any, ...]], int]) -> bool:
    sql = f"SELECT count(*) FROM (SELECT 1 FROM ({each.fitting}) LIMIT {FEW_COUNT + 1})"
    return count(sql, () if each.value is None else (each.value,)) <= FEW_COUNT
