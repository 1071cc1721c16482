"""A request's id tells when it was made, where it is one that does."""

from __future__ import annotations

import time
import uuid

import pytest

from holdfast_protocol.connection import new_request_id, time_of

DAY = 24 * 3600 * 10**9


def test_a_new_id_tells_the_time() -> None:
    """To the millisecond."""
    before = time.time_ns()
    made = time_of(new_request_id(), before)
    assert made is not None
    assert before - 10**6 < made <= time.time_ns()


def test_a_new_id_is_a_uuid() -> None:
    """Of version 7, which every language has."""
    assert uuid.UUID(bytes=new_request_id()).version == 7


def test_ids_are_unlike_each_other() -> None:
    """Made within a millisecond or not."""
    assert len({new_request_id() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    "identity",
    [bytes(range(16)), bytes(16), uuid.UUID(int=7, version=4).bytes, b"\xff" * 6 + b"\x7b\xd6\x80" + bytes(7)],
)
def test_other_ids_tell_no_time(identity: bytes) -> None:
    """Neither those of another shape, nor random bytes that look like one by chance."""
    assert time_of(identity, time.time_ns()) is None


def test_a_time_before_holdfast_is_none() -> None:
    """Of a machine without a clock, which begins in 1970."""
    assert time_of(bytes(6) + new_request_id()[6:], time.time_ns()) is None


def test_a_time_far_ahead_is_none() -> None:
    """No clock is more than a year ahead."""
    assert time_of(new_request_id(), time.time_ns() - 366 * DAY) is None
    assert time_of(new_request_id(), time.time_ns() - 364 * DAY) is not None
