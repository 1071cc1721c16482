"""The tour of the issue: import, look, save, compare, lose the file, undo."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from e2e_daemon import Daemon, renardo, until

SAMPLE = Path(__file__).parents[3] / "shared/samples/renardo/02_many_buffers.py"
NAMES = ("intro", "drums", "bass", "lead", "rest", "vox", "fx", "outro")
OWN = renardo("Clock.bpm = 96", **{name: f"{name[0]}{at} >> pluck([{at}])" for at, name in enumerate(NAMES)})
EVENT_SECONDS = 5.0  # a second is promised; five are left to a noisy machine


class Follower:
    """A running ``holdfast events --follow``."""

    def __init__(self, daemon: Daemon) -> None:
        self.rows: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from holdfast.cli import main; raise SystemExit(main())",
             "events", "--since", "0", "--follow", "--json", "--no-start"],
            env=daemon.environment, stdout=subprocess.PIPE,
        )  # fmt: skip
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.rows.append(json.loads(line))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def follower(daemon: Daemon) -> Iterator[Follower]:
    made = Follower(daemon)
    yield made
    made.stop()


def _content(which: str) -> bytes:
    if which == "own":
        return OWN
    if not SAMPLE.exists():
        pytest.skip(f"{SAMPLE} is not part of this tree")
    return SAMPLE.read_bytes()


@pytest.mark.parametrize("which", ["own", "sample"])
def test_a_deleted_file_comes_back_to_the_byte(which: str, daemon: Daemon, follower: Follower, tmp_path: Path) -> None:
    """What was saved and then deleted with rm is told within a second, and undo gives back the same bytes."""
    first = _content(which)
    (tmp_path / "song.py").write_bytes(first)
    daemon.ok("import", str(tmp_path / "song.py"))
    assert set(daemon.rows("renardo")) == {"song"}
    kinds = [part["kind"] for part in daemon.show("renardo/song")["parts"]]
    assert (kinds.count("startup"), kinds.count("buffer")) == (1, 8)

    second = first.replace(b"\n######## outro\n", b"\n######## ending\n", 1) + b"\nzz >> pluck([9])"
    daemon.ok("save", "renardo/song", "-", "-m", "louder", content=second)
    changes = daemon.ok("diff", "renardo/song@-1", "@latest", "--json").rows
    assert changes
    assert "zz >> pluck" in json.dumps(changes)
    assert "drums" not in json.dumps(changes)

    until(lambda: len(follower.rows) == 2)
    visible = daemon.file("renardo", "song.py")
    assert visible.read_bytes() == second
    visible.unlink()
    started = time.monotonic()
    until(lambda: follower.rows[-1]["type"] == "deleted-outside", EVENT_SECONDS)
    assert time.monotonic() - started < EVENT_SECONDS
    assert daemon.rows("renardo") == {}

    assert "deleted-outside" in daemon.ok("undo").text
    assert visible.read_bytes() == second
    assert daemon.ok("cat", "renardo/song").out == second
    assert daemon.ok("cat", "renardo/song@-1").out == first
