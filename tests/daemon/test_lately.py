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
