"""Files that the daemon reads itself, where it can; and files that change while they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clients_fake_daemon import Answer, FakeDaemon, saved

from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import BadField, HoldfastError, NotAllowed, UnknownVerb, Unreadable
from holdfast_protocol.model import FileSource

CONTENT = bytes(3_000_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(CONTENT)
    return path


def _offers(daemon: FakeDaemon, put_file: Answer) -> None:
    def hello(_: Asked) -> wire.Reply:
        return wire.Welcome(
            protocol=1, version="0", epoch="e", user="me", limits=wire.LIMITS, capabilities=[wire.LOCAL_FILES]
        )  # fmt: skip

    daemon.answers |= {
        wire.Hello: hello,
        wire.PutFile: put_file,
        wire.Missing: lambda asked: (wire.MissingChunks(count=0), [b""]),
        wire.Save: lambda asked: saved(),
    }


def _put(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
    """Two million bytes, and the rest."""
    assert isinstance(asked.request, wire.PutFile)
    offset = asked.request.offset
    size_bytes = min(2_000_000, len(CONTENT) - offset)
    return wire.FilePut(count=1, size_bytes=size_bytes, end=offset > 0), [bytes([bool(offset)]) * 32]


def test_a_file_is_lent_piece_by_piece(daemon: FakeDaemon, client: Client, file: Path) -> None:
    """Under one number, each piece from where the one before ended; the save names the chunks of all."""
    _offers(daemon, _put)
    client.save("plain", "large", {b"a": file, b"b": b"small"})
    requests = [asked.request for asked in daemon.requests(wire.PutFile)]
    assert [each.offset for each in requests] == [0, 2_000_000]  # type: ignore[attr-defined]  # only PutFile is here
    assert len({each.descriptor for each in requests}) == 1  # type: ignore[attr-defined]  # as above
    (asked,) = daemon.requests(wire.Save)
    assert asked.payload == [bytes(32) + b"\1" * 32, b"small"]
    assert asked.request.files == [  # type: ignore[attr-defined]  # only Save is here
        FileSource(path=b"a", frame=0, chunked=True), FileSource(path=b"b", frame=1)
    ]  # fmt: skip


def test_bytes_and_small_files_are_not_lent(daemon: FakeDaemon, client: Client, tmp_path: Path) -> None:
    """They go as ever."""
    small = tmp_path / "small"
    small.write_bytes(b"small")
    _offers(daemon, _put)
    client.save("plain", "large", {b"a": CONTENT, b"b": small})
    assert not daemon.requests(wire.PutFile)


@pytest.mark.parametrize("problem", [NotAllowed("no"), UnknownVerb("no"), Unreadable("no"), BadField("no")])
def test_what_is_not_read_is_sent(daemon: FakeDaemon, client: Client, file: Path, problem: HoldfastError) -> None:
    """By itself, whatever the reason; for the other files of the document it is not tried again."""
    _offers(daemon, lambda asked: problem)
    client.save("plain", "large", {b"a": file, b"b": file})
    assert len(daemon.requests(wire.PutFile)) == 1
    assert len(daemon.requests(wire.Missing)) == 1
    request = daemon.requests(wire.Save)[0].request
    assert [each.chunked for each in request.files] == [True, True]  # type: ignore[attr-defined]  # only Save is here


def test_what_is_not_offered_is_not_asked_for(daemon: FakeDaemon, client: Client, file: Path) -> None:
    """An older daemon, or one that may not look at what we have open."""
    _offers(daemon, _put)
    del daemon.answers[wire.Hello]
    client.save("plain", "large", file)
    assert not daemon.requests(wire.PutFile)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("lends", [True, False])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    daemon: FakeDaemon, client: Client, file: Path, lends: bool, times: int
) -> None:
    """Whoever reads it; one that goes on changing is not saved as a mixture of what it was."""
    os.truncate(file, 20_000_000)  # more than what is sent together
    changes = 0

    def change(asked: Asked) -> None:
        nonlocal changes
        if changes < times:
            changes += 1
            os.utime(file, ns=(changes, changes))

    def put(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        change(asked)
        return wire.FilePut(count=1, size_bytes=len(CONTENT), end=True), [bytes([changes]) * 32]

    def missing(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        change(asked)
        return wire.MissingChunks(count=0), [b""]

    _offers(daemon, put)
    daemon.answers[wire.Missing] = missing
    if not lends:
        del daemon.answers[wire.Hello]
    if times == 1:
        client.save("plain", "large", file)
        assert len(daemon.requests(wire.PutFile)) == (2 if lends else 0)
    else:
        with pytest.raises(Unreadable, match="is being changed"):
            client.save("plain", "large", file)
        assert not daemon.requests(wire.Save)
