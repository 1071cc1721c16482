"""A client that asks for too much is told when to come back, and nobody else notices."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from e2e_daemon import DEADLINE_SECONDS, Daemon, until
from raw_client import Raw, header

from holdfast_protocol.messages import LIMITS, PROTOCOL_VERSION


@pytest.fixture
def raw(shared: Daemon) -> Iterator[Raw]:
    made = Raw(shared.socket)
    made.hello()
    yield made
    made.close()
    with shared.client() as honest:
        honest.ping()


def _answers(raw: Raw, requests: list[list[bytes]]) -> list[dict[str, Any]]:
    for frames in requests:
        raw.tell(*frames)
    return [raw.listen() for _ in requests]


def _busy(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    failures = [answer["body"] for answer in answers if answer["kind"] == "error"]
    assert all(failure["code"] == "busy" for failure in failures), failures
    return [failure["details"] for failure in failures]


def test_too_many_requests_in_flight_are_busy(raw: Raw) -> None:
    """What is over the limit is refused with a time to come back; what is within it waits for its answer."""
    limit = LIMITS["requests_in_flight"]
    opened = raw.request("workspace-open", {"app": "notes", "name": "busy"})["body"]["workspace"]["id"]
    waits = {"id": opened, "every_ms": 60_000}
    raw.request("workspace-due", waits)  # due at once, the first time; the others after a minute
    for _ in range(limit + 3):
        raw.tell(header("workspace-due", waits))
    busy = _busy([raw.listen() for _ in range(3)])
    assert all(details["limit"] == limit and details["retry_ms"] > 0 for details in busy)
    said = raw.request("ping", {})
    assert said["kind"] == "result", said


def test_too_many_bytes_in_flight_are_busy(raw: Raw) -> None:
    """Large messages fill the share sooner; a small one still goes when they are done."""
    chunks = [os.urandom(1 << 20) for _ in range(7)]
    busy = _busy(_answers(raw, [[header("put", {}), *chunks] for _ in range(6)]))
    assert all(details["limit"] == LIMITS["request_bytes_in_flight"] for details in busy)
    assert 0 < len(busy) < 6
    assert raw.request("put", {}, *chunks)["kind"] == "result"


def test_too_many_subscriptions_are_busy(raw: Raw) -> None:
    """One that is given up makes room."""
    limit = LIMITS["subscriptions_count"]
    answers = _answers(raw, [[header("subscribe", {})] for _ in range(limit + 1)])
    assert len(_busy(answers)) == 1
    raw.request("unsubscribe", {"subscription": answers[0]["id"]})
    assert raw.request("subscribe", {})["kind"] == "result"


def test_subscriptions_of_those_that_left_are_given_back(shared: Daemon) -> None:
    """A process that follows again and again, without a word of leaving, is served for ever."""
    count = LIMITS["subscriptions_count"]

    def follows() -> bool:
        raw = Raw(shared.socket)
        raw.hello()
        busy = _busy(_answers(raw, [[header("subscribe", {"app": "nosuch"})] for _ in range(count)]))
        raw.close()
        return not busy

    for _ in range(6):
        until(follows)


def test_a_process_with_too_many_connections_has_the_newest_cut(shared: Daemon) -> None:
    """Those that it has, and everybody else, are served on."""
    with shared.client() as own, contextlib.ExitStack() as held:
        own.ping()
        raws = [held.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(LIMITS["connections_count"] + 50)]
        for one in raws:
            one.connect(shared.socket)  # without a timeout it waits while the queue of the kernel is full
        raws[-1].settimeout(DEADLINE_SECONDS)
        _read_to_the_end(raws[-1])
        raws[0].setblocking(False)
        with pytest.raises(BlockingIOError):  # it is open, while it lasts: it never said what ZeroMQ greets with
            _read_to_the_end(raws[0])
        own.ping()
        assert shared.ok("status", "--json").rows[0]["connections_count"] <= LIMITS["connections_count"] + 1
    with shared.client() as late:
        late.ping()


def _read_to_the_end(one: socket.socket) -> None:
    """Returns when the other side has hung up, after the greeting that it may have sent."""
    with contextlib.suppress(ConnectionResetError):
        while one.recv(1024):
            pass


def test_an_identity_that_a_client_chose_is_refused(shared: Daemon) -> None:
    """Nobody takes the place of another that has left: ZeroMQ's identities alone are served."""
    raw = Raw(shared.socket, b"somebody else")
    for verb, body in (("hello", {"protocol": PROTOCOL_VERSION}), ("list", {})):
        answer = raw.request(verb, body)
        assert (answer["kind"], answer["body"]["code"]) == ("error", "not-allowed")
    raw.close()


def test_whoever_keeps_many_under_way_is_answered_on_and_on(raw: Raw) -> None:
    """More than libzmq holds for a peer: what waits for room goes out, and what came meanwhile is seen."""
    flight, count = 64, 30_000
    for _ in range(flight):
        raw.tell(header("ping", {}))
    for _ in range(count):
        assert raw.listen()["kind"] == "result"
        raw.tell(header("ping", {}))
    for _ in range(flight):
        assert raw.listen()["kind"] == "result"
