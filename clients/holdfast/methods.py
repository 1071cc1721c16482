"""Plans as methods: of whoever runs them and waits, and of whoever awaits them. Names, arguments and words stay."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from holdfast.plans import Plan, Result

Given = ParamSpec("Given")
Plans = TypeVar("Plans")
PlansHeld = TypeVar("PlansHeld", covariant=True)


class Blocking(Protocol[PlansHeld]):
    """``_plans`` has the methods that give plans."""

    @property
    def _plans(self) -> PlansHeld: ...

    def _run(self, plan: Plan[Result]) -> Result: ...


class Awaiting(Protocol[PlansHeld]):
    """The same in an asyncio loop; ``large``: what a plan reads and hashes on the way is done in a thread."""

    @property
    def _plans(self) -> PlansHeld: ...

    async def _run(self, plan: Plan[Result], *, large: bool = False) -> Result: ...


def blocking(
    verb: Callable[Concatenate[Plans, Given], Plan[Result]],
) -> Callable[Concatenate[Blocking[Plans], Given], Result]:
    """A method that returns what the plan comes to."""

    @wraps(verb)
    def method(self: Blocking[Plans], /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        return self._run(verb(self._plans, *args, **kwargs))

    return method


def awaiting(
    verb: Callable[Concatenate[Plans, Given], Plan[Result]], *, large: bool = False
) -> Callable[Concatenate[Awaiting[Plans], Given], Coroutine[Any, Any, Result]]:
    """The same, awaited."""

    @wraps(verb)
    async def method(self: Awaiting[Plans], /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        return await self._run(verb(self._plans, *args, **kwargs), large=large)

    return method
