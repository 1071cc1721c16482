"""What is no ordinary file: links, pipes, sockets, devices, holes, strange names, what may not be read."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, memory_bytes, own
from e2e_daemon import Daemon, until

from holdfast_protocol.model import Ref

STILL = range(12)
HOLE_BYTES = 600 * 1024 * 1024


@pytest.fixture(params=["adopted", "sessions"])
def place(request: pytest.FixtureRequest, daemon: Daemon, house: Path) -> Iterator[Place]:
    """A folder with twelve sessions that nothing happens to."""
    with daemon.client() as client:
        made = adopt(daemon, client, house / "notes") if request.param == "adopted" else own(daemon, client)
        fill(made.root, [f"still {number}" for number in STILL])
        made.settle()
        yield made


@pytest.fixture
def secret(house: Path) -> Path:
    """A file outside of all watched folders."""
    file = house / "secret"
    file.write_bytes(b"secret")
    return file


def _is_kept(place: Place, content: bytes) -> bool:
    """Whether the bytes are in the history of any session."""
    rows = [row for deleted in (False, True) for row in place.client.list(limit=1000, deleted=deleted).rows]
    return any(
        content in place.client.load(Ref(id=row.id, snapshot=each.snapshot)).files.values()
        for row in rows
        for each in place.client.log(Ref(id=row.id)).rows
    )


def test_a_link_to_a_file_is_no_session(place: Place, secret: Path) -> None:
    """Neither what it points to nor itself; it is named among the problems."""
    (place.root / "link").symlink_to(secret)
    (place.root / "dangling").symlink_to(place.root / "nowhere")
    place.settle()
    assert not {"link", "dangling"} & place.rows().keys()
    assert "link" in place.problems()
    assert not _is_kept(place, b"secret")


def test_a_link_to_a_folder_is_not_entered(place: Place, secret: Path) -> None:
    """Nothing below it is read, nor watched."""
    (place.root / "link").symlink_to(secret.parent, target_is_directory=True)
    place.settle()
    place.client.folder_scan(place.folder, verify=True)
    assert "link" not in place.rows()
    assert not _is_kept(place, b"secret")


def test_a_link_in_the_place_of_a_file_is_not_read(place: Place, secret: Path) -> None:
    """The session keeps its head and is not deleted; a save does not write through the link."""
    file = place.write("x", b"one")
    file.unlink()
    file.symlink_to(secret)
    place.settle()
    identity = [row.id for row in place.client.list(app=place.app, deleted=True).rows] or [place.row("x").id]
    assert place.history(identity[0]) == [b"one"]
    assert not _is_kept(place, b"secret")
    place.client.save(place.app, "x", b"two", folder=place.folder)
    place.settle()
    assert secret.read_bytes() == b"secret"
    assert file.is_symlink()


def test_a_link_that_is_renamed_over_a_file_is_not_read(place: Place, secret: Path) -> None:
    """At no moment was there nothing, so nothing is deleted either."""
    file = place.write("x", b"one")
    since = place.newest()
    beside = file.with_name(".link")
    beside.symlink_to(secret)
    beside.replace(file)
    place.settle()
    assert place.types(since) == []
    assert place.history(place.row("x").id) == [b"one"]
    assert "x" in place.problems()


def test_links_in_a_folder_that_is_a_session_are_left_out(place: Place, secret: Path) -> None:
    """A link to a file, and one to a folder; the session has its regular files."""
    folder = place.root / "several"
    fill(folder / "below", {"a": b"a"})
    (folder / "file").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    place.settle()
    assert place.client.load(place.ref("several")).files == {b"below/a": b"a"}


def test_a_folder_of_a_session_that_becomes_a_link_is_not_followed(place: Place, secret: Path, house: Path) -> None:
    """What stood in it is gone from the session; what the link points to does not come in, nor is it written."""
    fill(place.root / "several" / "below", {"a": b"a"})
    fill(place.root / "several", {"b": b"b"})
    place.settle()
    fill(house / "elsewhere", {"a": b"secret"})
    (place.root / "several" / "below").rename(house / "away")
    (place.root / "several" / "below").symlink_to(house / "elsewhere", target_is_directory=True)
    place.settle()
    assert not _is_kept(place, b"secret")
    place.client.restore(place.ref("several", "-1"))
    place.settle()
    assert (house / "elsewhere" / "a").read_bytes() == b"secret"


def test_a_link_in_the_place_of_a_folder_of_sessions_is_not_entered(daemon: Daemon, house: Path) -> None:
    """From the beginning, in the sessions folder and in AiderDesk's: what lies behind it is nobody's session."""
    fill(house / "elsewhere", {"x.json": b"secret"})
    (daemon.sessions / "linked").symlink_to(house / "elsewhere", target_is_directory=True)
    (house / "project" / ".aider-desk").mkdir(parents=True)
    (house / "project" / ".aider-desk" / "sessions").symlink_to(house / "elsewhere", target_is_directory=True)
    with daemon.client() as client:
        adopt(daemon, client, house / "project", "aiderdesk")
        (house / "elsewhere" / "y.json").write_bytes(b"secret")
        client.settle()
        client.folder_scan(verify=True)
        assert client.list().rows == []


def test_a_folder_above_sessions_that_becomes_a_link_is_not_followed(daemon: Daemon, house: Path) -> None:
    """AiderDesk's folder of sessions is put elsewhere and linked: what lies there by the same names is neither read
    nor written, as long as it is a link."""
    with daemon.client() as client:
        root = house / "project" / ".aider-desk"
        fill(root / "sessions", {f"{number}.json": b"{}" for number in range(3)})
        place = adopt(daemon, client, root, "aiderdesk")
        identity = place.row("sessions/1.json").id
        fill(house / "elsewhere", {"1.json": b"secret"})
        (root / "sessions").rename(house / "away")
        (root / "sessions").symlink_to(house / "elsewhere", target_is_directory=True)
        place.settle()
        client.folder_scan(place.folder, verify=True)
        assert place.history(identity) == [b"{}"]
        client.restore(Ref(id=identity))
        place.settle()
        assert (house / "elsewhere" / "1.json").read_bytes() == b"secret"


def test_the_root_may_be_named_by_a_link(daemon: Daemon, house: Path) -> None:
    """What it points to is adopted, once, whichever way it is named."""
    fill(house / "real", {"x": b"one"})
    (house / "link").symlink_to(house / "real", target_is_directory=True)
    with daemon.client() as client:
        place = adopt(daemon, client, house / "real")
        again = client.folder_add(str(house / "link"), "notes").rows
        assert [row.label for row in again] == [place.folder]
        (house / "link" / "x").write_bytes(b"two")
        place.settle()
        assert place.head("x") == b"two"


def test_pipes_sockets_and_devices_are_never_opened(place: Place) -> None:
    """A FIFO would block its reader, a tape would rewind: they are named, and everything else goes on."""
    os.mkfifo(place.root / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.relpath(place.root / "socket"))
    if os.geteuid() == 0:
        os.mknod(place.root / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    place.write("x", b"one")
    place.client.folder_scan(place.folder, verify=True)
    listener.close()
    assert place.rows().keys() - {f"still {number}" for number in STILL} == {"x"}
    assert "pipe" in place.problems()


def test_a_pipe_in_the_place_of_a_file_is_not_opened(place: Place) -> None:
    """Not even where a writer waits at its other end."""
    file = place.write("x", b"one")
    beside = file.with_name(".pipe")
    os.mkfifo(beside)
    reader = os.open(beside, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(beside, os.O_WRONLY)
    os.write(writer, b"through the pipe")
    beside.replace(file)
    place.settle()
    assert os.read(reader, 100) == b"through the pipe"
    os.close(reader)
    os.close(writer)
    assert place.head("x") == b"one"


@pytest.mark.parametrize("path", ["sparse", "several/sparse"], ids=["a file", "a file of several"])
def test_a_hole_costs_less_memory_than_it_is_long(place: Place, path: str) -> None:
    """It is kept whole, in moderate memory, and requests are answered meanwhile."""
    before = memory_bytes(place.client.status().pid)
    (place.root / path).parent.mkdir(exist_ok=True)
    with (place.root / path).open("wb") as target:
        target.seek(HOLE_BYTES)
        target.write(b"the end")
    slowest = 0.0
    deadline = time.monotonic() + 60
    name = path.partition("/")[0]
    while name not in place.rows() or place.row(name).size_bytes <= HOLE_BYTES:
        assert time.monotonic() < deadline
        began = time.monotonic()
        place.client.ping()
        slowest = max(slowest, time.monotonic() - began)
    assert place.client.status().store_bytes < 100_000_000
    assert slowest < 3.0
    assert memory_bytes(place.client.status().pid) - before < HOLE_BYTES * 2 // 3


@pytest.mark.parametrize("written", [b"", b"af"], ids=["nothing", "half"])
@pytest.mark.parametrize("before", [None, b"before"], ids=["created", "truncated"])
def test_a_writer_may_take_its_time_between_two_calls(place: Place, before: bytes | None, written: bytes) -> None:
    """What lies there between them is nobody's state: no snapshot, no suspect, not even for a barrier."""
    if before is not None:
        place.write("x", before)
    file = place.root / "x"
    with file.open("wb", buffering=0) as target:
        target.write(written)
        barrier = threading.Thread(target=place.settle)
        barrier.start()
        barrier.join(0.6)
        target.write(b"after"[len(written) :])
    barrier.join()
    place.settle()
    assert place.history(place.row("x").id) == [content for content in (b"after", before) if content is not None]


