"""The verb ``search``: what the index knows of the heads, and a walk through the history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast_daemon import paging
from holdfast_daemon.deadlines import left
from holdfast_daemon.documents import Documents
from holdfast_daemon.indexing import Indexing, readable
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.base import Position
from holdfast_daemon.store.nouns import Hit, IndexedPart, Session, Snapshot
from holdfast_daemon.words import holds_all, snippet, words_of
from holdfast_protocol import messages as m
from holdfast_protocol.errors import Damaged, TooLarge
from holdfast_protocol.model import FoundRow

#: So long a search waits for what was saved just now.
CATCH_UP_SECONDS = 2.0
#: So many places, or so long in the history, and the page ends; the next one goes on.
PLACES_COUNT = 20_000
WALK_SECONDS = 1.0
SNAPSHOTS_COUNT = 200
NEWEST = 2**62

_Page = tuple[list[FoundRow], Position | None, list[str]]


@dataclass
class _Walk:
    """A page of the history while it is made: what was found, which parts of which sessions, what their heads say."""

    rows: list[FoundRow] = field(default_factory=list)
    told: set[tuple[bytes, str]] = field(default_factory=set)
    heads: dict[bytes, dict[str, str]] = field(default_factory=dict)


class Searching:
    """Changes nothing."""

    def __init__(self, sessions: Sessions, documents: Documents, indexing: Indexing) -> None:
        self._catalog = sessions.catalog
        self._content = documents.content
        self._documents = documents
        self._indexing = indexing

    async def search(
        self, request: m.Search, payload: Frames, caller: Caller, deadline: float, apps: tuple[str, ...] = ()
    ) -> Answer:
        """One page of where the words stand; only of ``apps``, if some are named: no other leaves a trace in it."""
        apps = apps if request.app is None else (request.app,)
        words = words_of(request.text)
        order = f"search {request.history} {request.deleted} {request.app} {' '.join(words)}"
        after = paging.position(order, request.after)
        newest = self._catalog.reader.newest_operation()
        operation = newest if request.history else await self._reached(newest, deadline)
        warnings: list[str] = []
        if operation < newest:
            behind = f"Newer changes are not found yet: the index is at operation {operation} of {newest}"
            warnings += self._indexing.problems or [behind]
        page = self._history if request.history else self._heads
        rows, following, more = await self._documents.in_thread(page, request, apps, words, after)
        return m.Found(
            rows=rows, more=following is not None, operation=operation, warnings=[*warnings, *more],
            next=b"" if following is None else paging.token(order, following),
        ), ()  # fmt: skip

    async def _reached(self, newest: int, deadline: float) -> int:
        """How far the index is; waited for, if it is behind."""
        if self._indexing.seen < newest:
            seconds = min(CATCH_UP_SECONDS, left(deadline) / 2)
            await asyncio.to_thread(self._indexing.reach, newest, seconds)
        return min(newest, self._indexing.seen)

    def _heads(self, request: m.Search, apps: tuple[str, ...], words: list[str], after: Position | None) -> _Page:
        rows: list[FoundRow] = []
        limit, looked_at = min(request.limit, m.LIMITS["rows_count"]), 0
        reader, last = self._catalog.reader, after
        try:
            for hit in self._indexing.find(words, apps, after):
                session = reader.session(hit.session)
                if session is None or (apps and session.app not in apps):
                    continue
                if len(rows) == limit or looked_at == PLACES_COUNT:
                    return rows, last or (0, NEWEST), []
                looked_at, last = looked_at + 1, hit.position
                if session.deleted == request.deleted:
                    rows.append(_row(session, hit, words))
        except Damaged as problem:
            self._indexing.mend()
            return rows, None, [f"Not all is found: {problem.sentence}; it is made anew"]
        return rows, None, []

    def _history(self, request: m.Search, apps: tuple[str, ...], words: list[str], after: Position | None) -> _Page:
        """Snapshots that are no head, newest first; of each part the newest that is not as the head has it."""
        limit, end = min(request.limit, m.LIMITS["rows_count"]), time.monotonic() + WALK_SECONDS
        walk, unread, last = _Walk(), 0, int(after[0]) if after else NEWEST
        while found := self._catalog.reader.snapshots_before(last, apps, SNAPSHOTS_COUNT):
            for number, snapshot in found:
                if len(walk.rows) >= limit or time.monotonic() > end:
                    return walk.rows, (last,), _unread(unread)
                last = number
                session = self._catalog.reader.session(snapshot.session)
                if session is not None and snapshot.id != session.head and session.deleted == request.deleted:
                    try:
                        self._look(walk, session, snapshot, words)
                    except (Damaged, TooLarge):
                        unread += 1
        return walk.rows, None, _unread(unread)

    def _look(self, walk: _Walk, session: Session, snapshot: Snapshot, words: list[str]) -> None:
        """Rows for the parts of a snapshot in which the words stand. Raises Damaged, TooLarge."""
        for part in [*self._readable(snapshot.document, session)]:
            if (session.id, part.key) in walk.told or not holds_all(f"{part.name}\n{part.text}", words):
                continue
            if session.id not in walk.heads:
                walk.heads[session.id] = self._texts(session)
            if walk.heads[session.id].get(part.key) != part.text:
                walk.told.add((session.id, part.key))
                walk.rows.append(_part_row(session, snapshot.id, part, words))

    def _readable(self, document: bytes, session: Session) -> Iterator[IndexedPart]:
        return readable(self._content, self._catalog.reader.document(document), session.format)

    def _texts(self, session: Session) -> dict[str, str]:
        """What the head's parts say, by key."""
        try:
            document = self._catalog.reader.need_snapshot(session.head).document
            return {part.key: part.text for part in self._readable(document, session)}
        except (Damaged, TooLarge):
            return {}


def _unread(count: int) -> list[str]:
    return [f"{count} snapshots were not looked at: damaged, or too large to be read"] if count else []


def _row(session: Session, hit: Hit, words: list[str]) -> FoundRow:
    if hit.part is not None:
        return _part_row(session, hit.head, IndexedPart(hit.part, hit.texts[3], hit.texts[4]), words)
    places = dict(zip(("name", "tags", "note"), hit.texts, strict=False))
    where = next((where for where, text in places.items() if holds_all(text, words[:1])), "name")
    piece = snippet(places[where], words)
    return FoundRow(
        session=session.row(), snapshot=hit.head.hex(), where=where, snippet=piece.text, matches=piece.matches
    )


def _part_row(session: Session, snapshot: bytes, part: IndexedPart, words: list[str]) -> FoundRow:
    in_name = not any(holds_all(part.text, [word]) for word in words)
    piece = snippet(part.name if in_name else part.text, words)
    return FoundRow(
        session=session.row(), snapshot=snapshot.hex(), where="part", part=part.key, part_name=part.name,
        snippet=piece.text, matches=piece.matches,
    )  # fmt: skip
