"""Who comes to a daemon over the network: a home of their own with a key, and a proxy that hears and repeats."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

import zmq
from e2e_daemon import Daemon, Said, private_environment, until

import holdfast
from holdfast_protocol import keys
from holdfast_protocol.keys import Pair

LISTENING = ("--listen", "tcp://127.0.0.1:0")


@dataclass
class Guest:
    """Somebody with a pair in ``home``, who knows the daemon's key."""

    daemon: Daemon
    name: str
    home: Path
    pair: Pair
    address: str
    server_key: str

    def client(self, timeout_seconds: float = 20.0, address: str = "") -> holdfast.Client:
        return holdfast.connect(
            address or self.address, timeout_seconds=timeout_seconds, key=str(self.home / keys.CLIENT),
            server_key=self.server_key,
        )  # fmt: skip

    def allow(self, role: str = "write", *apps: str) -> Guest:
        with keys.changing(str(self.daemon.home)):
            keys.allow(str(self.daemon.home / keys.ALLOWED), keys.allowed(self.name, role, apps, self.pair.public))
        return self

    def revoke(self) -> None:
        with keys.changing(str(self.daemon.home)):
            keys.revoke(str(self.daemon.home / keys.ALLOWED), self.name)

    def cli(self, *words: str) -> Said:
        """``holdfast`` as this guest runs it."""
        here = Daemon(self.home)
        here.environment |= {"HOLDFAST_SOCKET": self.address, "HOLDFAST_SERVER_KEY": self.server_key}
        return here.cli(*words)


def guest(daemon: Daemon, name: str) -> Guest:
    """Who is not allowed yet."""
    home = daemon.home.parent / f"{daemon.home.name}-{name}"
    home.mkdir(mode=0o700)
    private_environment(home)
    pair = keys.new_pair(zmq.curve_keypair)
    keys.write_pair(str(home / keys.CLIENT), pair)
    with daemon.client() as owner:
        status = owner.status()
    return Guest(daemon, name, home, pair, status.listening, status.network_key)


class Proxy:
    """Between a client and the daemon: what the clients said is in ``heard``, a connection each."""

    def __init__(self, address: str) -> None:
        self._there = keys.address(address)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.heard: list[bytearray] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(self._there)
                said = bytearray()
                self.heard.append(said)
                for source, target, kept in ((here, there, said), (there, here, bytearray())):
                    threading.Thread(target=_pass_on, args=(source, target, kept), daemon=True).start()

    def close(self) -> None:
        self._listener.close()


def _pass_on(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            kept += content
            target.sendall(content)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def said_again(address: str, said: bytes) -> bytes:
    """What the daemon answers to the same bytes on a new connection, until it hangs up."""
    with socket.create_connection(keys.address(address), 20) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
        answered = bytearray()
        with contextlib.suppress(OSError):
            while content := connection.recv(65536):
                answered += content
        return bytes(answered)


def refused(guest: Guest) -> str:
    """Why the guest is not let in, as soon as it is so."""

    def sentence() -> str:
        try:
            guest.client().close()
        except holdfast.errors.NotAllowed as problem:
            return problem.sentence
        return ""

    found: str = until(sentence)
    return found
