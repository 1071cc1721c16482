"""All requests of one client, over the connections that it has one after the other. No I/O: moments and messages in,
messages out. Moments are seconds of one clock that never goes back.

A request whose answer does not come is repeated under the same id on a new connection (Lazy Pirate), for as long as
its deadline allows; the daemon answers a repeated id with its first answer (DESIGN.md section 2, promise 8). A
connection is given up when it ends, and when it was silent for as long as a request that waits for it is patient.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from holdfast_protocol.connection import Answered, ClientConnection, Frames, new_request_id
from holdfast_protocol.errors import (
    BadField,
    Busy,
    HelloFirst,
    HoldfastError,
    NotAllowed,
    ShuttingDown,
    TooLate,
    Unreachable,
)
from holdfast_protocol.messages import EVENT_PAGES, PROTOCOL_VERSION, VERB_OF, Cancel, Hello, Request, Welcome

GREETING = Hello(
    protocol=PROTOCOL_VERSION, client=f"holdfast-python/{PROTOCOL_VERSION}", capabilities=[EVENT_PAGES]
)  # fmt: skip
PAUSE_SECONDS = 0.02
#: A request of up to so many bytes waits for no others.
SMALL_BYTES = 64 * 1024
#: Larger ones are under way together up to so much, however much more the daemon takes: what is asked next waits behind
#: them on the socket. 16 MiB made it wait 36 ms, a quarter of that 10 ms, and neither took longer for a large file.
LARGE_BYTES = 4 * 1024 * 1024
#: Requests that are under way together, where the daemon does not say how many it takes.
REQUESTS_COUNT = 64
#: So long the daemon has to hear that somebody gave up.
CANCEL_SECONDS = 1.0
_NEVER = float("inf")


class Ticket:
    """One request, to be answered by ``until``, and repeated after ``patience`` seconds of silence. ``done`` once it
    has its ``answer`` or its ``error``; ``close`` is called then."""

    __slots__ = (
        "answer", "error", "id", "not_before", "patience", "payload", "problem", "request", "sent", "size_bytes",
        "until", "was_sent",
    )  # fmt: skip

    def __init__(self, request: Request, payload: Sequence[bytes], until: float, patience: float) -> None:
        self.id = new_request_id()
        self.request = request
        self.payload = payload
        self.until = until
        self.patience = patience
        self.size_bytes = sum(map(len, payload))
        self.answer: Answered | None = None
        self.error: Exception | None = None
        self.problem: Exception | None = None  # what ended the connection that it was on last
        self.sent: float | None = None  # on the present connection
        self.was_sent = False
        self.not_before = 0.0

    @property
    def done(self) -> bool:
        return self.answer is not None or self.error is not None

    def close(self) -> None:
        """For whoever waits for more than ``done``."""


class Check(Protocol):
    """What an exchange has others look at."""

    def __call__(self, *, is_silent: bool) -> None: ...


class Exchange:
    """``check``: raises the coded error that says why nobody can be reached, where it can tell, or why whoever is there
    ``is_silent``."""

    def __init__(self, path: str, check: Check) -> None:
        self.path = path
        self.welcome: Welcome | None = None
        self._check = check
        self._was_there = False
        self._tickets: dict[bytes, Ticket] = {}
        self._small: deque[Ticket] = deque()
        self._large: deque[Ticket] = deque()
        self._later: list[Ticket] = []
        self._connection: ClientConnection | None = None
        self._greeting: bytes | None = None  # the id of the hello that is not answered yet
        self._opened = 0.0
        self._heard = 0.0
        self._not_before = 0.0
        self._sent: set[bytes] = set()  # on the present connection, and not answered
        self._large_bytes = 0  # of those that are not small
        self._wake_at = _NEVER

    # What somebody wants.

    def begin(self, ticket: Ticket) -> Ticket:
        """It is under way."""
        self._tickets[ticket.id] = ticket
        self._queue(ticket)
        self._wake_at = min(self._wake_at, ticket.until)
        return ticket

    def forget(self, ticket: Ticket) -> None:
        """Nobody waits for it any longer."""
        if self._tickets.pop(ticket.id, None) is None:
            return
        if ticket.sent is not None:
            self._landed(ticket)
            if self._connection is not None:
                self._connection.forget(ticket.id)
        for queue in (self._small, self._large, self._later):
            if ticket in queue:
                queue.remove(ticket)

    def cancel(self, ticket: Ticket, now: float) -> None:
        """The same, and the daemon is told, where it may be at it."""
        was_sent = ticket.sent is not None and not ticket.done
        self.forget(ticket)
        if was_sent:
            self.begin(Ticket(Cancel(request=ticket.id), (), now + CANCEL_SECONDS, CANCEL_SECONDS))

    def end(self, problem: HoldfastError) -> None:
        """Whatever is under way fails with this."""
        self._connection = None
        self._fail_all(problem)

    # What the owner of the connections does.

    def wants_connection(self, now: float) -> bool:
        """Whether to open one now."""
        return self._connection is None and bool(self._tickets) and now >= self._not_before

    def opened(self, now: float) -> None:
        """There is a connection."""
        self._connection = ClientConnection()
        self._opened = self._heard = now
        self._greeting = b""
        self._wake_at = min([self._wake_at, *self._patient_until()])

    def next_message(self, now: float) -> Frames | None:
        """What is to be sent next. The greeting goes first, and nothing before it is answered."""
        if self._connection is None:
            return None
        if self._greeting == b"":
            left = max(ticket.until for ticket in self._tickets.values()) - now if self._tickets else 1.0
            self._greeting, frames = self._connection.send(GREETING, max(1, round(left * 1000)))
            return frames
        if self._greeting is not None:
            return None
        while (ticket := self._next()) is not None:
            try:
                deadline_ms = max(1, round((ticket.until - now) * 1000))
                _, frames = self._connection.send(ticket.request, deadline_ms, ticket.payload, ticket.id)
            except HoldfastError as problem:
                self._finish(ticket, error=_sayable(problem))
                continue
            ticket.sent, ticket.was_sent = now, True
            self._sent.add(ticket.id)
            self._large_bytes += ticket.size_bytes if ticket.size_bytes > SMALL_BYTES else 0
            self._wake_at = min(self._wake_at, now + ticket.patience)
            return frames
        return None

    def received(self, frames: Sequence[bytes], now: float) -> bool:
        """A message came. False: the connection is of no more use, and everything on it is repeated on another."""
        if self._connection is None:
            return False
        self._heard = now
        try:
            answer = self._connection.receive(frames)
        except HoldfastError as problem:
            self.end(problem)
            return False
        if answer is None:
            return True
        if answer.id == self._greeting:
            return self._greeted(answer, now)
        ticket = self._tickets.get(answer.id)
        if answer.error is None:
            if ticket is not None:
                self._finish(ticket, answer=answer)
            return True
        return self._refused(ticket, answer.error, now)

    def lost(self, problem: Exception, now: float) -> None:
        """The connection is no more, or could not be had."""
        self._connection = None
        self._not_before = now if isinstance(problem, TimeoutError) else now + PAUSE_SECONDS
        self._wake_at = min(self._wake_at, self._not_before)
        hopeless = None if self._was_there else self._reason(problem)
        if hopeless is not None:
            self._fail_all(hopeless)
        self._large_bytes = 0
        self._sent.clear()
        self._small.clear()
        self._large.clear()
        for ticket in self._tickets.values():
            ticket.problem, ticket.sent = problem, None
            if ticket not in self._later:
                self._queue(ticket)

    def tick(self, now: float) -> bool:
        """Time goes by. False: the connection was silent for too long."""
        if now < self._wake_at:
            return True
        for ticket in [each for each in self._tickets.values() if each.until - PAUSE_SECONDS / 4 <= now]:
            self.forget(ticket)
            self._close_ticket(ticket, error=self._expired(ticket))
        for ticket in [each for each in self._later if each.not_before <= now]:
            self._later.remove(ticket)
            self._queue(ticket)
        silent = any(moment <= now for moment in self._patient_until())
        if silent:
            self.lost(TimeoutError(), now)
        moments = [ticket.until - PAUSE_SECONDS / 4 for ticket in self._tickets.values()]
        moments += [ticket.not_before for ticket in self._later]
        if self._connection is None and self._tickets and self._not_before > now:
            moments.append(self._not_before)
        self._wake_at = min([*moments, *self._patient_until()], default=_NEVER)
        return not silent

    @property
    def wake_at(self) -> float:
        """When ``tick`` is due."""
        return self._wake_at

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._tickets

    # Inside.

    def _next(self) -> Ticket | None:
        if len(self._sent) >= self._limit("requests_in_flight", REQUESTS_COUNT):
            return None
        if self._small:
            return self._small.popleft()
        credit = min(LARGE_BYTES, self._limit("request_bytes_in_flight", LARGE_BYTES))
        if self._large and (not self._large_bytes or self._large_bytes + self._large[0].size_bytes <= credit):
            return self._large.popleft()
        return None

    def _limit(self, name: str, default: int) -> int:
        return self.welcome.limits.get(name, default) if self.welcome is not None else default

    def _queue(self, ticket: Ticket) -> None:
        (self._small if ticket.size_bytes <= SMALL_BYTES else self._large).append(ticket)

    def _greeted(self, answer: Answered, now: float) -> bool:
        if answer.error is not None:
            if isinstance(answer.error, ShuttingDown | Unreachable | HelloFirst):
                self.lost(answer.error, now)
            else:
                self.end(answer.error)
            return False
        assert isinstance(answer.reply, Welcome)
        self.welcome, self._greeting, self._was_there = answer.reply, None, True
        for ticket in [each for each in self._small if each.request is GREETING]:  # it has just been said
            self._small.remove(ticket)
            self._finish(ticket, answer=answer)
        return True

    def _refused(self, ticket: Ticket | None, problem: HoldfastError, now: float) -> bool:
        if isinstance(problem, HelloFirst | ShuttingDown | Unreachable):
            self.lost(problem, now)
            return False
        if ticket is None:  # it says of no request which it means
            self.end(problem)
            return False
        retry_ms = problem.details.get("retry_ms") if isinstance(problem, Busy) else None
        if isinstance(retry_ms, int) and now + retry_ms / 1000 < ticket.until:
            self._landed(ticket)
            ticket.sent, ticket.not_before = None, now + retry_ms / 1000
            self._later.append(ticket)
            self._wake_at = min(self._wake_at, ticket.not_before)
        else:
            self._finish(ticket, error=problem)
        return True

    def _patient_until(self) -> list[float]:
        """Until when each request that was sent, and the greeting, waits for a sign of life."""
        if self._connection is None:
            return []
        if self._greeting is not None:
            return [self._opened + ticket.patience for ticket in self._tickets.values()]
        sent = [ticket for ticket in self._tickets.values() if ticket.sent is not None]
        return [max(ticket.sent or 0.0, self._heard) + ticket.patience for ticket in sent]

    def _expired(self, ticket: Ticket) -> HoldfastError:
        """What the caller of a request whose time is over should know."""
        reason = None
        if self._connection is None or self._greeting is not None:
            reason = self._reason(ticket.problem, is_silent=self._greeting is not None)
        if reason is not None and not isinstance(reason, TooLate):
            return reason
        verb = VERB_OF[type(ticket.request)]
        said = "whether it was done is unknown" if ticket.was_sent else "nothing was sent"
        why = f": {reason.sentence}" if reason is not None else ""
        return TooLate(
            f"The daemon at {self.path} did not answer {verb} in time; {said}{why}",
            request=ticket.id.hex(), socket=self.path,
        )  # fmt: skip

    def _reason(self, problem: Exception | None, *, is_silent: bool = False) -> HoldfastError | None:
        """Why nobody answers, where that can be said."""
        if isinstance(problem, ShuttingDown | NotAllowed):
            return problem
        try:
            self._check(is_silent=is_silent)
        except HoldfastError as found:
            return found
        return problem if isinstance(problem, Unreachable) else None

    def _fail_all(self, problem: HoldfastError) -> None:
        for ticket in [*self._tickets.values()]:
            self.forget(ticket)
            self._close_ticket(ticket, error=problem)

    def _finish(self, ticket: Ticket, *, answer: Answered | None = None, error: HoldfastError | None = None) -> None:
        self._tickets.pop(ticket.id, None)
        self._landed(ticket)
        self._close_ticket(ticket, answer=answer, error=error)

    def _landed(self, ticket: Ticket) -> None:
        if ticket.id in self._sent and ticket.size_bytes > SMALL_BYTES:
            self._large_bytes -= ticket.size_bytes
        self._sent.discard(ticket.id)

    @staticmethod
    def _close_ticket(ticket: Ticket, *, answer: Answered | None = None, error: HoldfastError | None = None) -> None:
        ticket.answer, ticket.error = answer, error
        ticket.close()


def _sayable(problem: HoldfastError) -> HoldfastError:
    """Why a request cannot be sent, without what cannot be sent."""
    if not isinstance(problem.__cause__, UnicodeEncodeError):
        return problem
    from holdfast_protocol.names import shown  # only when something is wrong

    return BadField(f"{shown(problem.__cause__.object)} is not text, and cannot be sent")
