"""One client's share: over it the client is told when to come back, and others are not concerned."""

from __future__ import annotations

import pytest

from holdfast_daemon.quota import PROCESS_SHARE, RETRY_MS, Client, Quota
from holdfast_protocol.errors import Busy
from holdfast_protocol.messages import LIMITS

ADA, BEN = Client(b"ada", 7), Client(b"ben", 8)


@pytest.mark.parametrize("name", sorted(RETRY_MS))
def test_over_the_limit_a_client_is_busy_until_it_gives_back(name: str) -> None:
    """The whole limit is had, and not one more; the refusal says how much and how long, and takes nothing."""
    quota, limit = Quota(), LIMITS[name]
    quota.take(ADA, {name: limit})
    for _ in range(2):
        with pytest.raises(Busy) as caught:
            quota.take(ADA, {name: 1})
        assert caught.value.details == {"limit": limit, "retry_ms": RETRY_MS[name]}
    quota.give_back(ADA, {name: 1})
    quota.take(ADA, {name: 1})


def test_what_one_takes_is_not_another_s() -> None:
    """Another process does not notice."""
    quota = Quota()
    quota.take(ADA, {"requests_in_flight": LIMITS["requests_in_flight"]})
    quota.take(BEN, {"requests_in_flight": LIMITS["requests_in_flight"]})


def test_a_process_has_a_limit_over_all_of_its_connections() -> None:
    """Many connections do not make a large share."""
    quota = Quota()
    for number in range(PROCESS_SHARE):
        quota.take(Client(bytes([number]), 7), {"requests_in_flight": LIMITS["requests_in_flight"]})
    with pytest.raises(Busy, match="process"):
        quota.take(Client(b"one more", 7), {"requests_in_flight": 1})


def test_connections_of_unknown_processes_stand_for_themselves() -> None:
    """Where the kernel names no process, connections do not share."""
    quota = Quota()
    for number in range(2 * PROCESS_SHARE):
        quota.take(Client(bytes([number]), 0), {"requests_in_flight": LIMITS["requests_in_flight"]})


def test_one_amount_over_its_limit_takes_none_of_the_others() -> None:
    """A request that is refused for its bytes is not counted either."""
    quota = Quota()
    with pytest.raises(Busy):
        quota.take(ADA, {"requests_in_flight": 1, "request_bytes_in_flight": LIMITS["request_bytes_in_flight"] + 1})
    quota.take(ADA, {"requests_in_flight": LIMITS["requests_in_flight"]})


def test_a_message_fits_an_idle_connection() -> None:
    """No message is too large for ever."""
    assert LIMITS["message_bytes"] <= LIMITS["request_bytes_in_flight"]
