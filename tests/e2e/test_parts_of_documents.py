"""New sessions from cleared ones, text merged line by line, and parts that come with what they need."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_daemon import Daemon, renardo

from holdfast_protocol.errors import CannotHold

TEXT = "".join(f"line {number}\n" for number in range(9))


def test_a_new_renardo_session_keeps_the_startup_file(shared: Daemon) -> None:
    """No buffer of the other one is in it, and the other one stays as it is."""
    whole = renardo("Clock.bpm = 96", kick="k1", bass="b1")
    shared.ok("save", "renardo/set", "-", content=whole)
    shared.ok("new", "renardo/next", "--clear", "renardo/set")
    parts = shared.show("renardo/next")["parts"]
    assert [(part["kind"], part["name"], part["size_bytes"]) for part in parts] == [
        ("startup", "startup.py", 15),
        ("buffer", "Untitled", 0),
    ]
    assert shared.ok("cat", "renardo/next:startup").out == b"Clock.bpm = 96\n"
    assert shared.ok("cat", "renardo/set").out == whole
    assert shared.cli("new", "renardo/next", "--clear", "renardo/set").code == 4


def test_what_cannot_be_cleared_is_refused(shared: Daemon) -> None:
    """Of a plain file it is not known what would have to stay; no session is made."""
    shared.ok("save", "notes/plain", "-", content=b"text")
    said = shared.cli("new", "notes/next", "--clear", "notes/plain")
    assert said.code == 8
    assert "A plain document cannot be cleared" in said.err
    assert "next" not in shared.rows("notes")


def test_one_buffer_changed_by_two_is_merged_line_by_line(shared: Daemon) -> None:
    """Different lines of one buffer are no conflict; the same line is one, and then there is a fork."""
    shared.ok("save", "renardo/lines", "-", content=renardo("x = 1", verse=TEXT))
    for line in ("line 1", "line 7"):
        changed = renardo("x = 1", verse=TEXT.replace(line, f"{line} changed"))
        shared.ok("save", "renardo/lines", "-", "--expect", "1", content=changed)
    merged = TEXT.replace("line 1", "line 1 changed").replace("line 7", "line 7 changed")
    assert shared.ok("cat", "renardo/lines").out == renardo("x = 1", verse=merged)
    changed = renardo("x = 1", verse=TEXT.replace("line 1", "line one"))
    assert shared.cli("save", "renardo/lines", "-", "--expect", "1", content=changed).code == 4
    assert shared.ok("cat", "renardo/lines").out == renardo("x = 1", verse=merged)


def test_a_plain_text_is_merged_and_a_tree_is_not(shared: Daemon) -> None:
    """Lines of JSON mean nothing alone: both sides are kept, as a fork."""
    tree = "{\n" + "".join(f'"{number}": 1,\n' for number in range(9)) + '"end": 1\n}\n'
    for name, text, expected in (("text", TEXT, 0), ("tree", tree, 4)):
        shared.ok("save", f"notes/{name}", "-", content=text.encode())
        shared.ok("save", f"notes/{name}", "-", "--expect", "1", content=text.replace("1", "one", 1).encode())
        said = shared.cli("save", f"notes/{name}", "-", "--expect", "1", content=text.replace("7", "seven").encode())
        assert said.code == expected, said


def test_a_large_document_of_parts_is_loaded_in_windows(shared: Daemon) -> None:
    """Parts that are more than one answer holds make a document all the same."""
    buffers = {f"b{number}": f"{number} " * 800_000 for number in range(4)}
    shared.ok("save", "renardo/large", "-", content=renardo("x = 1", **buffers))
    with shared.client() as client:
        found = client.load("renardo/large", parts=["b1", "b2", "b3"]).files[b""]
    assert len(found) > 4_800_000
    assert all(text.encode() in found for name, text in buffers.items() if name != "b0")
    assert b"######## b0" not in found


def test_a_document_that_its_application_would_not_open_is_said_to_be_plain(shared: Daemon) -> None:
    """It is kept all the same."""
    said = shared.ok("save", "parts/odd", "-", content=b"no zip at all")
    assert "not recognised as a session of parts" in said.err
    assert shared.show("parts/odd")["format"] == "plain"


def test_an_import_that_no_application_recognises_says_so(shared: Daemon, tmp_path: Path) -> None:
    """And is not taken in; with the application named there is nothing to find out."""
    (tmp_path / "odd.json").write_bytes(b"{")
    said = shared.cli("import", str(tmp_path / "odd.json"))
    assert (said.code, "No application recognises it" in said.err) == (1, True)
    assert shared.cli("show", "plain/odd").code == 3
    assert shared.ok("import", str(tmp_path / "odd.json"), "--app", "notes").err == ""


def test_a_kind_to_keep_that_is_not_there_is_refused(shared: Daemon) -> None:
    """A slip of the keyboard loses nothing that was to stay."""
    shared.ok("save", "renardo/kinds", "-", content=renardo("x = 1", kick="k1"))
    said = shared.cli("new", "renardo/none", "--clear", "renardo/kinds", "--keep", "bufer")
    assert (said.code, "bufer" in said.err) == (3, True)


def test_a_new_part_where_its_format_has_no_place_is_refused(shared: Daemon) -> None:
    """In a save of parts and in a workspace alike, with the format's reason."""
    with shared.client() as client:
        with pytest.raises(CannotHold, match="igv"):
            client.save("igv", "nowhere", parts={"nope": b"x"})
        ws = client.workspace("igv/nowhere")
        with pytest.raises(CannotHold, match="igv"):
            ws["nope"] = b"x"
        assert {**ws} == {}
