"""Durable saves of 10 KB against bare commits of 10 KB (SQLite, WAL, FULL) on the same disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import zmq
from measure import Measured, in_turn, ratio, seconds
from wire import Line, check_result, frames_of, lines

from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import Save
from holdfast_protocol.model import FileSource

ROUNDS = 7
SAVES_COUNT = 256
SAVE_BYTES = 10_240
TARGETS = {1: 0.45, 64: 4.0}


def run(daemon: str, home: Path) -> Iterator[Measured]:
    """A line for one client and one for 64, each with one save in flight."""
    commits = apsw.Connection(str(home / "bare.sqlite"))
    commits.pragma("journal_mode", "wal")
    commits.pragma("synchronous", "full")
    commits.execute("CREATE TABLE saved (id INTEGER PRIMARY KEY, content BLOB)")
    for clients, target in TARGETS.items():
        with lines(daemon, clients) as opened:
            for line in opened:
                line.hello()
            rates = in_turn(lambda: _commits(commits), lambda: _saves(opened), ROUNDS)  # called at once
            yield ratio(f"save of 10 KB, {clients} in flight", *rates, target)
    commits.close()


def _commits(commits: apsw.Connection) -> float:
    contents = [os.urandom(SAVE_BYTES) for _ in range(SAVES_COUNT)]

    def work() -> None:
        for content in contents:
            commits.execute("INSERT INTO saved (content) VALUES (?)", (content,))  # a transaction of its own

    return SAVES_COUNT / seconds(work)


def _saves(opened: list[Line]) -> float:
    requests = [[_save(f"client-{number}") for _ in range(SAVES_COUNT // len(opened))] for number in range(len(opened))]
    return SAVES_COUNT / seconds(lambda: _answered(opened, requests))


def _save(name: str) -> Frames:
    return frames_of(Save(app="plain", name=name, files=[FileSource(frame=0)]), [os.urandom(SAVE_BYTES)])


def _answered(opened: list[Line], requests: list[list[Frames]]) -> None:
    poller = zmq.Poller()
    waiting = {}
    for line, own in zip(opened, requests, strict=True):
        poller.register(line.socket, zmq.POLLIN)
        waiting[line.socket] = (line, own)
        line.send(own.pop())
    answers = 0
    while answers < SAVES_COUNT:
        ready = poller.poll(30_000)
        if not ready:
            raise TimeoutError("no answer to a save")
        for socket, _ in ready:
            line, own = waiting[socket]
            check_result(line.receive())
            answers += 1
            if own:
                line.send(own.pop())
