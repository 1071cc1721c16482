"""``make soak``: a daemon below the load of fifty clients of all kinds for half an hour, clients and daemon killed.

Each minute a line: memory, descriptors and threads of the daemon, what its store and its log take, what was done, and
errors by their code. The daemon is killed in the first five; at the end: whether it grew since then (GROWTH), and
whether what was answered is there. HOLDFAST_SOAK_SECONDS shortens it.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "crash"), str(HERE.parent / "e2e")]

from crash_daemon import CrashDaemon  # noqa: E402
from e2e_daemon import until  # noqa: E402
from soak_clients import COUNTS  # noqa: E402

from holdfast_protocol.errors import HoldfastError  # noqa: E402
from holdfast_protocol.model import Ref  # noqa: E402

SECONDS = float(os.environ.get("HOLDFAST_SOAK_SECONDS", "1800"))
LINE_SECONDS = min(60.0, SECONDS / 10)
CLIENT_DIES_SECONDS = 5.0
#: The daemon is killed each so often in the first part of a soak; what grows is seen in the rest, in one life of it.
DAEMON_DIES_SECONDS = SECONDS / 30
KILLING_SHARE = 1 / 6
CONFIGURATION = "[autosave]\nquiet_seconds = 0.5\nceiling_seconds = 5.0\n\n[retention]\nautosaves.last = 5\n"


class Figures(NamedTuple):
    """Of a daemon's process, and what it has on disk; bytes."""

    resident: int
    proportional: int
    descriptors: int
    threads: int
    store: int
    log: int


#: What the last quarter of its life may have more than the first, of each figure: a share, and so many.
GROWTH = {"resident": (0.25, 24 << 20), "proportional": (0.25, 24 << 20), "descriptors": (0.0, 24), "threads": (0.0, 6)}


