"""What a process did to its disk, call by call, as the shim wrote it down; and an outsider, who is in it too."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MARK = "K"
WRITE, CREATE, TRUNCATE = "W", "C", "T"
FILE_SYNC, FOLDER_SYNC, ALL_SYNC = "S", "D", "Y"
RENAME, EXCHANGE, LINK, UNLINK, MKDIR, RMDIR = "R", "E", "L", "U", "M", "X"


class Call(NamedTuple):
    """``path`` of what it was done to (of a file, as it was called then); ``number`` is an offset, a size or a mode;
    ``content`` what was written, ``to`` the second name."""

    kind: str
    inode: int
    number: int
    path: str
    content: bytes = b""
    to: str = ""

    @property
    def said(self) -> dict[str, Any]:
        """Of a mark."""
        said: dict[str, Any] = json.loads(self.content)
        return said

    def __str__(self) -> str:
        return f"{self.kind} {'/'.join(self.path.split('/')[-2:])} {self.number} {len(self.content)}"


def read(record: Path) -> list[Call]:
    """In their order."""
    return [*_calls(record.read_bytes())]


def _calls(whole: bytes) -> Iterator[Call]:
    at = 0
    while at < len(whole):
        end = whole.index(b"\n", at)
        kind, inode, number, first, second = whole[at:end].decode().split(" ")
        middle = end + 1 + int(first)
        at = middle + int(second)
        a, b = whole[end + 1 : middle], whole[middle:at]
        if kind in (WRITE, MARK):
            yield Call(kind, int(inode), int(number), os.fsdecode(b), a)
        else:
            yield Call(kind, int(inode), int(number), os.fsdecode(a), b"", os.fsdecode(b))


class Outsider:
    """Writes files as a program that knows nothing of the daemon does, each call into the record too."""

    def __init__(self, record: Path | None) -> None:
        self._record = record

    def mark(self, **said: Any) -> None:
        """At this place of the record."""
        with self._turn() as turn:
            turn.note(MARK, 0, 0, json.dumps(said).encode())

    def replace(self, path: Path, content: bytes, *, sync: bool) -> None:
        """As an editor does: a new file beside it, renamed over it."""
        beside = path.with_name(f"{path.name}~")
        with beside.open("wb", buffering=0) as file:
            state = os.fstat(file.fileno())
            with self._turn() as turn:
                turn.note(CREATE, state.st_ino, state.st_mode & 0o7777, str(beside).encode())
            with self._turn() as turn:
                file.write(content)
                turn.note(WRITE, state.st_ino, 0, content, str(beside).encode())
            if sync:
                with self._turn() as turn:
                    turn.note(FILE_SYNC, state.st_ino, 0, str(beside).encode())
        self.rename(beside, path)
        if sync:
            with self._turn() as turn:
                turn.note(FOLDER_SYNC, path.parent.stat().st_ino, 0, str(path.parent).encode())

    def rename(self, old: Path, new: Path) -> None:
        with self._turn() as turn:
            turn.note(RENAME, old.stat().st_ino, 0, str(old).encode(), str(new).encode())
            old.rename(new)

    def unlink(self, path: Path) -> None:
        with self._turn() as turn:
            turn.note(UNLINK, path.stat().st_ino, 0, str(path).encode())
            path.unlink()

    def _turn(self) -> _Turn:
        return _Turn(self._record)


class _Turn:
    """The record, while nobody else changes anything."""

    def __init__(self, record: Path | None) -> None:
        self._path = record

    def __enter__(self) -> _Turn:
        self._file = None if self._path is None else os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.close(self._file)

    def note(self, kind: str, inode: int, number: int, a: bytes, b: bytes = b"") -> None:
        if self._file is not None:
            head = f"{kind} {inode} {number} {len(a)} {len(b)}\n".encode()
            os.write(self._file, head + a + b)


def built_shim(folder: Path) -> Path:
    """The shared object, compiled now."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        sys.exit("There is no C compiler here: apt install gcc libc6-dev")
    made = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    flags = ("-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared")
    subprocess.run([compiler, *flags, "-o", str(made), str(source), "-ldl", "-lpthread"], check=True)
    return made
