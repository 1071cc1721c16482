"""Killed at any moment under a writer: what was answered is in the log."""

from __future__ import annotations

import os
import random
import signal
import threading

from crash_daemon import APP, NAME, CrashDaemon

ROUNDS = 10


def test_every_answered_save_survives_ten_kills(daemon: CrashDaemon) -> None:
    """A writer saves numbered documents while the daemon is killed at random; no answered one is missing."""
    chance = random.Random(7)
    answered: dict[str, bytes] = {}
    number = 0
    for _ in range(ROUNDS):
        daemon.start()
        assert daemon.process is not None
        killer = threading.Timer(chance.uniform(0.0, 0.25), os.kill, (daemon.process.pid, signal.SIGKILL))
        killer.start()
        while True:
            number += 1
            content = b"document %06d\n" % number * chance.randint(1, 3)
            saved = daemon.save(content)
            if saved is None:
                break
            answered[saved.snapshot] = content
        killer.join()
        daemon.dies()
        visible = daemon.sessions / APP / NAME
        assert not visible.exists() or _is_whole(visible.read_bytes())
    daemon.start()
    daemon.settle()
    assert answered
    rows = {row["snapshot"] for row in daemon.ok("log", f"{APP}/{NAME}", "--limit", "1000", "--json").rows}
    assert answered.keys() <= rows
    last = list(answered.items())[-1]
    with daemon.client() as client:
        for snapshot, content in [*list(answered.items())[:: max(1, len(answered) // 50)], last]:
            assert client.cat(f"{APP}/{NAME}@{snapshot}") == content
    assert {*daemon.types()} <= {"created", "saved"}


def _is_whole(content: bytes) -> bool:
    line = content[: len(b"document 000000\n")]
    return content in (line, line * 2, line * 3) and line.endswith(b"\n")
