"""Questions to one SQLite connection, and what the store remembers of their answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import apsw

from holdfast_daemon.store.nouns import Session, Snapshot, StoredDocument
from holdfast_daemon.store.sqlite.checksums import is_damage, said
from holdfast_protocol.errors import Damaged, Unreadable

Made = TypeVar("Made")
Values = tuple[Any, ...] | dict[str, Any]

#: A session's ``deleted`` where its folder is watched no longer: neither among the live ones nor among the deleted.
LEFT = 2

SESSION = (
    "id, app, folder, name, format, path, revision, head, size_bytes, created, modified, suspect, diverged, deleted, "
    "archived, template, forked_from"
)
SESSION_AND_TAGS = f"{SESSION}, (SELECT group_concat(tag, char(10)) FROM tags WHERE session = id)"
SNAPSHOT = "id, session, document, parents, time, cause, author, size_bytes, message, suspect"


class Rows:
    """A connection whose damage is said in the daemon's own words."""

    def __init__(self, connection: apsw.Connection, documents: dict[bytes, StoredDocument]) -> None:
        """``documents``: those read lately, shared by all readers of one store."""
        self._connection = connection
        self._documents = documents

    def _count(self, sql: str, values: Values = ()) -> int:
        return self._one(sql, values, lambda row: int(row[0])) or 0

    def _all(self, sql: str, values: Values = ()) -> list[Any]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except apsw.Error as problem:
            raise self._translated(problem) from problem

    def _one(self, sql: str, values: Values, make: Callable[[Any], Made]) -> Made | None:
        try:
            row = self._connection.execute(sql, values).fetchone()
        except apsw.Error as problem:
            raise self._translated(problem) from problem
        return None if row is None else make(row)

    def _translated(self, problem: apsw.Error) -> Exception:
        if is_damage(problem):
            return Damaged(f"The catalog is damaged: {said(problem)}")
        if isinstance(problem, apsw.FullError):
            return problem
        if isinstance(problem, apsw.IOError | apsw.CantOpenError | apsw.BusyError):
            number = self._connection.system_errno
            return Unreadable(f"The catalog cannot be read: {os.strerror(number) if number else problem}")
        return problem


def session_of(row: Any) -> Session:
    """A row of ``SESSION_AND_TAGS``."""
    values = [*row]
    values[12:16] = map(bool, row[12:16])
    values[17] = tuple(sorted(row[17].split("\n"))) if row[17] else ()
    return Session(*values)


def snapshot_of(row: Any) -> Snapshot:
    """A row of ``SNAPSHOT``."""
    values = [*row]
    values[3] = tuple(row[3][at : at + 16] for at in range(0, len(row[3]), 16))
    return Snapshot(*values)
