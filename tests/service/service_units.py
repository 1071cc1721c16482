"""The units as ``systemd-analyze`` sees them, and waiting with a deadline."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from service_user import DEADLINE_SECONDS, ROOT

#: Of a user, and of the machine, whose template is looked at as one of its instances.
UNITS = {
    "holdfast.socket": "--user", "holdfast.service": "--user",
    "holdfast@music.socket": "--system", "holdfast@music.service": "--system",
}  # fmt: skip


def analyzed(folder: Path, *words: str) -> str:
    """What ``systemd-analyze`` says in a folder that has all of them, with a program that is there."""
    program = os.path.join(os.path.dirname(sys.executable), "holdfastd")
    for unit in UNITS:
        text = (ROOT / "systemd" / unit.replace("@music", "@")).read_text()
        (folder / unit).write_text(text.replace("ExecStart=holdfastd", f"ExecStart={program}"))
    (folder / "runtime").mkdir(mode=0o700)
    done = subprocess.run(
        ["systemd-analyze", *words], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"XDG_RUNTIME_DIR": str(folder / "runtime")}, timeout=DEADLINE_SECONDS,
    )  # fmt: skip
    return done.stdout + done.stderr


def until(what: Callable[[], object]) -> None:
    """Waits, with a deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)
