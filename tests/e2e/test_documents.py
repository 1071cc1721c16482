"""Documents of every shape: a file, a folder, large ones, parts."""

from __future__ import annotations

import os
from pathlib import Path

from e2e_daemon import Daemon, renardo


def test_a_plain_file(shared: Daemon, tmp_path: Path) -> None:
    """Any file can be saved for any application, and lies in its folder as it is."""
    (tmp_path / "x.bin").write_bytes(bytes(range(256)))
    shared.ok("save", "notes/x", str(tmp_path / "x.bin"))
    assert shared.file("notes", "x").read_bytes() == bytes(range(256))
    assert shared.ok("cat", "notes/x").out == bytes(range(256))


def test_a_folder_is_one_document(shared: Daemon, tmp_path: Path) -> None:
    """A folder of several files is one session, visible as a folder; a file removed from it goes there too."""
    tree = tmp_path / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    files = {"a.txt": b"a", "deep/b.txt": b"b", "deep/er/c": os.urandom(200_000)}
    for path, content in files.items():
        (tree / path).write_bytes(content)
    shared.ok("save", "notes/tree", str(tree))
    visible = shared.file("notes", "tree")
    assert {str(f.relative_to(visible)): f.read_bytes() for f in visible.rglob("*") if f.is_file()} == files
    (tree / "deep" / "b.txt").unlink()
    shared.ok("save", "notes/tree", str(tree))
    assert not (visible / "deep" / "b.txt").exists()
    assert shared.ok("cat", "notes/tree@-1", "--path", "deep/b.txt").out == b"b"
    shared.ok("load", "notes/tree@-1", "-o", str(tmp_path / "back"))
    assert (tmp_path / "back" / "deep" / "b.txt").read_bytes() == b"b"
    shared.ok("undo")
    assert (visible / "deep" / "b.txt").read_bytes() == b"b"


def test_a_large_file_travels_in_chunks(shared: Daemon, tmp_path: Path) -> None:
    """Three megabytes of chance come back to the byte, and a small change of them adds little to the store."""
    content = os.urandom(3 << 20)
    (tmp_path / "large").write_bytes(content)
    shared.ok("save", "notes/large", str(tmp_path / "large"))
    before = shared.ok("status", "--json").rows[0]["store_bytes"]
    assert shared.ok("cat", "notes/large").out == content
    assert shared.file("notes", "large").read_bytes() == content
    changed = content[: 1 << 20] + b"inserted" + content[1 << 20 :]
    (tmp_path / "large").write_bytes(changed)
    shared.ok("save", "notes/large", str(tmp_path / "large"))
    assert shared.file("notes", "large").read_bytes() == changed
    assert shared.ok("status", "--json").rows[0]["store_bytes"] - before < 2 << 20
    assert shared.ok("cat", "notes/large@-1").out == content


def test_an_empty_file_is_a_document(shared: Daemon) -> None:
    """Nothing is a content like any other."""
    shared.ok("save", "notes/empty", "-", content=b"")
    assert shared.ok("cat", "notes/empty").out == b""
    assert shared.file("notes", "empty").read_bytes() == b""


def test_parts_are_put_into_the_head(shared: Daemon, tmp_path: Path) -> None:
    """save --part changes one buffer; the others are as they were, and load --part gives only what was asked."""
    shared.ok("save", "renardo/p", "-", content=renardo("a = 1", kick="k1", hat="h1"))
    (tmp_path / "new").write_bytes(b"k2\n")  # a buffer ends with its own line end
    shared.ok("save", "renardo/p", "--part", f"kick={tmp_path / 'new'}")
    assert shared.ok("cat", "renardo/p").out == renardo("a = 1", kick="k2", hat="h1")
    assert shared.ok("cat", "renardo/p:hat").out == b"h1"


def test_parts_of_an_application_without_a_format(shared: Daemon, tmp_path: Path) -> None:
    """Where no format of its own is known, parts make a document that can be read again part by part."""
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode())
    shared.ok("save", "mine/bundle", "--part", f"one={tmp_path / 'one'}", "--part", f"two={tmp_path / 'two'}")
    assert [part["name"] for part in shared.show("mine/bundle")["parts"]] == ["one", "two"]
    assert shared.ok("cat", "mine/bundle:two").out == b"two"


def test_two_parts_of_one_name_are_ambiguous(shared: Daemon) -> None:
    """A name that several parts have is exit 2, and the keys to say instead are listed."""
    content = renardo("a = 1", kick="one", hat="two").replace(b"######## hat", b"######## kick")
    shared.ok("save", "renardo/twins", "-", content=content)
    said = shared.cli("cat", "renardo/twins:kick")
    assert said.code == 2
    assert "buffer-1" in said.err
    assert "buffer-2" in said.err


def test_a_restored_part_leaves_the_others(shared: Daemon) -> None:
    """restore --part brings one buffer of an older snapshot back; what was written since stays."""
    shared.ok("save", "renardo/r", "-", content=renardo("a = 1", kick="old", hat="old"))
    shared.ok("save", "renardo/r", "-", content=renardo("a = 1", kick="new", hat="new"))
    shared.ok("restore", "renardo/r@-1", "--part", "kick")
    assert shared.ok("cat", "renardo/r").out == renardo("a = 1", kick="old", hat="new")


def test_unknown_sessions_are_not_found(shared: Daemon) -> None:
    """Every verb that takes a reference answers exit 3 where nothing has that name."""
    for words in (["show"], ["log"], ["cat"], ["load"], ["diff"], ["delete"], ["restore"], ["accept"]):
        assert shared.cli(*words, "notes/nobody").code == 3, words


def test_a_store_survives_restarts(daemon: Daemon) -> None:
    """After a kill and a clean stop, sessions, history and operations are as they were."""
    for text in (b"one", b"two"):
        daemon.ok("save", "notes/x", "-", content=text)
    before = (daemon.rows("notes"), daemon.log_of("notes/x"), daemon.operations())
    daemon.kill()
    daemon.start()
    assert (daemon.rows("notes"), daemon.log_of("notes/x"), daemon.operations()) == before
    daemon.restart()
    assert (daemon.rows("notes"), daemon.log_of("notes/x"), daemon.operations()) == before
