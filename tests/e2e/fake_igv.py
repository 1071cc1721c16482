"""A command port like IGV's, with whatever can be wrong with one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

#: What is done with the path that ``saveSession`` names; gives the answer, None for none at all.
Saving = Callable[[str, bytes], str | None]


def session(*paths: str, locus: str = "All") -> bytes:
    """As IGV writes it, of tracks of these files."""
    found = "".join(f'<Resource path="{path}"/>' for path in paths)
    within = f"<Resources>{found}</Resources>" if found else ""
    return f'<Session genome="/g.fa" locus="{locus}" version="8">{within}</Session>'.encode()


def saves(path: str, session: bytes) -> str:
    """As IGV 2 does; without a session it says the same."""
    with open(f"{path}.xml", "wb") as file:
        file.write(session)
    return "OK"


def saves_json(path: str, session: bytes) -> str:
    """As IGV 3 does."""
    with open(f"{path}.json", "wb") as file:
        file.write(session)
    return "OK"


def saves_half(path: str, session: bytes) -> str:
    """A full disk."""
    return saves(path, session[: len(session) // 2])


def only_says_so(path: str, session: bytes) -> str:
    """The answer is right and the file is not there."""
    return "OK"


def refuses(path: str, session: bytes) -> str:
    """An answer that says so."""
    return "Error: directory not found: /nowhere"


def is_silent(path: str, session: bytes) -> None:
    """A modal dialog."""


class FakeIgv:
    """``session``: what it has open; ``saving``: how it saves."""

    def __init__(self, session: bytes) -> None:
        self.session = session
        self.saving: Saving = saves
        self.saved = threading.Semaphore(0)
        self.port = 0
        self.open()

    def open(self) -> None:
        """It listens, at the port that it had."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, args=[self._listener], daemon=True).start()

    def close(self) -> None:
        """It has ended; whoever connects is refused."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, listener: socket.socket) -> None:
        silent = []
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection.makefile("rb") as lines:
                command = lines.readline().decode().strip()
            answer = self._answer(command)
            if answer is None:
                silent.append(connection)
                continue
            with connection:
                connection.sendall(f"{answer}\n".encode())

    def _answer(self, command: str) -> str | None:
        verb, _, path = command.partition(" ")
        if verb != "saveSession":
            return "OK"
        answer = self.saving(path, self.session)
        self.saved.release()
        return answer
