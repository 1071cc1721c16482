"""The operations as they happen, each once, across restarts of the daemon."""

from __future__ import annotations

import time
from collections.abc import Iterator

from holdfast.caller import Conversation, consider
from holdfast.channel import Lost
from holdfast_protocol.connection import new_request_id
from holdfast_protocol.errors import HelloFirst, NotFound, ShuttingDown, TooLate, Unreachable
from holdfast_protocol.messages import (
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
_SILENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.05


def check_known(since: int, newest: int) -> None:
    """Raises NotFound where the log ends before the number that somebody has seen."""
    if newest < since:
        raise NotFound(
            f"The newest operation is {newest}, before {since}: this is another store, or an older state of it. "
            "Read again from the beginning",
            newest=newest,
            since=since,
        )


class Subscription:
    """One subscription that outlives its connections. Numbers grow by one; a filter leaves holes."""

    def __init__(self, path: str, asked: Subscribe, timeout: float) -> None:
        self._path = path
        self._asked = asked
        self._last = asked.since
        self._store = ""
        self._filtered = asked.app is not None or asked.session is not None or bool(asked.types)
        self._timeout_seconds = timeout
        self._conversation: Conversation | None = None
        self._away_since: float | None = None
        self._was_there = False

    def rows(self) -> Iterator[OperationRow]:
        """Without end. Raises Unreachable or TooLate where the daemon stays away for the timeout."""
        try:
            while True:
                try:
                    yield from self._rows_of_a_connection()
                except (Lost, TimeoutError, HelloFirst, ShuttingDown, Unreachable) as problem:
                    self._reconsider(problem)
        finally:
            self._hang_up()

    def _rows_of_a_connection(self) -> Iterator[OperationRow]:
        conversation = self._subscribe()
        asked = False
        while True:
            try:
                answer = conversation.listen(time.monotonic() + _SILENCE_SECONDS)
            except TimeoutError:
                if asked:
                    raise
                asked = True
                conversation.tell(self._question(), (), new_request_id(), time.monotonic() + _SILENCE_SECONDS)
                continue
            asked = False
            if answer.error is not None:
                raise Lost(answer.error.sentence)
            yield from self._rows_of(answer.reply)

    def _question(self) -> Request:
        """What breaks a silence: an event that was missed, or a daemon that is gone, is noticed by the answer."""
        return Ping() if self._filtered else Operations(since=self._last or 0, limit=1)

    def _rows_of(self, reply: Reply | None) -> Iterator[OperationRow]:
        """The operations that were not seen yet. Raises Lost where one before them is missing."""
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
        for row in rows:
            known = self._last or 0
            if row.number <= known:
                continue
            if not self._filtered and row.number > known + 1:
                raise Lost("An event was missed")
            self._last = row.number
            if not self._asked.types or row.type in self._asked.types:  # an older daemon tells all types
                yield row

    def _subscribe(self) -> Conversation:
        until = time.monotonic() + self._timeout_seconds
        self._conversation = Conversation(self._path, until)
        self._was_there = True
        self._check_store(self._conversation.welcome.store)
        request = Subscribe(
            since=self._last, app=self._asked.app, session=self._asked.session, types=self._asked.types
        )  # fmt: skip
        answer = self._conversation.ask(request, (), new_request_id(), until)
        assert isinstance(answer.reply, Subscribed)
        if self._last is None:
            self._last = answer.reply.number
        check_known(self._last, answer.reply.number)
        self._away_since = None
        return self._conversation

    def _check_store(self, store: str) -> None:
        """Raises NotFound where a store with another id answers; older daemons give none."""
        if self._store and store and store != self._store:
            raise NotFound("Another store is here than was followed. Read again from the beginning", store=store)
        self._store = store or self._store

    def _reconsider(self, problem: Exception) -> None:
        """Returns where another try makes sense."""
        self._hang_up()
        now = time.monotonic()
        self._away_since = self._away_since or now
        late = now - self._away_since >= self._timeout_seconds
        consider(problem, self._path, hopeless=late or not self._was_there)
        if late:
            raise TooLate(f"The daemon at {self._path} has not answered for {self._timeout_seconds:g} s") from problem
        time.sleep(_PAUSE_SECONDS)

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None
