"""``make crash``: a daemon's disk after a crash at each of its calls, and each of its calls failing; DESIGN.md 2 holds.

Each scenario (crash_days.py) is recorded once, call by call (shim.c). Then, for each call, what the disk holds where it
all ended there is built from the record, in several ways (``KINDS`` in crash_disk.py), and a daemon is started over it
and judged (crash_judge.py). And the scenario is lived again for each call, with that call failing.

    python tests/crash/campaign/crash_campaign.py [--every K] [--only SCENARIO…] [--kinds KIND…] [--jobs 2]
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1] / "e2e")]

import crash_disk as disks  # noqa: E402
import crash_record as record  # noqa: E402
from crash_days import SCENARIOS, Day, Scenario, World, history  # noqa: E402
from crash_judge import Broken, Judge, Until, is_settled, restore, started  # noqa: E402
from e2e_daemon import until  # noqa: E402

from holdfast_protocol.errors import Damaged, NoSpace, Unreadable  # noqa: E402

FAILURES = ("EIO", "ENOSPC", "SHORT", "READ")
KINDS = (*disks.KINDS, *FAILURES)
SYNCS = (record.FILE_SYNC, record.FOLDER_SYNC, record.ALL_SYNC)
#: After so many calls in a row that did not happen, there are no more.
MISSES = 4
ONCE_MORE = b"once more\n"
PATIENCE_SECONDS = 10.0


class Share(NamedTuple):
    """Of one scenario: every so many-th call of it, beginning with ``first``, in these kinds."""

    name: str
    kinds: tuple[str, ...]
    every: int
    first: int
    base: Path


class Found(NamedTuple):
    """``points`` by kind, and what was broken at which."""

    name: str
    points: Counter[str]
    broken: list[tuple[str, str]]


class Walk:
    """One scenario in a world of its own."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._scenario: Scenario = SCENARIOS[share.name]
        self._world = World(share.base)
        self._record = share.base / "record"
        self.found = Found(share.name, Counter(), [])
        self._scenario.fill(self._world)
        shutil.rmtree(self._world.daemon.home / "run", ignore_errors=True)
        self._before = self._looked_at()
        self._disk = disks.Disk(self._world.root)
        self._filled = self._disk.state("killed", random.Random())

    def walk(self) -> Found:
        """All points of the share."""
        self._day = self._lived(self._record)
        self._calls = record.read(self._record)
        self._check_record()
        crashes = [kind for kind in self._share.kinds if kind in disks.KINDS]
        if crashes:
            for point, state, so_far, kind in self._crashes(crashes):
                self._judged(point, state, so_far, kind)
        for failure in self._share.kinds:
            if failure in FAILURES:
                self._fail_all(failure)
        self._world.remove()
        return self.found

    def _looked_at(self) -> set[bytes]:
        """The history of what is there before the day."""
        other = World(self._share.base / "looked")
        try:
            shutil.copytree(self._world.root, other.root, dirs_exist_ok=True)
            if self._scenario.restores:
                restore(other)
            started(other.daemon)
            with other.daemon.client() as client:
                if self._scenario.is_damaged:
                    client.check(all=True, repair=True, wait_ms=20_000, timeout_seconds=30)
                until(lambda: is_settled(other.daemon), 15)
                return history(client)
        finally:
            other.remove()

    def _lived(self, kept: Path | None, failing: str = "") -> Day:
        """The day, recorded, or with a failing call."""
        daemon = self._world.daemon
        day = Day(self._world, record.Outsider(kept))
        day.before = set(self._before)
        day.stays = day.before - self._scenario.goes
        shim = {"BELOW": f"{self._world.root}/", "RECORD": str(kept or ""), "FAIL": failing}
        shim["FAILED"] = str(self._share.base / "failed")
        usual = dict(daemon.environment)
        daemon.environment.update({f"HOLDFAST_SHIM_{name}": value for name, value in shim.items()})
        try:
            if self._scenario.restores:
                restore(self._world)
                return day
            started(daemon)
            self._scenario.day(day)
        finally:
            day.hang_up()
            daemon.environment = usual
        if kept is not None:
            refused = [(type(each.request).__name__, each.refused) for each in day.asked if each.refused]
            assert not refused, f"{self._share.name}: {refused}"
            daemon.stop()
        return day

    def _check_record(self) -> None:
        """The model of the whole record is the disk: no call was missed."""
        model = disks.copied(self._disk)
        for call in self._calls:
            model.apply(call)
        wanted = model.state("killed", random.Random())
        real = disks.Disk(self._world.root).state("killed", random.Random())
        different = {path for path in {*wanted, *real} if not _is_same(wanted.get(path), real.get(path))}
        assert not different, f"{self._share.name}: the record says something else of {sorted(different)}"

    def _crashes(self, kinds: Sequence[str]) -> Iterator[tuple[str, disks.State, Until, str]]:
        disk, so_far = disks.copied(self._disk), Until()
        seen: set[tuple[str, bytes, Until]] = set()
        for number, call in enumerate(self._calls):
            for offset, kind in enumerate(kinds):
                if (number + offset) % self._share.every != self._share.first % self._share.every:
                    continue
                chance = random.Random(f"{number} {kind}")
                if kind == "cut":
                    if call.kind != record.WRITE:
                        continue
                    state = disk.cut(call, chance)
                elif kind == "dropped" and call.kind not in SYNCS and call.kind != record.MARK:
                    continue
                else:
                    state = disk.state(kind, chance)
                point = (kind, disks.digest(state), so_far)
                if point not in seen:
                    seen.add(point)
                    yield f"before call {number} ({call})", state, so_far, kind
            disk.apply(call)
            if call.kind == record.MARK:
                so_far = so_far.after(call.said)

    def _judged(self, point: str, state: disks.State, so_far: Until, kind: str) -> None:
        judge = Judge(self._world, self._scenario, self._day)
        is_cut = kind not in ("killed", "cut")
        self._world.boot.write_text("the second boot\n" if is_cut else "the first boot\n")
        disks.write(self._world.root, state)
        has_catalog = any(path.endswith("/store/catalog.sqlite") for path in state)
        self._point(kind, point, lambda: (
            judge.shown(so_far, state, is_cut=is_cut),
            judge.holds(so_far, is_cut=is_cut, has_catalog=has_catalog),
        ))  # fmt: skip

    def _fail_all(self, failure: str) -> None:
        """Until there are no more such calls; of those that are not writes SHORT is none."""
        failed, calls_count = self._share.base / "failed", sum(call.kind != record.MARK for call in self._calls)
        step, missed = self._share.every * (4 if failure == "READ" else 1), 0
        number = 1 + self._share.first
        while missed < MISSES and (failure == "READ" or number <= calls_count):
            failed.unlink(missing_ok=True)
            disks.write(self._world.root, self._filled)
            self._world.boot.write_text("the first boot\n")
            self._point(failure, f"at call {number}", lambda: self._failed(f"{number} {failure}"))  # noqa: B023
            missed = 0 if failed.exists() else missed + 1
            if missed:
                self.found.points[failure] -= 1
            number += step

    def _failed(self, failing: str) -> None:
        daemon = self._world.daemon
        try:
            self._day = self._lived(None, failing)
        except Broken as problem:
            if "does not start" not in str(problem) and "bringing back" not in str(problem):
                raise
            code = daemon.process.returncode if daemon.process else 0
            if code is not None and code < 0:
                raise
            self._day = Day(self._world, record.Outsider(None))
            self._day.before, self._day.stays = set(self._before), set(self._before)
        day = self._day
        if not (self._share.base / "failed").exists():
            return
        if daemon.process is not None and daemon.process.poll() is None:
            self._serves()
            daemon.kill()
        elif any(each.refused == "lost" for each in day.asked):
            raise Broken(f"the daemon ended: {daemon.log.read_text()[-400:]}")
        day.before.add(ONCE_MORE)
        answered = frozenset(number for number, each in enumerate(day.asked, 1) if each.reply is not None)
        so_far = Until(len(day.asked), answered, len(day.written), len(day.written))
        has_catalog = (daemon.home / "store" / "catalog.sqlite").exists()
        Judge(self._world, self._scenario, day).holds(so_far, is_cut=False, has_catalog=has_catalog)

    def _serves(self) -> None:
        """The cause is gone, and so is what it led to."""

        def is_saved() -> bool:
            with contextlib.suppress(NoSpace, Unreadable, Damaged), self._world.daemon.client() as client:
                client.save("notes", "once more", ONCE_MORE, published=True)
                return True
            return False

        until(is_saved, PATIENCE_SECONDS)

    def _point(self, kind: str, point: str, judged: object) -> None:
        daemon = self._world.daemon
        daemon.log.write_text("")
        self.found.points[kind] += 1
        try:
            judged()  # type: ignore[operator]
        except (Exception, AssertionError) as problem:  # whatever it is, it is the finding
            said = f"{type(problem).__name__}: {problem}"[:1500]
            self.found.broken.append((kind, f"{point}: {said}"))
            failed = self._share.base / "failed"
            what = failed.read_text() if failed.exists() else ""
            print(f"BROKEN {self._share.name}, {kind} {point} {what}\n   {said}", flush=True)
        finally:
            if daemon.alive:
                daemon.kill()
            daemon.process = None


