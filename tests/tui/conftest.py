"""The program on a screen of its own, with a daemon of its own, and someone at its keys."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: the person is imported by its unique name

from tui_person import Person

from holdfast.testing import PrivateDaemon
from holdfast.tui.app import HoldfastApp

Session = Callable[[Person], Awaitable[None]]


@pytest.fixture
def daemon(house: Path) -> Iterator[PrivateDaemon]:
    """A running daemon of this test's own."""
    with PrivateDaemon(house / "d") as running:
        yield running


@pytest.fixture
def at_the_terminal(daemon: PrivateDaemon) -> Callable[..., None]:
    """Runs what somebody does at the terminal, from the first screen on."""

    def run(does: Session, size: tuple[int, int] = (140, 40)) -> None:
        async def sitting() -> None:
            app = HoldfastApp(daemon.socket)
            async with app.run_test(size=size, notifications=True) as pilot:
                await does(Person(app, pilot))

        asyncio.run(sitting())

    return run
