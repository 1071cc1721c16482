"""The fifty of a soak: each a process that asks one kind of thing of the daemon again and again, whoever is killed.

    python tests/soak/soak_clients.py KIND NUMBER SOCKET FOLDER

It writes a line for each thing done: ``ok`` with the verb, the error's code with it; savers also write ``kept NAME
HASH`` once that is answered, the last of which a soak looks for at its end.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import holdfast
from holdfast.channel import Channel
from holdfast.exchange import GREETING
from holdfast_protocol.connection import ClientConnection, new_request_id
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import Load, Subscribe
from holdfast_protocol.model import Ref

TIMEOUT_SECONDS = 20.0
AWAY_SECONDS = 0.3
NAMES_COUNT = 12


class Place(NamedTuple):
    """Whose turn it is: which one of its kind, where the daemon is, and its sessions."""

    number: int
    socket: str
    sessions: Path
    chance: random.Random

    @property
    def name(self) -> str:
        return f"s{self.number}-{self.chance.randrange(NAMES_COUNT)}"

    def content(self) -> bytes:
        size_bytes = self.chance.choice((40, 40, 900, 900, 900, 4_000, 4_000, 12_000, 12_000, 90_000))
        return self.chance.randbytes(size_bytes)


def say(*words: str) -> None:
    print(*words, flush=True)


def _save(place: Place, client: holdfast.Client) -> None:
    name, content = place.name, place.content()
    client.save("soak", name, content, published=place.chance.random() < 0.3)
    say("kept", name, hashlib.blake2b(content, digest_size=16).hexdigest())
    time.sleep(0.02)


def _type(place: Place, client: holdfast.Client) -> None:
    name = f"typed {place.number}"
    with client.workspace(f"soak/{name}", format="plain") as live:
        key = next(iter(live), "text")
        for _ in range(place.chance.randrange(5, 60)):
            live[key] = place.chance.randbytes(place.chance.choice((100, 4_000)))
            say("ok", "put")
            time.sleep(0.05)
        if place.chance.random() < 0.5:
            content = place.content()
            live[key] = content
            live.save(name)
            say("kept", name, hashlib.blake2b(content, digest_size=16).hexdigest())


def _load(place: Place, client: holdfast.Client) -> None:
    for row in client.list(app="soak", limit=50).rows:
        client.load(Ref(id=row.id))
        say("ok", "load")
    time.sleep(0.05)


def _look(place: Place, client: holdfast.Client) -> None:
    client.list(sort=place.chance.choice(("modified", "name", "size", "created")), limit=100)
    say("ok", "list")
    client.search(place.chance.choice(("soak", "outside", "typed", "ab")))
    say("ok", "search")
    client.status()
    time.sleep(0.1)


def _arrange(place: Place, client: holdfast.Client) -> None:
    name = f"arranged {place.number}"
    client.save("soak", name, place.content())
    client.tag(f"soak/{name}", add=["blue"])
    client.pin(f"soak/{name}", place.chance.randbytes(4).hex())  # one left by who was killed has its label
    client.undo(client.delete(f"soak/{name}").operation, published=True)
    client.delete(f"soak/{name}", published=True)
    client.purge(f"soak/{name}")
    say("ok", "arranged")
    time.sleep(0.1)


def _follow(place: Place, client: holdfast.Client) -> None:
    number = None
    for row in client.events(client.operations(limit=1, newest=True).rows[-1].number):
        if number is not None and row.number != number + 1:
            say("skipped-event", "events")
        number = row.number
        say("ok", "event")


def _outside(place: Place, client: holdfast.Client) -> None:
    folder = place.sessions / "soak"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"outside {place.number}-{place.chance.randrange(NAMES_COUNT)}"
    if place.chance.random() < 0.2:
        path.unlink(missing_ok=True)
        say("ok", "unlink")
    else:
        beside = folder.parent.parent / f"beside-{place.number}"
        beside.write_bytes(place.content())
        beside.replace(path)
        say("ok", "write")
    time.sleep(0.2)


def _slow(place: Place, client: holdfast.Client) -> None:
    """Asks for much, subscribes to all, and reads none of it for a while."""
    channel, connection = Channel(place.socket), ClientConnection()
    until = time.monotonic() + TIMEOUT_SECONDS
    try:
        rows = client.list(app="soak", limit=100).rows
        wanted = [GREETING, Subscribe(since=0), *(Load(ref=Ref(id=row.id)) for row in rows)]
        for request in wanted:
            channel.send(connection.send(request, 20_000, (), new_request_id())[1], until)
        time.sleep(5.0)
        with contextlib.suppress(TimeoutError):
            for _ in range(20):
                connection.receive(channel.receive(time.monotonic() + 1.0))
        say("ok", "slow")
    finally:
        channel.close()


KINDS: dict[str, Callable[[Place, holdfast.Client], None]] = {
    "save": _save, "type": _type, "load": _load, "look": _look, "arrange": _arrange, "follow": _follow,
    "outside": _outside, "slow": _slow,
}  # fmt: skip
#: How many of each; a soak has all of them at the same time.
COUNTS = {"save": 14, "type": 9, "load": 6, "look": 6, "arrange": 4, "follow": 5, "outside": 4, "slow": 2}


def main() -> None:
    """Until it is killed."""
    kind, number, socket, sessions = sys.argv[1:]
    place = Place(int(number), socket, Path(sessions), random.Random())
    while True:
        try:
            with holdfast.connect(socket, timeout_seconds=TIMEOUT_SECONDS) as client:
                while True:
                    KINDS[kind](place, client)
        except HoldfastError as problem:
            say(problem.code, kind)
        except Exception as problem:  # a connection that ended under a slow reader, a file that went meanwhile
            say(type(problem).__name__, kind)
        time.sleep(AWAY_SECONDS)


if __name__ == "__main__":
    main()
