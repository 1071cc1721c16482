"""`ping` and `show` against the bare echo, one at a time and 64 in flight; the client's loop is the same."""

from __future__ import annotations

import os
from collections.abc import Iterator

from measure import Measured, in_turn, ratio, seconds
from wire import Line, check_result, frames_of, lines

from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import Ping, Save, Show
from holdfast_protocol.model import FileSource, Ref

ROUNDS = 9
REQUESTS_COUNT = 4000
TARGETS = {"ping": (0.85, 0.8), "show": (0.75, 0.6)}


def run(daemon: str, echo: str) -> Iterator[Measured]:
    """Four lines."""
    with lines(daemon, 1) as (subject,), lines(echo, 1) as (peer,):
        subject.hello()
        subject.ask(Save(app="plain", name="shown", files=[FileSource(frame=0)]), [os.urandom(1000)])
        requests = {"ping": Ping(), "show": Show(ref=Ref(app="plain", name="shown"), parts=False)}
        for verb, request in requests.items():
            frames = frames_of(request)
            subject.send(frames)
            check_result(subject.receive())
            for flight, target in zip((1, 64), TARGETS[verb], strict=True):
                rates = in_turn(lambda: _rate(peer, frames, flight), lambda: _rate(subject, frames, flight), ROUNDS)  # noqa: B023  # called at once
                yield ratio(f"{verb}, {flight} in flight", *rates, target)


def _rate(line: Line, frames: Frames, flight: int) -> float:
    return REQUESTS_COUNT / seconds(lambda: _move(line, frames, flight))


def _move(line: Line, frames: Frames, flight: int) -> None:
    for _ in range(flight):
        line.send(frames)
    for _ in range(REQUESTS_COUNT - flight):
        line.receive()
        line.send(frames)
    for _ in range(flight):
        line.receive()
