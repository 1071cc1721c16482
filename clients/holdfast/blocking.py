"""An exchange for threads that wait: one of them does the work of the connection for all, as long as it waits itself.

No thread of our own: a program that asks one thing at a time pays for none, and a fork leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Sequence

from holdfast.carrier import Carrier, answers_of
from holdfast.channel import Lost, pause
from holdfast.exchange import Ticket
from holdfast.plans import Came, Plan, Result, Step, go_on
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import HoldfastError, TooLate

_GRACE_SECONDS = 0.2


class Line:
    """Runs the plans of one process, from any of its threads, at the same time."""

    def __init__(self, path: str) -> None:
        self.pid = os.getpid()
        self._carrier = Carrier(path)
        self.exchange = self._carrier.exchange
        self._turn = threading.Condition()
        self._leads = False
        self._followers_count = 0
        self._bell = _Bell()

    def run(self, plan: Plan[Result], timeout_seconds: float) -> Result:
        """What the plan comes to; each of its steps is answered within ``timeout_seconds`` or its own."""
        came = go_on(plan)
        while not isinstance(came, Came):
            answers: Sequence[Answered] | HoldfastError
            try:
                answers = self._ask(came, timeout_seconds)
            except HoldfastError as problem:
                answers = problem
            came = go_on(plan, answers)
        result: Result = came.to
        return result

    def close(self) -> None:
        """Hang up for good; whatever is under way fails. In a forked child: leave the parent's alone."""
        if self.pid != os.getpid():
            return
        with self._turn:
            self._carrier.close()
            if self._leads:
                self._bell.ring()
            else:
                self._carrier.hang_up()
            self._turn.notify_all()

    def _ask(self, steps: Sequence[Step], timeout_seconds: float) -> list[Answered]:
        with self._turn:
            tickets = [self._carrier.begin(step, timeout_seconds) for step in steps]
            if self._leads:
                self._bell.ring()
            try:
                while not all(ticket.done for ticket in tickets):
                    if self._leads:
                        self._follow(tickets)
                    else:
                        self._lead(tickets)
            finally:
                for ticket in tickets:
                    self.exchange.forget(ticket)
                if self._followers_count and not self._leads:
                    self._turn.notify_all()  # somebody else is to lead
        return answers_of(steps, tickets)

    def _follow(self, tickets: Sequence[Ticket]) -> None:
        """Until the one who leads has news; it wakes up in time for everybody's deadline. Raises TooLate where it does
        not: a signal's handler that asks, for one, has stopped its own thread while that was leading."""
        until = min(ticket.until for ticket in tickets if not ticket.done)
        self._followers_count += 1
        try:
            if not self._turn.wait(until - time.monotonic() + _GRACE_SECONDS):
                raise TooLate("The thread that asks for all does not go on; nothing was sent")
        finally:
            self._followers_count -= 1

    def _lead(self, tickets: Sequence[Ticket]) -> None:
        """Until these are done: moves what is there to be moved, and waits for more."""
        self._leads = True
        try:
            while True:
                self._carrier.move()
                if self._carrier.closed:
                    self._carrier.hang_up()
                if all(ticket.done for ticket in tickets):
                    return
                if self._followers_count:
                    self._turn.notify_all()
                self._wait()
        except BaseException:  # an interrupt may have left half a message on the socket
            self._carrier.drop(Lost("Interrupted"))
            raise
        finally:
            self._leads = False

    def _wait(self) -> None:
        """For something to move; the others may ask meanwhile."""
        seconds = self.exchange.wake_at - time.monotonic()
        channel, writable = self._carrier.channel, self._carrier.is_full
        self._turn.release()
        try:
            if channel is None:
                pause(seconds, self._bell.descriptor)
            else:
                channel.wait(seconds, self._bell.descriptor, writable=writable)
        finally:
            self._turn.acquire()
        self._bell.silence()


class _Bell:
    """Wakes the thread that leads."""

    def __init__(self) -> None:
        self.descriptor, self._other = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._rung = False

    def ring(self) -> None:
        """With the lock held."""
        if not self._rung:
            self._rung = True
            os.write(self._other, b"!")

    def silence(self) -> None:
        """With the lock held."""
        if self._rung:
            self._rung = False
            os.read(self.descriptor, 1)

    def __del__(self) -> None:
        for descriptor in (self.descriptor, self._other):
            with contextlib.suppress(OSError):
                os.close(descriptor)
