"""A costly value is made once for all who ask within a moment, and does not stay."""

from __future__ import annotations

import asyncio

import pytest

from holdfast_daemon.lately import Lately


class Making:
    def __init__(self) -> None:
        self.made: list[str] = []

    def of(self, name: str):  # type: ignore[no-untyped-def]  # a test's own
        async def make() -> str:
            await asyncio.sleep(0)
            self.made.append(name)
            return name

        return make


def test_it_is_made_once_for_many() -> None:
    """Ten ask at the same time for one value."""
    making = Making()

    async def ask() -> list[str]:
        lately: Lately[str] = Lately(60)
        found = await asyncio.gather(*(lately.of("a", making.of("a")) for _ in range(10)))
        lately.forget()
        return found

    assert asyncio.run(ask()) == ["a"] * 10
    assert making.made == ["a"]


def test_another_takes_its_place_and_time_ends_it() -> None:
    """One value at a time; after its time it is made anew."""
    making = Making()

    async def ask() -> None:
        lately: Lately[str] = Lately(0)
        for name in ("a", "b", "a"):
            await lately.of(name, making.of(name))
        await asyncio.sleep(0.01)
        await lately.of("a", making.of("a"))

    asyncio.run(ask())
    assert making.made == ["a", "b", "a", "a"]


def test_two_who_read_by_turns_keep_theirs() -> None:
    """Where there is room for two; a third takes the place of the one that was asked for longest ago."""
    making = Making()

    async def ask() -> None:
        lately: Lately[str] = Lately(60, 2)
        for name in ("a", "b", "a", "b", "a", "c", "a", "b"):
            assert await lately.of(name, making.of(name)) == name
        lately.forget()

    asyncio.run(ask())
    assert making.made == ["a", "b", "c", "b"]


def test_what_is_there_does_not_wait_for_what_is_made() -> None:
    """Nor does another value, where there is room for two; a third waits for its turn."""
    making = Making()

    async def ask() -> None:
        lately: Lately[str] = Lately(60, 2)
        gate = asyncio.Event()

        async def slow() -> str:
            await gate.wait()
            return await making.of("slow")()

        first = asyncio.create_task(lately.of("slow", slow))
        for name in ("a", "a", "b"):
            async with asyncio.timeout(10):
                assert await lately.of(name, making.of(name)) == name
        gate.set()
        assert await first == "slow"
        assert await lately.of("slow", making.of("slow")) == "slow"
        lately.forget()

    asyncio.run(ask())
    assert making.made == ["a", "b", "slow"]


def test_who_goes_away_while_it_is_made_leaves_it_to_the_next() -> None:
    """Whoever waited for the same value makes it."""
    making = Making()

    async def ask() -> str:
        lately: Lately[str] = Lately(60)
        never = asyncio.create_task(lately.of("a", asyncio.Event().wait))  # type: ignore[arg-type]  # it never ends
        next_one = asyncio.create_task(lately.of("a", making.of("a")))
        await asyncio.sleep(0)
        never.cancel()
        async with asyncio.timeout(10):
            found = await next_one
        lately.forget()
        return found

    assert asyncio.run(ask()) == "a"


def test_a_failure_is_not_kept() -> None:
    """Who asks next tries again."""
    making = Making()

    async def fail() -> str:
        raise ValueError

    async def ask() -> str:
        lately: Lately[str] = Lately(60)
        with pytest.raises(ValueError):  # noqa: PT011  # its own
            await lately.of("a", fail)
        found = await lately.of("a", making.of("a"))
        lately.forget()
        return found

    assert asyncio.run(ask()) == "a"
