"""Someone who looks at the screen and presses keys."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.pilot import Pilot

from holdfast.tui.app import HoldfastApp

_DEADLINE_SECONDS = 20.0
_PAUSE_SECONDS = 0.02


class Person:
    """Waits for what is to be seen, with a deadline, and says what was seen instead."""

    def __init__(self, app: HoldfastApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def resize(self, width: int, height: int) -> None:
        await self._pilot.resize_terminal(width, height)

    async def sees(self, what: str, where: Callable[[], str] | None = None) -> None:
        await self.until(lambda: what in (where or self.screen)(), what)

    async def hears(self, what: str) -> None:
        await self.until(lambda: any(what in toast.message for toast in self.app._notifications), what)

    async def misses(self, what: str, where: Callable[[], str] | None = None) -> None:
        await self.until(lambda: what not in (where or self.screen)(), f"no {what}")

    async def until(self, is_so: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + _DEADLINE_SECONDS
        while not is_so():
            assert time.monotonic() < until, f"waited for {what}, saw:\n{self.screen()}"
            await self._pilot.pause(_PAUSE_SECONDS)

    def screen(self) -> str:
        """All that stands on it, toasts included."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    def list(self) -> str:
        return self.app.list.text

    def timeline(self) -> str:
        return self.app.view.timeline.text

    def content(self) -> str:
        return self.app.view.content.text

    def head(self) -> str:
        return self.app.view.head.text
