"""An exchange in an asyncio loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from holdfast.carrier import Carrier, answers_of
from holdfast.exchange import Ticket
from holdfast.plans import Came, Plan, Result, Step, go_on
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import HoldfastError


class AsyncLine:
    """Runs any number of plans at the same time, in the loop in which it was used first."""

    def __init__(self, path: str) -> None:
        self._carrier = Carrier(path)
        self.exchange = self._carrier.exchange
        self._loop: asyncio.AbstractEventLoop | None = None
        self._read: tuple[int, ...] = ()  # descriptors that the loop looks at for us
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, plan: Plan[Result], timeout_seconds: float, *, large: bool) -> Result:
        """What the plan comes to; each of its steps is answered within ``timeout_seconds`` or its own. ``large``: what
        it does between them (reading, cutting, hashing) is done in a thread."""
        came = await asyncio.to_thread(go_on, plan) if large else go_on(plan)
        while not isinstance(came, Came):
            answers: Sequence[Answered] | HoldfastError
            try:
                answers = await self._ask(came, timeout_seconds)
            except HoldfastError as problem:
                answers = problem
            came = await asyncio.to_thread(go_on, plan, answers) if large else go_on(plan, answers)
        result: Result = came.to
        return result

    def close(self) -> None:
        """Hang up for good; whatever is under way fails."""
        self._carrier.close()
        self._look_at(())
        self._carrier.hang_up()
        if self._timer is not None:
            self._timer.cancel()

    async def _ask(self, steps: Sequence[Step], timeout_seconds: float) -> list[Answered]:
        self._loop = self._loop or asyncio.get_running_loop()
        tickets = [self._carrier.begin(step, timeout_seconds, _Awaited) for step in steps]
        self._move()
        try:
            for ticket in tickets:
                assert isinstance(ticket, _Awaited)
                await ticket.end.wait()
        except asyncio.CancelledError:
            for ticket in tickets:
                self.exchange.cancel(ticket, time.monotonic())
            self._move()
            raise
        return answers_of(steps, tickets)

    def _move(self) -> None:
        """Everything that can be done now; called again when there may be more."""
        while True:
            channel = self._carrier.channel
            if channel is not None:
                channel.notice()
            self._carrier.move()
            if self._carrier.channel is channel:
                break
            self._look_at(self._carrier.channel.descriptors if self._carrier.channel is not None else ())
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if not self.exchange.is_idle:
            assert self._loop is not None
            self._timer = self._loop.call_later(max(0.0, self.exchange.wake_at - time.monotonic()), self._move)

    def _look_at(self, descriptors: tuple[int, ...]) -> None:
        loop, former, self._read = self._loop, self._read, descriptors
        if loop is None or loop.is_closed():
            return
        for descriptor in former:
            loop.remove_reader(descriptor)
        for descriptor in descriptors:
            loop.add_reader(descriptor, self._move)


class _Awaited(Ticket):
    """One that a task waits for."""

    __slots__ = ("end",)

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]  # as it takes them
        self.end = asyncio.Event()

    def close(self) -> None:
        self.end.set()
