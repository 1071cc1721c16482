"""ZMTP 3.1 by hand (https://rfc.zeromq.org/spec/23/): what a library would not let one send."""

from __future__ import annotations

import socket

MORE, LONG, COMMAND = 1, 2, 4
GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


def frame(content: bytes, flags: int = 0) -> bytes:
    """One frame on the wire."""
    if len(content) > 255:
        return bytes([flags | LONG]) + len(content).to_bytes(8, "big") + content
    return bytes([flags, len(content)]) + content


def message(*frames: bytes) -> bytes:
    """A whole message."""
    return b"".join(frame(each, MORE) for each in frames[:-1]) + frame(frames[-1])


def opened(path: str, **properties: bytes) -> socket.socket:
    """A DEALER's connection after both sides are READY; ``properties`` are what it says of itself, ``_`` for ``-``."""
    line, _ = greeted(path, **properties)
    return line


def greeted(path: str, **properties: bytes) -> tuple[socket.socket, bytes]:
    """The same, and what the other side says of itself: READY, or an ERROR."""
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(30)
    line.connect(path)
    said = {"Socket-Type": b"DEALER", "Identity": b""} | {name.replace("_", "-"): it for name, it in properties.items()}
    pairs = ((name.encode(), value) for name, value in said.items())
    ready = b"".join(bytes([len(name)]) + name + len(value).to_bytes(4, "big") + value for name, value in pairs)
    line.sendall(GREETING + frame(b"\x05READY" + ready, COMMAND))
    exactly(line, len(GREETING))
    return line, _any(line)[1]


def received(line: socket.socket) -> bytes:
    """The next frame's content; ZeroMQ's commands are passed over."""
    while True:
        flags, content = _any(line)
        if not flags & COMMAND:
            return content


def _any(line: socket.socket) -> tuple[int, bytes]:
    flags, size = exactly(line, 2)
    if flags & LONG:
        size = int.from_bytes(bytes([size]) + exactly(line, 7), "big")
    return flags, exactly(line, size)


def exactly(line: socket.socket, size: int) -> bytes:
    """So many bytes. Raises EOFError where the other side hangs up before."""
    content = b""
    while len(content) < size:
        more = line.recv(size - len(content))
        if not more:
            raise EOFError
        content += more
    return content
