"""Large content that is cut off, both ways: the process is killed, the command said again, and the rest travels."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import pytest
from e2e_daemon import Daemon

import holdfast
from holdfast.destinations import written
from holdfast.plans import Plan, Result, Step
from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import cut, hash_of, listed_in
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import BadField, Damaged, NotFound
from holdfast_protocol.model import FileSource, PartSource, Ref

LARGE = random.Random(3).randbytes(40_000_000)

#: The command line, which lends the daemon no file, stops before its request number N, says how many bytes of chunks it
#: has sent, and is killed.
_UNTIL = """
import sys
from holdfast import blocking
from holdfast.cli import main
from holdfast_protocol import messages
from holdfast_protocol.messages import Put
messages.LOCAL_FILES = "not offered"
ask, left, sent = blocking.Line._ask, int(sys.argv[1]), 0
def stopping(line, steps, timeout_seconds):
    global left, sent
    left -= 1
    if not left:
        print(sent, flush=True)
        sys.stdin.read()
    sent += sum(len(chunk) for step in steps if isinstance(step.request, Put) for chunk in step.payload)
    return ask(line, steps, timeout_seconds)
blocking.Line._ask = stopping
main(sys.argv[2:])
"""


def killed(daemon: Daemon, count: int, *words: str) -> int:
    """One run of ``holdfast`` that is killed before its request number ``count``; how much it has sent."""
    command = [sys.executable, "-c", _UNTIL, str(count), *words, "--no-start", "--timeout", "20"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=daemon.environment, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.kill()
    return int(said)


class Travelled:
    """How many bytes of content a plan moves; ``between`` is called once, in the middle of it."""

    def __init__(self, between: Callable[[], None] = lambda: None) -> None:
        self.size_bytes = 0
        self._between = between

    def counted(self, plan: Plan[Result]) -> Plan[Result]:
        answers: Sequence[Answered] | None = None
        inner: Generator[Sequence[Step], Sequence[Answered] | None, Result] = plan  # type: ignore[assignment]  # None first
        while True:
            try:
                steps = inner.send(answers)
            except StopIteration as end:
                result: Result = end.value
                return result
            if self.size_bytes > len(LARGE) // 2:
                self._between()
                self._between = lambda: None
            answers = yield steps
            sent = [step.payload for step in steps if isinstance(step.request, wire.Put)]
            came = [answer.payload for answer in answers if isinstance(answer.reply, wire.Content)]
            self.size_bytes += sum(len(each) for payload in (*sent, *came) for each in payload)


def test_a_load_that_was_killed_goes_on(shared: Daemon, client: holdfast.Client, tmp_path: Path) -> None:
    """The file at the place is the old one until all has come, and what came before the kill does not come again."""
    client.save("plain", "down", LARGE)
    target = tmp_path / "out"
    target.write_bytes(b"old")
    killed(shared, 9, "load", "plain/down", "-o", str(target))
    left = tmp_path / ".holdfast-out.part"
    came = left.stat().st_size
    assert (target.read_bytes(), 5_000_000 < came < len(LARGE)) == (b"old", True)
    spoiled = bytearray(left.read_bytes())
    spoiled[came // 2] ^= 1
    left.write_bytes(spoiled)
    (row,) = shared.ok("load", "plain/down", "-o", str(target), "--json").rows
    assert len(LARGE) - came < row["travelled_bytes"] <= len(LARGE) - came + 2**20
    assert target.read_bytes() == LARGE
    assert not left.exists()


def test_a_save_that_was_killed_sends_the_rest(shared: Daemon, client: holdfast.Client, tmp_path: Path) -> None:
    """What the daemon has of it already does not travel again, whoever sent it."""
    file = tmp_path / "large"
    file.write_bytes(LARGE[::-1])
    sent = killed(shared, 6, "save", "plain/up", str(file))
    assert sent > 10_000_000
    with pytest.raises(NotFound):
        client.show("plain/up")
    rest = Travelled()
    assert client.run(rest.counted(client.verbs.save("plain", "up", LARGE[::-1]))).outcome == "saved"
    assert rest.size_bytes == len(LARGE) - sent
    assert client.load("plain/up").files[b""] == LARGE[::-1]


def test_a_daemon_that_is_killed_costs_a_window(daemon: Daemon, tmp_path: Path) -> None:
    """The same save goes on in the daemon that comes after it, and so does the same load."""

    def again() -> None:
        daemon.kill()
        daemon.start()

    with daemon.client() as client:
        up = Travelled(again)
        assert client.run(up.counted(client.verbs.save("plain", "large", LARGE))).outcome == "saved"
        assert up.size_bytes == len(LARGE)
        opened = client.run(client.verbs.open("plain/large"))
        down = Travelled(again)
        client.run(down.counted(written(opened, opened.files[0], os.fsencode(tmp_path / "out"))))
    assert down.size_bytes == len(LARGE)
    assert (tmp_path / "out").read_bytes() == LARGE


def test_only_the_chunks_around_a_change_come_down(shared: Daemon, client: holdfast.Client, tmp_path: Path) -> None:
    """Into a folder that holds the version before, of a document of several files."""
    first = {b"a/cloud": LARGE[:20_000_000], b"b": LARGE[20_000_000:25_000_000]}
    client.save("plain", "several", first)
    shared.ok("load", "plain/several", "-o", str(tmp_path / "out"))
    second = {**first, b"a/cloud": LARGE[:9_000_000] + b"a word more" + LARGE[9_000_000:20_000_000]}
    client.save("plain", "several", second)
    (row,) = shared.ok("load", "plain/several", "-o", str(tmp_path / "out"), "--json").rows
    assert 0 < row["travelled_bytes"] < 3_000_000
    assert {path: (tmp_path / "out" / path.decode()).read_bytes() for path in second} == second


@pytest.mark.parametrize("chunked", [False, True])
def test_content_that_is_not_what_its_hash_says_is_not_saved(client: holdfast.Client, chunked: bool) -> None:
    """As a file, as a part, and as one that is taken in: nothing is changed. What is what it says is saved."""
    right, wrong = b"print(1)", b"print(2)"
    client.ask(wire.Put(), [right])
    frame = hash_of(right) if chunked else right

    def requests(name: str, told: bytes) -> list[wire.Request]:
        file = FileSource(frame=0, chunked=chunked, hash=hash_of(told))
        part = PartSource(part="startup", frame=0, chunked=chunked, hash=hash_of(told))
        return [
            wire.Save(app="plain", name=name, files=[file]),
            wire.Save(app="parts", name=name, parts=[part]),
            wire.Import(name=f"{name} taken in", files=[file]),
        ]

    name = f"hashed {chunked}"
    for request in requests(name, wrong):
        with pytest.raises(Damaged):
            client.ask(request, [frame])
    assert name not in {row.name for row in client.list(text="hashed").rows}
    assert [client.ask(each, [frame]).reply.outcome for each in requests(name, right)] == ["saved"] * 3  # type: ignore[union-attr]  # all are Saved


def test_the_daemon_lists_the_chunks_of_a_file(client: holdfast.Client) -> None:
    """Hash and size of each, from any number on; parts have none of their own."""
    content = LARGE[:3_000_000]
    client.save("plain", "listed", content)
    chunks = [(hash_of(chunk), len(chunk)) for chunk in cut(content)]
    ref = Ref(app="plain", name="listed")
    for start in (0, 2, len(chunks), 10**9):
        answer = client.ask(wire.Chunks(ref=ref, start=start))
        assert isinstance(answer.reply, wire.ChunkList)
        assert answer.reply.count == len(chunks)
        assert [*listed_in(answer.payload[0])] == chunks[start:]
    with pytest.raises(NotFound):
        client.ask(wire.Chunks(ref=ref, path=b"other"))
    with pytest.raises(BadField):
        client.ask(wire.Chunks(ref=Ref(app="plain", name="listed", part="file")))


def test_the_last_window_says_the_hash_of_the_whole(client: holdfast.Client) -> None:
    """Of a file and of a part alike; those before it say none."""
    client.save("plain", "windows", b"0123456789")
    for ref in (Ref(app="plain", name="windows"), Ref(app="plain", name="windows", part="file")):
        said = [client.ask(wire.Cat(ref=ref, offset=offset, length=4)).reply for offset in (0, 4, 8)]
        assert [each.hash for each in said] == [None, None, hash_of(b"0123456789")]  # type: ignore[union-attr]  # Content
