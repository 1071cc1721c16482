"""Plain documents: any bytes, one part per file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.plain import PLAIN


def part(content, key="file"):
    return Part(key=key, name=key, kind="file", content=content)


def test_anything_is_plain_and_never_certainly():
    """The fallback is always there and never in the way."""
    recognition = PLAIN.recognise({b"": b"\x00"})
    assert (recognition.generation, recognition.inferred, recognition.certain) == ("plain", True, False)


def test_one_file_is_one_part_called_file():
    """The file's name is the session's, not the part's."""
    assert [(each.key, each.kind, each.content) for each in PLAIN.read({b"": b"x"}).parts] == [("file", "file", b"x")]


def test_paths_that_are_no_text_get_keys_that_are():
    """Keys are valid Unicode and unique, though the paths look alike when shown."""
    keys = [each.key for each in PLAIN.read({b"a\xff": b"1", b"a\\xff": b"2"}).parts]
    assert sorted(keys) == ["a\\xff", "a\\xff~2"]
    assert all(key.encode() for key in keys)


@given(st.one_of(st.just([b""]), st.lists(st.binary(min_size=1, max_size=5), unique=True)), st.binary())
def test_a_document_is_written_back_as_it_was(paths, content):
    """With its template every path keeps its raw bytes."""
    document = dict.fromkeys(paths, content)
    assert PLAIN.write(PLAIN.read(document).parts, document) == document


def test_without_a_template_the_keys_are_the_paths():
    """One part called file is a document of one file; others are a tree."""
    assert PLAIN.write([part(b"x")]) == {b"": b"x"}
    assert PLAIN.write([part(b"x", "é/a"), part(b"y", "b")]) == {"é/a".encode(): b"x", b"b": b"y"}


@pytest.mark.parametrize("key", ["../a", "/a", "a/./b", "a\0", "\ud800", "x" * 300, ""])
def test_keys_that_lead_elsewhere_are_refused(key):
    """No part's key becomes a path outside its folder."""
    with pytest.raises(CannotHold):
        PLAIN.write([part(b"x", key), part(b"y", "b")])


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("file", "below"), [("a", "a/b"), ("a/b", "a/b/c/d")])
def test_a_file_is_no_folder(file, below, order):
    """Two paths of which one is a folder on the other's way are refused, and both are named."""
    with pytest.raises(CannotHold) as caught:
        PLAIN.write([part(b"x", file), part(b"y", below), part(b"z", "ab")][::order])
    [(_, sentence)] = caught.value.problems
    assert f"{file} would be a file" in sentence
    assert f"holds {below}" in sentence


def test_paths_that_only_begin_alike_are_no_clash():
    """A folder's name is whole components."""
    document = {b"a": b"1", b"ab/c": b"2", b"a.b/c": b"3", b"ab/cd": b"4"}
    assert PLAIN.write(PLAIN.read(document).parts, document) == document


@pytest.mark.parametrize("key", [".holdfast-x", "a/.holdfast-1234/b"])
def test_names_of_our_own_temporary_files_are_refused(key):
    """Whoever clears up behind a crash would take the file for one of these."""
    with pytest.raises(CannotHold, match="holdfast-"):
        PLAIN.write([part(b"x", key)])


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (part(b"\x00ab"), part(b"\x00" * 10), "file: 3 bytes → 10 bytes"),
        (part(b"a\nb\n"), part(b"a\nc\nd\ne\n"), "file: +3 −1 lines"),
        (part(b"a", "x"), part(b"a", "y"), "x renamed to y: unchanged"),
        (None, part(b"a", "x"), "file x added"),
        (part(b"a", "x"), None, "file x removed"),
    ],
)
def test_a_change_is_told_in_lines_or_bytes(old, new, line):
    """Lines where both sides are text, bytes otherwise."""
    assert PLAIN.describe_change(old, new) == line


def test_files_are_matched_by_path_then_by_content():
    """A moved file is known by its content."""
    old = [part(b"1", "a"), part(b"2", "b")]
    assert set(PLAIN.match(old, [part(b"2", "c"), part(b"3", "a")])) == {(1, 0), (0, 1)}
