"""Where a file that appears comes from: from a session that was moved, that was just deleted, or whose bytes it has."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

from holdfast_daemon import visible_files as files
from holdfast_daemon.content import named
from holdfast_daemon.folders_root import MARK, folder_identity, lasting_number
from holdfast_daemon.formats.base import Document
from holdfast_daemon.sessions import Sessions
from holdfast_daemon.sites import Site
from holdfast_daemon.store.nouns import Session

#: Longer than a minute, after which a polled folder is looked at again, and a long scan.
REAPPEARS_SECONDS = 120.0
#: How long after a file is deleted a folder that holds its bytes still comes from it.
CONVERTED_SECONDS = 3600.0
#: Among so many sessions with one content the moved one is looked for; where there are more, only among those whose
#: files something just happened to.
EQUAL_SESSIONS = 64
#: How long after a file is renamed another one at its old name is its next state: that is how editors keep a backup.
RETURNS_SECONDS = 10.0


#: A folder's label, and a path in it.
Place = tuple[str, bytes]


class Former(NamedTuple):
    """A session, and the snapshot of it whose bytes were found; None where they are others, but the place is its."""

    session: Session
    shown: bytes | None


class _Departure(NamedTuple):
    """A session that was moved by the outside: what it was when that was seen, and when."""

    former: Session
    to: bytes
    moment: float


class Origins:
    """Looks at the catalog, and whether files are there."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._any_gone = True
        self._leaving: Callable[[], Iterable[Place]] | None = tuple
        self._left: dict[bytes, list[Session]] | None = None
        self._departures: dict[bytes, _Departure] = {}

    @contextmanager
    def expecting(self, leaving: Callable[[], Iterable[Place]] | None) -> Iterator[None]:
        """At these places something happened, too; None: it may have anywhere."""
        former = self._leaving, self._left
        self._leaving, self._left = leaving, None
        try:
            yield
        finally:
            self._leaving, self._left = former

    def remember(self) -> None:
        """Whether anything was deleted lately, for the ``is_unknown`` of the next moments."""
        self._any_gone = self._catalog.reader.any_gone_since(self._since(REAPPEARS_SECONDS))

    def is_unknown(self, document: bytes) -> bool:
        """Nothing has these bytes, and nothing was deleted lately: they come from nowhere."""
        return not self._any_gone and not self._catalog.reader.has_document(document)

    def former(self, app: str, folder: str, path: bytes, document: bytes) -> Former | None:
        """The application's session that was here, or with these bytes elsewhere, a moment ago."""
        reader = self._catalog.reader
        equal = reader.sessions_with_head(document, EQUAL_SESSIONS)
        more = self._left_with(document) if len(equal) == EQUAL_SESSIONS else ()
        for session in chain(equal, more):
            if session.app == app and self._has_left(session):
                return Former(session, session.head)
        for session in reader.sessions_showing(document, EQUAL_SESSIONS):
            row = reader.visible(session.folder, session.path)
            if session.app == app and row is not None and row.published is not None and self._has_left(session):
                return Former(session, row.published)
        gone = reader.gone_since(self._since(REAPPEARS_SECONDS), document, folder, path)
        if gone is None or gone.app != app:
            return None
        is_changed = reader.need_snapshot(gone.head).document != document
        if is_changed and reader.session_named(app, gone.name, folder) is not None:
            return None  # somebody has its name by now; a file that was only moved may have another one
        return Former(gone, None if is_changed else gone.head)

    def departed(self, former: Session, to: bytes) -> None:
        """It was moved, within its folder."""
        moment = time.monotonic()
        self._departures = {
            path: each for path, each in self._departures.items() if each.moment > moment - RETURNS_SECONDS
        }
        self._departures[former.path] = _Departure(former, to, moment)

    def returning(self, path: bytes, comes_from: Session | None) -> Session | None:
        """The session, as it was, whose file was renamed from here a moment ago and to which nothing else happened:
        something new stands here, so that was a backup. ``comes_from``: the session of the file that was renamed to
        here; if that is older, it is what stands here."""
        if comes_from is not None and (comes_from.revision > 1 or comes_from.created < self._since(RETURNS_SECONDS)):
            return None
        departure = self._departures.pop(path, None)
        if departure is None or departure.moment < time.monotonic() - RETURNS_SECONDS:
            return None
        former = departure.former
        now = self._catalog.reader.session(former.id)
        if now is None or now.deleted or (now.folder, now.path, now.head) != (former.folder, departure.to, former.head):
            return None
        taken = self._catalog.reader.session_named(former.app, former.name, former.folder)
        return former if taken is None or taken.id == former.id else None

    def was_at(self, folder: str, path: bytes) -> bool:
        """Whether a session was deleted there a moment ago."""
        gone = self._catalog.reader.gone_since(self._since(REAPPEARS_SECONDS), None, folder, path)
        return gone is not None

    def origin(self, app: str, document: Document) -> Session | None:
        """The application's session one file of which, to the byte, this folder has: AiderDesk makes tasks of sessions
        so, and deletes them (aiderdesk.md 3)."""
        reader = self._catalog.reader
        for path, content in document.items() if b"" not in document else ():
            if not content:
                continue
            alone = named({b"": content})
            found = next(iter(reader.sessions_with_head(alone, 1)), None) or reader.gone_since(
                self._since(CONVERTED_SECONDS), alone, "", path
            )
            if found is not None and found.app == app:
                return found
        return None

    def _left_with(self, document: bytes) -> Iterator[Session]:
        """Of the places where something happened: those whose sessions have that head, each one once."""
        reader = self._catalog.reader
        if self._left is None:
            self._left = defaultdict(list)
            for folder, path in self._leaving() if self._leaving is not None else ():
                if (session := reader.session_at(folder, path)) is not None:
                    self._left[reader.need_snapshot(session.head).document].append(session)
        if self._leaving is None and document not in self._left:
            self._left[document] = [*filter(self._has_left, reader.sessions_with_head(document, -1))]
        left = self._left.get(document, [])
        while left:
            session = left.pop()
            now = reader.session_at(session.folder, session.path)
            if now is not None and now.id == session.id:
                yield now

    def _has_left(self, session: Session) -> bool:
        """Its file was there, and is not any more."""
        row = self._catalog.reader.visible(session.folder, session.path)
        if (row is not None and row.published is None) or session.folder not in self._sessions.sites:
            return False
        site = self._sessions.sites[session.folder]
        try:
            return self._is_present(site) and not files.is_there(site.whole(session.path))
        except OSError:
            return False

    def _is_present(self, site: Site) -> bool:
        """Whether the folder itself is there: what is on a disk that is away has not left for here."""
        folder = self._catalog.reader.folder(site.label)
        if folder is None or not site.is_adopted:
            return os.path.exists(os.path.join(site.root, MARK))
        identity = folder_identity(site.root)
        return identity is not None and folder.inode in (None, lasting_number(identity))

    def _since(self, seconds: float) -> int:
        return self._sessions.clock() - int(seconds * 1e9)
