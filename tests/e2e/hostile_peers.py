"""Peers that mean harm, each a bounded loop in a process of its own: ``python hostile_peers.py NAME SOCKET``.

The docstring of each says what it does; it returns when it has done it, and its process ends with it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgpack
import zmtp

GOLDEN = Path(__file__).parents[1] / "data" / "wire"
MEBIBYTE = 1 << 20
FLIPPED_STEP = 7
PUTS_COUNT = 60


def raw_connections(path: str) -> None:
    """2,000 connections that say nothing, held as long as the daemon lets them."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    held = []
    until = time.monotonic() + 8
    while len(held) < 2000 and time.monotonic() < until:
        one = socket.socket(socket.AF_UNIX)
        one.setblocking(False)
        try:
            one.connect(path)
            held.append(one)
        except BlockingIOError:  # the kernel's queue is full
            one.close()
            time.sleep(0.002)
    time.sleep(1)


def message_without_an_end(path: str) -> None:
    """300 MiB of a message whose last frame never comes."""
    line = zmtp.opened(path)
    piece = zmtp.frame(bytes(MEBIBYTE), zmtp.MORE)
    for _ in range(300):
        line.sendall(piece)


def empty_frames(path: str) -> None:
    """One message of 2,000,000 empty frames."""
    line = zmtp.opened(path)
    line.sendall(zmtp.frame(b"", zmtp.MORE) * 1_999_999 + zmtp.frame(b""))
    zmtp.received(line)


def maps_of_a_million(path: str) -> None:
    """A map of a million elements, a frame that only says that it is one, and a million empty maps in one header."""
    line = zmtp.opened(path)
    pairs = b"\xdf" + (10**6).to_bytes(4, "big")
    whole = pairs + b"".join(b"\xce" + number.to_bytes(4, "big") + b"\xc0" for number in range(10**6))
    said = pairs + bytes(1000)
    empty = b"\x81\xa1x\xdd" + (10**6).to_bytes(4, "big") + b"\x80" * 10**6
    for header in (whole, said, empty):
        line.sendall(zmtp.message(header))
        zmtp.received(line)


def golden_messages_flipped(path: str) -> None:
    """Golden messages with a byte flipped, some bytes of each; every one is in test_daemon_connection."""
    line = zmtp.opened(path)
    _hello(line)
    goldens = [file.read_bytes() for file in sorted(GOLDEN.glob("*.msgpack"))]
    for number, header in enumerate(goldens):
        for place in range(number % FLIPPED_STEP, len(header), FLIPPED_STEP):
            flipped = header[:place] + bytes([header[place] ^ 0xFF]) + header[place + 1 :]
            line.sendall(zmtp.message(flipped, b"content"))
            _take(line)


def peer_that_never_reads(path: str) -> None:
    """Pings and documents, asked for and never taken."""
    line = zmtp.opened(path)
    save = _request("save", app="plain", name="never read", files=[{"path": b"", "frame": 0}])
    line.sendall(zmtp.message(_request("hello", protocol=1)) + zmtp.message(save, os.urandom(MEBIBYTE)))
    time.sleep(0.5)  # the document is there
    cat = zmtp.message(_request("cat", ref={"app": "plain", "name": "never read"}))
    ping = zmtp.message(_request("ping"))
    for _ in range(15):
        line.sendall(cat * 20 + ping * 2000)


def puts_without_measure(path: str) -> None:
    """60 times 7 MiB, as fast as they go."""
    line = zmtp.opened(path)
    _hello(line)
    chunks = [os.urandom(MEBIBYTE) for _ in range(7)]
    for _ in range(PUTS_COUNT):
        line.sendall(zmtp.message(_request("put"), *chunks))
    for _ in range(PUTS_COUNT):
        zmtp.received(line)


def peer_that_changes_its_identity(path: str) -> None:
    """Every identity that one may think of, some twice at once, and some of ZeroMQ's own making."""
    for number in range(100):
        identity = [b"x" * (number + 1), b"same", b"\0" + bytes([number]) * 4, b"\0" * 5][number % 4]
        for _ in range(2):
            line = zmtp.opened(path, Identity=identity)
            line.sendall(zmtp.message(_request("hello", protocol=1)) + zmtp.message(_request("list")))
            if number % 2:
                line.close()


def forged_user(path: str) -> None:
    """Others' names in the greeting, on many connections."""
    for _ in range(100):
        line = zmtp.opened(path, User_Id=b"root", Peer_Address=b"localhost:0:0:1")
        _hello(line)


def odd_greetings(path: str) -> None:
    """Greetings, commands and frame lengths that are not ZMTP's."""
    ready = zmtp.GREETING + zmtp.frame(b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER", zmtp.COMMAND)
    commands = (b"", b"\x00", b"\xffPING", b"\x04PING", b"\x05ERROR\xff")
    changes = ((b"DEALER", b"PUBPUB"), (b"NULL", b"PLAI"), (b"\0\0\0\x06", b"\xff" * 4), (b"\x05READY", b"\xff"))
    odd = [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 64, zmtp.GREETING[:40], ready[:-3]]
    odd += [ready + b"\x02" + b"\xff" * 8, ready + b"\x02\x7f" + b"\xff" * 7, ready + b"\xff" * 64]
    odd += [ready + zmtp.frame(each, zmtp.COMMAND) for each in commands]
    odd += [ready.replace(old, new) for old, new in changes]
    for greeting in odd * 8:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(path)
            line.sendall(greeting)


PEERS: dict[str, Callable[[str], None]] = {
    peer.__name__: peer
    for peer in (
        raw_connections, message_without_an_end, empty_frames, maps_of_a_million, golden_messages_flipped,
        peer_that_never_reads, puts_without_measure, peer_that_changes_its_identity, forged_user, odd_greetings,
    )
}  # fmt: skip


def _hello(line: socket.socket) -> None:
    line.sendall(zmtp.message(_request("hello", protocol=1)))
    zmtp.received(line)


def _request(verb: str, **body: object) -> bytes:
    return bytes(msgpack.packb({"id": os.urandom(16), "verb": verb, "deadline_ms": 5000, "body": body}))


def _take(line: socket.socket) -> None:
    """What has come."""
    while select.select([line], [], [], 0)[0]:
        if not line.recv(MEBIBYTE):
            raise EOFError


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, EOFError):  # cut off: that may well be
        PEERS[sys.argv[1]](sys.argv[2])
