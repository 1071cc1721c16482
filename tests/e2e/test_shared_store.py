"""A shared store: who is let in, and as what, is decided by the kernel's word and the configuration."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmtp
from e2e_daemon import Daemon, until
from raw_client import header
from test_service_manager import ServiceManager

from holdfast_protocol.errors import BadField
from holdfast_protocol.messages import PROTOCOL_VERSION

NOBODY, STRANGER = 65534, 54399
ACCESS = """
[access]
read = ["@65534"]
write = ["54321"]
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def shared(house: Path) -> Iterator[ServiceManager]:
    made = _handed_over(house)
    yield made
    made.close()


def _handed_over(house: Path, before: Callable[[], None] | None = None) -> ServiceManager:
    """One that is handed a socket which whoever is on the machine may connect to."""
    made = ServiceManager(house, Daemon(house / "d"))
    (made.path.parents[1] / "config.toml").write_text(ACCESS)
    made.path.parent.chmod(0o755)
    made.path.chmod(0o666)
    made.start(words=["--shared", "music"], before=before)
    made.hears("READY=1")
    return made


def _as(user: int, path: Path, does: Callable[[socket.socket, bytes], Any]) -> Any:
    """What somebody else gets there, who stands in the socket's folder already: it is told the connection, and what
    was said on it first."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        said: Any = "failed"
        try:
            os.chdir(path.parent)
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            said = does(*zmtp.greeted(path.name))
        finally:
            os.write(write, json.dumps(said).encode())
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        return json.loads(answer.read())


def _asked(line: socket.socket, verb: str, *payload: bytes, **body: Any) -> dict[str, Any]:
    line.sendall(zmtp.message(header(verb, body), *payload))
    found: dict[str, Any] = msgpack.unpackb(zmtp.received(line))["body"]
    return found


def _tries(line: socket.socket, first: bytes) -> list[str]:
    """As whom it is welcome, how a save of its ends, how a backup, and who has made the newest operation then."""
    user = _asked(line, "hello", protocol=PROTOCOL_VERSION)["user"]
    saved = _asked(line, "save", b"x", app="notes", name="a", files=[{"frame": 0}])
    backed_up = _asked(line, "backup", directory=b"/nowhere")
    newest = _asked(line, "operations", newest=True, limit=1)["rows"]
    return [user, saved.get("code", "done"), backed_up.get("code", "done"), *(row["author"] for row in newest)]


@needs_root
def test_users_and_groups_have_the_role_that_is_written_for_them(shared: ServiceManager) -> None:
    """Whoever may read reads, whoever may write changes too, under its own name; neither is about the machine's paths.
    A stranger is told so before anything of its is read."""
    assert _as(NOBODY, shared.path, _tries) == ["nobody", "not-allowed", "not-allowed"]
    assert _as(54321, shared.path, _tries) == ["54321", "done", "not-allowed", "54321"]
    assert "ERROR" in _as(STRANGER, shared.path, lambda _, first: first.decode("latin-1"))


@needs_root
def test_a_strangers_flood_from_many_processes_cuts_nobody_elses_connection(house: Path) -> None:
    """Together they have as many as one user may; a process at a time could not be told from any other."""
    few = (1024, 1024)  # 224 connections are as many as it takes then
    made = _handed_over(house, lambda: resource.setrlimit(resource.RLIMIT_NOFILE, few))
    line = zmtp.opened(str(made.path))
    _asked(line, "hello", protocol=PROTOCOL_VERSION)
    children: list[int] = []
    for _ in range(4):
        children.append(os.fork())
        if children[-1] == 0:
            _as(STRANGER, made.path, lambda _, first: _knocks(made.path.name, 80))
            os._exit(0)
    for child in children:
        os.waitpid(child, 0)
    assert _asked(line, "list")["rows"] == []
    made.close()


def _knocks(name: str, count: int) -> str:
    """So often at once, until each was cut."""
    held = [socket.socket(socket.AF_UNIX) for _ in range(count)]
    for each in held:
        each.connect(name)
    for each in held:
        with contextlib.suppress(ConnectionResetError):
            while each.recv(1024):
                pass
    return "cut"


@needs_root
def test_a_configuration_that_names_somebody_no_longer_cuts_its_connection(shared: ServiceManager) -> None:
    """At SIGHUP, and the one that may still come does not notice."""

    def stays(line: socket.socket, first: bytes) -> str:
        _asked(line, "hello", protocol=PROTOCOL_VERSION)
        os.write(told[1], b"x")
        answer = msgpack.unpackb(zmtp.received(line))
        return f"{answer['body']['code']} {line.recv(1)!r}"

    told = os.pipe()
    configuration = shared.path.parents[1] / "config.toml"
    reloader = os.fork()
    if reloader == 0:
        os.read(told[0], 1)
        configuration.write_text('[access]\nread = ["@65534"]\n')
        assert shared.process is not None
        os.kill(shared.process.pid, signal.SIGHUP)
        os._exit(0)
    assert _as(54321, shared.path, stays) == "not-allowed b''"
    os.waitpid(reloader, 0)
    assert _as(NOBODY, shared.path, _tries)[0] == "nobody"
    assert "ERROR" in _as(54321, shared.path, lambda _, first: first.decode("latin-1"))


def test_nobody_is_named_for_a_store_that_is_not_shared(house: Path) -> None:
    """A user's own daemon does not start with users in its configuration, and says why; nor goes it on with them."""
    own = Daemon(house / "d")
    own.home.mkdir(mode=0o700)
    (own.home / "config.toml").write_text(ACCESS)
    with pytest.raises(AssertionError):
        own.start()
    assert "access is of a shared store" in own.log.read_text()
    (own.home / "config.toml").write_text("")
    own.start()
    try:
        (own.home / "config.toml").write_text(ACCESS)
        assert own.process is not None
        os.kill(own.process.pid, signal.SIGHUP)
        with own.client() as client:
            until(lambda: any("access is of a shared store" in each for each in client.status().problems))
    finally:
        own.stop()


def test_a_name_that_no_user_can_have_is_refused() -> None:
    """With the option's name, when the configuration is looked at."""
    from holdfast_daemon import configuration

    for name in ("", "@", "two words", "a\n"):
        with pytest.raises(BadField, match=r"access\.write"):
            configuration.parse(f"[access]\nwrite = [{json.dumps(name)}]")
