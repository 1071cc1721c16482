"""What a request's deadline means: seconds of the monotonic clock."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from holdfast_protocol.errors import Cancelled, TooLate

Value = TypeVar("Value")

#: Before the deadline, so that the answer arrives in time.
ANSWER_SECONDS = 0.1


@dataclass(slots=True)
class Wish:
    """Whether a change is wanted, by whoever asked for it: the tries of one request share it."""

    deadline: float = math.inf
    is_cancelled: bool = False

    def check(self) -> None:
        """Raises Cancelled, TooLate where the change may not be made any more."""
        if self.is_cancelled:
            raise Cancelled("The request was cancelled before the change was made; nothing was done")
        if time.monotonic() > self.deadline:
            raise TooLate("The deadline passed before the change was made; nothing was done")


def left(deadline: float) -> float:
    """How many seconds there are to do something in."""
    return max(0.0, deadline - time.monotonic() - ANSWER_SECONDS)


async def by(deadline: float, work: Awaitable[Value], otherwise: str) -> Value:
    """What ``work`` gives. Raises TooLate, with that sentence, where it takes longer."""
    try:
        async with asyncio.timeout(left(deadline)):
            return await work
    except TimeoutError as problem:
        raise TooLate(otherwise) from problem
