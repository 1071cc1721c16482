"""Files on their way to the disk: what travels, what is left where it was cut off, and what is never put in place."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from clients_fake_daemon import FakeDaemon, session_row

from holdfast.async_client import AsyncClient
from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import cut, hash_of, listed
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import Damaged, NotFound, UnknownVerb, Unreadable
from holdfast_protocol.model import FileRow

LARGE = random.Random(2).randbytes(12_000_000)
OTHER = LARGE[:4_000_000] + b"a bridge" + LARGE[4_000_000:]
Holdfast = Callable[..., tuple[int, bytes, bytes]]


class Document:
    """A document of one file that a daemon has; ``windows_count``: so many windows of it are given, then an error."""

    def __init__(self, daemon: FakeDaemon, content: bytes) -> None:
        self.content = content
        self.told, self.size_bytes = hash_of(content), len(content)
        self.windows_count = 1000
        self.window_bytes = wire.LIMITS["window_bytes"]
        self.chunks = [*map(bytes, cut(content))]
        self.given_bytes = 0
        daemon.answers |= {wire.Load: self.load, wire.Chunks: self.list, wire.Cat: self.cat}

    def load(self, asked: Asked) -> wire.Reply:
        row = FileRow(path=b"", size_bytes=self.size_bytes, hash=self.told)
        return wire.Loaded(session=session_row(), snapshot="ab" * 16, files=[row], inline=False)

    def list(self, asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        request = asked.request
        assert isinstance(request, wire.Chunks)
        some = self.chunks[request.start : request.start + 7]
        reply = wire.ChunkList(snapshot="ab" * 16, count=len(self.chunks))
        return reply, [b"".join(listed(hash_of(chunk), len(chunk)) for chunk in some)]

    def cat(self, asked: Asked) -> tuple[wire.Reply, list[bytes]] | NotFound:
        request = asked.request
        assert isinstance(request, wire.Cat)
        assert request.ref.snapshot == "ab" * 16
        self.windows_count -= 1
        if self.windows_count < 0:
            return NotFound("It is gone")
        window = self.content[request.offset : request.offset + min(request.length, self.window_bytes)]
        self.given_bytes += len(window)
        end = request.offset + request.length >= self.size_bytes
        return wire.Content(snapshot="ab" * 16, size_bytes=self.size_bytes, hash=self.told if end else None), [window]


def write(client: Client, path: Path) -> int:
    document = client.open("renardo/verse")
    return document.write(document.files[0], path)


def cut_off(document: Document, client: Client, path: Path, windows_count: int = 4) -> Path:
    """What is left of a try that ended after so many windows."""
    document.windows_count = windows_count
    with pytest.raises(NotFound):
        write(client, path)
    document.windows_count, document.given_bytes = 1000, 0
    return path.with_name(f".holdfast-{path.name}.part")


def test_a_large_file_travels_once(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """Its bytes are at the place then, nothing is beside them, and an existing file's mode is kept."""
    document, target = Document(daemon, LARGE), tmp_path / "out"
    target.write_bytes(b"old")
    target.chmod(0o640)
    assert write(client, target) == document.given_bytes == len(LARGE)
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (LARGE, 0o640)
    assert sorted(os.listdir(tmp_path)) == ["home", "out"]


