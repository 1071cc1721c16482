"""Whose open files the daemon may read: where the kernel does not say, or does not let it look, nobody's."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from holdfast_daemon.lending import Lender, why_not

NOBODY = 65534


@pytest.fixture
def connection() -> Iterator[int]:
    """The number of one whose other end is ours too."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours.fileno()


@pytest.mark.parametrize("process", [0, 1, 2**22 + 1])
def test_a_process_that_did_not_connect_lends_nothing(process: int, connection: int) -> None:
    """Nor one of another namespace (0), nor one that there is not."""
    assert "which process" in (why_not(Lender(process, connection)) or "")


def test_a_connection_that_has_ended_lends_nothing(connection: int) -> None:
    """Nor one that libzmq has given no number of, nor a number that is no connection's by now."""
    with open(os.devnull, "rb") as other:
        for number in (-1, 2**20, other.fileno()):
            assert "cannot be seen" in (why_not(Lender(os.getpid(), number)) or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_process_that_we_may_not_look_into_lends_nothing(connection: int) -> None:
    """The kernel refuses, as it does where the other is in a cage, or has rights that we have not."""
    parent = os.getpid()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setuid(NOBODY)
            os.write(write, (why_not(Lender(parent, connection)) or "nothing").encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read) as said:
        assert "cannot be seen: Permission denied" in said.read()
