"""Runs other programs: bounded in time, each in a group of its own that is ended whole, with nothing of our Python."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, kw_only=True)
class Ended:
    """``output`` is what it said on both streams, or only on the first where they were to be split."""

    code: int
    output: str
    errors: str


def run(
    words: Sequence[str],
    *,
    limit_seconds: float,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
    feed: str = "",
    is_split: bool = False,
) -> Ended:
    """To its end. Raises AssertionError where that is not within the limit."""
    errors = subprocess.PIPE if is_split else subprocess.STDOUT
    process = _started(words, folder, variables or {}, errors)
    try:
        output, complaints = process.communicate(feed, timeout=limit_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        raise AssertionError(f"{words[0]} took more than {limit_seconds} s:\n{output}") from None
    return Ended(code=process.returncode, output=output, errors=complaints or "")


class Running:
    """A program that runs until it is ended, with all that it started; what it says is in ``folder``."""

    def __init__(self, words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
        self._log = (folder / "running.log").open("w")
        self._process = _started(words, folder, variables, subprocess.STDOUT, self._log)

    def signal(self, number: int) -> None:
        """To the program and all that it started."""
        os.killpg(self._process.pid, number)

    def end(self) -> None:
        """At once; again is once."""
        if self._process.returncode is None:
            self.signal(signal.SIGKILL)
            self._process.communicate()
            self._log.close()
            with contextlib.suppress(ProcessLookupError):
                while True:  # what it started goes a little later
                    self.signal(signal.SIGKILL)
                    time.sleep(0.02)


class Conversation:
    """A program that answers in lines; what it says on its error stream is kept in a file in ``folder``."""

    def __init__(self, words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
        self._errors = (folder / "errors.log").open("w+")
        self._process = _started(words, folder, variables, self._errors)

    def say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def line(self, limit_seconds: float) -> str:
        """The next one that it says. Raises AssertionError where none comes within the limit, or it has ended."""
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], limit_seconds)
        line = self._process.stdout.readline() if ready else ""
        self._errors.seek(0)
        assert line, f"no answer from {self._process.args}:\n{self._errors.read()}"
        return line

    def end(self) -> None:
        """Its input is closed; where it does not end by itself, it is ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()


def _started(
    words: Sequence[str],
    folder: Path | None,
    variables: Mapping[str, str],
    errors: int | IO[str],
    output: int | IO[str] = subprocess.PIPE,
) -> subprocess.Popen[str]:
    ours = ("PYTHON", "VIRTUAL_ENV", "HOLDFAST")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return subprocess.Popen(
        words, cwd=folder, env={**environment, **variables}, text=True, errors="replace", start_new_session=True,
        stdin=subprocess.PIPE, stdout=output, stderr=errors,
    )  # fmt: skip
