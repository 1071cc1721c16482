"""A large file that a client saves is read by the daemon itself: what the client has open for reading, and no other."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import msgpack
import pytest
import zmtp
from e2e_daemon import Daemon
from e2e_line import Line
from raw_client import header

import holdfast
from holdfast.plans import Came, Plan, go_on
from holdfast_daemon.putting import PIECE_BYTES
from holdfast_protocol import messages as m
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.model import FileSource

MEBIBYTE = 1 << 20
CONTENT = os.urandom(3 * MEBIBYTE)


def _gives_handles() -> bool:
    """Whether this kernel says of a connection which process is behind it (SO_PEERPIDFD, Linux 6.5)."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            os.close(int.from_bytes(ours.getsockopt(socket.SOL_SOCKET, 77, 4), sys.byteorder))
        except OSError:
            return False
    return True


pytestmark = pytest.mark.skipif(not _gives_handles(), reason="the daemon reads no files itself before Linux 6.5")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can choose the number of a process, or mount")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def line(shared: Daemon) -> Iterator[Line]:
    with Line(shared.socket) as made:
        yield made


def _run(client: holdfast.Client, plan: Plan[m.Saved]) -> tuple[m.Saved, list[str]]:
    """What a plan came to, and the verbs that it said on the way."""
    said: list[str] = []
    came = go_on(plan)
    while not isinstance(came, Came):
        said += [m.VERB_OF[type(step.request)] for step in came]
        came = go_on(plan, [client.ask(*step) for step in came])
    return came.to, said


def _code(line: Line, descriptor: int, offset: int = 0) -> str | None:
    """With which error the daemon refuses to read it; None where it does read it."""
    try:
        line.ask(m.PutFile(descriptor=descriptor, offset=offset))
    except HoldfastError as problem:
        return problem.code
    return None


def test_a_large_file_is_not_sent(shared: Daemon, file: Path) -> None:
    """Nor cut or hashed by the client; and it is what the same bytes in memory would have been."""
    with shared.client() as client:
        assert m.LOCAL_FILES in client.hello().capabilities
        saved, said = _run(client, client.verbs.save("plain", "local", file))
        assert said == ["put-file", "save"]
        assert client.cat("plain/local") == CONTENT
        assert client.save("plain", "local", CONTENT).outcome == "unchanged"
        shown = client.show("plain/local")
        assert client.save("plain", "same", CONTENT).session.size_bytes == saved.session.size_bytes
        assert client.show("plain/same").files[0].hash == shown.files[0].hash


@pytest.mark.parametrize("more", [-1, 0, 1, PIECE_BYTES])
def test_a_file_is_the_same_wherever_it_is_read_in_pieces(shared: Daemon, tmp_path: Path, more: int) -> None:
    """About as long as what is read at a time, and twice as long: cut as the same bytes in memory are."""
    file = tmp_path / "large"
    file.write_bytes(os.urandom(PIECE_BYTES + more))
    with shared.client() as client:
        client.save("plain", f"pieces {more}", file)
        assert client.save("plain", f"pieces {more}", file.read_bytes()).outcome == "unchanged"
        assert client.cat(f"plain/pieces {more}") == file.read_bytes()
        assert client.show(f"plain/pieces {more}").files[0].hash == hash_of(file.read_bytes())


def test_directories_parts_and_imports_are_read_as_well(shared: Daemon, file: Path) -> None:
    """Whatever takes a path; small files beside large ones travel inside the message."""
    with shared.client() as client:
        document = {b"a": file, b"b/c": b"small", b"d": file}
        saved, said = _run(client, client.verbs.save("plain", "folder", document))
        assert said == ["put-file", "put-file", "save"]
        assert client.load("plain/folder").files == {b"a": CONTENT, b"b/c": b"small", b"d": CONTENT}
        assert _run(client, client.verbs.import_document("imported", file))[1] == ["put-file", "import"]
        part = {"large": file}
        assert _run(client, client.verbs.save("notepad", "parts", parts=part))[1] == ["put-file", "save"]
        assert client.cat("notepad/parts:large") == CONTENT
    assert saved.outcome == "saved"


def test_the_command_line_and_the_asynchronous_client_do_the_same(shared: Daemon, file: Path) -> None:
    """With a file, a directory and a pipe."""

    async def save() -> None:
        async with holdfast.AsyncClient(shared.socket, timeout_seconds=20.0) as client:
            await client.save("plain", "async", file)

    asyncio.run(save())
    shared.ok("save", "plain/cli", str(file))
    shared.ok("save", "plain/cli folder", str(file.parent))
    shared.ok("save", "plain/pipe", "-", content=CONTENT)
    with shared.client() as client:
        assert {client.cat(f"plain/{name}") for name in ("async", "cli", "pipe")} == {CONTENT}
        assert client.load("plain/cli folder").files == {b"large": CONTENT}


