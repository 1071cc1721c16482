"""Names that people give, and contents that a terminal would obey."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from e2e_daemon import Daemon, renardo, until

from holdfast_protocol.errors import BadName

ESCAPE = "\x1b]0;evil\x07\x1b[31m"
REFUSED = {
    "slash": "a/b", "parent": "..", "dots": "...", "leading dot": ".hidden", "too long": "n" * 513,
    "too long in bytes": "é" * 257, "escape sequence": f"a{ESCAPE}", "newline": "a\nb", "delete": "a\x7f",
    "override": "a\u202eb", "up and away": "../../etc/passwd",
}  # fmt: skip
ALLOWED = {
    "long": "n" * 300, "longest": "é" * 256, "space": "two words", "umlaut": "Grün", "emoji": "🌊", "equals": "a=b",
    "percent": "50%", "quote": "it's", "backslash": "a\\b", "dash": "-x", "tilde": "~x",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_a_name_that_is_not_allowed_is_refused(name: str, shared: Daemon) -> None:
    """exit 2, a sentence without anything that a terminal obeys, and nothing is made."""
    said = shared.cli("save", f"--name=notes/{name}", "-", content=b"x")
    assert said.code == 2, said
    assert "\x1b" not in said.err + said.text
    assert name not in shared.rows("notes")
    with shared.client() as client, pytest.raises(BadName):
        client.save("notes", name, b"x")


def test_nul_and_nothing_are_no_names(shared: Daemon) -> None:
    """The library may send what a shell cannot; the daemon refuses it all the same."""
    with shared.client() as client:
        for name in ("a\0b", "", " "):
            with pytest.raises(BadName):
                client.save("notes", name, b"x")
        for app in ("", ".", "..", "a/b", "A", "a\0"):
            with pytest.raises(BadName):
                client.save(app, "x", b"x")


@pytest.mark.parametrize("name", ALLOWED.values(), ids=ALLOWED)
def test_a_name_that_a_file_system_cannot_hold_is_escaped(name: str, shared: Daemon) -> None:
    """Any other text is a name: it is listed as it was given, and its file is there and watched."""
    shared.ok("save", f"--name=notes/{name}", "-", content=b"saved by name")
    row = shared.rows("notes")[name]
    visible = shared.sessions / row["path"]
    assert visible.read_bytes() == b"saved by name"
    assert len(os.fsencode(visible.name)) <= 255
    visible.write_bytes(b"written outside")
    until(lambda: shared.ok("cat", f"--name=notes/{name}").out == b"written outside")
    assert shared.rows("notes")[name]["id"] == row["id"]


def test_two_long_names_with_one_beginning_are_two_files(shared: Daemon) -> None:
    """Escaped names do not collide."""
    for end in "ab":
        shared.ok("save", f"pair/{'n' * 300}{end}", "-", content=end.encode())
    assert [shared.ok("cat", f"pair/{'n' * 300}{end}").out for end in "ab"] == [b"a", b"b"]
    assert len({row["path"] for row in shared.rows("pair").values()}) == 2


def test_names_that_differ_only_by_the_suffix_are_two_files(shared: Daemon) -> None:
    """A session called x and one called x.py do not share a file."""
    for name in ("x", "x.py"):
        shared.ok("save", f"renardo/{name}", "-", content=renardo("a = 1", buffer=name))
    assert len({row["path"] for row in shared.rows("renardo").values()}) == 2
    assert b"x.py" not in shared.ok("cat", "renardo/x").out


def test_a_file_found_with_a_control_character_is_shown_safely(shared: Daemon) -> None:
    """A file found outside keeps the name it has, and no listing sends its escape sequence."""
    shared.file("found", "").mkdir(parents=True)
    shared.file("found", "a\x1b[31mred").write_bytes(b"x")
    said = until(lambda: (found := shared.ok("list", "--app", "found")).text and found)
    assert b"\x1b" not in said.out


def test_a_file_found_with_a_name_that_is_no_text_is_a_session(shared: Daemon) -> None:
    """Raw bytes are kept: the file is a session and stays where it is."""
    folder = os.fsencode(shared.file("bytes", ""))
    os.makedirs(folder)
    with open(os.path.join(folder, b"\xff\xfe"), "wb") as file:
        file.write(b"raw")
    row = until(lambda: list(shared.rows("bytes").values()))[0]
    with shared.client() as client:
        assert client.cat(f"bytes/{row['name']}") == b"raw"
    assert os.listdir(folder) == [b"\xff\xfe"]


def test_contents_with_escape_sequences_are_shown_safely(shared: Daemon) -> None:
    """show, diff and log never send a raw escape sequence, wherever it stands in the document."""
    for text in ("one", "two"):
        content = renardo(f"# {ESCAPE}", **{f"bu{ESCAPE}f": f"{text} {ESCAPE}"})
        shared.ok("save", "renardo/evil", "-", "-m", f"note {ESCAPE}", content=content)
    for words in (["show", "renardo/evil"], ["diff", "renardo/evil"], ["log", "renardo/evil"], ["operations"]):
        for more in ([], ["--json"]):
            assert b"\x1b" not in shared.ok(*words, *more).out


def test_cat_sends_no_escape_sequence_to_a_terminal(shared: Daemon) -> None:
    """On a terminal cat writes control characters out; into a pipe it gives the very bytes."""
    shared.ok("save", "notes/evil", "-", content=ESCAPE.encode())
    assert shared.ok("cat", "notes/evil").out == ESCAPE.encode()
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        subprocess.run(
            [sys.executable, "-c", "from holdfast.cli import main; raise SystemExit(main())", "cat", "notes/evil",
             "--no-start"],
            env=shared.environment, stdin=subprocess.DEVNULL, stdout=theirs, check=True, timeout=30,
        )  # fmt: skip
        os.close(theirs)
        seen = screen.read(4096)
    assert b"\x1b" not in seen
    assert b"u001b" in seen
