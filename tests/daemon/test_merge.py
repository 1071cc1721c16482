"""Three-way merge by part: nothing of either side is lost unless it was deleted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from daemon_store import part
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.plain import PLAIN, Plain
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.merge import Rules, merge

Shown = list[tuple[str, bytes]]


def _shown(parts: Sequence[Part]) -> Shown:
    return [(each.name, each.content) for each in parts]


def _named(*pairs: str) -> list[Part]:
    """``name=content`` each; a plain part's key is its path."""
    return [part(*pair.split("=", 1), key=pair.split("=")[0]) for pair in pairs]


BASE = _named("a=one\nmore", "b=two\nmore", "c=three\nmore")


def _three(ours: list[Part], theirs: list[Part], base: list[Part] = BASE) -> tuple[Shown, tuple[str, ...]]:
    outcome = merge(base, ours, theirs, RENARDO)
    return _shown(outcome.parts), outcome.conflicts


def test_disjoint_changes_are_both_taken() -> None:
    """One side changes a, the other c: both are there, and it is said which came from theirs."""
    outcome = merge(
        BASE,
        _named("a=ONE\nmore", "b=two\nmore", "c=three\nmore"),
        _named("a=one\nmore", "b=two\nmore", "c=THREE\nmore"),
        RENARDO,
    )
    assert _shown(outcome.parts) == _shown(_named("a=ONE\nmore", "b=two\nmore", "c=THREE\nmore"))
    assert (outcome.taken, outcome.conflicts) == (("c",), ())


def test_the_same_change_on_both_sides_is_there_once() -> None:
    """No conflict where both say the same, a new part included."""
    side = _named("a=ONE\nmore", "b=two\nmore", "c=three\nmore", "d=new")
    assert _three(side, side) == (_shown(side), ())


def test_different_changes_of_one_part_conflict() -> None:
    """The part is named; nothing is merged."""
    changed = [_named(f"a={word}\nmore", "b=two\nmore", "c=three\nmore") for word in ("ours", "theirs")]
    assert _three(*changed) == ([], ("a",))


@pytest.mark.parametrize("ours_deletes", [True, False])
def test_deleting_a_part_that_the_other_side_changed_conflicts(ours_deletes: bool) -> None:
    """Neither the deletion nor the change is dropped silently."""
    sides = [_named("b=two\nmore", "c=three\nmore"), _named("a=ONE\nmore", "b=two\nmore", "c=three\nmore")]
    assert _three(*(sides if ours_deletes else sides[::-1])) == ([], ("a",))


@pytest.mark.parametrize("ours_deletes", [True, False])
def test_deleting_an_unchanged_part_deletes_it(ours_deletes: bool) -> None:
    """The other side had nothing to say about it."""
    sides = [_named("b=two\nmore", "c=three\nmore"), BASE]
    assert _three(*(sides if ours_deletes else sides[::-1])) == (_shown(sides[0]), ())


def test_additions_of_both_sides_stay_in_place() -> None:
    """Each stands behind the part that it followed."""
    ours = _named("a=one\nmore", "o=mine", "b=two\nmore", "c=three\nmore")
    theirs = _named("t=yours", "a=one\nmore", "b=two\nmore", "c=three\nmore", "u=yours too")
    merged, conflicts = _three(ours, theirs)
    assert [name for name, _ in merged] == ["t", "a", "o", "b", "c", "u"]
    assert conflicts == ()


@pytest.mark.parametrize("ours_reorders", [True, False])
def test_the_order_of_the_side_that_reordered_is_kept(ours_reorders: bool) -> None:
    """The other side's change is in it."""
    turned = [BASE[2], BASE[0], BASE[1]]
    changed = _named("a=one\nmore", "b=TWO\nmore", "c=three\nmore")
    merged, conflicts = _three(*((turned, changed) if ours_reorders else (changed, turned)))
    assert merged == [("c", b"three\nmore"), ("a", b"one\nmore"), ("b", b"TWO\nmore")]
    assert conflicts == ()


def test_two_orders_conflict() -> None:
    """Both sides reordered, differently."""
    assert _three([BASE[2], BASE[0], BASE[1]], [BASE[1], BASE[0], BASE[2]]) == ([], ("the order of the parts",))


def test_namesakes_are_told_apart_by_content() -> None:
    """Every a10 buffer is called Untitled: changes of two different ones are both taken."""
    first, second = "one\ntwo\nthree", "four\nfive\nsix"
    base = _named(f"Untitled={first}", f"Untitled={second}")
    ours = _named(f"Untitled={first}\nours", f"Untitled={second}")
    theirs = _named(f"Untitled={first}", f"Untitled={second}\ntheirs")
    merged, conflicts = _three(ours, theirs, base)
    assert [content for _, content in merged] == [f"{first}\nours".encode(), f"{second}\ntheirs".encode()]
    assert conflicts == ()


names = st.sampled_from(["a", "b", "c", "Untitled"])
words = st.text(alphabet="xyz\n", max_size=12)


def _lines(parts: Sequence[Part]) -> set[bytes]:
    return {line for each in parts for line in each.content.split(b"\n")}


def _documents(unique: bool) -> st.SearchStrategy[list[Part]]:
    pairs = st.lists(st.tuples(names, words), max_size=5, unique_by=(lambda pair: pair[0]) if unique else None)
    return pairs.map(lambda found: [part(name, text, key=name if unique else f"{name}-{n}") for n, (name, text) in
                                    enumerate(found)])  # fmt: skip


FORMS = [pytest.param(RENARDO, _documents(False), id="renardo"),
           pytest.param(PLAIN, _documents(True), id="plain")]  # fmt: skip


@pytest.mark.parametrize(("form", "documents"), FORMS)
def test_a_side_that_changed_nothing_changes_nothing(form: Rules, documents: st.SearchStrategy[list[Part]]) -> None:
    """merge(base, x, base) is x, and merge(base, base, x) is x."""

    @given(documents, documents)
    def holds(base: list[Part], side: list[Part]) -> None:
        assert _shown(merge(base, side, base, form).parts) == _shown(side)
        assert _shown(merge(base, base, side, form).parts) == _shown(side)
        assert merge(base, side, side, form).conflicts == ()

    holds()


@pytest.mark.parametrize(("form", "documents"), FORMS)
def test_no_part_is_lost_unless_a_side_deleted_it(form: Rules, documents: st.SearchStrategy[list[Part]]) -> None:
    """A line that one side brought is in every merge."""

    @given(documents, documents, documents)
    def holds(base: list[Part], ours: list[Part], theirs: list[Part]) -> None:
        outcome = merge(base, ours, theirs, form)
        if outcome.conflicts:
            assert outcome.parts == ()
            return
        assert _lines(ours) | _lines(theirs) <= _lines(outcome.parts) | _lines(base)
        assert _lines(outcome.parts) <= _lines([*base, *ours, *theirs])

    holds()


class Files(Plain):
    """Parts that are known by their keys, and some that the application makes by itself."""

    keyed = ("file", "layout")
    incidental = ("layout",)


def test_a_part_of_one_key_that_both_sides_add_is_one_part() -> None:
    """The same content once; another content is a conflict, but where the application made it of its own accord."""
    ours = [*BASE, part("n", "mine", kind="file", key="n"), part("l", "1", kind="layout", key="l")]
    theirs = [*BASE, part("n", "yours", kind="file", key="n"), part("l", "2", kind="layout", key="l")]
    assert merge(BASE, ours, theirs, Files()).conflicts == ("n",)
    assert _shown(merge(BASE, ours, [*ours[:-1], theirs[-1]], Files()).parts) == _shown(ours)
