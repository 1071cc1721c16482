"""Documents of thousands of files, and parts of many megabytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from e2e_daemon import Daemon

from holdfast_protocol.messages import LIMITS

CHANCE = random.Random(7)


def _files(count: int, sizes: tuple[int, int]) -> dict[bytes, bytes]:
    """Paths three folders deep, some of bytes that are not text; some files empty."""
    return {
        b"folder-%d/\xff%d/a file of some length %d.txt" % (number % 40, number % 3, number): CHANCE.randbytes(
            CHANCE.randint(*sizes) if number % 50 else 0
        )
        for number in range(count)
    }


def _visible(folder: Path) -> dict[bytes, bytes]:
    whole = bytes(folder)
    return {bytes(file)[len(whole) + 1 :]: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(("count", "sizes"), [(4000, (1, 200)), (4000, (1, 1800)), (1500, (2000, 4000))])
def test_many_files_are_one_document(shared: Daemon, count: int, sizes: tuple[int, int]) -> None:
    """Saved, loaded to the byte, and visible as they are: inside one message, in chunks, and in more than an answer."""
    files = _files(count, sizes)
    name = f"many-{sizes[1]}"
    with shared.client(60) as client:
        assert client.save("notes", name, files, published=True).outcome == "saved"
        assert client.load(f"notes/{name}").files == files
    assert _visible(shared.file("notes", name)) == files


def test_some_of_many_files_are_changed(shared: Daemon) -> None:
    """A file more and another content are two rows, and what was is still there."""
    files = _files(300, (1, 200))
    changed = {**files, b"one more": b"x", min(files): b"changed"}
    with shared.client(60) as client:
        client.save("notes", "changed", files)
        client.save("notes", "changed", changed, published=True)
        assert client.load("notes/changed").files == changed
        assert client.load("notes/changed@-1").files == files
        assert sorted(row.what for row in client.diff("notes/changed").rows) == ["added", "changed"]
    assert _visible(shared.file("notes", "changed")) == changed


def test_four_thousand_files_are_imported(shared: Daemon) -> None:
    """As a new session; as many as the limit says, and not one more."""
    files = _files(LIMITS["files_count"], (0, 40))
    with shared.client(60) as client:
        client.import_document("imported", files, app="notes", published=True)
        assert client.load("notes/imported").files == files


def test_a_folder_of_four_thousand_files_from_the_command_line(shared: Daemon, tmp_path: Path) -> None:
    """Saved from a directory, and loaded into another."""
    for path, content in (files := _files(4000, (0, 60))).items():
        target = Path(str(tmp_path / "in")) / path.decode(errors="surrogateescape")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    shared.ok("save", "notes/shell", str(tmp_path / "in"))
    shared.ok("load", "notes/shell", "-o", str(tmp_path / "out"))
    assert _visible(tmp_path / "out") == files


def test_a_part_of_many_megabytes(shared: Daemon, tmp_path: Path) -> None:
    """Larger than a frame, beside a small one; from memory and from the command line."""
    large = CHANCE.randbytes(9_000_000)
    with shared.client() as client:
        client.save("mine", "parts", parts={"small": b"s", "large": large})
        assert client.cat("mine/parts:large") == large
        assert client.cat("mine/parts:small") == b"s"
    (tmp_path / "large").write_bytes(large[1:])
    shared.ok("save", "mine/parts", "--part", f"large={tmp_path / 'large'}")
    shared.ok("save", "mine/parts", "--part", "piped=-", content=large[2:])
    assert shared.ok("cat", "mine/parts:large").out == large[1:]
    assert shared.ok("cat", "mine/parts:piped").out == large[2:]