def test_an_answered_save_survives_and_a_repeat_is_given_its_answer(daemon: Daemon, file: Path) -> None:
    """The daemon is killed, and the file is another by then."""
    with Line(daemon.socket) as line, file.open("rb") as source:
        put = line.tell(m.PutFile(descriptor=source.fileno()))
        assert isinstance(line.hear(put), m.FilePut)
        with daemon.client() as client:
            hashes = client.ask(m.PutFile(descriptor=source.fileno())).payload
        request = m.Save(app="plain", name="kept", files=[FileSource(frame=0, chunked=True)])
        tried = line.tell(request, hashes)
        first = line.hear(tried)
    daemon.kill()
    file.write_bytes(b"another")
    daemon.start()
    with Line(daemon.socket) as line, daemon.client() as client:
        assert line.ask(request, hashes, id=tried) == first
        assert client.cat("plain/kept") == CONTENT
        assert len(client.log("plain/kept").rows) == 1


def test_a_daemon_that_ends_in_between_is_given_the_file_again(daemon: Daemon, file: Path) -> None:
    """What it had read for a save that did not come is not missed."""
    with daemon.client() as client:
        plan = client.verbs.save("plain", "again", file)
        said: list[str] = []
        came = go_on(plan)
        while not isinstance(came, Came):
            said += [m.VERB_OF[type(step.request)] for step in came]
            if said == ["put-file", "save"]:
                daemon.kill()
                shutil.rmtree(daemon.home / "store")
                daemon.start()
            try:
                came = go_on(plan, [client.ask(*step) for step in came])
            except HoldfastError as problem:
                came = go_on(plan, problem)
        assert said == ["put-file", "save", "put-file", "save"]
        assert client.cat("plain/again") == CONTENT


def test_it_is_the_file_that_the_client_opened(line: Line, file: Path) -> None:
    """Whatever lies at its path by then: a link to another file, or nothing."""
    with file.open("rb") as source:
        before = line.ask(m.PutFile(descriptor=source.fileno()))
        file.unlink()
        file.symlink_to("/etc/passwd")
        assert line.ask(m.PutFile(descriptor=source.fileno())) == before
    assert isinstance(before, m.FilePut)
    assert (before.size_bytes, before.end) == (len(CONTENT), True)


