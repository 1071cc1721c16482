"""What is told of a change, and what makes a document suspect."""

from __future__ import annotations

import itertools
import random

import pytest
from daemon_store import part

from holdfast_daemon.diff import changes, summary
from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.plain import PLAIN, Plain
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.gate import SMALL_BYTES, suspicion_by_size

OLD = [part(name, f"{name}1\n{name}2\n{name}3", key=name) for name in "abc"]


def _changed(old: Part) -> Part:
    return part(old.name, old.content.decode() + "\nmore", kind=old.kind, key=old.key)


def _what(new: list[Part]) -> list[tuple[str, str]]:
    return [(row.what, row.name) for row in changes(RENARDO, OLD, new)]


def test_each_change_is_one_row_in_the_new_order() -> None:
    """Changed, added and removed, where they stand."""
    new = [OLD[0], part("c", "c1\nc2\nc3\nc4", key="c"), part("d", "entirely new", key="d")]
    assert _what(new) == [("removed", "b"), ("changed", "c"), ("added", "d")]


def test_changes_are_summed_up_in_one_line() -> None:
    """How many parts of which kind were changed how."""
    rows = changes(RENARDO, OLD, [part("d", "new 1"), part("e", "other 2"), _changed(OLD[1]), _changed(OLD[2])])
    assert summary(rows) == "1 buffer removed, 2 buffers added, 2 buffers changed"
    assert summary([]) == ""


def test_removed_parts_stand_behind_what_they_stood_behind() -> None:
    """The nearest predecessor that is still there tells their place; those without one come first."""
    a, b, c = OLD
    d, e = (part(name, f"{name}1\n{name}2", key=name) for name in "de")
    rows = changes(PLAIN, [a, b, c, d, e], [_changed(b), _changed(e)])
    assert [(row.what, row.name) for row in rows] == [
        ("removed", "a"), ("changed", "b"), ("removed", "c"), ("removed", "d"), ("changed", "e"),
    ]  # fmt: skip
    assert _what([]) == [("removed", "a"), ("removed", "b"), ("removed", "c")]


def test_a_removed_part_follows_its_predecessor_to_its_new_place() -> None:
    """The document is told in the new order, so what is gone moves along."""
    a, _, c = OLD
    assert _what([c, a]) == [("moved", "c"), ("removed", "b")]


def test_equal_documents_have_no_rows() -> None:
    """Nothing changed, nothing told."""
    assert _what([*OLD]) == []


def test_another_name_is_a_renaming() -> None:
    """The content is the same."""
    assert _what([OLD[0], part("z", OLD[1].content.decode(), key="z"), OLD[2]]) == [("renamed", "z")]


def test_one_part_that_moved_is_one_row() -> None:
    """The others only made room for it."""
    [row] = changes(RENARDO, OLD, [OLD[2], OLD[0], OLD[1]])
    assert (row.what, row.name, row.line) == ("moved", "c", "buffer c: place 3 → 1")


def test_parts_that_only_shift_did_not_move() -> None:
    """An added and a removed part change the places of others, not their order."""
    assert _what([part("z", "entirely new", key="z"), OLD[1], OLD[2]]) == [("removed", "a"), ("added", "z")]


def test_a_move_is_told_beside_other_changes() -> None:
    """A part that changed and moved has a row for each."""
    a, b, c = OLD
    assert _what([_changed(c), a, _changed(b)]) == [("changed", "c"), ("moved", "c"), ("changed", "b")]


def test_a_file_that_was_renamed_did_not_move() -> None:
    """A folder's files are in the order of their names, and nobody put them there."""
    old = [part(name, f"the text of {name}", kind="file", key=name) for name in "abc"]
    new = [*old[1:], part("z", "the text of a", kind="file", key="z")]
    assert [(row.what, row.name) for row in changes(PLAIN, old, new)] == [("renamed", "z")]


@pytest.mark.parametrize("seed", range(20))
def test_no_more_parts_are_told_as_moved_than_must_be(seed: int) -> None:
    """Without them, the others are in the old order; with one of them less, they would not be."""
    old = [part(str(number), f"the text of {number}", key=str(number)) for number in range(7)]
    new = random.Random(seed).sample(old, len(old))
    moved = {row.name for row in changes(PLAIN, old, new)}
    rest = [int(each.name) for each in new if each.name not in moved]
    assert rest == sorted(rest)
    runs = itertools.combinations([int(each.name) for each in new], len(rest) + 1)
    assert all([*run] != sorted(run) for run in runs)


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


def test_what_the_application_adds_by_itself_is_not_told() -> None:
    """Kinds that come and go with a mere saving; a change of one is a change."""

    class Layouts(Plain):
        incidental = ("layout",)

    one, other = (part("l", text, kind="layout", key="l") for text in ("1", "2"))
    assert changes(Layouts(), [], [one]) == changes(Layouts(), [one], []) == []
    assert [row.what for row in changes(Layouts(), [one], [other])] == ["changed"]


def test_a_part_that_another_one_holds_now_is_told_so() -> None:
    """By the names of the two; nothing else seems to have moved because of it."""

    class Panels(Plain):
        holds = {"panel": ("track",)}

    a, b = (part(name, name, kind="panel", key=name) for name in "AB")
    one, two, three = (part(name, name, kind="track", key=name) for name in "123")
    assert [row.line for row in changes(Panels(), [a, one, two, b, three], [a, one, b, three, two])] == [
        "track 2: panel A → panel B",
    ]
    assert [row.line for row in changes(Panels(), [a, one, b, three, two], [a, one, b, two, three])] == [
        "track 2: place 2 → 1",
    ]
