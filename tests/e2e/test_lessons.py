"""What ZeroMQ and msgpack did to others (lessons A to Q, measured before the first line was written) is not done to us.

The table names the tests that hold each; those that stand nowhere else are below.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmtp
from e2e_daemon import CLI, Daemon, until
from raw_client import header
from test_hostile_peers import resident_bytes

import holdfast
from holdfast_protocol.messages import PROTOCOL_VERSION

TESTS = Path(__file__).parents[1]
NOBODY = 65534
FOLLOWED_COUNT = 64
MEBIBYTE = 1 << 20

#: Lesson to the tests that hold it: ``file::name``, or the name alone of one below.
LESSONS: dict[str, tuple[str, ...]] = {
    "A": (  # a second process binds the same path, and steals it
        "daemon/test_listener.py::test_a_second_holder_is_refused_by_the_first_ones_number",
        "e2e/test_one_daemon.py::test_a_second_daemon_names_the_first",
    ),
    "B": (  # descriptors run out, and libzmq aborts
        "e2e/test_connections.py::test_two_thousand_held_connections",
        "e2e/test_limits.py::test_a_process_with_too_many_connections_has_the_newest_cut",
    ),
    "C": ("test_who_calls_is_the_kernels_word",),  # a forged User-Id is believed
    "D": (  # the socket's mode follows the umask
        "daemon/test_listener.py::test_the_socket_is_ours_alone_and_replaces_a_stale_one",
        "daemon/test_listener.py::test_a_directory_open_to_others_is_refused",
        "test_another_user_does_not_get_to_the_socket",
        "test_another_user_who_gets_to_the_socket_is_not_read",
    ),
    "E": (  # killed between request and answer: the client waits for ever
        "clients/test_client_requests.py::test_silence_ends_with_the_deadline",
        "clients/test_client_requests.py::test_a_restart_in_the_middle_is_survived",
    ),
    "F": (  # sent while nobody listens, and delivered to the next daemon
        "clients/test_client_requests.py::test_nobody_listening_is_said_at_once",
        "test_what_failed_while_the_daemon_was_down_is_not_done_by_the_next",
    ),
    "G": (  # exit 0 with the message lost, or a hang at exit
        "clients/test_cli_program.py::test_no_daemon_exits_6",
        "clients/test_cli_program.py::test_the_process_ends_with_the_exit_code",
        "test_a_command_to_a_daemon_that_stands_still_ends",
    ),
    "H": ("test_a_stalled_subscriber_misses_nothing_and_stalls_nobody",),  # silent gaps, or a publisher that waits
    "I": (  # answers to a stalled client fill the memory, or are lost without a word
        "daemon/test_outbound.py::test_a_peer_over_the_bound_is_cut_off_alone",
        "test_a_stalled_reader_costs_a_bounded_memory",
    ),
    "J": (  # frames without number, messages without end
        "e2e/test_hostile_peers.py::test_a_hostile_peer_harms_nobody",
        "e2e/test_bad_input.py::test_a_frame_over_its_limit_is_refused",
    ),
    "K": ("e2e/test_limits.py::test_an_identity_that_a_client_chose_is_refused",),  # two with one identity
    "L": ("test_nothing_listens_on_a_network",),  # CURVE without ZAP accepts any key
    "M": (  # a forked child inherits the socket, and hangs
        "clients/test_client_requests.py::test_a_forked_child_speaks_on_a_connection_of_its_own",
    ),
    "N": (  # one message of a GiB, and what is small waits behind it
        "clients/test_client_content.py::test_large_content_travels_as_chunks",
        "test_small_requests_are_answered_beside_a_large_save",
    ),
    "O": ("test_the_socket_stays_as_we_made_it",),  # a listener of one's own keeps its mode and its path
    "P": (  # msgpack's bombs and odd errors
        "protocol/test_daemon_connection.py::test_random_bytes_are_a_request_or_a_coded_error",
        "protocol/test_daemon_connection.py::test_random_headers_are_a_request_or_a_coded_error",
    ),
    "Q": ("test_nothing_needs_zeromqs_drafts",),  # drafts are not in the wheels
}


def test_every_lesson_has_tests_that_are_there() -> None:
    """A to Q, and a test that was renamed is noticed."""
    assert sorted(LESSONS) == [chr(letter) for letter in range(ord("A"), ord("Q") + 1)]
    for name in (name for names in LESSONS.values() for name in names):
        file, _, test = name.rpartition("::")
        assert f"\ndef {test}(" in (TESTS / (file or "e2e/test_lessons.py")).read_text("utf-8"), name


@pytest.fixture
def line(shared: Daemon) -> Iterator[socket.socket]:
    """A connection by hand, which has said hello."""
    with zmtp.opened(shared.socket) as opened:
        assert _ask(opened, "hello", protocol=PROTOCOL_VERSION)["kind"] == "result"
        yield opened


def _ask(line: socket.socket, verb: str, **body: Any) -> dict[str, Any]:
    line.sendall(zmtp.message(header(verb, body)))
    return _listen(line)


def _listen(line: socket.socket) -> dict[str, Any]:
    found: dict[str, Any] = msgpack.unpackb(zmtp.received(line))
    return found


def test_who_calls_is_the_kernels_word(shared: Daemon) -> None:
    """C: neither a User-Id nor a Peer-Address of the client's own is believed."""
    with zmtp.opened(shared.socket, User_Id=b"nobody", Peer_Address=b"localhost:65534:65534:1") as line:
        welcome = _ask(line, "hello", protocol=PROTOCOL_VERSION)["body"]
    assert welcome["user"] == pwd.getpwuid(os.geteuid()).pw_name


