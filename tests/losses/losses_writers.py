"""How the applications write their files: the very order of system calls, through the run-times they are made with."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

#: Node writes a file in pieces of so many bytes (kWriteFileMaxChunkSize), Java's BufferedWriter in such.
NODE_BYTES = 512 * 1024
JAVA_BYTES = 8 * 1024
#: What lies unchanged for so long is a state that must be kept.
SETTLING_SECONDS = 0.05
PAUSE_SECONDS = 0.01


def python_writes(path: Path, text: str) -> None:
    """Renardo: ``with open(path, 'w') as file: file.write(text)``. What cannot be encoded fails after emptying."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def node_writes(path: Path, content: bytes) -> None:
    """AiderDesk: ``fs.writeFile``: truncates, then writes in place."""
    in_place(path, content, NODE_BYTES)


def java_writes(path: Path, content: bytes) -> None:
    """IGV: the document is ready in memory, then the target is truncated and written in place."""
    in_place(path, content, JAVA_BYTES)


def in_place(path: Path, content: bytes, piece_bytes: int, room_bytes: int | None = None) -> None:
    """Truncates and writes piece by piece; with ``room_bytes`` on a disk that is full then. Raises OSError."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        for piece in pieces(content, piece_bytes):
            room = len(piece) if room_bytes is None else min(len(piece), room_bytes)
            os.write(file, piece[:room])
            if room < len(piece):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            room_bytes = None if room_bytes is None else room_bytes - room
    finally:
        os.close(file)


def pieces(content: bytes, piece_bytes: int) -> Iterator[bytes]:
    """The content, cut."""
    return (content[at : at + piece_bytes] for at in range(0, len(content), piece_bytes))


def in_one_breath(*steps: Callable[[], object]) -> bool:
    """Does one after the other as a busy application does, with a pause between them that is far below the settling
    time. Whether it was: on a machine that is too busy itself, nothing can be said of what follows."""
    longest = 0.0
    for step in steps:
        began = time.monotonic()
        step()
        time.sleep(PAUSE_SECONDS)
        longest = max(longest, time.monotonic() - began)
    return longest < SETTLING_SECONDS - PAUSE_SECONDS


def replaces(path: Path, content: bytes, beside: str, *, mode: int = 0o644, modified: float | None = None) -> None:
    """gedit, rsync and all who are careful: a new file ``beside`` it, then a rename over it. ``modified``: the time
    that the new file is given."""
    temporary = path.with_name(beside)
    file = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, content)
        os.fsync(file)
    finally:
        os.close(file)
    if modified is not None:
        os.utime(temporary, (modified, modified))
    temporary.chmod(mode)
    temporary.rename(path)


def recreates(path: Path, content: bytes) -> None:
    """git: the old file is removed, then a new one is made in its place."""
    path.unlink(missing_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        os.write(file, content)
    finally:
        os.close(file)