def _is_same(one: bytes | int | None, other: bytes | int | None) -> bool:
    """Modes are not recorded when they change."""
    return one == other or (isinstance(one, int) and isinstance(other, int))


def walked(share: Share) -> Found:
    """In a process of its own."""
    try:
        return Walk(share).walk()
    except (Exception, AssertionError) as problem:
        print(f"BROKEN {share.name}: {type(problem).__name__}: {problem}", flush=True)
        return Found(share.name, Counter(), [("recording", str(problem))])
    finally:
        shutil.rmtree(share.base, ignore_errors=True)


def table(all_found: Sequence[Found]) -> str:
    """Points and broken promises, by scenario and kind."""
    lines = [f"{'':16}" + "".join(f"{kind:>9}" for kind in KINDS) + "      all   broken"]
    total, broken = 0, 0
    for name in SCENARIOS:
        points: Counter[str] = Counter()
        wrong = 0
        for found in all_found:
            if found.name == name:
                points.update(found.points)
                wrong += len(found.broken)
        if points or wrong:
            lines.append(f"{name:16}" + "".join(f"{points[kind]:9}" for kind in KINDS) + f"{points.total():9}{wrong:9}")
        total, broken = total + points.total(), broken + wrong
    return "\n".join([*lines, f"{total} points walked, {broken} promises broken"])


