"""A daemon made of a thread, and the client and the command line that talk to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, os.path.dirname(__file__))  # importlib mode: the fake is imported by its unique name

from clients_fake_daemon import FakeDaemon

from holdfast.client import Client


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test: nothing reaches the real one."""
    for name in [name for name in os.environ if name.startswith("HOLDFAST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "run").mkdir(parents=True, mode=0o700)
    return tmp_path / "home"


@pytest.fixture
def daemon(home: Path) -> Iterator[FakeDaemon]:
    """A running fake daemon at the place where this home's clients look."""
    fake = FakeDaemon(str(home / "run" / "holdfast.sock"))
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def client(daemon: FakeDaemon) -> Iterator[Client]:
    """A client of the fake daemon, with three seconds for each call."""
    with Client(daemon.path, timeout_seconds=3.0) as made:
        yield made


@pytest.fixture
def holdfast(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[int, bytes, bytes]]:
    """Runs the command line: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[int, bytes, bytes]:
        from holdfast.cli import main

        code = main([*words, "--no-start", "--timeout", "3"])
        sys.stdout.flush()
        captured = capfdbinary.readouterr()
        return code, captured.out, captured.err

    return run