def test_a_file_that_stays_empty_and_open_is_a_session(place: Place) -> None:
    """Its writer is not waited for longer than the bound."""
    with (place.root / "x").open("wb"):
        until(lambda: "x" in place.rows())
        assert place.head("x") == b""


NAMES = {
    "not text": b"caf\xe9.txt",
    "every byte": bytes(byte for byte in range(1, 256) if byte not in b"/"),
    "a newline": b"two\nlines",
    "an escape sequence": b"\x1b[31mred",
    "as long as can be": b"n" * 255,
    "long and not text": b"\xff" * 255,
    "a dot": b".hidden",
    "a space": b" ",
    "a star": b"*",
    "like an option": b"--accept",
    "dots within": b"a..b",
    "with a reference's signs": b"x@good:part",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_strange_name_has_a_history_like_any_other(place: Place, name: bytes) -> None:
    """It is changed, deleted and brought back under the very same bytes."""
    file = os.path.join(os.fsencode(place.root), name)
    for content in (b"one", b"two"):
        with open(file, "wb") as target:
            target.write(content)
        place.settle()
    row = place.row(os.fsdecode(name))
    assert row.path == place.prefix + name
    assert place.history(row.id) == [b"two", b"one"]
    os.unlink(file)
    place.settle()
    deleted = place.operations()[-1]
    assert (deleted.type, deleted.session) == ("deleted-outside", row.id)
    place.client.undo(deleted.number, published=True)
    with open(file, "rb") as source:
        assert source.read() == b"two"
    assert place.daemon.ok("list", "--app", place.app).code == 0
    place.client.restore(Ref(id=row.id, snapshot="-1"), published=True)
    with open(file, "rb") as source:
        assert source.read() == b"one"


def test_names_that_differ_only_in_how_they_are_shown_are_two_sessions(place: Place) -> None:
    """Bytes that are no text, and the text that stands for them."""
    for name, content in ((b"caf\xe9", b"bytes"), (b"caf\\xe9", b"text")):
        (place.root / os.fsdecode(name)).write_bytes(content)
    place.settle()
    assert place.head(os.fsdecode(b"caf\xe9")) == b"bytes"
    assert place.head("caf\\xe9") == b"text"
    assert until(lambda: place.row("caf\\xe9").name != place.row(os.fsdecode(b"caf\xe9")).name)
