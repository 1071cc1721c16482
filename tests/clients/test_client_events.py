"""Subscriptions: each operation once, in order, across restarts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgpack
import pytest
from clients_fake_daemon import FakeDaemon, operation_row

from holdfast import AsyncClient, async_events, events
from holdfast.client import Client
from holdfast_protocol import connection
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import NotFound, Unreachable
from holdfast_protocol.model import OperationRow


class Awaited:
    """The events of an ``AsyncClient`` for whoever waits."""

    def __init__(self, client: Client) -> None:
        self._client = AsyncClient(client.path, timeout_seconds=client.timeout_seconds)
        self._loop = asyncio.new_event_loop()

    def events(self, *given: Any, **named: Any) -> Iterator[OperationRow]:
        """One at a time."""
        rows = self._client.events(*given, **named)
        try:
            while True:
                yield self._loop.run_until_complete(anext(rows))
        except StopAsyncIteration:
            return

    def close(self) -> None:
        """With everything that is still open."""
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._client.close()
        self._loop.close()


@pytest.fixture(params=["blocking", "asyncio"])
def client(request: pytest.FixtureRequest, client: Client) -> Iterator[Client]:
    """Both clients."""
    if request.param == "blocking":
        yield client
        return
    awaited = Awaited(client)
    yield awaited  # type: ignore[misc]  # what these tests need of it
    awaited.close()


def test_what_was_comes_before_what_happens(daemon: FakeDaemon, client: Client) -> None:
    """With a number the operations after it come first, then live ones, without a seam."""
    daemon.operations += [operation_row(1), operation_row(2)]
    rows = client.events(1)
    assert next(rows).number == 2
    daemon.happen(operation_row(3))
    assert next(rows).number == 3


def test_without_a_number_it_starts_from_now(daemon: FakeDaemon, client: Client) -> None:
    """What happened before is not told, also not after a restart of the daemon."""
    daemon.operations.append(operation_row(1))
    seen: list[int] = []

    def listen() -> None:
        for row in islice(client.events(), 2):
            seen.append(row.number)

    listening = threading.Thread(target=listen)
    listening.start()
    daemon.wait_for(wire.Subscribe, 1)
    number = 1
    while not seen:  # from here on it knows its number
        number += 1
        daemon.happen(operation_row(number))
        listening.join(0.05)
    daemon.stop()
    daemon.operations.append(operation_row(number + 1))
    daemon.start()
    listening.join(10)
    assert seen[0] > 1
    assert seen[1] == seen[0] + 1


def test_no_event_is_lost_or_told_twice_across_a_restart(daemon: FakeDaemon, client: Client) -> None:
    """After a restart the subscription goes on behind the last number."""
    daemon.operations += [operation_row(1), operation_row(2)]
    rows = client.events(0)
    assert [row.number for row in islice(rows, 2)] == [1, 2]
    daemon.stop()
    daemon.operations.append(operation_row(3))
    daemon.start()
    assert next(rows).number == 3
    requests = [each.request for each in daemon.requests(wire.Subscribe)]
    assert [request.since for request in requests] == [0, 2]  # type: ignore[attr-defined]  # only Subscribe is here


def test_a_hole_in_the_numbers_is_asked_for_again(daemon: FakeDaemon, client: Client) -> None:
    """An event that does not follow the last one makes the client ask from there."""
    daemon.operations.append(operation_row(1))
    rows = client.events(0)
    assert next(rows).number == 1
    daemon.happen(operation_row(3))
    daemon.wait_for(wire.Subscribe, 1)
    daemon.operations.insert(1, operation_row(2))
    assert [row.number for row in islice(rows, 2)] == [2, 3]


def in_the_place_of_the_first_event(what: Callable[[bytes], list[bytes]]) -> Callable[[list[bytes]], list[list[bytes]]]:
    """``what`` of the subscription is sent, once."""
    left = [what]

    def sends(frames: list[bytes]) -> list[list[bytes]]:
        header = msgpack.unpackb(frames[0])
        return [left.pop()(header["id"])] if left and header["kind"] == "event" else [frames]

    return sends


@pytest.mark.parametrize("app", [None, "renardo"])
def test_an_event_that_was_missed_is_noticed_by_the_next_beat(
    daemon: FakeDaemon, client: Client, app: str | None
) -> None:
    """Also where a filter leaves holes in the numbers."""
    daemon.operations.append(operation_row(1))
    daemon.sends = in_the_place_of_the_first_event(lambda key: connection.told(key, wire.Beat(number=1, told=1)))
    assert next(client.events(0, app=app)).number == 1
    daemon.wait_for(wire.Subscribe, 2)


def test_a_beat_says_how_far_a_filter_has_seen(daemon: FakeDaemon, client: Client) -> None:
    """After a restart the daemon need not look through all that did not fit again."""
    daemon.operations.append(operation_row(1, app="igv"))
    daemon.sends = in_the_place_of_the_first_event(lambda key: connection.told(key, wire.Beat(number=1, told=0)))
    rows = client.events(0, app="renardo")
    seen: list[int] = []
    asking = threading.Thread(target=lambda: seen.append(next(rows).number))
    asking.start()
    daemon.wait_for(wire.Subscribe, 1)
    daemon.stop()
    daemon.start()
    daemon.wait_for(wire.Subscribe, 2)
    daemon.happen(operation_row(2))
    asking.join(10)
    assert seen == [2]
    assert [each.request.since for each in daemon.requests(wire.Subscribe)] == [0, 1]  # type: ignore[attr-defined]  # only Subscribe is here


def test_what_a_gap_leaves_out_is_asked_for_again(daemon: FakeDaemon, client: Client) -> None:
    """The daemon had to drop what waited; nothing of it is missing in the end."""
    daemon.operations += [operation_row(1), operation_row(2)]
    daemon.sends = in_the_place_of_the_first_event(lambda key: connection.told(key, wire.Gap(number=2)))
    assert [row.number for row in islice(client.events(0), 2)] == [1, 2]


def test_pages_are_read_like_single_events(daemon: FakeDaemon, client: Client) -> None:
    """Those known already are passed over, a hole is asked for again."""
    daemon.operations.append(operation_row(1))
    page = wire.Events(rows=[operation_row(1), operation_row(2), operation_row(4)])
    daemon.sends = in_the_place_of_the_first_event(lambda key: connection.told(key, page))
    rows = client.events(0)
    assert [row.number for row in islice(rows, 2)] == [1, 2]
    daemon.operations += [operation_row(number) for number in (2, 3, 4)]
    assert [row.number for row in islice(rows, 2)] == [3, 4]


def test_silence_is_not_believed(daemon: FakeDaemon, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing comes for a while the client asks, and finds what it was not told."""
    monkeypatch.setattr(events, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(async_events, "SILENCE_SECONDS", 0.1)
    rows = client.events(0)
    daemon.answers[wire.Subscribe] = lambda asked: wire.Subscribed(number=0)
    daemon.answers[wire.Operations] = lambda asked: (
        daemon.answers.pop(wire.Subscribe, None),
        wire.OperationRows(rows=[operation_row(1)], more=False),
    )[1]
    daemon.operations.append(operation_row(1))
    assert next(rows).number == 1


def test_another_store_is_told(daemon: FakeDaemon, client: Client) -> None:
    """A log that ends before the last number known is not the one that was followed."""
    daemon.operations.append(operation_row(1))
    with pytest.raises(NotFound, match="Read again"):
        next(client.events(5))


def test_another_store_with_a_longer_log_is_told(daemon: FakeDaemon, client: Client) -> None:
    """A daemon of another store at the same socket is noticed by its id."""
    daemon.operations.append(operation_row(1))
    rows = client.events(0)
    assert next(rows).number == 1
    daemon.stop()
    daemon.store = "7f" * 16
    daemon.operations += [operation_row(2), operation_row(3)]
    daemon.start()
    with pytest.raises(NotFound, match="Another store"):
        next(rows)


def test_a_daemon_that_stays_away_ends_it(daemon: FakeDaemon) -> None:
    """After the client's timeout the subscription says that nobody listens."""
    daemon.operations.append(operation_row(1))
    with Client(daemon.path, timeout_seconds=0.3) as impatient:
        rows = impatient.events(0)
        next(rows)
        daemon.stop()
        with pytest.raises(Unreachable):
            next(rows)


def test_without_follow_it_ends(daemon: FakeDaemon, client: Client) -> None:
    """The operations up to now, of all pages, narrowed to an application."""
    daemon.operations += [operation_row(number, app="igv" if number % 2 else "renardo") for number in range(1, 1500)]
    assert [row.number for row in client.events(0, follow=False, app="igv")] == list(range(1, 1500, 2))


def test_whoever_waits_for_events_can_be_cancelled_at_any_moment(daemon: FakeDaemon) -> None:
    """Also when an answer comes at that moment: nothing goes on behind the back of who cancelled."""

    async def cancelled(turns: int) -> bool:
        client = AsyncClient(daemon.path)
        waiting = asyncio.ensure_future(anext(client.events()))
        for _ in range(turns):
            await asyncio.sleep(0)
        waiting.cancel()
        done, _ = await asyncio.wait([waiting], timeout=10)
        client.close()
        return bool(done) and waiting.cancelled()

    async def all_cancelled() -> list[bool]:
        return [await cancelled(turns) for turns in range(0, 1000, 3)]

    assert all(asyncio.run(all_cancelled()))
