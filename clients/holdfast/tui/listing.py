"""Which sessions the list shows, and where its pages come from."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.async_client import AsyncClient
from holdfast.looking.unsaved import unsaved_of
from holdfast.tui.rows import Item
from holdfast.tui.windows import PAGE_ROWS, Page, Window

#: ``contents`` and ``history`` are places where the words stand: in heads, and in older snapshots.
VIEWS = ("sessions", "archived", "templates", "deleted", "contents", "history")
SORTS = ("modified", "name", "app", "size", "created")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What is asked for."""

    text: str = ""
    app: str | None = None
    view: str = "sessions"
    sort: str = "modified"

    @property
    def is_search(self) -> bool:
        """Whether contents are searched, and not names."""
        return self.view in ("contents", "history")


class Sessions:
    """The pages of listings. ``apps`` are those that were seen; ``unsaved`` are the ids of sessions with
    unsaved work."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self.apps: set[str] = set()
        self.unsaved: frozenset[str] = frozenset()

    def window(self, listing: Listing) -> Window[Item]:
        """Its rows, read as they are looked at."""
        if listing.is_search:
            return Window(_Found(self._client, listing).page)

        async def page(first: int) -> Page[Item]:
            found = await self._client.list(
                app=listing.app, text=listing.text or None, archived=listing.view == "archived",
                deleted=listing.view == "deleted", templates=listing.view == "templates", sort=listing.sort,
                limit=PAGE_ROWS, offset=first, count=True,
            )  # fmt: skip
            self.apps.update(row.app for row in found.rows)
            return Page([Item(row, unsaved=row.id in self.unsaved) for row in found.rows], found.more, found.count)

        return Window(page)

    async def look_at_workspaces(self) -> None:
        """Raises HoldfastError."""
        rows = (await self._client.workspaces()).rows
        self.unsaved = unsaved_of(rows)


class _Found:
    """Pages of a search are had one behind the other."""

    def __init__(self, client: AsyncClient, listing: Listing) -> None:
        self._client = client
        self._listing = listing
        self._after: dict[int, bytes] = {0: b""}

    async def page(self, first: int) -> Page[Item]:
        if not self._listing.text.strip() or first not in self._after:
            return Page([], False)
        rows: list[Item] = []
        after, more = self._after[first], True
        while more and not rows:  # a page of the history may be empty, and others follow it
            found = await self._client.search(
                self._listing.text, app=self._listing.app, history=self._listing.view == "history",
                limit=PAGE_ROWS, after=after,
            )  # fmt: skip
            rows = [Item(row.session, row) for row in found.rows]
            after, more = found.next, found.more
        self._after[first + PAGE_ROWS] = after
        return Page(rows, more and len(rows) == PAGE_ROWS)
