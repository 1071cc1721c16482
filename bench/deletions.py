"""From a deletion by somebody else to the event at a client: unlinked, and moved to the trash."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from measure import Measured, at_most, percentile
from wire import PATIENCE_MS, Line, lines

from holdfast_protocol.messages import Event, Save, Saved, Subscribe
from holdfast_protocol.model import FileSource

FILLING_COUNT = 1000  # so that a hundred deletions are not the sudden loss of much of the folder
DELETIONS_COUNT = 100
MEDIAN_MS, SLOWEST_MS = 5, 30


def run(daemon: str, home: Path) -> Iterator[Measured]:
    """A median and a 99th percentile for each way to delete."""
    trash = home / "trash"
    trash.mkdir()
    ways: dict[str, Callable[[Path], object]] = {
        "unlinked": os.unlink,
        "moved to the trash": lambda path: path.rename(trash / path.name),
    }
    with lines(daemon, 2) as (writer, listener):
        writer.hello()
        listener.hello()
        for number in range(FILLING_COUNT):
            _published(writer, f"filling-{number}", home)
        listener.ask(Subscribe())
        for way, delete in ways.items():
            found = [_milliseconds(writer, listener, f"{way} {n}", delete, home) for n in range(DELETIONS_COUNT)]
            yield at_most(f"{way} to event, median", statistics.median(found), MEDIAN_MS, "ms")
            yield at_most(f"{way} to event, 99th percentile", percentile(found, 99), SLOWEST_MS, "ms")


def _milliseconds(writer: Line, listener: Line, name: str, delete: Callable[[Path], object], home: Path) -> float:
    session, path = _published(writer, name, home)
    time.sleep(0.03)  # the watcher's hint about the file that appeared is not what is measured
    start = time.perf_counter()
    delete(path)
    while True:
        event = listener.next().reply
        if time.perf_counter() - start > PATIENCE_MS / 1000:  # beats come all the time
            raise TimeoutError(f"no event of {name}")
        if isinstance(event, Event) and (event.row.type, event.row.session) == ("deleted-outside", session):
            return (time.perf_counter() - start) * 1000


def _published(writer: Line, name: str, home: Path) -> tuple[str, Path]:
    request = Save(app="plain", name=name, files=[FileSource(frame=0)], published=True)
    saved = writer.ask(request, [os.urandom(1000)])
    assert isinstance(saved, Saved)
    return saved.session.id, home / "sessions" / os.fsdecode(saved.session.path)
