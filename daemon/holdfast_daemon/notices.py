"""What the service manager is told: ready, what is being done, still at work, stopping (sd_notify(3)).

Without one (no ``NOTIFY_SOCKET``) nothing is said. A manager that is not there any more changes nothing either.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping

#: How much longer one word of a long start or end buys, and how often it is said.
EXTENSION_SECONDS = 30
EXTENSIONS_COUNT = 60
MICROSECONDS = 1_000_000


class Notices:
    """Any thread may speak."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        said = environment.get("WATCHDOG_USEC", "") if for_us else ""
        #: Within how many seconds the manager wants to hear again; None where it does not watch.
        self.watchdog_seconds = int(said) / MICROSECONDS if said.isdecimal() and int(said) else None

    def ready(self, status: str) -> None:
        """Clients are served."""
        self._say("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        """What is being done, in a line for people."""
        self._say(f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is being read again; ``ready`` ends it."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    @contextlib.contextmanager
    def taking_longer(self, status: str = "") -> Iterator[None]:
        """What is done meanwhile, at a start or an end, may take ten minutes and is not a hang."""
        if status:
            self.status(status)
        ended = threading.Event()

        def say() -> None:
            for _ in range(EXTENSIONS_COUNT):
                self._say(f"EXTEND_TIMEOUT_USEC={EXTENSION_SECONDS * MICROSECONDS}")
                if ended.wait(EXTENSION_SECONDS / 3):
                    return

        saying = threading.Thread(target=say, name="taking-longer", daemon=True)
        if self._address:
            saying.start()
        try:
            yield
        finally:
            ended.set()
            if self._address:
                saying.join()

    def at_work(self) -> None:
        """Feeds the watchdog."""
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """Nothing new is taken."""
        self._say("STOPPING=1", "STATUS=Writes what is under way, and ends")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        text = "\n".join(line.replace("\n", " ") for line in lines).encode(errors="backslashreplace")
        abstract = self._address.startswith("@")
        address = b"\0" + os.fsencode(self._address[1:]) if abstract else os.fsencode(self._address)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.sendto(text, socket.MSG_NOSIGNAL, address)
