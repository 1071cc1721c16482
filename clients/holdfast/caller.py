"""One connection on which requests are asked one at a time and events are listened for; who owns it retries."""

from __future__ import annotations

import time
from collections.abc import Sequence

from holdfast.channel import Channel, Lost, check_answers
from holdfast.exchange import GREETING
from holdfast_protocol.connection import Answered, ClientConnection, new_request_id
from holdfast_protocol.errors import ShuttingDown, Unreachable
from holdfast_protocol.messages import Request, Welcome


def consider(problem: Exception, path: str, *, hopeless: bool) -> None:
    """Raises the error that says more than silence, where another try is ``hopeless``."""
    if not hopeless:
        return
    if isinstance(problem, ShuttingDown):
        raise problem
    if isinstance(problem, Lost) and problem.reason is not None:
        raise problem.reason
    check_answers(path, is_silent=isinstance(problem, TimeoutError))
    if isinstance(problem, Unreachable):
        raise problem


class Conversation:
    """One channel on which hello has been said. Raises Lost, TimeoutError and coded errors; does not retry."""

    def __init__(self, path: str, until: float) -> None:
        self._channel = Channel(path)
        self._connection = ClientConnection()
        try:
            answer = self.ask(GREETING, (), new_request_id(), until)
        except BaseException:
            self.close()
            raise
        assert isinstance(answer.reply, Welcome)
        self.welcome = answer.reply

    def ask(self, request: Request, payload: Sequence[bytes], request_id: bytes, until: float) -> Answered:
        """The answer to ``request``; an error answer is raised."""
        try:
            self.tell(request, payload, request_id, until)
            while True:
                answer = self.listen(until)
                if answer.error is not None:
                    raise answer.error
                if answer.id == request_id:
                    return answer
        except BaseException:
            self._connection.forget(request_id)
            raise

    def tell(self, request: Request, payload: Sequence[bytes], request_id: bytes, until: float) -> None:
        """Send a request whose answer ``listen`` will give."""
        deadline_ms = max(1, round((until - time.monotonic()) * 1000))
        _, frames = self._connection.send(request, deadline_ms, payload, request_id)
        self._channel.send(frames, until)

    def listen(self, until: float) -> Answered:
        """The next answer or event that somebody waits for."""
        while True:
            answer = self._connection.receive(self._channel.receive(until))
            if answer is not None:
                return answer

    def close(self) -> None:
        """Hang up."""
        self._channel.close()
