"""Two changes of one text, line by line: both are kept where they do not touch, and no mark is ever written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.lines import merged_lines, merged_text

BASE = b"one\ntwo\nthree\nfour\nfive\n"


def part(content, name="text"):
    return Part(key="1", name=name, kind="buffer", content=content)


def test_changes_of_different_lines_are_both_kept():
    """A line between them is enough."""
    ours, theirs = BASE.replace(b"one", b"ONE"), BASE.replace(b"three", b"THREE\nand more")
    assert merged_lines(BASE, ours, theirs) == b"ONE\ntwo\nTHREE\nand more\nfour\nfive\n"
    assert merged_lines(BASE, ours, BASE.replace(b"five\n", b"")) == b"ONE\ntwo\nthree\nfour\n"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(BASE.replace(b"two", b"2"), BASE.replace(b"two", b"zwei"), id="the same line"),
        pytest.param(BASE.replace(b"two", b"2"), BASE.replace(b"three", b"3"), id="neighbours"),
        pytest.param(BASE + b"six\n", BASE + b"sechs\n", id="both append"),
        pytest.param(BASE.replace(b"two\nthree\n", b""), BASE.replace(b"three", b"3"), id="removed and changed"),
    ],
)
def test_changes_that_touch_are_a_conflict(ours, theirs):
    """Nothing is made of them, on neither side."""
    assert merged_lines(BASE, ours, theirs) is None
    assert merged_lines(BASE, theirs, ours) is None


def test_the_same_change_on_both_sides_is_kept_once():
    """Whether or not one side changed something else too."""
    changed = BASE.replace(b"two", b"2")
    assert merged_lines(BASE, changed, changed.replace(b"five", b"5")) == changed.replace(b"five", b"5")


def test_only_line_ends_of_text_end_a_line():
    """U+2028 and form feeds are inside a line; CRLF and CR end one, and stay as they are."""
    base = "a\u2028b\x0cc\r\nd\re\r\n".encode()
    ours, theirs = base.replace(b"b", b"B"), base.replace(b"e", b"E")
    assert merged_lines(base, ours, theirs) == "a\u2028B\x0cc\r\nd\rE\r\n".encode()


def test_a_name_is_merged_with_the_text():
    """One side renamed it, the other changed it; two names are a conflict."""
    merged = merged_text(part(BASE), part(BASE, "bass"), part(BASE + b"six\n"))
    assert (merged.name, merged.content) == ("bass", BASE + b"six\n")
    assert merged_text(part(BASE), part(BASE, "bass"), part(BASE, "low")) is None


def test_bytes_that_are_no_text_are_not_merged():
    """Lines of an image mean nothing."""
    assert merged_text(part(b"\0a\nb\nc\n"), part(b"\0A\nb\nc\n"), part(b"\0a\nb\nC\n")) is None


texts = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"d\r", b"e"]), max_size=8).map(b"".join)


@given(texts, texts, texts)
def test_every_line_of_a_merge_was_in_one_of_the_texts(base, ours, theirs):
    """Nothing is invented; what one side alone changed is taken as it is; sides may be swapped but for order."""
    assert merged_lines(base, ours, base) == ours
    assert merged_lines(base, base, theirs) == theirs
    merged = merged_lines(base, ours, theirs)
    assert (merged is None) == (merged_lines(base, theirs, ours) is None)
    if merged is not None:
        known = {line for text in (base, ours, theirs) for line in text.replace(b"\r", b"\n").split(b"\n")}
        assert {piece for piece in merged.replace(b"\r", b"\n").split(b"\n") if len(piece) < 2} <= known | {b""}


def test_texts_that_would_take_long_are_a_conflict():
    """Thousands of equal lines: a fork costs nothing, seconds of comparing do."""
    base = [b"\n"] * 5000
    ours, theirs = (
        [b"%d %d\n" % (side, n) if n % 33 == side else line for n, line in enumerate(base)] for side in (1, 2)
    )
    began = time.process_time()
    assert merged_lines(*(b"".join(lines) for lines in (base, ours, theirs))) is None
    assert time.process_time() - began < 2


def test_long_texts_are_merged_where_little_of_them_differs():
    """What both begin and end with is not compared."""
    base = b"\n" * 20_000 + BASE + b"\n" * 20_000
    merged = merged_lines(base, base.replace(b"one", b"1"), base.replace(b"five", b"5"))
    assert merged == base.replace(b"one", b"1").replace(b"five", b"5")
