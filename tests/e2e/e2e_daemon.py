"""A real daemon in a process of its own, with a private home, and the command line to ask it with."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from e2e_forked import is_forkable, run

import holdfast
from holdfast.testing import Forked, fork
from holdfast_protocol.endpoint import places

Process = subprocess.Popen[bytes] | Forked
DEADLINE_SECONDS, CLI_SECONDS = 40.0, 60.0
CLI = (sys.executable, "-c", "from holdfast.cli import main; raise SystemExit(main())")
_PAUSE_SECONDS = 0.02


def until(what: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> Any:
    """The first true value of ``what``; fails where none comes before the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(_PAUSE_SECONDS)


class Said:
    """What one run of the command line ended with."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.text = done.stdout.decode(errors="replace")
        self.err = done.stderr.decode(errors="replace")

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self) -> str:
        return f"exit {self.code}\n{self.text}\n{self.err}"


class Daemon:
    """``start`` before anything else; ``stop`` (or ``kill``) ends this process and no other."""

    def __init__(self, home: Path, *, flags: tuple[str, ...] = (), before: Callable[[], None] | None = None) -> None:
        self.home = home
        self.flags = flags
        self.before = before
        self.environment = private_environment(home)
        self.socket = places(self.environment).socket
        self.log = home.parent / f"{home.name[:40]}.log"
        self.process: Process | None = None

    @property
    def sessions(self) -> Path:
        return self.home / "sessions"

    def spawn(self) -> Process:
        """A process that may or may not come to serve."""
        if self.before is None and "PYTHONPATH" not in self.environment:
            return fork(self.flags, self.environment, self.log)
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "holdfast_daemon.app", *self.flags],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=self.before,
            )  # fmt: skip

    def start(self) -> Daemon:
        """Returns once it answers."""
        process = self.process = self.spawn()

        def answers() -> bool:
            assert process.poll() is None, self.log.read_text()
            try:
                self.client().close()
            except holdfast.HoldfastError:
                return False
            return True

        until(answers)
        return self

    def stop(self) -> int | None:
        """SIGTERM; gives the exit code."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            code = self.process.wait(DEADLINE_SECONDS)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self._check_refusals()
        return code

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._check_refusals()

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def client(self, timeout_seconds: float = 20.0) -> holdfast.Client:
        return holdfast.connect(self.socket, timeout_seconds=timeout_seconds)

    def cli(self, *words: str, content: bytes | None = None) -> Said:
        """One run of ``holdfast``; it never starts a daemon of its own."""
        whole = [*words, "--no-start", "--timeout", "20"]
        if is_forkable(self.environment):
            return Said(run(whole, self.environment, content or b"", CLI_SECONDS))
        done = subprocess.run(
            [*CLI, *whole], env=self.environment, input=content or b"", capture_output=True, timeout=CLI_SECONDS,
            check=False,
        )  # fmt: skip
        return Said(done)

    def _check_refusals(self) -> None:
        """Nobody was refused with a code that is not in the table of the verb (holdfast_protocol/refusals.py)."""
        said = self.log.read_text(errors="replace") if self.log.exists() else ""
        unknown = [line for line in said.split("\n") if "which no table names" in line]
        assert not unknown, unknown

    def ok(self, *words: str, content: bytes | None = None) -> Said:
        """The same, where it must go well."""
        said = self.cli(*words, content=content)
        assert said.code == 0, said
        return said

    def rows(self, app: str) -> dict[str, dict[str, Any]]:
        """The sessions of one application by name."""
        return {row["name"]: row for row in self.ok("list", "--app", app, "--json").rows}

    def show(self, ref: str) -> dict[str, Any]:
        return self.ok("show", ref, "--json").rows[0]

    def log_of(self, ref: str) -> list[dict[str, Any]]:
        return self.ok("log", ref, "--json").rows

    def operations(self) -> list[dict[str, Any]]:
        return self.ok("events", "--since", "0", "--json").rows

    def file(self, app: str, leaf: str) -> Path:
        return self.sessions / app / leaf


#: The last one is where the rules that know keys lie compiled.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "KF_RULE_CACHE_DIR")


def private_environment(home: Path) -> dict[str, str]:
    """Nothing of the caller's home, session bus or holdfast variables."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    outside = home.parent / "user"
    outside.mkdir(exist_ok=True, mode=0o700)
    return {**kept, "HOME": str(outside), "XDG_RUNTIME_DIR": str(outside), "HOLDFAST_HOME": str(home)}


def renardo(startup: str, **buffers: str) -> bytes:
    """A session file as Renardo's editor writes it: a startup file and named buffers."""
    rule, separator = "//" + "=" * 78, "#" * 80
    head = f"{rule}\n// STARTUP_FILE: startup.py\n{rule}\n{startup}\n\n\n"
    body = (f"{separator}\n######## {name}\n{separator}\n{text}" for name, text in buffers.items())
    return (head + "\n\n".join(body)).encode()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Its file system takes no writes."""
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def running_whatever_becomes_of_it(home: Path) -> Iterator[Daemon]:
    """A test may have stopped or ended it; its process ends."""
    running = Daemon(home).start()
    yield running
    assert running.process is not None
    if running.alive:
        running.process.send_signal(signal.SIGCONT)
        running.process.kill()
        running.process.wait()


def on_terminal(daemon: Daemon, *words: str, answer: bytes) -> subprocess.CompletedProcess[bytes]:
    """A run whose standard input is a terminal on which somebody types ``answer``."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer)
        return subprocess.run(
            [*CLI, *words, "--no-start"], env=daemon.environment, stdin=theirs, capture_output=True, timeout=60,
            check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
