"""Content both ways: inline, as chunks, in windows; and what a client remembers of revisions."""

from __future__ import annotations

import random
from pathlib import Path

import hypothesis.strategies as st
import pytest
from clients_fake_daemon import FakeDaemon, saved, session_row
from hypothesis import given

from holdfast import sources
from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import cut, hash_of
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import BadField, Damaged, NotFound, TooLarge, Unreadable
from holdfast_protocol.model import FileRow, FileSource, PartSource

LARGE = random.Random(1).randbytes(40_000_000)


class Chunks:
    """The chunk half of a daemon."""

    def __init__(self, daemon: FakeDaemon) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.saves: list[Asked] = []
        daemon.answers |= {wire.Missing: self.missing, wire.Put: self.put, wire.Save: self.save}

    def missing(self, asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        names = [asked.payload[0][start : start + 32] for start in range(0, len(asked.payload[0]), 32)]
        lacking = [name for name in names if name not in self.kept]
        return wire.MissingChunks(count=len(lacking)), [b"".join(lacking)]

    def put(self, asked: Asked) -> wire.Reply:
        assert sum(map(len, asked.payload)) <= 6 * 1024 * 1024
        assert len(asked.payload) <= 200
        self.kept |= {hash_of(chunk): chunk for chunk in asked.payload}
        return wire.Stored(count=len(asked.payload))

    def save(self, asked: Asked) -> wire.Reply:
        self.saves.append(asked)
        return saved()

    def content(self, frame: bytes) -> bytes:
        return b"".join(self.kept[frame[start : start + 32]] for start in range(0, len(frame), 32))


def _received(asked: Asked, chunks: Chunks) -> dict[bytes, bytes]:
    """The files that a save's sources and frames make."""
    request = asked.request
    assert isinstance(request, wire.Save)
    files = {}
    for source in request.files:
        end = None if source.size_bytes is None else source.offset + source.size_bytes
        window = asked.payload[source.frame][source.offset : end]
        files[source.path] = chunks.content(window) if source.chunked else window
    return files


def test_small_content_travels_inside_the_message(daemon: FakeDaemon, client: Client) -> None:
    """Files and parts are payload frames, and the sources say which."""
    chunks = Chunks(daemon)
    client.save("renardo", "verse", {b"a": b"1", b"b/c": b""}, parts={"intro": b"2"}, tags=["live"])
    (asked,) = chunks.saves
    request = asked.request
    assert isinstance(request, wire.Save)
    assert request.files == [FileSource(frame=0, path=b"a"), FileSource(frame=1, path=b"b/c")]
    assert request.parts == [PartSource(part="intro", frame=2)]
    assert asked.payload == [b"1", b"", b"2"]
    assert not daemon.requests(wire.Missing)


@pytest.mark.parametrize("from_file", [False, True])
def test_large_content_travels_as_chunks(daemon: FakeDaemon, client: Client, tmp_path: Path, from_file: bool) -> None:
    """A file read in pieces is cut exactly as the same bytes in memory, and only what is missing is sent."""
    chunks = Chunks(daemon)
    first, second = list(cut(LARGE))[:2]
    chunks.kept[hash_of(first)] = bytes(first)
    file = tmp_path / "large"
    file.write_bytes(LARGE)
    client.save("igv", "large", file if from_file else LARGE)
    (asked,) = chunks.saves
    assert asked.request.files == [FileSource(frame=0, chunked=True, hash=hash_of(LARGE))]  # type: ignore[attr-defined]  # only Save is here
    assert asked.payload == [b"".join(hash_of(chunk) for chunk in cut(LARGE))]
    assert chunks.content(asked.payload[0]) == LARGE
    put = [chunk for each in daemon.requests(wire.Put) for chunk in each.payload]
    assert bytes(first) not in put
    assert put.count(bytes(second)) == 1


def test_repeated_chunks_are_sent_once(daemon: FakeDaemon, client: Client) -> None:
    """Content that repeats itself costs one chunk."""
    chunks = Chunks(daemon)
    client.save("plain", "zeros", bytes(8_000_000))
    sent = [chunk for each in daemon.requests(wire.Put) for chunk in each.payload]
    assert len(sent) == len(set(sent))
    assert chunks.content(chunks.saves[0].payload[0]) == bytes(8_000_000)


def test_one_message_holds_a_mebibyte_of_files(daemon: FakeDaemon, client: Client) -> None:
    """Files share the room inside the message; who does not fit is cut."""
    chunks = Chunks(daemon)
    client.save("aiderdesk", "task", {b"a": bytes(700_000), b"b": bytes(700_000), b"c": b"x"})
    request = chunks.saves[0].request
    assert [each.chunked for each in request.files] == [False, True, False]  # type: ignore[attr-defined]  # only Save


def test_chunks_lost_with_a_restart_are_sent_again(daemon: FakeDaemon, client: Client) -> None:
    """A save that a new daemon refuses because it lacks chunks is prepared anew."""
    chunks = Chunks(daemon)

    def forgetful(asked: Asked) -> wire.Reply | NotFound | None:
        if daemon.epoch == "epoch-1":
            daemon.epoch = "epoch-2"
            chunks.kept.clear()
            return None  # the client hangs up, and finds the new epoch
        if not chunks.kept:
            return NotFound("chunks are missing")
        return chunks.save(asked)

    daemon.answers[wire.Save] = forgetful
    client.save("igv", "large", LARGE[:3_000_000])
    assert chunks.content(chunks.saves[0].payload[0]) == LARGE[:3_000_000]


def test_many_small_files_share_frames(daemon: FakeDaemon, client: Client) -> None:
    """More files than a message has frames lie one behind the other; as many as it has have one each."""
    chunks = Chunks(daemon)
    for count, frames_count in ((256, 256), (257, 1), (4096, 1)):
        files = {b"f%d" % number: b"%d" % number * (number % 7) for number in range(count)}
        client.save("aiderdesk", "task", files)
        asked = chunks.saves[-1]
        assert len(asked.payload) == frames_count
        assert _received(asked, chunks) == files
    assert not daemon.requests(wire.Missing)


def test_files_beyond_the_room_share_frames_of_hashes(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """Chunks of many files are asked for together, and put together, however many files they are of."""
    chunks = Chunks(daemon)
    (tmp_path / "large").write_bytes(LARGE[:3_000_000])
    files: dict[bytes, bytes | Path] = {b"f%d" % number: LARGE[number : number + 4000] for number in range(1000)}
    client.save("aiderdesk", "task", {**files, b"large": tmp_path / "large", b"none": b""})
    [asked] = chunks.saves
    assert len(asked.payload) == 1
    assert len(daemon.requests(wire.Missing)) == 1
    assert len(daemon.requests(wire.Put)) < 10
    assert _received(asked, chunks) == {**files, b"large": LARGE[:3_000_000], b"none": b""}


def test_shared_frames_keep_their_bound() -> None:
    """A frame is filled up to its limit, and what does not fit begins another."""
    pieces = [bytes(1_000_000)] * 7 + [b"x"] * 300
    frames, places = sources._framed(pieces)
    assert all(len(frame) <= wire.LIMITS["frame_bytes"] for frame in frames)
    assert [len(frame) for frame in frames] == [4_000_000, 3_000_300]
    assert [frames[at.frame][at.offset :][: at.size_bytes] for at in places] == pieces


def test_a_large_part_travels_as_chunks(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """From memory or from a file, however large."""
    chunks = Chunks(daemon)
    (tmp_path / "part").write_bytes(LARGE[:5_000_000])
    client.save("igv", "x", parts={"small": b"1", "large": LARGE[:6_000_000], "file": tmp_path / "part"})
    [asked] = chunks.saves
    assert [each.chunked for each in asked.request.parts] == [False, True, True]  # type: ignore[attr-defined]  # a Save
    assert chunks.content(asked.payload[1]) == LARGE[:6_000_000]
    assert chunks.content(asked.payload[2]) == LARGE[:5_000_000]


def test_too_many_files_are_refused_before_anything_is_sent(daemon: FakeDaemon, client: Client) -> None:
    """A document of more files than the daemon takes cannot be sent."""
    with pytest.raises(TooLarge):
        client.save("aiderdesk", "task", {str(number).encode(): b"" for number in range(4097)})
    assert not daemon.requests(wire.Save)


@pytest.mark.parametrize("payload", [[b"1", b"", b"234"], [b"1234"], [b"12", b"34"]])
def test_loaded_files_lie_in_the_frames_one_behind_the_other(
    daemon: FakeDaemon, client: Client, payload: list[bytes]
) -> None:
    """However the frames are cut, each file is as long as its row says."""
    files = {b"a": b"1", b"b": b"", b"c": b"234"}
    rows = [FileRow(path=path, size_bytes=len(each), hash=hash_of(each)) for path, each in files.items()]
    loaded = wire.Loaded(session=session_row(), snapshot="ab" * 16, files=rows, inline=True)
    daemon.answers[wire.Load] = lambda asked: (loaded, payload)
    assert client.load("renardo/verse").files == files


@pytest.mark.parametrize("payload", [[], [b"12"], [b"1", b"", b"2345"]])
def test_loaded_files_of_another_size_are_damaged(daemon: FakeDaemon, client: Client, payload: list[bytes]) -> None:
    """Too little and too much are noticed before anything is used."""
    row = FileRow(path=b"", size_bytes=4, hash=hash_of(b"1234"))
    loaded = wire.Loaded(session=session_row(), snapshot="ab" * 16, files=[row], inline=True)
    daemon.answers[wire.Load] = lambda asked: (loaded, payload)
    with pytest.raises(Damaged):
        client.load("renardo/verse")


def test_a_file_that_cannot_be_read_is_named(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """A missing file is Unreadable, with its path."""
    with pytest.raises(Unreadable, match="absent"):
        client.save("igv", "x", tmp_path / "absent")


def test_a_save_names_the_revision_it_started_from(daemon: FakeDaemon, client: Client) -> None:
    """After a load or a save the next one says which revision this client has seen; a merge is not seen yet."""
    chunks = Chunks(daemon)
    row = FileRow(path=b"", size_bytes=1, hash=hash_of(b"x"))
    loaded = wire.Loaded(session=session_row(revision=4), snapshot="ab" * 16, files=[row], inline=True)
    daemon.answers[wire.Load] = lambda asked: (loaded, [b"x"])
    outcomes = iter([saved(session=session_row(revision=5)), saved("merged", session=session_row(revision=7)), saved()])
    daemon.answers[wire.Save] = lambda asked: (chunks.saves.append(asked), next(outcomes))[1]
    client.load("renardo/verse")
    for _ in range(3):
        client.save("renardo", "verse", b"y")
    assert [each.request.expect for each in chunks.saves] == [4, 5, 5]  # type: ignore[attr-defined]  # only Save is here


def _sent(chunks: Chunks) -> list[tuple[str, str | None, int | None]]:
    """Name, session and revision that each save said."""
    requests = [each.request for each in chunks.saves]
    return [(each.name, each.session, each.expect) for each in requests if isinstance(each, wire.Save)]


def _answering(daemon: FakeDaemon, *answers: wire.Saved) -> Chunks:
    chunks, outcomes = Chunks(daemon), iter(answers)
    daemon.answers[wire.Save] = lambda asked: (chunks.saves.append(asked), next(outcomes))[1]
    return chunks


def test_a_revision_belongs_to_a_session_and_not_to_its_name(daemon: FakeDaemon, client: Client) -> None:
    """A save says which session it continues; ``new`` and a revision of the caller's own say nothing remembered."""
    chunks = _answering(daemon, saved(session=session_row(revision=5)), saved(), saved(), saved())
    client.save("renardo", "verse", b"1")
    client.save("renardo", "verse", b"2")
    client.save("renardo", "verse", b"3", expect=1)
    client.save("renardo", "verse", b"4", new=True)
    assert _sent(chunks) == [
        ("verse", None, None), ("verse", "0" * 32, 5), ("verse", None, 1), ("verse", None, None)
    ]  # fmt: skip


def test_after_a_fork_a_client_goes_on_in_its_fork(daemon: FakeDaemon, client: Client) -> None:
    """Under the name that it says, with or without the folder, until it loads that name again."""
    fork = session_row("verse (fork)", id="f" * 32, revision=1)
    later = session_row("verse (fork)", id="f" * 32, revision=2)
    chunks = _answering(daemon, saved(), saved("forked", session=fork), saved(session=later), saved(), saved())
    row = FileRow(path=b"", size_bytes=1, hash=hash_of(b"x"))
    loaded = wire.Loaded(session=session_row(revision=9), snapshot="ab" * 16, files=[row], inline=True)
    daemon.answers[wire.Load] = lambda asked: (loaded, [b"x"])
    for _ in range(3):
        client.save("renardo", "verse", b"y")
    client.save("renardo", "verse", b"y", folder="sessions")
    client.load("renardo/verse")
    client.save("renardo", "verse", b"y")
    assert _sent(chunks)[1:] == [
        ("verse", "0" * 32, 3), ("verse (fork)", "f" * 32, 1), ("verse (fork)", "f" * 32, 2), ("verse", "0" * 32, 9)
    ]  # fmt: skip


def test_a_save_without_news_is_no_sight_of_the_head(daemon: FakeDaemon, client: Client) -> None:
    """``unchanged`` with an older snapshot than the head: what the next save starts from stays."""
    newer = session_row(revision=4, head="cd" * 16)
    chunks = _answering(daemon, saved(), saved("unchanged", session=newer), saved())
    for _ in range(3):
        client.save("renardo", "verse", b"y")
    assert _sent(chunks)[2] == ("verse", "0" * 32, 3)


def test_a_session_that_this_client_renamed_is_known_by_its_new_name(daemon: FakeDaemon, client: Client) -> None:
    """Its next save under either name says which session and revision it continues."""
    chunks = _answering(daemon, saved(), saved(session=session_row("coda")), saved())
    daemon.answers[wire.Rename] = lambda asked: wire.Changed(session=session_row("coda"), operation=8)
    client.save("renardo", "verse", b"1")
    client.rename("renardo/verse", "coda")
    client.save("renardo", "coda", b"2")
    client.save("renardo", "verse", b"3")
    assert _sent(chunks)[1:] == [("coda", "0" * 32, 3), ("verse", "0" * 32, 3)]


def test_text_that_cannot_be_sent_is_named(daemon: FakeDaemon, client: Client) -> None:
    """Half a surrogate pair, as a name that is not UTF-8 has it; the connection lives on."""
    with pytest.raises(BadField, match=r"bad\\udcff' is not text"):
        client.show("renardo/bad\udcff")
    client.ping()


def _windowed(daemon: FakeDaemon, content: bytes, told: bytes) -> None:
    """A document of one file that must be read by ``cat``; ``told`` is what its hash is made of."""
    row = FileRow(path=b"", size_bytes=len(content), hash=hash_of(told))
    daemon.answers[wire.Load] = lambda asked: wire.Loaded(
        session=session_row(), snapshot="ab" * 16, files=[row], inline=False
    )

    def cat(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        request = asked.request
        assert isinstance(request, wire.Cat)
        assert request.ref.snapshot == "ab" * 16
        window = content[request.offset : request.offset + request.length]
        return wire.Content(snapshot="ab" * 16, size_bytes=len(content)), [window]

    daemon.answers[wire.Cat] = cat


def test_large_documents_are_read_in_windows(daemon: FakeDaemon, client: Client) -> None:
    """All windows are of the snapshot that load named."""
    _windowed(daemon, LARGE[:2_500_000], LARGE[:2_500_000])
    document = client.load("renardo/verse")
    assert document.files == {b"": LARGE[:2_500_000]}
    assert len(daemon.requests(wire.Cat)) == 3


def test_bytes_that_are_not_what_the_hash_says_are_refused(daemon: FakeDaemon, client: Client) -> None:
    """A document damaged on its way or in the store raises Damaged."""
    _windowed(daemon, b"changed", b"original")
    with pytest.raises(Damaged):
        client.load("renardo/verse")


def test_content_that_ends_early_is_damaged(daemon: FakeDaemon, client: Client) -> None:
    """An empty window before the end is not waited on for ever."""
    daemon.answers[wire.Cat] = lambda asked: (wire.Content(snapshot="ab" * 16, size_bytes=10), [b""])
    with pytest.raises(Damaged):
        client.cat("renardo/verse:intro")


def test_later_windows_are_of_the_first_ones_snapshot(daemon: FakeDaemon, client: Client) -> None:
    """A save between two windows does not mix two states."""

    def cat(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        request = asked.request
        assert isinstance(request, wire.Cat)
        return wire.Content(snapshot="ab" * 16, size_bytes=2), [b"x"]

    daemon.answers[wire.Cat] = cat
    assert client.cat("renardo/verse:intro") == b"xx"
    refs = [each.request.ref for each in daemon.requests(wire.Cat)]  # type: ignore[attr-defined]  # only Cat is here
    assert [(ref.snapshot, ref.part) for ref in refs] == [("latest", "intro"), ("ab" * 16, "intro")]


def test_the_batches_keep_their_bounds() -> None:
    """No batch is over its bytes or its count, and nothing is lost."""
    chunks = [(b"", memoryview(bytes(size))) for size in (5, 5, 1, 9, 20, 1, 1, 1, 1)]
    batches = list(sources._batches(chunks, 10, 3))
    assert [[len(chunk) for _, chunk in batch] for batch in batches] == [[5, 5], [1, 9], [20], [1, 1, 1], [1]]


@given(st.binary(max_size=12), st.binary(max_size=12), st.binary(max_size=6), st.binary(max_size=6))
def test_what_differs_makes_one_of_the_other(start: bytes, end: bytes, before: bytes, after: bytes) -> None:
    """And is no more than that."""
    old, new = start + before + end, start + after + end
    first, last = sources.differing(old, new)
    piece = new[first : len(new) - (len(old) - last)]
    assert old[:first] + piece + old[last:] == new
    assert len(piece) <= len(after)