def test_only_regular_files_that_the_client_may_read_are_read(line: Line, file: Path, tmp_path: Path) -> None:
    """Not what it could only write or name, nor a pipe, folder, device or socket, nor what it has not open at all."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ways = [
        (file, os.O_WRONLY, "not-allowed"),
        (file, os.O_PATH, "not-allowed"),
        (fifo, os.O_RDWR | os.O_NONBLOCK, "unreadable"),
        (tmp_path, os.O_RDONLY, "unreadable"),
        (Path("/dev/zero"), os.O_RDONLY, "unreadable"),
        (file, os.O_RDWR, None),
        (file, os.O_RDONLY, None),
    ]
    with ExitStack() as opened:
        for path, flags, code in ways:
            descriptor = os.open(path, flags)
            opened.callback(os.close, descriptor)
            assert (path, flags, _code(line, descriptor)) == (path, flags, code)
        assert _code(line, opened.enter_context(socket.socket()).fileno()) == "unreadable"
    for descriptor in (900, 2**31, 2**63 - 1):
        assert _code(line, descriptor) == "bad-field"


def test_nothing_is_read_beyond_the_size_of_a_file(line: Line, file: Path) -> None:
    """Of what has no size (a process's memory) nothing at all; from behind the end nothing, however far."""
    with open("/proc/self/mem", "rb", buffering=0) as memory, file.open("rb") as source:
        nothing = m.FilePut(count=0, size_bytes=0, end=True)
        assert line.ask(m.PutFile(descriptor=memory.fileno())) == nothing
        assert line.ask(m.PutFile(descriptor=memory.fileno(), offset=2**62)) == nothing
        for offset in (len(CONTENT), len(CONTENT) + 1, 2**63 - 1):
            assert line.ask(m.PutFile(descriptor=source.fileno(), offset=offset)) == nothing
        file.write_bytes(b"cut short")
        assert line.ask(m.PutFile(descriptor=source.fileno())) == m.FilePut(count=1, size_bytes=9, end=True)


def _said(line: socket.socket, verb: str, **body: Any) -> dict[str, Any]:
    line.sendall(zmtp.message(header(verb, body)))
    said: dict[str, Any] = msgpack.unpackb(zmtp.received(line))["body"]
    return said


def _forked(work: Callable[[], object]) -> int:
    """The number of a process that does this and ends."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def _another(number: int, work: Callable[[], object]) -> int:
    """The same, where it is to have that number, which nobody has any more."""
    for _ in range(1000):  # somebody else may have been faster
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(number - 1))
        pid = _forked(lambda: work() if os.getpid() == number else None)
        if pid == number:
            return pid
        os.waitpid(pid, 0)
    pytest.skip("the number is somebody else's by now")


@pytest.mark.parametrize("greeted", [False, True])
@pytest.mark.parametrize("reused", [False, pytest.param(True, marks=needs_root)])
def test_a_connection_whose_process_has_ended_lends_nothing(
    shared: Daemon, file: Path, greeted: bool, reused: bool
) -> None:
    """A child goes on with it: the number of the process that connected may be another's by now, which has files open
    that the child may not read."""
    number, line = 200, socket.socket()
    (wait, go), (stays, end), (read, write) = os.pipe(), os.pipe(), os.pipe()

    def connect() -> None:
        nonlocal line
        line = zmtp.opened(shared.socket)
        _open(file, number)
        if greeted:
            assert m.LOCAL_FILES in _said(line, "hello", protocol=1)["capabilities"]
        _forked(go_on_with_it)

    def go_on_with_it() -> None:
        os.read(wait, 1)
        offered = m.LOCAL_FILES in ([] if greeted else _said(line, "hello", protocol=1)["capabilities"])
        code = _said(line, "put-file", descriptor=number).get("code")
        os.write(write, json.dumps([offered, code]).encode())

    def stay() -> None:
        os.close(write)
        _open(file, number)
        os.write(go, b"!")
        os.read(stays, 1)

    os.waitpid(pid := _forked(connect), 0)
    if reused:
        _another(pid, stay)
    else:
        os.write(go, b"!")
    os.close(write)
    with os.fdopen(read) as answer:
        said = json.loads(answer.read())
    if reused:
        os.write(end, b"!")
        os.waitpid(pid, 0)
    assert said == [False, "not-allowed"]


def _open(file: Path, number: int) -> None:
    os.dup2(os.open(file, os.O_RDONLY), number)


def test_what_was_not_offered_is_refused(shared: Daemon, file: Path) -> None:
    """Whatever a client says of itself, in its greeting or its hello."""
    forged = {"User_Id": b"root", "Peer_Address": b"localhost:0:0:1"}
    with closing(zmtp.opened(shared.socket, **forged)) as line, file.open("rb") as source:
        refused = _said(line, "put-file", descriptor=source.fileno())
        assert refused["code"] == "hello-first"
        _said(line, "hello", protocol=1, capabilities=[m.LOCAL_FILES])
        assert "count" in _said(line, "put-file", descriptor=source.fileno())  # it is us, whatever it says
    with closing(zmtp.opened(shared.socket, Identity=b"chosen")) as line, file.open("rb") as source:
        assert _said(line, "hello", protocol=1)["code"] == "not-allowed"
        assert _said(line, "put-file", descriptor=source.fileno())["code"] in ("not-allowed", "hello-first")


_SAVE = """
import pathlib, sys, holdfast
pathlib.Path("/mnt/large").write_bytes(pathlib.Path(sys.argv[2]).read_bytes())
with holdfast.connect(sys.argv[1]) as client:
    from holdfast.plans import Came, go_on
    plan, said = client.verbs.save("plain", "mounted", pathlib.Path("/mnt/large")), []
    came = go_on(plan)
    while not isinstance(came, Came):
        said += [type(step.request).__name__ for step in came]
        came = go_on(plan, [client.ask(*step) for step in came])
    print(*said)
"""


@needs_root
def test_a_client_with_mounts_of_its_own_saves_what_it_sees(shared: Daemon, file: Path) -> None:
    """The daemon sees nothing at that path, or another file; it reads the client's."""
    command = f'mount -t tmpfs none /mnt && exec "{sys.executable}" -c "$0" "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", command, _SAVE, shared.socket, str(file)], capture_output=True, check=False
    )
    if b"unshare" in done.stderr or b"mount:" in done.stderr:
        pytest.skip(done.stderr.decode())
    assert done.stdout.split() == [b"PutFile", b"Save"], done.stderr
    with shared.client() as client:
        assert client.cat("plain/mounted") == CONTENT
