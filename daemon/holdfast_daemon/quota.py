"""How much one client may have under way, so that none takes the others' share: who is over it is told to come back.

The limits that ``hello`` gives are a connection's; a process may have four times as much over all of its connections.
Which process that is, the kernel says; where it does not (0), the connection stands for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from holdfast_protocol.errors import Busy
from holdfast_protocol.messages import LIMITS

PROCESS_SHARE = 4
#: What is under way ends by itself; a subscription lasts, but one whose peer has left is found within a second.
RETRY_MS = {"requests_in_flight": 50, "request_bytes_in_flight": 50, "subscriptions_count": 1000}

#: Names of LIMITS to how much of each.
Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Client:
    """One connection, and the process that it belongs to."""

    peer: bytes
    process: int


class Quota:
    """What each connection and each process has taken and not given back."""

    def __init__(self) -> None:
        self._taken: dict[bytes | int, Counter[str]] = {}

    def take(self, client: Client, amounts: Amounts) -> None:
        """All of it. Where that is over a limit, raises Busy with this and the time to wait, and takes nothing."""
        for holder, share in _holders(client):
            taken = self._taken.get(holder, Counter())
            for name, amount in amounts.items():
                limit = LIMITS[name] * share
                if taken[name] + amount > limit:
                    whose = "process" if holder == client.process else "connection"
                    sentence = f"This {whose} has all that it may: {name} {limit}"
                    raise Busy(sentence, limit=limit, retry_ms=RETRY_MS[name])
        for holder, _ in _holders(client):
            self._taken.setdefault(holder, Counter()).update(amounts)

    def give_back(self, client: Client, amounts: Amounts) -> None:
        """What ``take`` took."""
        for holder, _ in _holders(client):
            taken = self._taken.get(holder, Counter())
            taken.subtract(amounts)
            if not any(taken.values()):
                self._taken.pop(holder, None)


def _holders(client: Client) -> list[tuple[bytes | int, int]]:
    own: list[tuple[bytes | int, int]] = [(client.peer, 1)]
    return [*own, (client.process, PROCESS_SHARE)] if client.process else own
