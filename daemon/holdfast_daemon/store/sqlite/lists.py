"""What can be asked of all sessions: the pages of a list, and how many there are."""

from __future__ import annotations

from msgspec.structs import replace

from holdfast_daemon.store.base import CHOICES_COUNT, Position
from holdfast_daemon.store.nouns import Listed
from holdfast_daemon.store.sqlite import pages
from holdfast_daemon.store.sqlite.rows import SESSION_AND_TAGS, Rows, session_of
from holdfast_protocol.messages import List

WIDTH = 18  # how many columns make a session
FEW_NAMES_COUNT = 10_000


class ListReader(Rows):
    """Questions. Nothing here decides."""

    def sessions_page(self, asked: List, limit: int, after: Position | None = None) -> list[Listed]:
        """Those that fit, by one of ``SORTS``: after that position, and then from ``asked.offset``."""
        is_of_few = self._is_of_few(asked)
        if asked.sort == "app" and not is_of_few:
            return self._by_application(asked, limit, after)
        return self._page(asked, limit, after, by_trigrams=is_of_few)

    def _is_of_few(self, asked: List) -> bool:
        """Whether so few names may have the text that they are all looked at."""
        said = pages.trigrams(asked)
        counted = "SELECT count(*) FROM (SELECT 1 FROM names WHERE names MATCH ? LIMIT ?)"
        return said is not None and self._count(counted, (said, FEW_NAMES_COUNT + 1)) <= FEW_NAMES_COUNT

    def _page(self, asked: List, limit: int, after: Position | None, *, by_trigrams: bool = False) -> list[Listed]:
        sql, values = pages.page(asked, limit, after, SESSION_AND_TAGS, by_trigrams=by_trigrams)
        return [Listed(session_of(row[:WIDTH]), row[WIDTH:]) for row in self._all(sql, values)]

    def _by_application(self, asked: List, limit: int, after: Position | None) -> list[Listed]:
        """The lists by name of each application, one behind the other; a position begins with the application."""
        apps = sorted((row[0] for row in self._all(*pages.applications(asked))), reverse=asked.reverse)
        first, *behind = after or (None,)
        found: list[Listed] = []
        skipped = asked.offset
        for app in apps:
            if first is not None and app != first and (app < first) != asked.reverse:
                continue
            one, begins = replace(asked, app=app, sort="name", offset=skipped), tuple(behind) if app == first else None
            rows = self._page(one, limit - len(found), begins)
            found += [Listed(each.session, (app, *each.position)) for each in rows]
            if len(found) == limit:
                break
            if skipped:
                skipped = 0 if rows else skipped - self._count(*pages.count(one, begins, by_trigrams=False))
        return found

    def listed_count(self, asked: List) -> int:
        """How many fit, on all pages."""
        one = replace(asked, sort="name")  # which order does not matter, but some have no shelves
        return self._count(*pages.count(one, None, by_trigrams=self._is_of_few(one)))

    def choices(self, asked: List) -> tuple[list[str], list[str]]:
        """Of applications and tags, whatever the list is narrowed by."""
        apps = self._all(*pages.applications(replace(asked, app=None, tag=None)))
        tags = self._all(*pages.tags(asked))
        return [row[0] for row in apps[:CHOICES_COUNT]], [row[0] for row in tags]

    def sessions_count(self, deleted: bool) -> int:
        return self._count("SELECT count(*) FROM sessions WHERE deleted = ?", (int(deleted),))

    def sessions_in(self, folder: str) -> int:
        """How many live ones a folder has."""
        return self._count("SELECT count(*) FROM sessions WHERE folder = ? AND NOT deleted", (folder,))
