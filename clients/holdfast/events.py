"""The operations as they happen, each once, across restarts of the daemon."""

from __future__ import annotations

import time
from collections.abc import Iterator

from holdfast.caller import Conversation, consider
from holdfast.channel import Lost
from holdfast.following import SILENCE_SECONDS, Following
from holdfast_protocol.connection import new_request_id
from holdfast_protocol.errors import HelloFirst, ShuttingDown, TooLate, Unreachable
from holdfast_protocol.messages import Subscribe, Subscribed
from holdfast_protocol.model import OperationRow

PAUSE_SECONDS = 0.05
#: What ends a connection, and not the subscription.
PASSING = (Lost, TimeoutError, HelloFirst, ShuttingDown, Unreachable)


class Absence:
    """Since when the daemon is away, and when that is too long."""

    def __init__(self, path: str, timeout_seconds: float) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._since: float | None = None
        self._was_there = False

    def greeted(self) -> None:
        """It is there."""
        self._was_there = True

    def over(self) -> None:
        """It tells again."""
        self._since = None

    def bear(self, problem: Exception) -> None:
        """Returns where another try makes sense. Raises Unreachable or TooLate else."""
        now = time.monotonic()
        self._since = self._since or now
        late = now - self._since >= self._timeout_seconds
        consider(problem, self._path, hopeless=late or not self._was_there)
        if late:
            raise TooLate(f"The daemon at {self._path} has not answered for {self._timeout_seconds:g} s") from problem


class Subscription:
    """One subscription that outlives its connections."""

    def __init__(self, path: str, asked: Subscribe, timeout_seconds: float) -> None:
        self._path = path
        self._following = Following(asked)
        self._timeout_seconds = timeout_seconds
        self._absence = Absence(path, timeout_seconds)
        self._conversation: Conversation | None = None

    def rows(self) -> Iterator[OperationRow]:
        """Without end. Raises Unreachable or TooLate where the daemon stays away for the timeout."""
        try:
            while True:
                try:
                    yield from self._rows_of_a_connection()
                except PASSING as problem:
                    self._hang_up()
                    self._absence.bear(problem)
                    time.sleep(PAUSE_SECONDS)
        finally:
            self._hang_up()

    def _rows_of_a_connection(self) -> Iterator[OperationRow]:
        conversation = self._subscribe()
        asked = False
        while True:
            try:
                answer = conversation.listen(time.monotonic() + SILENCE_SECONDS)
            except TimeoutError:
                if asked:
                    raise
                asked = True
                question, until = self._following.question(), time.monotonic() + SILENCE_SECONDS
                conversation.tell(question, (), new_request_id(), until)
                continue
            asked = False
            if answer.error is not None:
                raise Lost(answer.error.sentence)
            yield from self._following.rows_of(answer.reply)

    def _subscribe(self) -> Conversation:
        until = time.monotonic() + self._timeout_seconds
        self._conversation = Conversation(self._path, until)
        self._absence.greeted()
        request = self._following.subscribe(
            self._conversation.welcome.store, limited=self._conversation.welcome.apps is not None
        )
        answer = self._conversation.ask(request, (), new_request_id(), until)
        assert isinstance(answer.reply, Subscribed)
        self._following.subscribed(answer.reply)
        self._absence.over()
        return self._conversation

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None
