"""What an exchange has to say, carried over one connection after the other; whoever owns it says when to move."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from holdfast.channel import Channel, Lost, check_answers
from holdfast.exchange import Exchange, Ticket
from holdfast.plans import Apart, Step
from holdfast_protocol.connection import Answered, Frames
from holdfast_protocol.errors import HoldfastError, Unreachable
from holdfast_protocol.messages import Backup, Check, FolderScan, FolderSuggest, Prune, Settle, WorkspaceDue

#: A silent daemon is asked again after this share of the time allowed.
_SHARE_OF_A_TRY = 1 / 3
#: But not for these: they walk over the disk, or wait, and asked again they begin again. A daemon that ends is noticed
#: anyway.
_LASTING = (Backup, Check, FolderScan, FolderSuggest, Prune, Settle, WorkspaceDue)


class Carrier:
    """``channel``: the present connection, if there is one. Not for several threads at once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.exchange = Exchange(path, partial(check_answers, path))
        self.channel: Channel | None = None
        self.closed = False
        self._unsent: Frames | None = None

    @property
    def is_full(self) -> bool:
        """Whether something waits until the connection takes it."""
        return self._unsent is not None

    def begin(self, step: Step, timeout_seconds: float, ticket: type[Ticket] = Ticket) -> Ticket:
        """One request under way. Raises Unreachable after ``close``."""
        if self.closed:
            raise self._closed()
        allowed = step.timeout_seconds or timeout_seconds
        patience = allowed * (1 if isinstance(step.request, _LASTING) else _SHARE_OF_A_TRY)
        return self.exchange.begin(ticket(step.request, step.payload, time.monotonic() + allowed, patience))

    def move(self) -> None:
        """Everything that can be sent and received now, on a new connection where one is wanted."""
        now = time.monotonic()
        if not self.exchange.tick(now):
            self.hang_up()
        try:
            if self.channel is None and self.exchange.wants_connection(now):
                self.channel = Channel(self.path)
                self.exchange.opened(now)
            if self.channel is not None and not self._goes_on(self.channel, now):
                self.hang_up()
        except Lost as problem:
            self.drop(problem.reason or problem)
        except Unreachable as problem:
            self.exchange.lost(problem, now)
        except HoldfastError as problem:
            self.hang_up()
            self.exchange.end(problem)

    def drop(self, problem: Exception) -> None:
        """The connection is of no more use, and what is under way goes out on another."""
        if self.channel is not None:
            self.hang_up()
            self.exchange.lost(problem, time.monotonic())

    def hang_up(self) -> None:
        """Without a word to the exchange."""
        self._unsent = None
        if self.channel is not None:
            self.channel.close()
            self.channel = None

    def close(self) -> None:
        """Nothing goes out any more, and whatever is under way fails. ``hang_up`` comes next."""
        self.closed = True
        self.exchange.end(self._closed())

    def _goes_on(self, channel: Channel, now: float) -> bool:
        """False where the connection is of no more use."""
        while True:
            while (message := self._unsent or self.exchange.next_message(now)) is not None:
                self._unsent = None if channel.try_send(message) else message
                if self._unsent is not None:
                    break
            frames = channel.try_receive()
            if frames is not None:
                if not self.exchange.received(frames, now):
                    return False
            elif self._unsent is None or not channel.can_either:
                return True

    def _closed(self) -> HoldfastError:
        return Unreachable("This client has been closed", socket=self.path)


def answers_of(steps: Sequence[Step], tickets: Sequence[Ticket]) -> list[Answered]:
    """Of those that are done, one for each step; an error is raised, unless the steps are apart."""
    return [_answer_of(ticket, apart=isinstance(steps, Apart)) for ticket in tickets]


def _answer_of(ticket: Ticket, *, apart: bool) -> Answered:
    if isinstance(ticket.error, HoldfastError) and apart:
        return Answered(ticket.id, None, ticket.error, [])
    if ticket.error is not None:
        raise ticket.error
    assert ticket.answer is not None
    return ticket.answer
