"""How a page of sessions is asked for, so that it costs what is on it, wherever it is and whatever else there is: each
order has an index that is walked from the last page's end.

What an application, a folder or a tag has stands on *shelves*: a shelf is what one application has in one folder, with
the tag or of all, in order. The shelves are found by a seek each. SQLite leaves one where its next session would no
longer come onto the page (its ORDER BY LIMIT optimization, for a join whose inner loop runs in order)."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from holdfast_daemon.store.base import Position
from holdfast_protocol.messages import List

_DIGITS = re.compile("[0-9]+")

#: What an order goes by, and whether it begins with the greatest. What is equal there goes by number.
ORDERS = {
    "modified": ("modified", True),
    "created": ("created", True),
    "name": ("sort_name", False),
    "size": ("size_bytes", True),
}

#: The applications in a list, and the folders in which each has something; a NULL behind the last, which has nothing.
_APPS = (
    "apps(app) AS (SELECT (SELECT min(app) FROM {those}) "
    "UNION ALL SELECT (SELECT min(app) FROM {those} AND app > apps.app) FROM apps WHERE app NOT NULL)"
)
_SHELVES = (
    "shelves(app, folder) AS (SELECT app, (SELECT min(folder) FROM {those} AND app = apps.app) FROM apps "
    "UNION ALL SELECT app, (SELECT min(folder) FROM {those} AND app = shelves.app AND folder > shelves.folder) "
    "FROM shelves WHERE folder NOT NULL)"
)
_ON_SHELVES = "listed.app = shelves.app AND listed.folder = shelves.folder"
_HAS_TAG = "EXISTS (SELECT 1 FROM tags WHERE session = listed.id AND tag = :tag)"


class _Walk(NamedTuple):
    """``source``: what is walked, as ``listed``; ``shelves``: what it stands on, "" where all stand on one.
    ``fits``: which of it are asked for."""

    source: str
    shelves: str
    fits: str


def sort_name(name: str) -> str:
    """What a name is sorted by: without capitals and accents, a number by its value (``track 2`` before ``track 10``,
    which are ``track 0012`` and ``track 00210``)."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return _DIGITS.sub(lambda found: f"{len(digits := found[0].lstrip('0')):03}{digits}", plain.casefold())


def page(asked: List, limit: int, after: Position | None, columns: str) -> tuple[str, dict[str, Any]]:
    """The question and its values, for one of ``ORDERS``; its rows have ``columns`` and then their position."""
    key, falls = _order(asked)
    walk = _walk(asked, after)
    order = "place DESC, number DESC" if falls else "place, number"
    numbers = (
        f"SELECT listed.{key} AS place, listed.rowid AS number FROM {walk.source} WHERE {walk.fits} "
        f"ORDER BY {order} LIMIT :limit OFFSET :offset"
    )
    found = "id = (SELECT session FROM tags WHERE rowid = number)" if _goes_by_tag(asked) else "rowid = number"
    sql = (  # what is not on the page is not read
        f"{walk.shelves}SELECT {columns}, place, number FROM ({numbers}) "
        f"CROSS JOIN sessions ON sessions.{found} ORDER BY {order}"
    )
    return sql, _values(asked, after) | {"limit": limit, "offset": asked.offset}


def count(asked: List, after: Position | None) -> tuple[str, dict[str, Any]]:
    """How many fit, from that position on."""
    walk = _walk(asked, after)
    return f"{walk.shelves}SELECT count(*) FROM {walk.source} WHERE {walk.fits}", _values(asked, after)


def applications(asked: List) -> tuple[str, dict[str, Any]]:
    """Those of which some may fit."""
    return f"WITH RECURSIVE {_apps(asked)} SELECT app FROM apps WHERE app NOT NULL ORDER BY app", _values(asked)


def _order(asked: List) -> tuple[str, bool]:
    """The column that the list goes by, and whether it begins with the greatest."""
    key, greatest_first = ORDERS[asked.sort]
    return key, greatest_first != asked.reverse


def _walk(asked: List, after: Position | None) -> _Walk:
    key, falls = _order(asked)
    fits = [_state(asked)]
    if after is not None:
        fits.append(f"(listed.{key}, listed.rowid) {'<' if falls else '>'} (:place, :number)")
    if asked.text is not None:
        name = "(SELECT name FROM sessions WHERE id = session)" if _goes_by_tag(asked) else "name"
        fits.append(f"instr(lower({name}), lower(:text))")
    if asked.templates:  # they are few: all are looked at, in an index that says everything of them
        given = {"app = :app": asked.app, "folder = :folder": asked.folder, _HAS_TAG: asked.tag}
        fits += ["template", *(clause for clause, value in given.items() if value is not None)]
        return _Walk("sessions AS listed INDEXED BY sessions_template", "", " AND ".join(fits))
    if (asked.app, asked.folder, asked.tag) == (None, None, None):
        return _Walk("sessions AS listed", "", " AND ".join(fits))
    folders = "shelves(app, folder) AS (SELECT app, :folder FROM apps)"
    shelves = _SHELVES.format(those=_those(asked)) if asked.folder is None else folders
    table = _table(asked)
    source = f"shelves CROSS JOIN {table} AS listed INDEXED BY {table}_shelf_{key}"
    return _Walk(source, f"WITH RECURSIVE {_apps(asked)}, {shelves} ", " AND ".join([*fits, _ON_SHELVES]))


def _apps(asked: List) -> str:
    return "apps(app) AS (VALUES(:app))" if asked.app is not None else _APPS.format(those=_those(asked))


def _those(asked: List) -> str:
    return f"{_table(asked)} WHERE {_state(asked)}"


def _table(asked: List) -> str:
    return "tags" if _goes_by_tag(asked) else "sessions"


def _state(asked: List) -> str:
    return f"{'tag = :tag AND ' * _goes_by_tag(asked)}deleted = :deleted AND archived = :archived"


def _goes_by_tag(asked: List) -> bool:
    return asked.tag is not None and not asked.templates


def _values(asked: List, after: Position | None = None) -> dict[str, Any]:
    said = {name: getattr(asked, name) for name in ("app", "folder", "tag", "text")}
    state = {"deleted": int(asked.deleted), "archived": int(asked.archived)}
    return said | state | ({} if after is None else dict(zip(("place", "number"), after, strict=True)))
