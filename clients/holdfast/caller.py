"""Requests and their answers, one at a time: deadlines, retries, restarts of the daemon and forks.

A request whose answer does not come is repeated under the same id on a new connection (Lazy Pirate), for as long as
its deadline allows; the daemon answers a repeated id with its first answer (DESIGN.md section 2, promise 8).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence

from holdfast.channel import Channel, Lost, check_listening
from holdfast_protocol.connection import Answered, ClientConnection, new_request_id
from holdfast_protocol.errors import Busy, HelloFirst, HoldfastError, ShuttingDown, TooLate, Unreachable
from holdfast_protocol.messages import (
    PROTOCOL_VERSION,
    VERB_OF,
    FolderScan,
    FolderSuggest,
    Hello,
    Request,
    Settle,
    Welcome,
    WorkspaceDue,
)

#: A silent daemon is asked again after this share of the time allowed.
_SHARE_OF_A_TRY = 1 / 3
#: But not for these: they walk over the disk, or wait, and asked again they begin again. A daemon that ends is noticed
#: anyway.
_LASTING = (FolderScan, FolderSuggest, Settle, WorkspaceDue)
_PAUSE_SECONDS = 0.02
GREETING = Hello(protocol=PROTOCOL_VERSION, client=f"holdfast-python/{PROTOCOL_VERSION}")


def consider(problem: Exception, path: str, *, hopeless: bool) -> None:
    """Raises the error that says more than silence, where another try is ``hopeless``."""
    if not hopeless:
        return
    if isinstance(problem, ShuttingDown | Unreachable):
        raise problem
    check_listening(path)


def _wait_for_room(problem: Busy, until: float) -> None:
    """Returns when the daemon said to come back; raises what it said where it said no time, or that is too late."""
    pause = problem.details.get("retry_ms")
    if not isinstance(pause, int) or time.monotonic() + pause / 1000 >= until:
        raise problem
    time.sleep(pause / 1000)


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


class Caller:
    """The requests of one process, from any of its threads."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._conversation: Conversation | None = None
        self._was_there = False
        self._closed = False
        self.welcome: Welcome | None = None

    def call(self, request: Request, payload: Sequence[bytes], timeout_seconds: float) -> Answered:
        """The answer, within ``timeout_seconds``. Raises Unreachable, TooLate and every coded error."""
        until = time.monotonic() + timeout_seconds
        if not self._lock.acquire(timeout=max(0.0, timeout_seconds)):
            raise TooLate(f"Other requests of this client took all of {timeout_seconds:g} s; nothing was sent")
        try:
            if self._closed:
                raise Unreachable("This client has been closed", socket=self.path)
            share = 1 if isinstance(request, _LASTING) else _SHARE_OF_A_TRY
            return self._persist(request, payload, until, timeout_seconds * share)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Hang up for good. Waits for a request that another thread has under way."""
        if self.pid != os.getpid():
            return
        with self._lock:
            self._closed = True
            self._hang_up()

    def _persist(self, request: Request, payload: Sequence[bytes], until: float, patience: float) -> Answered:
        request_id = new_request_id()
        while True:
            try:
                return self._try(request, payload, request_id, min(until, time.monotonic() + patience))
            except Busy as problem:
                _wait_for_room(problem, until)
            except (Lost, TimeoutError, HelloFirst, ShuttingDown, Unreachable) as problem:
                self._hang_up()
                self._reconsider(problem, request, request_id, until)

    def _try(self, request: Request, payload: Sequence[bytes], request_id: bytes, until: float) -> Answered:
        try:
            if self._conversation is None:
                self._conversation = Conversation(self.path, until)
                self.welcome = self._conversation.welcome
                self._was_there = True
                if request is GREETING:  # it has just been said
                    return Answered(id=request_id, reply=self.welcome, error=None, payload=[])
            return self._conversation.ask(request, payload, request_id, until)
        except HoldfastError:
            raise
        except BaseException:  # an interrupt may have left half a message on the socket
            self._hang_up()
            raise

    def _reconsider(self, problem: Exception, request: Request, request_id: bytes, until: float) -> None:
        """Returns where another try makes sense; raises what the caller of a hopeless one should know."""
        late = time.monotonic() >= until - _PAUSE_SECONDS
        consider(problem, self.path, hopeless=late or not self._was_there)
        if late:
            raise TooLate(
                f"The daemon at {self.path} did not answer {VERB_OF[type(request)]} in time; "
                "whether it was done is unknown",
                request=request_id.hex(),
                socket=self.path,
            ) from problem
        if not isinstance(problem, TimeoutError):
            time.sleep(_PAUSE_SECONDS)

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None
