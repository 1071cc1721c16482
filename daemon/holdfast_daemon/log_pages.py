"""Pages of the log as they travel: read and encoded once for all who are told them.

Many subscribers stand at the same number and want the same: they get the same bytes.
"""

from __future__ import annotations

from typing import NamedTuple

from holdfast_daemon.answering import Answering
from holdfast_daemon.store.nouns import Wanted
from holdfast_protocol import connection

#: How much of the log one page looks through, and how much of it is in it.
LOOKED_COUNT = 2000
ROWS_COUNT = 200
#: More than the rows mostly have: what ZeroMQ takes for one slow reader is some hundred pages.
PAGE_BYTES = 64 * 1024
PAGES_COUNT = 64


class LogPage(NamedTuple):
    """``up_to``: the last number that was looked at, ``last`` that of the rows. ``body``: the rows in one message."""

    up_to: int
    last: int
    rows: list[bytes]
    body: bytes


class LogPages:
    """For the loop only."""

    def __init__(self, service: Answering) -> None:
        self._service = service
        self._known: dict[tuple[Wanted, int], LogPage] = {}
        self._commits = -1

    def renew(self) -> None:
        """A commit may have changed a row (``undone_by``): what is read from here on shows those up to now."""
        commits = self._service.commits
        if commits != self._commits:
            self._known.clear()
            self._commits = commits

    def after(self, wanted: Wanted, number: int) -> LogPage:
        """What is wanted of the numbers above ``number``, as far as a page goes; there must be such numbers."""
        if len(self._known) >= PAGES_COUNT:
            self._known.clear()
        page = self._known.get((wanted, number))
        if page is None:
            page = self._known[wanted, number] = self._made(wanted, number)
        return page

    def _made(self, wanted: Wanted, number: int) -> LogPage:
        up_to = min(self._service.newest_operation(), number + LOOKED_COUNT)
        found = self._service.operations_fitting(wanted, number, up_to, ROWS_COUNT)
        if len(found) == ROWS_COUNT:
            up_to = found[-1].number
        rows: list[bytes] = []
        size_bytes = last = 0
        for row in found:
            if size_bytes >= PAGE_BYTES:
                up_to = row.number - 1
                break
            last = row.number
            rows.append(connection.encoded_row(row))
            size_bytes += len(rows[-1])
        return LogPage(up_to, last, rows, connection.body_of_rows(rows))
