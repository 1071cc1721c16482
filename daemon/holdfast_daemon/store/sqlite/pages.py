"""How a page of sessions is asked for, so that it costs what is on it, wherever it is and whatever else there is: each
order has an index that is walked from the last page's end.

What an application, a folder or a tag has stands on *shelves*: a shelf is what one application has in one folder, with
the tag or of all, in order. The shelves are found by a seek each. SQLite leaves one where its next session would no
longer come onto the page (its ORDER BY LIMIT optimization, for a join whose inner loop runs in order).

What few names have is found by trigrams, in the table ``names``, and then put in order: all of it for each page."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, NamedTuple

from holdfast_daemon.store.base import CHOICES_COUNT, Narrowed, Position
from holdfast_protocol.messages import List

_DIGITS = re.compile("[0-9]+")

#: What an order goes by, and whether it begins with the greatest. What is equal there goes by number.
ORDERS = {
    "modified": (("modified",), True),
    "created": (("created",), True),
    "name": (("sort_name",), False),
    "size": (("size_bytes",), True),
    "app": (("app", "sort_name"), False),
}
TRIGRAM = 3
TRIGRAMS_COUNT = 32

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
#: Every tag, found by a seek each.
TAGS = (
    "WITH RECURSIVE known(tag) AS (SELECT (SELECT min(tag) FROM tags) "
    "UNION ALL SELECT (SELECT min(tag) FROM tags WHERE tag > known.tag) FROM known WHERE tag NOT NULL) "
    f"SELECT tag FROM known WHERE tag NOT NULL LIMIT {CHOICES_COUNT}"
)
_ON_SHELVES = "listed.app = shelves.app AND listed.folder = shelves.folder"
_OF_APPS = "app IN (SELECT value FROM json_each(:apps))"
_HAS_TEXT = "instr(lower({}), lower(:text))"
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


def trigrams(asked: List) -> str | None:
    """What ``names`` is asked for: all names with the text, and perhaps some more. None where that cannot be said."""
    text = asked.text or ""
    found = dict.fromkeys(text[at : at + TRIGRAM] for at in range(len(text) - TRIGRAM + 1))
    said = ['"' + each.replace('"', '""') + '"' for each in found if "\0" not in each]
    return None if asked.templates else " ".join(said[:TRIGRAMS_COUNT]) or None


def page(
    asked: List, limit: int, after: Position | None, columns: str, *, by_trigrams: bool
) -> tuple[str, dict[str, Any]]:
    """The question and its values; its rows have ``columns`` and then their position. Only ``by_trigrams`` can it be
    of all applications one behind the other."""
    walk = _named(asked, after) if by_trigrams else _walk(asked, after)
    place = _place(asked)
    order = ", ".join(f"{each}{' DESC' * _falls(asked)}" for each in place)
    numbers = (
        f"SELECT {', '.join(f'{column} AS {each}' for each, column in place.items())} FROM {walk.source} "
        f"WHERE {walk.fits} ORDER BY {order} LIMIT :limit OFFSET :offset"
    )
    found = "id = (SELECT session FROM tags WHERE rowid = number)" if _goes_by_tag(asked) else "rowid = number"
    sql = (  # what is not on the page is not read
        f"{walk.shelves}SELECT {columns}, {', '.join(place)} FROM ({numbers}) "
        f"CROSS JOIN sessions ON sessions.{found} ORDER BY {order}"
    )
    return sql, _values(asked, after) | {"limit": limit, "offset": asked.offset}


def count(asked: List, after: Position | None, *, by_trigrams: bool) -> tuple[str, dict[str, Any]]:
    """How many fit, from that position on."""
    walk = _named(asked, after) if by_trigrams else _walk(asked, after)
    return f"{walk.shelves}SELECT count(*) FROM {walk.source} WHERE {walk.fits}", _values(asked, after)


def applications(asked: List) -> tuple[str, dict[str, Any]]:
    """Those of which some may fit."""
    return f"WITH RECURSIVE {_apps(asked)} SELECT app FROM apps WHERE app NOT NULL ORDER BY app", _values(asked)


def tags(asked: List) -> tuple[str, dict[str, Any]]:
    """All that any session has; of a narrowed list, any of its applications."""
    apps = _only(asked)
    if not apps:
        return TAGS, {}
    sql = f"SELECT DISTINCT tag FROM tags WHERE {_OF_APPS} ORDER BY tag LIMIT {CHOICES_COUNT}"
    return sql, {"apps": json.dumps(apps)}


def _only(asked: List) -> tuple[str, ...]:
    """The applications that there are for whoever asks; none where there are all."""
    return asked.apps if isinstance(asked, Narrowed) else ()


def _falls(asked: List) -> bool:
    """Whether the list begins with the greatest."""
    return ORDERS[asked.sort][1] != asked.reverse


def _place(asked: List) -> dict[str, str]:
    """What a position says, and the columns that it says it of."""
    return {f"by_{key}": f"listed.{key}" for key in ORDERS[asked.sort][0]} | {"number": "listed.rowid"}


def _walk(asked: List, after: Position | None) -> _Walk:
    fits = [_state(asked), *_behind(asked, after)]
    if asked.text is not None:
        name = "(SELECT name FROM sessions WHERE id = session)" if _goes_by_tag(asked) else "name"
        fits.append(_HAS_TEXT.format(name))
    if asked.templates:  # they are few: all are looked at, in an index that says everything of them
        given = {"app = :app": asked.app, "folder = :folder": asked.folder, _HAS_TAG: asked.tag}
        fits += ["template", *(clause for clause, value in given.items() if value is not None)]
        fits += [_OF_APPS] if _only(asked) else []
        return _Walk("sessions AS listed INDEXED BY sessions_template", "", " AND ".join(fits))
    if (asked.app, asked.folder, asked.tag, _only(asked)) == (None, None, None, ()):
        return _Walk("sessions AS listed", "", " AND ".join(fits))
    folders = "shelves(app, folder) AS (SELECT app, :folder FROM apps)"
    shelves = _SHELVES.format(those=_those(asked)) if asked.folder is None else folders
    table = _table(asked)
    source = f"shelves CROSS JOIN {table} AS listed INDEXED BY {table}_shelf_{ORDERS[asked.sort][0][0]}"
    return _Walk(source, f"WITH RECURSIVE {_apps(asked)}, {shelves} ", " AND ".join([*fits, _ON_SHELVES]))


def _named(asked: List, after: Position | None) -> _Walk:
    """By the names that have the text."""
    sessions, tags = "listed", ""
    if _goes_by_tag(asked):
        sessions, tags = "named", " CROSS JOIN tags AS listed ON session = named.id AND tag = :tag"
    given = [column for column in ("app", "folder") if getattr(asked, column) is not None]
    fits = ["names MATCH :trigrams", _HAS_TEXT.format("name"), *_behind(asked, after)]
    fits += [f"listed.{column} = :{column}" for column in ("deleted", "archived", *given)]
    fits += [f"listed.{_OF_APPS}"] if _only(asked) else []
    source = f"names CROSS JOIN sessions AS {sessions} ON {sessions}.rowid = names.rowid{tags}"
    return _Walk(source, "", " AND ".join(fits))


def _behind(asked: List, after: Position | None) -> list[str]:
    """What stands behind that position, if there is one."""
    place = _place(asked)
    values = ", ".join(f":{each}" for each in place)
    compared = f"({', '.join(place.values())}) {'<' if _falls(asked) else '>'} ({values})"
    return [] if after is None else [compared]


def _apps(asked: List) -> str:
    if asked.app is not None:
        return "apps(app) AS (VALUES(:app))"
    if _only(asked):
        there = f"EXISTS (SELECT 1 FROM {_those(asked)} AND app = value)"
        return f"apps(app) AS (SELECT value FROM json_each(:apps) WHERE {there})"
    return _APPS.format(those=_those(asked))


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
    said |= {"deleted": int(asked.deleted), "archived": int(asked.archived), "trigrams": trigrams(asked)}
    said |= {"apps": json.dumps(_only(asked))}
    return said | ({} if after is None else dict(zip(_place(asked), after, strict=True)))
