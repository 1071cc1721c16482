"""A client and a daemon, recorded message by message, and what of it must be so again.

``make record`` writes a new one (``recording.py``); those that are there are never edited. Ids, times and places differ
from run to run: each id of the record stands for the one that came in its place.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgpack

RECORDS = Path(__file__).parents[1] / "data" / "clients"
#: What stands in a record for the place of the home and the name of the user.
HOME, USER = "/home/ada/holdfast", "ada"
#: Fields that are other ones each time, or sentences for people: only their types are looked at.
VOLATILE = frozenset(
    {
        *("created", "modified", "time", "started", "changed", "left", "saved", "autosaved", "unsaved", "scanned"),
        *("added", "epoch", "version", "pid", "author", "user", "next", "store_bytes", "freed_bytes", "score"),
        *("clients_count", "connections_count", "connections_limit", "pending_files", "problems", "warnings"),
        *("sentence", "reason", "summary", "problem", "socket", "store", "sessions", "path", "scanning", "verbs"),
        *("undone_by", "watch_note", "watching", "deadline_ms", "sessions_count"),
    }
)
#: Fields that name something by a number or an id which other requests then give.
NUMBERS = frozenset({"number", "operation", "since", "newest"})
_ID = re.compile(r"[0-9a-f]{32}")


class Said(NamedTuple):
    """One message: on which connection, and whether the client said it."""

    connection: int
    by_client: bool
    frames: list[bytes]

    @property
    def header(self) -> dict[str, Any]:
        header: dict[str, Any] = msgpack.unpackb(self.frames[0])
        return header


def write(path: Path, dialogue: list[Said]) -> None:
    """The same messages make the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(msgpack.packb([[*each] for each in dialogue]), mtime=0))


def read(path: Path) -> list[Said]:
    """The messages in the order in which they were said."""
    return [Said(*each) for each in msgpack.unpackb(gzip.decompress(path.read_bytes()))]


def replaced(value: Any, old: str, new: str) -> Any:
    """``value`` with another piece of text, in bytes too."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, bytes):
        return value.replace(old.encode(), new.encode())
    if isinstance(value, dict):
        return {key: replaced(each, old, new) for key, each in value.items()}
    return [replaced(each, old, new) for each in value] if isinstance(value, list) else value


class Translation:
    """From what was recorded to what it is this time."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._known: dict[Any, Any] = {}

    def request(self, body: Any) -> Any:
        """A request of the record, as it is to be asked now."""
        return self._now(self.placed(body), "")

    def placed(self, body: Any) -> Any:
        """With the places of this time."""
        return replaced(body, HOME, self._home)

    def differences(self, then: Any, now: Any, where: str = "") -> Iterator[str]:
        """A sentence for all that the record has, and this answer has not, or otherwise. What it has more is right."""
        field = where.rpartition(".")[2]
        if isinstance(then, dict) and isinstance(now, dict):
            for key in then:
                if key not in now:
                    yield f"{where}.{key} is gone"
                elif field != "limits":
                    yield from self.differences(then[key], now[key], f"{where}.{key}")
        elif field == "capabilities":
            yield from (f"the capability {each} is gone" for each in then if each not in now)
        elif field in VOLATILE:
            if type(then) is not type(now) and None not in (then, now):
                yield f"{where} was {then!r}, and is {now!r}"
        elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
            for old, new in zip(then, now, strict=True):
                yield from self.differences(old, new, where)
        elif self._is_named(then, field) and type(then) is type(now):
            self._known[then] = now
        elif then != now:
            yield f"{where} was {then!r}, and is {now!r}"

    def _now(self, value: Any, field: str) -> Any:
        if isinstance(value, dict):
            return {key: self._now(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._now(each, field) for each in value]
        if isinstance(value, str):
            return _ID.sub(lambda found: self._known.get(found[0], found[0]), value)
        return self._known.get(value, value) if self._is_named(value, field) else value

    def _is_named(self, value: Any, field: str) -> bool:
        if isinstance(value, str):
            return _ID.fullmatch(value) is not None
        return type(value) is int and field in NUMBERS
