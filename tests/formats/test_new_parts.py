"""What a format makes of a part that a document does not have yet, and what it says of names and losses."""

import pytest

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.parts import PARTS
from holdfast_daemon.formats.plain import PLAIN
from holdfast_daemon.formats.renardo import RENARDO

RULE = "//" + "=" * 78
STARTUP_ONLY = f"{RULE}\n// STARTUP_FILE: startup.py\n{RULE}\na = 1\n\n\n".encode()
SESSION = f"{'#' * 80}\n######## drums\n{'#' * 80}\nd1".encode()
PROJECT = {b"a.py": b"a = 1", b"frontend_state.json": b"{}"}
DOCUMENTS = {
    "plain": (PLAIN, {b"a/b.txt": b"b"}, "file"),
    "parts": (PARTS, PARTS.write([Part(key="drums", name="drums", kind="track", content=b"d")]), "track"),
    "session": (RENARDO, {b"": SESSION}, "buffer"),
    "startup-only": (RENARDO, {b"": STARTUP_ONLY}, "buffer"),
    "project": (RENARDO, PROJECT, "file"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_new_part_is_read_back_as_what_it_was_made(name):
    """Put behind the others it can be written, and what is read has its kind, its name and its content."""
    form, document, kind = DOCUMENTS[name]
    before = form.read(document).parts
    made = form.new_part("new.py", b"new", before)
    assert (made.kind, made.name, made.content) == (kind, "new.py", b"new")
    assert made.key not in {part.key for part in before}
    after = form.read(form.write([*before, made], document)).parts
    assert {(p.kind, p.name, p.content) for p in after} == {(p.kind, p.name, p.content) for p in (*before, made)}


@pytest.mark.parametrize(("form", "kind"), [(PLAIN, "file"), (PARTS, "part"), (RENARDO, "buffer")])
def test_the_first_part_of_all(form, kind):
    """A document that holds nothing yet takes one too."""
    made = form.new_part("one", b"1", [])
    assert made.kind == kind
    [read] = form.read(form.write([made])).parts
    assert (read.name, read.kind, read.content) == ("one", kind, b"1")


def test_a_new_part_of_a_parts_document_has_its_name_as_its_key():
    """So an application can give its parts keys; one that is taken gets a number."""
    one = PARTS.new_part("one", b"1", [])
    assert one.key == "one"
    assert PARTS.new_part("one", b"2", [one]).key == "one~2"


def test_a_new_file_of_a_folder_is_called_by_its_name():
    """Its path is what was said, below the folder."""
    assert PLAIN.write([PLAIN.new_part("x/y.txt", b"y", [])]) == {b"x/y.txt": b"y"}


def test_the_state_of_a_project_is_read_as_state():
    """Whoever puts frontend_state.json in by its name gets what it will be read as."""
    [before] = RENARDO.read({b"a.py": b"a"}).parts
    assert RENARDO.new_part("frontend_state.json", b"{}", [before]).kind == "state"


def test_a_buffer_does_not_take_another_ones_key():
    """Keys are by place, and the parts at hand may be chosen ones."""
    beside = [Part(key="buffer-2", name="x", kind="buffer", content=b"")]
    assert RENARDO.new_part("y", b"", beside).key != "buffer-2"


@pytest.mark.parametrize("form", [PLAIN, PARTS])
def test_a_format_that_never_warns_says_nothing(form):
    """What a save is not read for would not be heard."""
    assert not form.warns
    assert [*form.name_warnings("a#?.bin")] == []
    assert [*form.losses([Part(key="a", name="a", kind="file", content=b" \r\n")])] == []
    assert [*form.read(form.write([form.new_part("a", b"", [])])).warnings] == []


def test_renardo_warns():
    """Of a name that its page cannot load, and of what it would trim; a project's files it keeps."""
    assert RENARDO.warns
    assert len(RENARDO.name_warnings("a#1.py")) == 1
    assert [key for key, _ in RENARDO.losses(RENARDO.read({b"": SESSION + b" "}).parts)] == ["buffer-1"]
    assert [*RENARDO.losses(RENARDO.read({b"a.py": b"x\r\n"}).parts)] == []
