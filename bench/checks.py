"""A check of the whole store: how fast it reads, and what others notice of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from measure import Measured, at_most, percentile

from holdfast import Client

CONTENTS_COUNT = 8
CONTENT_BYTES = 32 << 20
REST_SECONDS = 3.0
PAUSE_SECONDS = 0.002
#: What a check may add to the answers of others.
TARGET_MS = 10.0


def run(daemon: str) -> Iterator[Measured]:
    """The rate for what it read, and how long a ``show`` beside it took against one at rest."""
    path = daemon.removeprefix("ipc://")
    with Client(path, timeout_seconds=120) as client, Client(path) as other:
        for number in range(CONTENTS_COUNT):
            client.save("plain", f"checked-{number}", os.urandom(CONTENT_BYTES))
        until = time.monotonic() + REST_SECONDS
        resting = _shows(other, lambda: time.monotonic() < until)
        start = time.monotonic()
        client.check(all=True)
        beside = _shows(other, lambda: client.check(begin=False).running)
        seconds, checked = time.monotonic() - start, client.check(begin=False)
        rate = checked.done_bytes / seconds / 1e6
        yield Measured(
            what="check --all", value=f"{rate:.0f} MB/s", target="–", met=None,
            detail=f"{checked.done_bytes / 1e6:.0f} MB in {seconds:.1f} s, at the lowest priority, resting half of it",
        )  # fmt: skip
        medians = [percentile(each, 50) * 1000 for each in (resting, beside)]
        tails = [percentile(each, 99) * 1000 for each in (resting, beside)]
        detail = f"median {medians[1]:.2f} ms against {medians[0]:.2f}, 99 of 100 {tails[1]:.1f} against {tails[0]:.1f}"
        yield at_most("show beside a check, what is added (99 of 100)", tails[1] - tails[0], TARGET_MS, "ms", detail)


def _shows(client: Client, goes_on: Callable[[], bool]) -> list[float]:
    found: list[float] = []
    while goes_on():
        start = time.perf_counter()
        client.show("plain/checked-0", parts=False)
        found.append(time.perf_counter() - start)
        time.sleep(PAUSE_SECONDS)
    return found
