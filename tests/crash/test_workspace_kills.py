"""Application and daemon are killed in turn, again and again: what was answered is there, whoever went.

Twenty rounds; ``make endure`` does two hundred (HOLDFAST_ROUNDS).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading

import pytest
from crash_daemon import CrashDaemon

ROUNDS = int(os.environ.get("HOLDFAST_ROUNDS", "20"))

#: Types numbers, each once the one before was answered; goes on with what it finds, and over a daemon that is away.
APPLICATION = """
import sys, time, holdfast
from holdfast_protocol.errors import HoldfastError

number, ws = 0, None
while True:
    try:
        with holdfast.connect(sys.argv[1], timeout_seconds=5) as client:
            rows = client.workspaces(app="typist").rows
            ws = client.workspace(id=rows[0].id) if rows else client.workspace("typist/page", format="plain")
            part = next(iter(ws), "text")
            number = max(number, int(ws[part]) if part in ws else 0)
            print("found", number, flush=True)
            while True:
                ws[part] = str(number + 1)
                part, number = next(iter(ws)), number + 1
                print("kept", number, flush=True)
    except HoldfastError:
        time.sleep(0.02)
"""


class Typist:
    """A process of its own, and the last number that it was answered for."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self.kept = 0
        self.found: list[tuple[int, int]] = []  # what had been answered, and what was found then
        self._news = threading.Condition()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", APPLICATION, self._socket], stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(self.process,))
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            word, _, number = line.partition(" ")
            with self._news:
                if word == "found":
                    self.found.append((self.kept, int(number)))
                self.kept = int(number)
                self._news.notify_all()
        process.stdout.close()

    def types(self, count: int) -> None:
        """Until so many more were answered."""
        with self._news:
            wanted = self.kept + count
            assert self._news.wait_for(lambda: self.kept >= wanted, 20), f"no answer behind {self.kept}"

    def dies(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join()


@pytest.mark.timeout(60 + 5 * ROUNDS)
def test_whoever_is_killed_what_was_answered_is_there(daemon: CrashDaemon) -> None:
    """Also when both are, and whenever it happens."""
    chance = random.Random(5)
    daemon.start()
    typist = Typist(daemon.socket)
    typist.start()
    try:
        for number in range(ROUNDS):
            typist.types(chance.randint(1, 30))
            if number % 3 != 0:
                daemon.kill()
            if number % 3 != 1:
                typist.dies()
            if number % 3 != 0:
                daemon.start()
            if number % 3 != 1:
                typist.start()
        typist.types(1)
    finally:
        typist.dies()
    assert len(typist.found) >= ROUNDS * 2 // 3
    lost = [(kept, found) for kept, found in typist.found if found < kept]
    assert lost == []
    with daemon.client() as client:
        row = client.workspaces(app="typist").rows[0]
        assert int(client.workspace(id=row.id)[next(iter(client.workspace(id=row.id)))]) >= typist.kept
