"""Somebody with a systemd of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: modules are imported by their unique names

from service_machine import Machine
from service_user import DEADLINE_SECONDS, NUMBER, ROOT, RUNTIME, SETUP, User


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """With nothing installed yet."""
    made = Machine(tmp_path / "log")
    try:
        made.wait_until_it_runs()
        yield made
    finally:
        made.ends()


@pytest.fixture
def user() -> Iterator[User]:
    """With nothing installed yet."""
    needed = [str(ROOT), sys.prefix, os.path.realpath(sys.base_prefix)]
    environment = os.environ | {"NUMBER": str(NUMBER), "RUNTIME": RUNTIME}
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", SETUP, "-", *needed], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    made, left = User(process.pid), list[int]()
    until = time.monotonic() + DEADLINE_SECONDS
    try:
        while True:
            assert process.poll() is None, "systemd --user ended"
            try:
                made.systemctl("is-system-running")
                break
            except AssertionError:
                assert time.monotonic() < until
                time.sleep(0.1)
        yield made
        left = made.left()
        made.systemctl("exit")
        process.wait(DEADLINE_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for number in left:  # a client starts a daemon by itself where there is no unit
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        for cgroup in Path("/sys/fs/cgroup").glob(f"**/holdfast-{process.pid}"):
            for folder in sorted(cgroup.glob("**/"), reverse=True):  # itself is one of them
                folder.rmdir()
