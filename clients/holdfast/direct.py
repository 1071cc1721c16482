"""Reading a store that no daemon serves: a backup, a disk of another machine, what a crash has left.

The client does not read it itself. It starts ``holdfastd --read-only`` for itself alone, in a private directory, and
talks with it over the ordinary wire; that process ends with the client, however it ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

from holdfast.client import Client
from holdfast.starting import program
from holdfast_protocol.endpoint import SOCKET_PATH_BYTES
from holdfast_protocol.errors import Unreadable, error_for

_READY = "ready"
_END_SECONDS = 10.0


class DirectClient(Client):
    """A client whose daemon only reads, and is its own: whatever would change the store raises NotAllowed."""

    def __init__(self, store: str | None = None, *, timeout_seconds: float = 10.0) -> None:
        """``store``: its directory, or that of a backup; without it the place that the environment gives. Raises
        NotFound where there is none, StoreLocked where a daemon serves it, StoreNewer, Damaged, Unreadable."""
        self._directory = _private_directory()
        path = os.path.join(self._directory, "s")
        command = [program(path), "--read-only", "--socket", path, *(["--store", store] if store is not None else [])]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            self._check_ready()
        except BaseException:
            shutil.rmtree(self._directory, ignore_errors=True)
            raise
        super().__init__(path, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Hang up, and wait until the daemon has ended."""
        super().close()
        self._end()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _check_ready(self) -> None:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().decode(errors="replace").rstrip("\n")
        if said == _READY:
            return
        _, trouble = self._process.communicate()
        self._end()
        code, _, sentence = said.partition(" ")
        if sentence:
            raise error_for(code, sentence, {})
        lines = trouble.decode(errors="replace").strip().split("\n")
        raise Unreadable(f"holdfastd --read-only ended with {self._process.returncode}: {lines[-1]}")

    def _end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _private_directory() -> str:
    """One whose path leaves room for a socket's name."""
    made = tempfile.mkdtemp(prefix="holdfast-")
    if len(os.fsencode(made)) + 2 <= SOCKET_PATH_BYTES:
        return made
    os.rmdir(made)
    return tempfile.mkdtemp(prefix="holdfast-", dir="/tmp")