def test_only_what_an_older_file_lacks_travels(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """Where the place holds an older version, shifted by an insertion, the chunks around that come."""
    document, target = Document(daemon, OTHER), tmp_path / "out"
    target.write_bytes(LARGE)
    assert 0 < write(client, target) == document.given_bytes < 3_000_000
    assert target.read_bytes() == OTHER


def test_a_daemon_may_give_less_at_once(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """Than a chunk, too; what is left of it is asked for."""
    document = Document(daemon, LARGE)
    document.window_bytes = 200_000
    assert write(client, tmp_path / "out") == document.given_bytes == len(LARGE)
    assert (tmp_path / "out").read_bytes() == LARGE


def test_content_that_ends_in_the_middle_is_refused(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """An empty window, or half a one and then nothing, is not waited on for ever."""
    for end in (7_000_000, 7_000_001):
        document = Document(daemon, LARGE)
        document.content = LARGE[:end]
        with pytest.raises(Damaged):
            write(client, tmp_path / "out")


def test_a_file_that_is_there_is_left_alone(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """Nothing travels, and nothing is written."""
    Document(daemon, LARGE)
    target = tmp_path / "out"
    target.write_bytes(LARGE)
    before = target.stat()
    assert write(client, target) == 0
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_was_cut_off_goes_on(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """The place is as it was meanwhile; the next try fetches the rest, and no more."""
    document, target = Document(daemon, LARGE), tmp_path / "out"
    target.write_bytes(b"old")
    part = cut_off(document, client, target)
    assert target.read_bytes() == b"old"
    came = part.stat().st_size
    assert came > 2_000_000
    assert write(client, target) == document.given_bytes == len(LARGE) - came
    assert target.read_bytes() == LARGE
    assert not part.exists()


@pytest.mark.parametrize("spoil", ["flipped", "of another snapshot", "longer"])
def test_what_was_left_is_not_trusted(daemon: FakeDaemon, client: Client, tmp_path: Path, spoil: str) -> None:
    """A byte that changed since costs one chunk; what is no part of the file is replaced."""
    document, target = Document(daemon, LARGE), tmp_path / "out"
    part = cut_off(document, client, target)
    left = bytearray(part.read_bytes())
    if spoil == "flipped":
        left[1_000_000] ^= 1
    part.write_bytes({"flipped": left, "of another snapshot": OTHER[1:], "longer": left + bytes(20_000_000)}[spoil])
    travelled = write(client, target)
    assert travelled == document.given_bytes
    rest = len(LARGE) - len(left)
    assert {"flipped": rest < travelled <= rest + 2**20, "longer": travelled == rest}.get(spoil, True)
    assert target.read_bytes() == LARGE


def test_a_chunk_that_is_not_what_its_hash_says_is_refused(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """The file at the place stays, and nothing is left beside it."""
    document, target = Document(daemon, LARGE), tmp_path / "out"
    target.write_bytes(b"old")
    document.content = LARGE[:7_000_000] + b"!" + LARGE[7_000_001:]
    with pytest.raises(Damaged):
        write(client, target)
    assert target.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["home", "out"]


def test_right_chunks_that_make_another_file_are_refused(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """The whole is checked at the end, too."""
    document, target = Document(daemon, LARGE), tmp_path / "out"
    document.told = hash_of(OTHER)
    with pytest.raises(Damaged):
        write(client, target)
    assert os.listdir(tmp_path) == ["home"]


def test_a_list_of_chunks_that_is_too_short_is_refused(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """Before anything is fetched."""
    document = Document(daemon, LARGE)
    del document.chunks[-1]
    with pytest.raises(Damaged):
        write(client, tmp_path / "out")
    assert not document.given_bytes


def test_repeated_chunks_travel_once(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """Content that repeats itself costs one chunk on the way down too."""
    zeros = bytes(9_000_000)
    document = Document(daemon, zeros)
    assert write(client, tmp_path / "out") == document.given_bytes <= 2 * 2**20
    assert (tmp_path / "out").read_bytes() == zeros


def test_an_older_daemon_that_lists_no_chunks_gives_the_file(
    daemon: FakeDaemon, client: Client, tmp_path: Path
) -> None:
    """Whole, and checked."""
    document = Document(daemon, LARGE)
    daemon.answers[wire.Chunks] = lambda asked: UnknownVerb("No verb 'chunks'")
    assert write(client, tmp_path / "out") == document.given_bytes == len(LARGE)
    assert (tmp_path / "out").read_bytes() == LARGE


@pytest.mark.parametrize("hand", ["a lock", "another name", "a link", "a folder"])
def test_what_another_has_a_hand_on_is_left_to_it(
    daemon: FakeDaemon, client: Client, tmp_path: Path, hand: str
) -> None:
    """A second load to the same place at the same time does not disturb the first, and no one can change afterwards
    what was put in place."""
    Document(daemon, LARGE)
    part, other = tmp_path / ".holdfast-out.part", tmp_path / "other"
    other.write_bytes(b"theirs")
    if hand == "a folder":
        part.mkdir()
    elif hand == "another name":
        os.link(other, part)
    elif hand == "a link":
        part.symlink_to(other)
    else:
        part.touch()
    with ExitStack() as held:
        if hand == "a lock":
            fcntl.flock(held.enter_context(part.open()), fcntl.LOCK_EX)
        assert write(client, tmp_path / "out") == len(LARGE)
    assert (tmp_path / "out").read_bytes() == LARGE
    assert (other.read_bytes(), part.exists()) == (b"theirs", True)


def test_a_place_that_cannot_be_written_is_named(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """A folder that is not there, and a folder that is in the way; what came is not left on that disk."""
    Document(daemon, LARGE)
    (tmp_path / "out").mkdir()
    for place in (tmp_path / "no" / "where", tmp_path / "out"):
        with pytest.raises(Unreadable, match=f"{place} cannot be written: "):
            write(client, place)
    assert sorted(os.listdir(tmp_path)) == ["home", "out"]


def test_a_pipe_takes_a_large_file_as_it_comes(daemon: FakeDaemon, client: Client) -> None:
    """What is no regular file is written to directly."""
    document = Document(daemon, LARGE)
    assert write(client, Path("/dev/null")) == document.given_bytes == len(LARGE)


def test_a_load_that_is_awaited_goes_on_as_well(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """AsyncClient finds what the blocking one has left."""
    document, target = Document(daemon, LARGE), tmp_path / "out"
    came = cut_off(document, client, target).stat().st_size

    async def load() -> int:
        async with AsyncClient(daemon.path, timeout_seconds=3.0) as other:
            opened = await other.open("renardo/verse")
            return await opened.write(opened.files[0], target)

    assert asyncio.run(load()) == len(LARGE) - came
    assert target.read_bytes() == LARGE


def test_load_says_how_much_travelled(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """In its JSON; said again after a cut, the same command goes on."""
    document, target = Document(daemon, LARGE), str(tmp_path / "out")
    document.windows_count = 4
    assert holdfast("load", "renardo/verse", "-o", target)[0] == 3
    document.windows_count, document.given_bytes = 1000, 0
    code, out, _ = holdfast("load", "renardo/verse", "-o", target, "--json")
    assert (code, f'"travelled_bytes": {document.given_bytes}'.encode() in out) == (0, True)
    assert document.given_bytes < len(LARGE)


@pytest.mark.parametrize("verb", ["cat", "load"])
def test_what_is_printed_is_checked_too(daemon: FakeDaemon, holdfast: Holdfast, verb: str) -> None:
    """The exit code says that it was not what its hash says, and the last of it is held back."""
    document = Document(daemon, b"wrong")
    document.told = hash_of(b"right")
    assert holdfast(verb, "renardo/verse@" + "ab" * 16)[:2] == (8, b"")


def test_a_part_is_checked_by_what_the_daemon_says_of_it(daemon: FakeDaemon, client: Client) -> None:
    """Its hash comes with the last window; an older daemon says none."""
    answer = wire.Content(snapshot="ab" * 16, size_bytes=2, hash=hash_of(b"ab"))
    daemon.answers[wire.Cat] = lambda asked: (answer, [b"ab"])
    assert client.cat("renardo/verse:intro") == b"ab"
    daemon.answers[wire.Cat] = lambda asked: (answer, [b"aB"])
    with pytest.raises(Damaged):
        client.cat("renardo/verse:intro")
