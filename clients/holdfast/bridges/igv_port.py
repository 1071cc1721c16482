"""A running IGV, through its command port (one line a command, one line an answer).

``OK`` is said also where nothing was written, and nothing at all while a dialog is open; so the file that IGV was to
write is looked at, and not the answer.

IGV takes the file that it wrote for the open session from then on: its menu would reload that one. So the last is left
where it is until there is another.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

from holdfast.bridges.following import Gone, Silent, State
from holdfast.bridges.igv_session import resources, with_absolute_paths
from holdfast.bridges.listening import listener_started

PORT = 60151
_ANSWER_BYTES = 4096


class IgvPort:
    """``folder``: empty, ours alone, and without blanks in its path, since IGV's port knows no quotes."""

    app = "igv"

    def __init__(self, port: int, folder: str) -> None:
        self.name = f"IGV at port {port}"
        self._port = port
        self._folder = os.path.realpath(folder)
        self._asked_count = 0
        self._last = ""
        self._sitting = 0
        self._resources: frozenset[str] = frozenset()

    def is_there(self) -> bool:
        """Whether somebody listens at the port; one who is too busy to be reached does."""
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
        return True

    def started(self) -> int:
        """The process that listens at the port."""
        return listener_started(self._port) or time.time_ns()

    def state(self, seconds: float) -> State:
        """Its session, where that has tracks. One that shares none of its files with the one before is another one."""
        document = with_absolute_paths(self._saved(seconds), os.fsencode(self._folder))
        try:
            found = resources(document)
        except ValueError as problem:
            raise Silent(f"{self.name} wrote no whole session: {problem}") from problem
        if self._resources and not found & self._resources:
            self._sitting += 1
        self._resources = found
        return State(document=document if found else None, sitting=self._sitting, mark=document)

    def _saved(self, seconds: float) -> bytes:
        """The file that it writes when told to; it ends its name as it likes."""
        for name in os.listdir(self._folder):
            if name != self._last:  # of a command of before, which IGV perhaps came to only later
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(self._folder, name))
        self._asked_count += 1
        stem = f"state-{self._asked_count}"
        answer = self._answer(f"saveSession {os.path.join(self._folder, stem)}", seconds)
        for name in sorted(os.listdir(self._folder)):
            if name.startswith(f"{stem}."):
                self._last = name
                with open(os.path.join(self._folder, name), "rb") as file:
                    return file.read()
        raise Silent(f"{self.name} wrote nothing, and answered {answer!r}")

    def _answer(self, command: str, seconds: float) -> str:
        until = time.monotonic() + seconds
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=seconds) as connection:
                connection.sendall(command.encode() + b"\n")
                answer = b""
                while not answer.endswith(b"\n") and len(answer) < _ANSWER_BYTES:
                    connection.settimeout(max(0.001, until - time.monotonic()))
                    piece = connection.recv(_ANSWER_BYTES)
                    if not piece:
                        break
                    answer += piece
        except ConnectionRefusedError as problem:
            raise Gone(f"{self.name} is not there") from problem
        except TimeoutError as problem:
            raise Silent(f"{self.name} does not answer; a dialog may be open") from problem
        except OSError as problem:
            raise Silent(f"{self.name} hung up: {problem.strerror or problem}") from problem
        return answer.decode(errors="replace").strip()
