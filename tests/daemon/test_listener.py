"""One daemon for one store: locks that end with their process, a socket that is closed to others."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from holdfast_daemon.listener import Lock, held_by_launchd, listen, make_directory
from holdfast_protocol.errors import BadName, NotAllowed, StoreLocked, Unreadable

HOLDER = """
import os, sys
from holdfast_daemon.listener import Lock
lock = Lock(sys.argv[1], "The store", {"pid": os.getpid(), "socket": "/s"})
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_is_refused_by_the_first_ones_number(tmp_path: Path) -> None:
    """And gets the lock once the first one is killed."""
    path = str(tmp_path / "lock")
    words = [sys.executable, "-c", HOLDER, path]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked) as caught:
            Lock(path, "The store", {"pid": os.getpid()})
        assert caught.value.details["pid"] == holder.pid
        assert str(holder.pid) in caught.value.sentence
        holder.kill()
        holder.wait()
    Lock(path, "The store", {"pid": os.getpid()}).release()


def test_a_lock_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(Unreadable) as caught:
        Lock(str(tmp_path / "none" / "lock"), "The store", {})
    assert caught.value.details["path"] == str(tmp_path / "none" / "lock")


def test_the_socket_is_ours_alone_and_replaces_a_stale_one(tmp_path: Path) -> None:
    """Mode 0600, whatever the umask; what a crash left there does not stop it."""
    path = tmp_path / "s"
    path.write_bytes(b"stale")
    with listen(str(path)) as listener:
        state = path.lstat()
        assert stat.S_ISSOCK(state.st_mode)
        assert stat.S_IMODE(state.st_mode) == 0o600
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            listener.accept()[0].close()


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    """Before anything is made."""
    with pytest.raises(BadName):
        listen(str(tmp_path / ("x" * 120)))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_open_to_others_is_refused(tmp_path: Path) -> None:
    """A new one is private; one that is not stays as it is."""
    make_directory(str(tmp_path / "new"))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(NotAllowed):
        make_directory(str(tmp_path / "open"))


class FakeSystem:
    """What launchd answers, by way of the C library."""

    def __init__(self, *descriptors: int) -> None:
        self._held = (ctypes.c_int * len(descriptors))(*descriptors)

    def launch_activate_socket(self, name: bytes, found: Any, count: Any) -> int:
        if not self._held:
            return errno.ESRCH
        found._obj.contents = self._held
        count._obj.value = len(self._held)
        return 0

    def free(self, found: Any) -> None:
        assert found[0] == self._held[0]


def test_launchd_hands_over_what_its_description_names() -> None:
    """And nothing to a daemon that it has not started."""
    assert held_by_launchd(FakeSystem(7)) == [7]
    assert held_by_launchd(FakeSystem()) == []