def main() -> int:
    """1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=6, help="only each so many-th call (6)")
    parser.add_argument("--first", type=int, default=0, help="beginning with this one")
    parser.add_argument("--only", nargs="*", choices=[*SCENARIOS], default=[*SCENARIOS])
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--parts", type=int, default=2, help="in which each scenario is walked side by side (2)")
    arguments = parser.parse_args()
    memory = Path("/dev/shm")
    base = Path(tempfile.mkdtemp(prefix="hf-", dir=memory if memory.is_dir() else None))
    os.environ["LD_PRELOAD"] = str(record.built_shim(base))
    began = time.monotonic()
    every, first = arguments.parts * arguments.every, arguments.first
    shares = [
        Share(name, tuple(arguments.kinds), every, first + part * arguments.every, base / f"{number}{part}")
        for number, name in enumerate(arguments.only) for part in range(arguments.parts)
    ]  # fmt: skip
    all_found = []
    try:
        with multiprocessing.get_context("spawn").Pool(arguments.jobs, maxtasksperchild=1) as pool:
            for found in pool.imap_unordered(walked, shares, chunksize=1):
                all_found.append(found)
                said = f"{found.name}: {found.points.total()} points, {len(found.broken)} broken"
                print(f"{time.monotonic() - began:5.0f} s  {said}", flush=True)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print(table(all_found))
    return 1 if any(found.broken for found in all_found) else 0


if __name__ == "__main__":
    sys.exit(main())
