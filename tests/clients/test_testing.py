"""What other projects' tests use: a daemon of each test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.testing import PrivateDaemon
from holdfast_protocol.errors import NotFound, Unreachable

TESTS = """
import os
import subprocess
import sys


def test_first(holdfast_client):
    holdfast_client.save("mine", "first", b"content")
    assert holdfast_client.cat("mine/first") == b"content"


def test_each_has_its_own(holdfast_daemon, holdfast_client):
    assert holdfast_client.list().rows == []
    program = "import holdfast; holdfast.connect().save('mine', 'second', b'2', published=True)"
    subprocess.run([sys.executable, "-c", program], env=holdfast_daemon.environment, check=True)
    assert [path.read_bytes() for path in holdfast_daemon.sessions.glob("mine/second*")] == [b"2"]
    open(os.environ["LEFT"], "w").write(str(holdfast_daemon.home))
"""


def test_the_fixtures_give_each_test_a_daemon(tmp_path: Path) -> None:
    """As in a project that has never heard of how; nothing of it is left."""
    (tmp_path / "test_mine.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "holdfast.testing", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "LEFT": str(tmp_path / "left")}, capture_output=True, check=False
    )
    assert (done.returncode, b"2 passed" in done.stdout) == (0, True), done.stdout
    assert not Path((tmp_path / "left").read_text()).exists()


def test_it_may_be_killed_and_started_again(house: Path) -> None:
    """What was answered is there."""
    with PrivateDaemon(house / "d") as daemon:
        with daemon.client() as client:
            client.save("mine", "first", b"content")
        daemon.kill()
        with pytest.raises(Unreachable):
            daemon.client()
        daemon.start()
        with daemon.client() as client:
            assert client.cat("mine/first") == b"content"
            with pytest.raises(NotFound):
                client.cat("mine/second")