class Crowd:
    """The clients' processes, each with a thread that reads what it says."""

    def __init__(self, socket: str, sessions: Path) -> None:
        self._socket = socket
        self._sessions = sessions
        self._processes: dict[tuple[str, int], subprocess.Popen[str]] = {}
        self._lock = threading.Lock()
        self.done: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.kept: dict[str, str] = {}

    def begin(self) -> None:
        for kind, count in COUNTS.items():
            for number in range(count):
                self._start(kind, number)

    def one_dies(self, chance: random.Random) -> None:
        """By SIGKILL, and another comes in its place."""
        kind, number = chance.choice([*self._processes])
        self._end((kind, number))
        self._start(kind, number)

    def end(self) -> None:
        for each in [*self._processes]:
            self._end(each)

    def _start(self, kind: str, number: int) -> None:
        words = [sys.executable, str(HERE / "soak_clients.py"), kind, str(number), self._socket, str(self._sessions)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        self._processes[kind, number] = process
        threading.Thread(target=self._read, args=(process,), daemon=True).start()

    def _end(self, which: tuple[str, int]) -> None:
        process = self._processes.pop(which)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said = line.rstrip("\n").split(" ")
            with self._lock:
                if said[0] == "kept":
                    self.kept[" ".join(said[1:-1])] = said[-1]
                    self.done["save"] += 1
                elif said[0] == "ok":
                    self.done[said[1]] += 1
                else:
                    self.errors[f"{said[0]} ({said[-1]})"] += 1

    def told(self) -> tuple[Counter[str], Counter[str]]:
        """What was done since this was asked last."""
        with self._lock:
            said = self.done, self.errors
            self.done, self.errors = Counter(), Counter()
        return said


def figures(pid: int, store: Path) -> Figures:
    """Now."""
    rollup = dict(line.split(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    sizes = {path.name: path.stat().st_size for path in store.rglob("*") if path.is_file()}
    return Figures(
        int(rollup["Rss"].split()[0]) * 1024, int(rollup["Pss"].split()[0]) * 1024,
        len(os.listdir(f"/proc/{pid}/fd")), int(status["Threads"]), sum(sizes.values()),
        sum(size for name, size in sizes.items() if name.endswith("-wal")),
    )  # fmt: skip


def line(began: float, now: Figures, crowd: Crowd, seconds: float) -> str:
    done, errors = crowd.told()
    rates = " ".join(f"{verb} {count / seconds:.1f}" for verb, count in done.most_common())
    wrong = ", ".join(f"{code} {count}" for code, count in errors.most_common()) or "none"
    return (
        f"{(time.monotonic() - began) / 60:5.1f} min  {now.resident >> 20} MB (pss {now.proportional >> 20}), "
        f"{now.descriptors} descriptors, {now.threads} threads, store {now.store >> 20} MB, log {now.log >> 10} KB; "
        f"{done.total() / seconds:.0f}/s ({rates}); errors: {wrong}"
    )


def soak(daemon: CrashDaemon, crowd: Crowd) -> list[Figures]:
    """The figures of the daemon's last life."""
    chance = random.Random(50)
    began = said = time.monotonic()
    next_client, next_daemon = began + CLIENT_DIES_SECONDS, began + DAEMON_DIES_SECONDS
    measured: list[Figures] = []
    while (now := time.monotonic()) < began + SECONDS:
        if now > next_client:
            crowd.one_dies(chance)
            next_client = now + CLIENT_DIES_SECONDS
        if now > next_daemon and now < began + SECONDS * KILLING_SHARE:
            daemon.kill()
            daemon.start()
            next_daemon = time.monotonic() + DAEMON_DIES_SECONDS
        assert daemon.alive, f"the daemon ended: {daemon.log.read_text()[-2000:]}"
        if now > said + LINE_SECONDS:
            assert daemon.process is not None
            measured.append(figures(daemon.process.pid, daemon.home / "store"))
            print(line(began, measured[-1], crowd, now - said), flush=True)
            said = now
        time.sleep(0.2)
    return [each for number, each in enumerate(measured, 1) if number * LINE_SECONDS > SECONDS * KILLING_SHARE]


def growth(lived: list[Figures]) -> list[str]:
    """What grew too much between the first quarter and the last."""
    quarter = max(1, len(lived) // 4)
    found = []
    for name, (share, count) in GROWTH.items():
        first = max(getattr(each, name) for each in lived[:quarter])
        last = min(getattr(each, name) for each in lived[-quarter:])
        print(f"{name}: {first} in the first quarter at most, {last} in the last at least")
        if last > first * (1 + share) + count:
            found.append(f"{name} grew from {first} to {last}")
    return found


def lost(daemon: CrashDaemon, kept: dict[str, str]) -> list[str]:
    """What was answered, and is in no snapshot of its session; what else is wrong with the store."""
    with daemon.client(60.0) as client:
        until(lambda: not client.status().pending_files, 120)
        found = []
        for name, wanted in kept.items():
            rows = client.log(Ref(app="soak", name=name), limit=1000).rows
            has = (client.load(Ref(app="soak", name=name, snapshot=row.snapshot)).files.values() for row in rows)
            if not any(hashlib.blake2b(each, digest_size=16).hexdigest() == wanted for files in has for each in files):
                found.append(f"{name} lost its last answered save")
        numbers = [row.number for row in client.events(since=0, follow=False)]
        if numbers != [*range(1, len(numbers) + 1)]:
            found.append("the log has a gap")
        checked = client.check(all=True, wait_ms=300_000, timeout_seconds=320)
        if checked.running or checked.failed or checked.problems_count:
            found.append(f"check: {checked.failed} {[row.sentence for row in checked.rows][:5]}")
        print(f"{len(kept)} answered saves looked for, {len(numbers)} operations, problems: {client.status().problems}")
    return found


def main() -> int:
    """1 where something grew, or was lost."""
    base = Path(tempfile.mkdtemp(prefix="soak-"))
    daemon = CrashDaemon(base / "d")
    daemon.home.mkdir(mode=0o700)
    (daemon.home / "config.toml").write_text(CONFIGURATION)
    crowd = Crowd(daemon.socket, daemon.sessions)
    try:
        daemon.start()
        crowd.begin()
        print(f"{sum(COUNTS.values())} clients: {COUNTS}", flush=True)
        lived = soak(daemon, crowd)
        crowd.end()
        wrong = growth(lived)
        wrong += lost(daemon, crowd.kept)
        daemon.kill()
        daemon.start()
        wrong += lost(daemon, crowd.kept)
        daemon.stop()
    except (HoldfastError, AssertionError) as problem:
        wrong = [f"{type(problem).__name__}: {problem}"]
    finally:
        crowd.end()
        if daemon.alive:
            daemon.kill()
        shutil.rmtree(base, ignore_errors=True)
    print("\n".join(wrong) if wrong else "Nothing grew, and nothing was lost")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
