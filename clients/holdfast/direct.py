"""Reading a store that no daemon serves: a backup, a disk of another machine, what a crash has left.

The client does not read it itself. It starts ``holdfastd --read-only`` for itself alone, which says where it
listens, and talks with it over the ordinary wire; that process ends with the client, however it ends.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from typing import IO

from holdfast.client import Client
from holdfast.starting import cannot_run, program
from holdfast_protocol.endpoint import places
from holdfast_protocol.errors import Unreadable, error_for

_READY = b"ready"
_END_SECONDS = 10.0


class DirectClient(Client):
    """A client whose daemon only reads, and is its own: whatever would change the store raises NotAllowed."""

    def __init__(self, store: str | None = None, *, timeout_seconds: float = 10.0) -> None:
        """``store``: its directory, or that of a backup; without it the place that the environment gives. Raises
        NotFound where there is none, StoreLocked where a daemon serves it, StoreNewer, Damaged, Unreadable."""
        command = [program(places(os.environ).socket), "--read-only"]
        command += ["--store", store] if store is not None else []
        with tempfile.TemporaryFile() as trouble:  # a pipe that nobody reads would hold it up once it is full
            try:
                self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=trouble)
            except OSError as problem:
                raise cannot_run(command[0], problem) from problem
            try:
                path = self._listening(trouble)
            except BaseException:
                self._end()
                raise
        super().__init__(path, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Hang up, and wait until the daemon has ended."""
        super().close()
        self._end()

    def _listening(self, trouble: IO[bytes]) -> str:
        """Where."""
        assert self._process.stdout is not None
        word, _, said = self._process.stdout.readline().rstrip(b"\n").partition(b" ")
        if word == _READY:
            return said.decode("utf-8", "surrogateescape")
        if said:
            raise error_for(word.decode(), said.decode(errors="replace"), {})
        self._end()
        trouble.seek(0)
        lines = trouble.read().decode(errors="replace").strip().split("\n")
        raise Unreadable(f"holdfastd --read-only ended with {self._process.returncode}: {lines[-1]}")

    def _end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
