"""``make crash``: a day of a daemon, ended or hurt at each of its system calls in turn; afterwards DESIGN.md 2 holds.

strace counts the calls of each thread. A point is a call, its number in the thread that makes most of them, and what
happens there: the process is killed, or the call fails once with EIO or ENOSPC. After each point the daemon is started
anew, without anything in its way, and looked at: what it answered is in the history, every file shows its head or is
told to be on its way, the log has no gap, and ``check --all`` finds nothing.

    python tests/crash/campaign.py [--every K] [--first N] [--jobs 2]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from crash_daemon import CrashDaemon
from e2e_daemon import until

import holdfast
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.model import Ref

#: Calls that change a disk, or promise that it has changed.
CALLS = (
    "pwrite64", "writev", "fsync", "fdatasync", "syncfs", "rename", "renameat2", "link", "linkat", "unlink",
    "ftruncate", "mkdir",
)  # fmt: skip
#: A kill may also come at any other call; these stand for the moments in between.
MOMENTS = ("write", "futex", "sendto")
FAULTS = ("EIO", "ENOSPC")
LARGE = bytes(range(256)) * 12_000
DAY_SECONDS = 60.0
START_SECONDS = 30.0


class Point(NamedTuple):
    """``what``: an error's name, or empty for a kill."""

    call: str
    number: int
    what: str

    @property
    def words(self) -> list[str]:
        """For strace."""
        happens = f"error={self.what}" if self.what else "signal=SIGKILL"
        return [f"--trace={self.call}", f"--inject={self.call}:{happens}:when={self.number}"]

    def __str__(self) -> str:
        return f"{self.call}#{self.number} {self.what or 'killed'}"


class TracedDaemon(CrashDaemon):
    """Below strace while ``traced`` says how."""

    traced: Sequence[str] = ()

    def spawn(self) -> subprocess.Popen[bytes]:  # type: ignore[override]  # never forked from a warm process
        words = ["strace", "-f", "--seccomp-bpf", "-qq", *(self.traced or ["--trace=none"]), "-o", f"{self.log}.calls"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*(words if self.traced else []), sys.executable, "-m", "holdfast_daemon.app"], env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def end(self) -> None:
        """SIGTERM to the daemon itself, which strace does not pass on; whatever hangs is killed."""
        assert self.process is not None
        with contextlib.suppress(OSError, ValueError, ProcessLookupError):
            said = (self.home / "run" / "holdfast.sock.lock").read_bytes()
            found = re.search(rb'"pid": (\d+)', said)
            if found:
                os.kill(int(found[1]), signal.SIGTERM)
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Day:
    """What is asked of a daemon, one after the other, however much of it fails; and what it answered."""

    def __init__(self, daemon: TracedDaemon) -> None:
        self._daemon = daemon
        self.answered: list[bytes] = []
        self.shown: list[bytes] = []
        self.errors: Counter[str] = Counter()

    def pass_by(self) -> None:
        """Until the daemon is gone, or the day is over."""
        with holdfast.Client(self._daemon.socket, timeout_seconds=5.0) as client:
            asked = (self._save, self._large, self._unsaved, self._outside, self._arranged, self._cleaned, self._save)
            for ask in asked:
                if self._daemon.process is None or self._daemon.process.poll() is not None:
                    return
                try:
                    ask(client)
                except HoldfastError as problem:
                    self.errors[problem.code] += 1

    def _save(self, client: holdfast.Client) -> None:
        content = b"saved %d\n" % len(self.answered)
        client.save("notes", "day", content, published=True)
        self.answered.append(content)

    def _large(self, client: holdfast.Client) -> None:
        content = LARGE + os.urandom(70_000)
        client.save("notes", "large", content)
        self.answered.append(content)

    def _unsaved(self, client: holdfast.Client) -> None:
        with client.workspace("notes/unsaved", format="plain") as live:
            live["text"] = b"typed"
            live["text"] = b"typed more"
            live.save("kept")
        self.answered.append(b"typed more")

    def _outside(self, client: holdfast.Client) -> None:
        folder = self._daemon.sessions / "notes"
        for content in (b"from outside\n", b"from outside, again\n"):
            beside = folder / "beside~"
            beside.write_bytes(content)
            beside.rename(folder / "outside")
            client.settle(timeout_seconds=10)
            self.shown.append(content)

    def _arranged(self, client: holdfast.Client) -> None:
        client.rename("notes/large", "larger")
        client.pin("notes/day", "here")
        client.tag("notes/day", add=["blue"])
        client.delete("notes/larger")
        client.undo()

    def _cleaned(self, client: holdfast.Client) -> None:
        client.check(all=True, wait_ms=5000)
        client.prune()


