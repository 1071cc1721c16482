"""Whatever happens to the connections: each request ends once, in time, with its own answer, under one id."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from holdfast.exchange import SMALL_BYTES, Exchange, Ticket
from holdfast_protocol import connection
from holdfast_protocol.connection import Asked, DaemonConnection
from holdfast_protocol.errors import Busy, HelloFirst, HoldfastError, ShuttingDown, TooLate, Unreachable
from holdfast_protocol.messages import LIMITS, Hello, Ping, Pong, Put, Stored, Welcome

CREDIT_BYTES = 3 * SMALL_BYTES


class Counted(Ticket):
    """One that knows how often it ended."""

    __slots__ = ("closes_count",)

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]  # as it takes them
        self.closes_count = 0

    def close(self) -> None:
        self.closes_count += 1


class Requests(RuleBasedStateMachine):
    """A client, a daemon that answers when it likes, and a network that ends."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.is_there = True
        self.exchange = Exchange("/s", self._check)
        self.tickets: list[Counted] = []
        self.daemon: DaemonConnection | None = None
        self.asked: list[Asked] = []  # on the present connection, and not answered
        self.greets = True

    def _check(self, *, is_silent: bool) -> None:
        if not self.is_there:
            raise Unreachable("nobody listens")

    def _move(self) -> None:
        if not self.exchange.tick(self.now):
            self.daemon = None
        if self.daemon is None and self.exchange.wants_connection(self.now):
            if self.is_there:
                self.exchange.opened(self.now)
                self.daemon, self.asked = DaemonConnection(), []
            else:
                self.exchange.lost(Unreachable("nobody listens"), self.now)
        while self.daemon is not None and (frames := self.exchange.next_message(self.now)) is not None:
            self.asked.append(self.daemon.receive(frames))
            if self.greets and isinstance(self.asked[-1].request, Hello):
                self._greet(self.asked.pop())

    def _greet(self, asked: Asked) -> None:
        limits = LIMITS | {"request_bytes_in_flight": CREDIT_BYTES}
        welcome = Welcome(protocol=1, version="0", epoch="e", user="me", limits=limits)
        self._say(connection.result(asked.id, welcome))

    def _say(self, frames: list[bytes]) -> None:
        if not self.exchange.received(frames, self.now):
            self.daemon = None
        self._move()

    @rule(count=st.integers(1, 6), large=st.booleans(), seconds=st.floats(0.1, 10), patience=st.floats(0.1, 10))
    def asks(self, count: int, large: bool, seconds: float, patience: float) -> None:
        for _ in range(count):
            payload = [bytes(SMALL_BYTES + 1)] if large else []
            ticket = Counted(Put() if large else Ping(), payload, self.now + seconds, patience)
            self.tickets.append(ticket)
            self.exchange.begin(ticket)
        self._move()

    @rule(seconds=st.floats(0, 3))
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        while (moment := max(self.exchange.wake_at, self.now)) <= until:
            self.now = moment
            before = self.exchange.wake_at
            self._move()
            assert self.exchange.wake_at > before or self.exchange.wake_at > self.now
        self.now = until

    @precondition(lambda self: self.asked)
    @rule(number=st.integers(0, 20), how=st.sampled_from(["well", "busy", "busy-later", "hello", "stopping"]))
    def daemon_answers(self, number: int, how: str) -> None:
        asked = self.asked.pop(number % len(self.asked))
        if isinstance(asked.request, Hello):
            self._greet(asked)
        elif how == "well":
            self._say(connection.result(asked.id, Stored(count=1) if isinstance(asked.request, Put) else Pong()))
        else:
            problems: dict[str, HoldfastError] = {
                "busy": Busy("no"), "busy-later": Busy("later", retry_ms=50), "hello": HelloFirst("who"),
                "stopping": ShuttingDown("bye"),
            }  # fmt: skip
            self._say(connection.error(asked.id, problems[how]))

    @rule()
    def an_answer_comes_again(self) -> None:
        if self.tickets and self.daemon is not None:
            self._say(connection.result(self.tickets[0].id, Pong()))

    @precondition(lambda self: self.daemon is not None)
    @rule()
    def the_connection_ends(self) -> None:
        self.daemon = None
        self.exchange.lost(ConnectionError(), self.now)
        self._move()

    @rule(is_there=st.booleans(), greets=st.booleans())
    def the_daemon_changes(self, is_there: bool, greets: bool) -> None:
        """Whether it is there, and greets at once."""
        self.is_there, self.greets = is_there, greets

    @precondition(lambda self: self.tickets)
    @rule(number=st.integers(0, 20))
    def somebody_gives_up(self, number: int) -> None:
        ticket = self.tickets.pop(number % len(self.tickets))
        self.exchange.forget(ticket)

    @invariant()
    def each_ends_once_and_in_time(self) -> None:
        for ticket in self.tickets:
            assert ticket.closes_count == ticket.done
            assert ticket.done or self.now < ticket.until
            if ticket.answer is not None:
                assert ticket.answer.id == ticket.id
                assert isinstance(ticket.answer.reply, Stored if isinstance(ticket.request, Put) else Pong)
            if isinstance(ticket.error, TooLate):
                assert ("nothing was sent" in ticket.error.sentence) != ticket.was_sent
        assert self.exchange.is_idle == all(ticket.done for ticket in self.tickets)

    @invariant()
    def the_daemon_is_greeted_first_and_not_flooded(self) -> None:
        if self.daemon is not None and not self.daemon.greeted:
            assert not self.asked
        waiting = {ticket.id for ticket in self.tickets if not ticket.done}
        large = [asked for asked in self.asked if asked.payload and asked.id in waiting]
        assert sum(len(asked.payload[0]) for asked in large) <= CREDIT_BYTES or len(large) == 1

    @invariant()
    def nothing_waits_for_nothing(self) -> None:
        """What can be sent is, once."""
        there = [asked.id for asked in self.asked]
        assert len(there) == len(set(there))
        is_greeted = not any(isinstance(asked.request, Hello) for asked in self.asked)
        if self.daemon is None or not is_greeted:
            return
        is_busy = any(asked.payload for asked in self.asked)
        for ticket in self.tickets:
            waits = ticket.not_before > self.now or (is_busy and ticket.payload)
            assert ticket.done or ticket.id in there or waits


Requests.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestRequests = Requests.TestCase


def test_a_small_request_waits_behind_a_few_mebibytes() -> None:
    """However much the daemon takes: so much of a large file is under way when somebody else asks, and no more."""
    exchange, daemon, sent = Exchange("/s", lambda *, is_silent: None), DaemonConnection(), list[Asked]()

    def send() -> None:
        while (frames := exchange.next_message(1000.0)) is not None:
            sent.append(daemon.receive(frames))

    for _ in range(16):
        exchange.begin(Ticket(Put(), [bytes(1024 * 1024)], 1060.0, 60.0))
    exchange.opened(1000.0)
    send()
    welcome = Welcome(protocol=1, version="0", epoch="e", user="me", limits=dict(LIMITS))
    exchange.received(connection.result(sent.pop().id, welcome), 1000.0)
    send()
    exchange.begin(Ticket(Ping(), (), 1060.0, 60.0))
    send()
    *before, last = sent
    assert isinstance(last.request, Ping)
    assert sum(len(asked.payload[0]) for asked in before) == 4 * 1024 * 1024
