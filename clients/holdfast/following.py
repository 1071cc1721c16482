"""What a subscription has told so far, and whether something is missing. No I/O: replies in, operations out."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.channel import Lost
from holdfast.plans import Plan, replied
from holdfast_protocol.errors import NotFound
from holdfast_protocol.messages import (
    LIMITS,
    Beat,
    Event,
    Events,
    Gap,
    OperationRows,
    Operations,
    Ping,
    Reply,
    Request,
    Subscribe,
    Subscribed,
)
from holdfast_protocol.model import OperationRow

#: After so long a silence the daemon is asked whether something was missed.
SILENCE_SECONDS = 5.0


def check_known(since: int, newest: int) -> None:
    """Raises NotFound where the log ends before the number that somebody has seen."""
    if newest < since:
        raise NotFound(
            f"The newest operation is {newest}, before {since}: this is another store, or an older state of it. "
            "Read again from the beginning",
            newest=newest,
            since=since,
        )


class Following:
    """One subscription, over the connections that it has one after the other. Numbers grow by one; a filter leaves
    holes."""

    def __init__(self, asked: Subscribe) -> None:
        self._asked = asked
        self._last = asked.since
        self._store = ""
        self._filtered = asked.app is not None or asked.session is not None or bool(asked.types)

    def subscribe(self, store: str, *, limited: bool) -> Subscribe:
        """What to ask the daemon of this store. Raises NotFound where another one was followed; older daemons give
        no id. ``limited``: there are only some applications for this client, which is a filter too."""
        self._filtered |= limited
        if self._store and store and store != self._store:
            raise NotFound("Another store is here than was followed. Read again from the beginning", store=store)
        self._store = store or self._store
        asked = self._asked
        return Subscribe(since=self._last, app=asked.app, session=asked.session, types=asked.types)

    def subscribed(self, answer: Subscribed) -> None:
        """Raises NotFound where the log ends before what was seen."""
        if self._last is None:
            self._last = answer.number
        check_known(self._last, answer.number)

    def question(self) -> Request:
        """What breaks a silence: an event that was missed, or a daemon that is gone, is noticed by the answer."""
        return Ping() if self._filtered else Operations(since=self._last or 0, limit=1)

    def rows_of(self, reply: Reply | None) -> Iterator[OperationRow]:
        """The operations that were not seen yet. Raises Lost where the next one is missing."""
        if isinstance(reply, OperationRows) and reply.rows and reply.rows[-1].number > (self._last or 0):
            raise Lost("An event was missed")
        if isinstance(reply, Gap):
            check_known(self._last or 0, reply.number)
            raise Lost("Events were dropped")
        if isinstance(reply, Beat):
            if reply.told > (self._last or 0):
                raise Lost("An event was missed")
            self._last = max(reply.number, self._last or 0)  # nothing that a filter lets through lies before it
        rows = reply.rows if isinstance(reply, Events) else [reply.row] if isinstance(reply, Event) else []
        yield from (row for row in rows if self._is_new(row))

    def _is_new(self, row: OperationRow) -> bool:
        known = self._last or 0
        if row.number <= known:
            return False
        if not self._filtered and row.number > known + 1:
            raise Lost("An event was missed")
        self._last = row.number
        return not self._asked.types or row.type in self._asked.types  # an older daemon tells all types


class Past:
    """The operations after ``since`` (None: none) that are in the log now."""

    def __init__(self, asked: Subscribe) -> None:
        self._asked = asked
        self._since = asked.since
        self._is_over = asked.since is None

    def next(self) -> Plan[list[OperationRow] | None]:
        """A page of them, which a filter may leave empty; None at the end. Raises NotFound where the log ends before
        ``since``."""
        if self._is_over:
            return None
        page = yield from replied(Operations(since=self._since or 0, limit=LIMITS["rows_count"]), OperationRows)
        if not page.rows and self._since:
            newest = (yield from replied(Operations(limit=1, newest=True), OperationRows)).rows
            check_known(self._since, max((row.number for row in newest), default=0))
        self._is_over = not page.more
        self._since = page.rows[-1].number if page.rows else self._since
        return [row for row in page.rows if self._fits(row)]

    def _fits(self, row: OperationRow) -> bool:
        asked = self._asked
        fits = asked.app in (None, row.app) and asked.session in (None, row.session)
        return fits and (not asked.types or row.type in asked.types)
