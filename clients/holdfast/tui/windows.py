"""Rows of a list of any length: only the pages that are looked at are asked for and kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

PAGE_ROWS = 100
#: So many pages are kept; what was looked at longest ago goes first.
_KEPT_PAGES = 10

Each = TypeVar("Each")


class Page(NamedTuple, Generic[Each]):
    """``more``: rows follow it. ``total``: how many there are in all, where that is known."""

    rows: Sequence[Each]
    more: bool
    total: int | None = None


class Window(Generic[Each]):
    """``fetch`` gives the page that begins with a row. ``total`` is how many rows are known to be there;
    with ``is_exact`` there are no others."""

    def __init__(self, fetch: Callable[[int], Awaitable[Page[Each]]]) -> None:
        self._fetch = fetch
        self._pages: dict[int, Sequence[Each]] = {}
        self.total = 0
        self.is_exact = False

    def row(self, place: int) -> Each | None:
        """None where it has not come yet, or is not there."""
        number, within = divmod(place, PAGE_ROWS)
        rows = self._pages.get(number, ())
        return rows[within] if 0 <= within < len(rows) else None

    def place_of(self, is_it: Callable[[Each], bool]) -> int | None:
        """Where the row stands, if it is in a page that is here."""
        for number, rows in sorted(self._pages.items()):
            for within, row in enumerate(rows):
                if is_it(row):
                    return number * PAGE_ROWS + within
        return None

    def lacks(self, first: int, last: int) -> bool:
        """Whether a row from place ``first`` to ``last`` is known to be there, and has not come."""
        last = min(last, self.total - 1)
        return any(number not in self._pages for number in range(max(first, 0) // PAGE_ROWS, last // PAGE_ROWS + 1))

    async def ensure(self, first: int, last: int) -> bool:
        """The rows from place ``first`` to ``last`` are here; whether one had to come. Raises HoldfastError."""
        has_come = False
        for number in range(max(first, 0) // PAGE_ROWS, max(last, 0) // PAGE_ROWS + 1):
            if number in self._pages:
                self._pages[number] = self._pages.pop(number)
            elif not self._pages or number * PAGE_ROWS < self.total:
                await self._turn_to(number)
                has_come = True
        return has_come

    async def again(self, first: int, last: int) -> Window[Each]:
        """The same list as it is now, with the rows from place ``first`` to ``last``."""
        fresh = Window(self._fetch)
        fresh.total = self.total
        await fresh.ensure(first, last)
        return fresh

    async def _turn_to(self, number: int) -> None:
        page = await self._fetch(number * PAGE_ROWS)
        self._pages[number] = page.rows
        end = number * PAGE_ROWS + len(page.rows)
        self.is_exact = page.total is not None or not page.more or self.is_exact
        if page.total is not None:
            self.total = page.total
        elif page.more:
            self.total = max(self.total, end + 1)
        else:
            self.total = end
        if number and not page.rows:  # it has become shorter than that: its end is further up
            await self._turn_to(number - 1)
        while len(self._pages) > _KEPT_PAGES:
            del self._pages[next(iter(self._pages))]


def window_of(rows: Sequence[Each]) -> Window[Each]:
    """Of rows that are all here."""

    async def fetch(first: int) -> Page[Each]:
        return Page(rows[first : first + PAGE_ROWS], first + PAGE_ROWS < len(rows), len(rows))

    return Window(fetch)