def counted(template: Path, folder: Path) -> Counter[str]:
    """How often each call is made, by the thread that makes most of them, in a day on which nothing happens."""
    daemon = _copied(template, folder)
    daemon.traced = [f"--trace={','.join((*CALLS, *MOMENTS))}"]
    daemon.start()
    Day(daemon).pass_by()
    daemon.end()
    of_threads: Counter[tuple[str, str]] = Counter()
    for line in Path(f"{daemon.log}.calls").read_text(errors="replace").split("\n"):
        found = re.match(r"(\d+) +(\w+)\(", line)
        if found:
            of_threads[found[2], found[1]] += 1
    most: Counter[str] = Counter()
    for (call, _), count in of_threads.items():
        most[call] = max(most[call], count)
    return most


def points(most: Counter[str], every: int) -> Iterator[Point]:
    """All of them: each number of each call killed and failed, and a kill at every so many of the others."""
    for call in CALLS:
        for number in range(1, most[call] + 1, every):
            yield Point(call, number, "")
            yield from (Point(call, number, what) for what in FAULTS)
    for call in MOMENTS:
        yield from (Point(call, number, "") for number in range(1, most[call] + 1, 5 * every))


def walked(template: Path, folder: Path, point: Point) -> str:
    """What is wrong after that point; empty where nothing is."""
    daemon = _copied(template, folder)
    daemon.traced = point.words
    day = Day(daemon)
    try:
        _started(daemon)
        day.pass_by()
    except (HoldfastError, AssertionError, OSError):
        pass  # it was killed at its start, or did not start: both may be
    daemon.end()
    daemon.traced = ()
    try:
        _started(daemon)
        _holds(daemon, day)
    except Exception as problem:  # whatever it is, it is the finding
        return f"{type(problem).__name__}: {problem}"[:2000]
    finally:
        daemon.end()
    shutil.rmtree(folder, ignore_errors=True)
    return ""


def _started(daemon: TracedDaemon) -> None:
    process = daemon.process = daemon.spawn()
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, f"it ended with {process.returncode}: {daemon.log.read_text()[-500:]}"
        try:
            daemon.client(2.0).close()
            return
        except HoldfastError:
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.02)


def _holds(daemon: TracedDaemon, day: Day) -> None:
    """DESIGN.md 2, as far as one can look."""
    until(daemon.settled, DAY_SECONDS)
    daemon.log_rows()
    history = set(_contents(daemon))
    lost = [content for content in [*day.answered, *day.shown] if content not in history]
    assert not lost, f"lost: {[each[:40] for each in lost]}"
    with daemon.client() as client:
        checked = client.check(all=True, wait_ms=20_000)
        while checked.running:
            checked = client.check(begin=False, wait_ms=20_000)
        assert not checked.problems_count, [row.sentence for row in checked.rows]
        assert not checked.failed, checked.failed
        client.save("notes", "afterwards", b"it goes on\n", published=True)
        assert client.cat(Ref(app="notes", name="afterwards")) == b"it goes on\n"


def _contents(daemon: TracedDaemon) -> Iterator[bytes]:
    """Every file of every snapshot, of deleted sessions too."""
    with daemon.client() as client:
        for row in [*client.list(limit=1000).rows, *client.list(limit=1000, deleted=True).rows]:
            for snapshot in client.log(Ref(id=row.id), limit=1000).rows:
                yield from client.load(Ref(id=row.id, snapshot=snapshot.snapshot)).files.values()


def _copied(template: Path, folder: Path) -> TracedDaemon:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    shutil.copytree(template, folder / "d", symlinks=True)
    return TracedDaemon(folder / "d")


def _template(folder: Path) -> Path:
    """A home with some history."""
    folder.mkdir(mode=0o700)
    daemon = CrashDaemon(folder / "t")
    daemon.start()
    with daemon.client() as client:
        for number in range(3):
            client.save("notes", "day", b"before %d\n" % number, published=True)
        client.save("notes", "outside", b"as it was\n", published=True)
    daemon.stop()
    shutil.rmtree(daemon.home / "run")
    return daemon.home


def main() -> int:
    """1 where a promise was broken; each broken one with its point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only each so many-th of each call")
    parser.add_argument("--first", type=int, help="no more points than these")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="crash-"))
    broken, done, lock = 0, 0, threading.Lock()
    try:
        template = _template(base / "template")
        most = counted(template, base / "counted")
        wanted = [*points(most, arguments.every)][: arguments.first]
        print(f"{len(wanted)} points of {dict(most)}", flush=True)
        with ThreadPoolExecutor(arguments.jobs) as jobs:
            walks = {
                jobs.submit(walked, template, base / str(number), point): point for number, point in enumerate(wanted)
            }
            for walk in as_completed(walks):
                with lock:
                    done += 1
                    if problem := walk.result():
                        broken += 1
                        print(f"BROKEN {walks[walk]}: {problem}", flush=True)
                    if done % 50 == 0:
                        print(f"{done} of {len(wanted)} walked, {broken} broken", flush=True)
    finally:
        if not broken:
            shutil.rmtree(base, ignore_errors=True)
    print(f"{done} points walked, {broken} promises broken{f'; see {base}' if broken else ''}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
