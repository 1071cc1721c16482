"""From a save that is answered to its row on the terminal's list: what somebody at ``holdfast tui`` waits for."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from measure import Measured, at_most
from processes import daemon

from holdfast.async_client import AsyncClient
from holdfast.tui.app import HoldfastApp

ROUNDS = 25
TARGET_MS = 200.0
#: Longer than what is gathered: each change comes by itself.
PAUSE_SECONDS = 0.4
_LOOK_SECONDS = 0.002
_PATIENCE_SECONDS = 20.0


def run(home: Path) -> Iterator[Measured]:
    """The median and the worst of some changes, each by itself; the screen is one in memory."""
    place = home / "terminal"
    place.mkdir(mode=0o700)
    with daemon(place) as (endpoint, _):
        rows, previews = asyncio.run(_waits(endpoint.removeprefix("ipc://")))
    for what, waits in (("row", rows), ("preview of what is looked at", previews)):
        detail = f"{ROUNDS} saves; worst {max(waits) * 1000:.0f} ms"
        yield at_most(f"terminal: change to {what}", statistics.median(waits) * 1000, TARGET_MS, "ms", detail)


async def _waits(path: str) -> tuple[list[float], list[float]]:
    app = HoldfastApp(path)
    rows, previews = [], []
    async with app.run_test(size=(140, 40)), AsyncClient(path) as client:
        await client.save("notes", "looked at", b"a bridge")
        await _until(lambda: "a bridge" in app.view.content.text)
        for number in range(ROUNDS):
            await client.save("notes", f"row-{number:03}", b"another bridge")
            rows.append(await _until(partial(lambda name: name in app.list.text, f"row-{number:03}")))
            await asyncio.sleep(PAUSE_SECONDS)
            await client.save("notes", "looked at", b"a bridge of %d" % number)
            previews.append(await _until(partial(lambda text: text in app.view.content.text, f"a bridge of {number}")))
            await asyncio.sleep(PAUSE_SECONDS)
    return rows, previews


async def _until(is_so: Callable[[], bool]) -> float:
    """How long it took."""
    start = time.perf_counter()
    while not is_so():
        if time.perf_counter() - start > _PATIENCE_SECONDS:
            raise TimeoutError("What was saved is not on the screen")
        await asyncio.sleep(_LOOK_SECONDS)
    return time.perf_counter() - start
