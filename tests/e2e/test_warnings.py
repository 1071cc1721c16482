"""What people are told beside an answer: names that Renardo cannot load, and what it would give back changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from e2e_daemon import Daemon, renardo

from holdfast.caller import Conversation
from holdfast_protocol.messages import Save, Saved
from holdfast_protocol.model import FileSource

CANNOT_LOAD = "cannot load it: its name holds #"


def test_a_name_that_renardo_cannot_load_is_warned_of(shared: Daemon, tmp_path: Path) -> None:
    """At save, import, rename and show, on stderr, with exit 0."""
    content = renardo("a = 1", kick="k1")
    (tmp_path / "b#2.py").write_bytes(content)
    assert CANNOT_LOAD in shared.ok("save", "renardo/a#1", "-", content=content).err
    assert CANNOT_LOAD in shared.ok("import", str(tmp_path / "b#2.py"), "--app", "renardo").err
    assert CANNOT_LOAD not in shared.ok("rename", "renardo/a#1", "quiet").err
    assert CANNOT_LOAD in shared.ok("rename", "renardo/quiet", "c#3").err
    assert any(CANNOT_LOAD in warning for warning in shared.show("renardo/c#3")["warnings"])


def test_a_folders_name_is_no_files_name(shared: Daemon, tmp_path: Path) -> None:
    """A project of Renardo is a folder, which does not end in .py and need not."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.py").write_bytes(b"a = 1")
    assert shared.ok("save", "renardo/project", str(tmp_path / "p")).err == ""
    assert shared.show("renardo/project")["warnings"] == []


def test_what_renardo_would_trim_is_told_at_the_save(shared: Daemon) -> None:
    """A sentence for each buffer, twenty at most; another application's files are nobody's to judge."""
    said = shared.ok("save", "renardo/trim", "-", content=renardo("a = 1", kick="k1  ", hat="h1"))
    assert said.err.count("Renardo trims") == 1
    assert "buffer kick" in said.err
    many = renardo("a = 1", **{f"b{number}": "\n x \n" for number in range(25)})
    said = shared.ok("save", "renardo/trims", "-", content=many)
    assert len(said.err.splitlines()) == 21
    assert "and 5 more" in said.err
    assert shared.ok("save", "notes/trim#", "-", content=b" x \n").err == ""


def test_what_renardo_would_not_read_is_told_at_the_save(shared: Daemon) -> None:
    """Such as a blank line in the startup text, where Renardo's own reader would stop."""
    said = shared.ok("save", "renardo/blank", "-", content=renardo("a\n\nb", k="1"))
    assert "Renardo shows something else" in said.err


def test_a_repeated_save_is_answered_with_the_same_warnings(shared: Daemon) -> None:
    """The first answer again, whatever happened to the session since."""
    request = Save(app="renardo", name="again#", files=[FileSource(frame=0)])
    identity, payload, until = os.urandom(16), [renardo("a", k="k ")], time.monotonic() + 20
    with shared.client() as client:
        conversation = Conversation(shared.socket, until)
        first = conversation.ask(request, payload, identity, until).reply
        client.save("renardo", "again#", renardo("a", k="k"))
        client.rename("renardo/again#", "quiet again")
        again = conversation.ask(request, payload, identity, until).reply
        conversation.close()
    assert isinstance(first, Saved)
    assert first == again
    assert any(CANNOT_LOAD in warning for warning in first.warnings)
    assert any("buffer k: Renardo trims" in warning for warning in first.warnings)


def test_a_new_part_of_a_session_is_a_buffer(shared: Daemon, tmp_path: Path) -> None:
    """Also where only the startup text is there; in a project folder it is a file."""
    (tmp_path / "new").write_bytes(b"n1")
    shared.ok("save", "renardo/bare", "-", content=renardo("a = 1"))
    shared.ok("save", "renardo/bare", "--part", f"new={tmp_path / 'new'}")
    assert [part["kind"] for part in shared.show("renardo/bare")["parts"]] == ["startup", "buffer"]
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "a.py").write_bytes(b"a = 1")
    (tmp_path / "q" / "frontend_state.json").write_bytes(b"{}")
    shared.ok("save", "renardo/q", str(tmp_path / "q"))
    shared.ok("save", "renardo/q", "--part", f"lib/b.py={tmp_path / 'new'}")
    assert shared.ok("cat", "renardo/q", "--path", "lib/b.py").out == b"n1"
    kinds = {part["name"]: part["kind"] for part in shared.show("renardo/q")["parts"]}
    assert kinds == {"a.py": "file", "frontend_state.json": "state", "lib/b.py": "file"}