def _as_another_user(path: str) -> str:
    """What somebody else gets from the socket, who stands in its folder already: ``refused``, ``closed``, or bytes."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = "failed"
        try:
            os.chdir(os.path.dirname(path))
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            said = _greeted(os.path.basename(path))
        finally:
            os.write(write, said.encode())
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read) as answer:
        return answer.read()


def _greeted(path: str) -> str:
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(10)
    try:
        line.connect(path)
        line.sendall(zmtp.GREETING)
        return line.recv(100).hex() or "closed"
    except PermissionError:
        return "refused"
    except (BrokenPipeError, ConnectionResetError):
        return "closed"


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@needs_root
def test_another_user_does_not_get_to_the_socket(shared: Daemon) -> None:
    """D: not even from inside its folder."""
    assert _as_another_user(shared.socket) == "refused"


@needs_root
def test_another_user_who_gets_to_the_socket_is_not_read(daemon: Daemon) -> None:
    """D: were the modes open to everybody, the kernel's word would still shut others out; ourselves it does not."""
    os.chmod(os.path.dirname(daemon.socket), 0o755)
    os.chmod(daemon.socket, 0o777)
    assert _as_another_user(daemon.socket) == "closed"
    assert _greeted(daemon.socket).startswith("ff")


def test_what_failed_while_the_daemon_was_down_is_not_done_by_the_next(daemon: Daemon) -> None:
    """F: a save that ended in an error is not lying in a queue."""
    with daemon.client(timeout_seconds=1.0) as client:
        client.ping()
        daemon.kill()
        with pytest.raises(holdfast.HoldfastError):
            client.save("notes", "late", b"x")
        daemon.start()
        client.ping()
    assert daemon.rows("notes") == {}


def test_a_command_to_a_daemon_that_stands_still_ends(shared: Daemon) -> None:
    """G: with the exit code of being out of time, and without waiting at its end for what was not sent."""
    assert shared.process is not None
    os.kill(shared.process.pid, signal.SIGSTOP)
    try:
        done = subprocess.run(
            [*CLI, "save", "notes/still", "-", "--no-start", "--timeout", "1"],
            env=shared.environment, input=b"x", capture_output=True, timeout=20, check=False,
        )  # fmt: skip
    finally:
        os.kill(shared.process.pid, signal.SIGCONT)
    assert done.returncode == 7, done


