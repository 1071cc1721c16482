"""A Mosaic that was started through ``mosaic_start``, which writes its state into a folder. Nothing of it is unpickled
here: the document is bytes."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from holdfast.bridges import mosaic_start
from holdfast.bridges.following import State

#: How long Mosaic has to end when it is told to.
END_SECONDS = 10.0


class CannotStart(Exception):
    """There is no Mosaic; a sentence."""


class MosaicWindow:
    """``folder``: empty, ours alone."""

    app = "mosaic"
    name = "Mosaic"

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, python: str, seconds: float) -> None:
        """``python``: the interpreter that has Mosaic; ``seconds``: how often it writes its state at most."""
        command = [python, mosaic_start.__file__, self._folder, str(seconds)]
        self._started = time.time_ns()
        self._process = subprocess.Popen(command, start_new_session=True)  # a Ctrl-C is for us, and we tell it

    def is_there(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def started(self) -> int:
        """By us."""
        return self._started

    def state(self, seconds: float) -> State:
        """What it wrote last, where there is anything in it; also after its end."""
        try:
            with open(os.path.join(self._folder, "now"), encoding="utf-8") as file:
                now = json.load(file)
        except FileNotFoundError:
            return State(document=None, sitting=0, mark=None)
        problem = f"Mosaic could not write its state: {now['problem']}" if now["problem"] else ""
        document, mark = None, None
        if now["file"]:
            document = pathlib.Path(self._folder, now["file"])
            mark = (document.stat().st_ino, document.stat().st_mtime_ns)
        return State(document=document, sitting=now["sitting"], mark=mark, problem=problem)

    def end(self) -> int | None:
        """It is told to end, as by its user, unless it has; gives its exit code, None where it does not end."""
        assert self._process is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            if self.is_there():
                self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(END_SECONDS)
        return self._process.poll()


def python_of_mosaic() -> str:
    """The interpreter named in the first line of the program ``mosaic``. Raises CannotStart."""
    program = shutil.which("mosaic")
    if program is None:
        raise CannotStart("There is no program mosaic; say with --python which Python has it")
    with open(program, "rb") as file:
        line = file.readline(4096).split(b"\n")[0]
    python = os.fsdecode(line[2:].strip())
    if line[:2] != b"#!" or "python" not in os.path.basename(python) or not os.access(python, os.X_OK):
        raise CannotStart(f"{program} does not say which Python has Mosaic; say it with --python")
    return python
