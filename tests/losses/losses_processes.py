"""A writer in a process of its own, led step by step through a pipe, so that it can be stopped, or killed, between any
two of its system calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType

from losses_writers import NODE_BYTES

_SCRIPT = """
import os, sys
path, content, piece_bytes = sys.argv[1], open(sys.argv[2], "rb").read(), int(sys.argv[3])
file, at = -1, 0
for word in sys.stdin:
    if word == "open\\n":
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    elif word == "write\\n":
        at += os.write(file, content[at : at + piece_bytes])
    else:
        os.close(file)
    print(at, flush=True)
"""


class Writer:
    """``fs.writeFile`` of AiderDesk: ``open``, then ``write`` for each piece, then ``close``."""

    def __init__(self, path: Path, content: bytes, piece_bytes: int = NODE_BYTES) -> None:
        self._content = content
        self._source = path.parent.parent.parent / f"content of {id(self)}"  # outside of what is watched
        self._source.write_bytes(content)
        words = [sys.executable, "-c", _SCRIPT, str(path), str(self._source), str(piece_bytes)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def step(self, word: str) -> int:
        """One system call; gives how many bytes are written now."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def finish(self) -> None:
        """All that is left to write, and close."""
        while self.step("write") < len(self._content):
            pass
        self.step("close")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.communicate()
        self._source.unlink(missing_ok=True)
