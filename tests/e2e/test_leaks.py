"""What is told, asked and refused before a session leaves by the command line."""

from __future__ import annotations

import json
import os
import random
import string
from pathlib import Path

from e2e_daemon import Daemon, on_terminal

#: Nobody's: made here, so that nothing takes it for a real one.
KEY = "gs" + "k_" + "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=52))
STARS = "*" * len(KEY)
NOTES = f"my key is {KEY}, in /home/ana/x\n"


def test_it_is_listed_and_written_in_a_pipe(shared: Daemon, tmp_path: Path) -> None:
    """Where, what kind, and no more of it than its beginning."""
    shared.ok("save", "notes/listed", "-", content=NOTES.encode())
    said = shared.ok("export", "notes/listed", "--to", "native", "-o", str(tmp_path / "out"))
    assert "1 secret and 1 home path" in said.err
    assert "listed:1:11  groq-api-key  gsk_… (56 bytes)" in said.err
    assert "listed:1:78  home path  /home/ana" in said.err
    assert KEY not in said.err
    assert (tmp_path / "out").read_text() == NOTES


def test_redacted_it_is_gone(shared: Daemon, daemon: Daemon, tmp_path: Path) -> None:
    """From a bundle with its history, which comes back elsewhere; with --json on a row."""
    shared.ok("save", "notes/gone", "-", content=NOTES.encode())
    shared.ok("save", "notes/gone", "-", content=b"clean now\n")
    place = tmp_path / "b.zip"
    words = ("export", "notes/gone", "--to", "bundle", "--history", "all", "--redact", "--strict")
    said = shared.ok(*words, "-o", str(place), "--json")
    assert (said.rows[0]["secrets"], said.rows[0]["home_paths"]) == (1, 1)
    assert "1 secret and 1 home path redacted" in said.err
    old = shared.ok("log", "notes/gone", "--json").rows[1]["snapshot"]
    assert f"snapshot {old[:8]}:1:11  groq-api-key" in said.err
    daemon.ok("import", str(place))
    assert daemon.ok("cat", "notes/gone@-1").text == f"my key is {STARS}, in /home/***/x\n"


def test_strict_writes_nothing(shared: Daemon, tmp_path: Path) -> None:
    """Exit 8, in every form; a session with nothing in it passes."""
    shared.ok("save", "aiderdesk/strict", "-", content=json.dumps(
        {"contextMessages": [{"role": "user", "content": NOTES}], "contextFiles": []}
    ).encode())  # fmt: skip
    for form in ("native", "bundle", "markdown", "html"):
        said = shared.cli("export", "aiderdesk/strict", "--to", form, "-o", str(tmp_path / "out"), "--strict")
        assert (said.code, os.listdir(tmp_path)) == (8, []), said
    shared.ok("save", "notes/clean", "-", content=b"clean")
    shared.ok("export", "notes/clean", "--to", "native", "-o", str(tmp_path / "out"), "--strict")


def test_on_a_terminal_it_asks(shared: Daemon, tmp_path: Path) -> None:
    """No: nothing is written. Yes, --redact and --force write it; a home path alone is not worth a question."""
    shared.ok("save", "notes/asked", "-", content=NOTES.encode())
    words = ("export", "notes/asked", "--to", "native", "-o", str(tmp_path / "out"))
    said = on_terminal(shared, *words, answer=b"n\n")
    assert (said.returncode, os.listdir(tmp_path)) == (130, [])
    assert b"Write it all the same?" in said.stderr
    assert on_terminal(shared, *words, answer=b"y\n").returncode == 0
    assert (tmp_path / "out").read_text() == NOTES
    for more in ("--force", "--redact"):
        (tmp_path / "out").unlink()
        assert b"all the same" not in on_terminal(shared, *words, more, answer=b"").stderr
    shared.ok("save", "notes/home", "-", content=b"/home/ana/x")
    said = on_terminal(shared, "export", "notes/home", "--to", "native", "-o", str(tmp_path / "home"), answer=b"")
    assert (said.returncode, b"all the same" in said.stderr) == (0, False)


def test_a_long_list_is_cut(shared: Daemon) -> None:
    """And says by how much; nothing in it is obeyed by a terminal."""
    shared.ok("save", "notes/many", "-", content=b"/home/a\x9b2Jna/x\n" * 30)
    said = shared.ok("export", "notes/many", "--to", "native", "-o", "-")
    assert "30 home paths" in said.err
    assert "and 10 more" in said.err
    assert "\x9b" not in said.err


def test_a_file_of_the_session_forges_no_line_of_the_list(shared: Daemon, tmp_path: Path) -> None:
    """Whatever its name holds."""
    task = tmp_path / "task"
    task.mkdir()
    (task / "a\nholdfast: nothing found").write_text(NOTES)
    (task / "b").write_text("b")
    shared.ok("import", str(task), "--app", "notes", "--name", "forged")
    said = shared.ok("export", "notes/forged", "--to", "native", "-o", "-")
    assert "groq-api-key" in said.err
    assert not [line for line in said.err.split("\n") if line.startswith("holdfast: nothing found")]
