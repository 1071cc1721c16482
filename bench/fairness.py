"""Many clients at once: the slowest of them gets at least half of what the one in the middle gets."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator

import zmq
from measure import Measured
from wire import PATIENCE_MS, Line, check_result, frames_of, lines

from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import Ping, Save
from holdfast_protocol.model import FileSource

CLIENTS_COUNT = 64
SECONDS = 3.0
SAVE_BYTES = 10_240
TARGET = 0.5


def run(daemon: str) -> Iterator[Measured]:
    """A line for each verb; every client has one request in flight, and asks again as soon as it is answered."""
    verbs: dict[str, Callable[[int], Frames]] = {"ping": lambda number: frames_of(Ping()), "save": _save}
    with lines(daemon, CLIENTS_COUNT) as opened:
        for line in opened:
            line.hello()
        for verb, asking in verbs.items():
            counts = sorted(_answers(opened, asking))
            middle = statistics.median(counts)
            yield Measured(
                what=f"{verb}, {CLIENTS_COUNT} clients: the slowest of them", value=f"{counts[0] / middle:.2f}×",
                target=f"≥ {TARGET}×", met=counts[0] >= TARGET * middle,
                detail=f"{counts[0]} to {counts[-1]} answers in {SECONDS:g} s, median {middle:g}",
            )  # fmt: skip


def _save(number: int) -> Frames:
    return frames_of(Save(app="plain", name=f"fair-{number}", files=[FileSource(frame=0)]), [os.urandom(SAVE_BYTES)])


def _answers(opened: list[Line], asking: Callable[[int], Frames]) -> list[int]:
    """How many each client got; those that are still under way at the end are taken and not counted."""
    poller = zmq.Poller()
    numbers = {line.socket: number for number, line in enumerate(opened)}
    counts = [0] * len(opened)
    for line in opened:
        poller.register(line.socket, zmq.POLLIN)
        line.send(asking(numbers[line.socket]))
    end = time.monotonic() + SECONDS
    waiting = len(opened)
    while waiting:
        ready = poller.poll(PATIENCE_MS)
        if not ready:
            raise TimeoutError(f"{waiting} clients got no answer")
        for socket, _ in ready:
            number = numbers[socket]
            check_result(opened[number].receive())
            if time.monotonic() < end:
                counts[number] += 1
                opened[number].send(asking(number))
            else:
                waiting -= 1
    return counts
