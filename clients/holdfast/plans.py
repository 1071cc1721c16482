"""What a verb asks for, without asking: a plan gives steps, is given their answers, and returns what its caller wanted.

The same plans serve the blocking client and the asynchronous one (sans I/O, as h11 has it).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import Reply, Request

Result = TypeVar("Result")
Item = TypeVar("Item")
ReplyType = TypeVar("ReplyType", bound=Reply)


class Step(NamedTuple):
    """One request. ``timeout_seconds`` None: what the client allows."""

    request: Request
    payload: Sequence[bytes] = ()
    timeout_seconds: float | None = None


class Apart(tuple[Step, ...]):
    """Steps that have nothing to do with each other: the error of one is in its answer, and the others have theirs."""

    __slots__ = ()


#: Steps that may go out together; the answers come in their order. The first error is thrown into the plan, unless they
#: are ``Apart``.
Plan = Generator[Sequence[Step], Sequence[Answered], Result]


def asked(request: Request, payload: Sequence[bytes] = (), timeout_seconds: float | None = None) -> Plan[Answered]:
    """The answer to one request."""
    (answer,) = yield [Step(request, payload, timeout_seconds)]
    return answer


def replied(request: Request, kind: type[ReplyType], timeout_seconds: float | None = None) -> Plan[ReplyType]:
    """The same, where only the reply is wanted."""
    reply = (yield from asked(request, (), timeout_seconds)).reply
    assert isinstance(reply, kind)
    return reply


class Once(Generic[Item]):
    """All at once: what is asked for the next few again and again has everything the first time, and then nothing."""

    def __init__(self, make: Callable[[], Plan[list[Item]]]) -> None:
        self._make: Callable[[], Plan[list[Item]]] | None = make

    def next(self) -> Plan[list[Item]]:
        """What ``make`` gives. Raises what it raises."""
        make, self._make = self._make, None
        return (yield from make()) if make is not None else []


class Came(NamedTuple, Generic[Result]):
    """What a plan came to."""

    to: Result


def go_on(
    plan: Plan[Result], answers: Sequence[Answered] | HoldfastError | None = None
) -> Sequence[Step] | Came[Result]:
    """The plan's next steps, or its end, after the answers to the last ones (None: it has not begun)."""
    try:
        if answers is None:
            return next(plan)
        return plan.throw(answers) if isinstance(answers, HoldfastError) else plan.send(answers)
    except StopIteration as end:
        return Came(end.value)


def side_by_side(plans: Iterable[Plan[Result]]) -> Plan[list[Came[Result] | HoldfastError]]:
    """What each of them comes to, or ends with; whatever they ask for at the same time goes out together."""
    under_way = dict(enumerate(plans))
    ended: dict[int, Came[Result] | HoldfastError] = {}
    steps: dict[int, Sequence[Step]] = {}

    def go(number: int, answers: Sequence[Answered] | HoldfastError | None) -> None:
        steps.pop(number, None)
        try:
            came = go_on(under_way[number], answers)
        except HoldfastError as problem:
            ended[number] = problem
            return
        if not isinstance(came, Came):
            steps[number] = came
            return
        result: Result = came.to
        ended[number] = Came(result)

    for number in under_way:
        go(number, None)
    while steps:
        asked_now = {**steps}
        answers = iter((yield Apart(step for some in asked_now.values() for step in some)))
        for number, some in asked_now.items():
            theirs = [next(answers) for _ in some]
            go(number, theirs if isinstance(some, Apart) else _problem_in(theirs) or theirs)
    return [ended[number] for number in under_way]


def _problem_in(answers: Sequence[Answered]) -> HoldfastError | None:
    return next((answer.error for answer in answers if answer.error is not None), None)