def test_a_stalled_subscriber_misses_nothing_and_stalls_nobody(shared: Daemon, line: socket.socket) -> None:
    """H: what it does not read waits in the log, for each of its subscriptions; others are told at once."""
    with shared.client() as client:
        client.save("notes", "told", b"x")
        since = client.status().operations_count
        keys = set()
        for _ in range(FOLLOWED_COUNT):
            line.sendall(zmtp.message(header("subscribe", {"since": since})))
        for number in range(60):
            client.tag("notes/told", add=[f"tag {number}"])
        newest = client.status().operations_count
        told = client.events(since=since)
        assert [next(told).number for _ in range(newest - since)] == [*range(since + 1, newest + 1)]
    seen: dict[bytes, list[int]] = {}
    while len(seen) < FOLLOWED_COUNT or any(numbers[-1:] != [newest] for numbers in seen.values()):
        answer = _listen(line)
        if answer["kind"] == "result":
            keys.add(answer["id"])
        elif answer["kind"] == "event":
            seen.setdefault(answer["id"], []).append(answer["body"]["row"]["number"])
    assert seen == {key: [*range(since + 1, newest + 1)] for key in keys}


def test_a_stalled_reader_costs_a_bounded_memory(shared: Daemon, line: socket.socket) -> None:
    """I: 400 MiB asked for and never read are not 400 MiB of the daemon; others are served, and the reader is cut off,
    which it notices."""
    with shared.client() as client:
        client.save("notes", "large", os.urandom(MEBIBYTE))
        before = highest = resident_bytes(shared)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(400):
                line.sendall(zmtp.message(header("cat", {"ref": {"app": "notes", "name": "large"}})))
                client.ping()
                highest = max(highest, resident_bytes(shared))
    assert highest - before < 100 * MEBIBYTE
    with pytest.raises((EOFError, ConnectionResetError)):
        zmtp.exactly(line, 400 * MEBIBYTE)


def test_nothing_listens_on_a_network(shared: Daemon) -> None:
    """L: none of the daemon's sockets is one of TCP or UDP."""
    assert shared.process is not None
    folder = Path(f"/proc/{shared.process.pid}")
    own = set[str]()
    for each in (folder / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            own |= {*re.findall(r"socket:\[(\d+)]", os.readlink(each))}
    networks = [(folder / "net" / name) for name in ("tcp", "tcp6", "udp", "udp6")]
    lines = [row for network in networks if network.exists() for row in network.read_text().split("\n")[1:] if row]
    assert own
    assert own.isdisjoint(row.split()[9] for row in lines)


def test_small_requests_are_answered_beside_a_large_save(shared: Daemon) -> None:
    """N: what is small does not wait for what is large to end."""
    content = os.urandom(64 * MEBIBYTE)
    with shared.client() as one, shared.client() as other:
        save = threading.Thread(target=one.save, args=("notes", "huge", content))
        save.start()
        beside = 0
        while save.is_alive():
            other.ping()
            beside += save.is_alive()
            time.sleep(0.005)
        save.join()
        assert beside > 10
        assert one.show("notes/huge").session.size_bytes == len(content)


def test_the_socket_stays_as_we_made_it(shared: Daemon) -> None:
    """O: clients come and go, and it is the same file with the same mode."""
    before = os.stat(shared.socket)
    assert stat.S_IMODE(before.st_mode) == 0o600
    for _ in range(20):
        with shared.client() as client:
            client.ping()
    until(lambda: shared.ok("status", "--json").rows[0]["connections_count"] == 1)
    after = os.stat(shared.socket)
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


DRAFTS = ("HELLO_MSG", "DISCONNECT_MSG", "HICCUP_MSG", "ROUTER_NOTIFY", "SERVER", "CLIENT", "RADIO", "DISH", "PEER")


def test_nothing_needs_zeromqs_drafts() -> None:
    """Q: no source of ours names what only a build with drafts has."""
    paths = (path for tree in ("daemon", "clients") for path in (TESTS.parent / tree).rglob("*.py"))
    named = {name for path in paths for name in re.findall(r"\bzmq\.([A-Z_]+)", path.read_text("utf-8"))}
    assert "ROUTER" in named
    assert named.isdisjoint(DRAFTS)
