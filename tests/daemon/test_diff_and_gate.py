"""What is told of a change, and what makes a document suspect."""

from __future__ import annotations

import pytest
from daemon_store import part

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.plain import PLAIN
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.gate import SMALL_BYTES, suspicion_by_size

OLD = [part(name, f"{name}1\n{name}2\n{name}3", key=name) for name in "abc"]


def _what(new: list[Part]) -> list[tuple[str, str]]:
    return [(row.what, row.name) for row in changes(RENARDO, OLD, new)]


def test_each_change_is_one_row_in_the_new_order() -> None:
    """Changed, added and removed, where they stand."""
    new = [OLD[0], part("c", "c1\nc2\nc3\nc4", key="c"), part("d", "entirely new", key="d")]
    assert _what(new) == [("removed", "b"), ("changed", "c"), ("added", "d")]


def test_equal_documents_have_no_rows() -> None:
    """Nothing changed, nothing told."""
    assert _what([*OLD]) == []


def test_another_name_is_a_renaming() -> None:
    """The content is the same."""
    assert _what([OLD[0], part("z", OLD[1].content.decode(), key="z"), OLD[2]]) == [("renamed", "z")]


def test_another_order_alone_is_a_move() -> None:
    """Told only where nothing else is."""
    assert {what for what, _ in _what([OLD[2], OLD[0], OLD[1]])} == {"moved"}


def test_the_text_of_a_change_is_a_unified_diff() -> None:
    """Binary content has none."""
    [row] = changes(PLAIN, [part("f", "one\ntwo", key="f")], [part("f", "one\nzwei", key="f")])
    assert "-two" in row.text.split("\n")
    assert "+zwei" in row.text.split("\n")
    binary = Part(key="f", name="f", kind="buffer", content=b"\xff\xfe\x00")
    [row] = changes(PLAIN, [part("f", "x", key="f")], [binary])
    assert row.text == ""


@pytest.mark.parametrize(
    ("old", "new", "suspect"),
    [
        (1, 0, True),
        (0, 0, False),
        (SMALL_BYTES - 1, 1, False),
        (SMALL_BYTES, SMALL_BYTES // 10, True),
        (SMALL_BYTES, SMALL_BYTES // 10 + 1, False),
        (SMALL_BYTES, 10 * SMALL_BYTES, False),
        (10**9, 10**8 - 1, True),
    ],
)
def test_what_shrinks_too_much_is_suspect(old: int, new: int, suspect: bool) -> None:
    """Empty after something, or a tenth of what was not small."""
    assert (suspicion_by_size(old, new) is not None) is suspect
