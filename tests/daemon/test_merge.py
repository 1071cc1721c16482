"""Three-way merge by part: nothing of either side is lost unless it was deleted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from daemon_store import part
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.formats.plain import PLAIN, Plain
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.merge import merge

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
def test_a_side_that_changed_nothing_changes_nothing(form: Format, documents: st.SearchStrategy[list[Part]]) -> None:
    """merge(base, x, base) is x, and merge(base, base, x) is x."""

    @given(documents, documents)
    def holds(base: list[Part], side: list[Part]) -> None:
        assert _shown(merge(base, side, base, form).parts) == _shown(side)
        assert _shown(merge(base, base, side, form).parts) == _shown(side)
        assert merge(base, side, side, form).conflicts == ()

    holds()


@pytest.mark.parametrize(("form", "documents"), FORMS)
def test_no_part_is_lost_unless_a_side_deleted_it(form: Format, documents: st.SearchStrategy[list[Part]]) -> None:
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
    """Some parts the application makes by itself."""

    incidental = ("layout",)


def test_a_part_of_one_key_that_both_sides_add_is_one_part() -> None:
    """The same content once; another content is a conflict, but where the application made it of its own accord."""
    ours = [*BASE, part("n", "mine", kind="file", key="n"), part("l", "1", kind="layout", key="l")]
    theirs = [*BASE, part("n", "yours", kind="file", key="n"), part("l", "2", kind="layout", key="l")]
    assert merge(BASE, ours, theirs, Files()).conflicts == ("n",)
    assert _shown(merge(BASE, ours, [*ours[:-1], theirs[-1]], Files()).parts) == _shown(ours)


class Panels(Defaults):
    """Panels that hold the tracks behind them; everything is known by its name."""

    holds = {"panel": ("track",)}

    def identity(self, part: Part) -> str:
        return part.name


def _nest(text: str) -> list[Part]:
    """``A:a,b C:c=2 -x``: panels with tracks, and what is in none."""
    parts = []
    for word in text.split():
        panel, colon, tracks = word.partition(":")
        parts.append(part(panel, panel, kind="panel" if colon else "note", key=panel))
        for track in filter(None, tracks.split(",")):
            name = track.partition("=")[0]
            parts.append(part(name, track, kind="track", key=name))
    return parts


def _told(parts: Sequence[Part]) -> str:
    words = []
    for each in parts:
        if each.kind == "track":
            words[-1] += ("," if not words[-1].endswith(":") else "") + each.content.decode()
        else:
            words.append(each.name + (":" if each.kind == "panel" else ""))
    return " ".join(words)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        pytest.param("D:a,b", "D:b,a", "D:a,b P:r", "D:b,a P:r", id="a panel comes beside a panel"),
        pytest.param("A:a B:x,y", "A:a B:x,o,y", "A:a,x B:y", "A:a,x B:o,y", id="a neighbour is moved away"),
        pytest.param("A:a B:x", "A:a,o B:x", "A:a,t B:x,u", "A:a,o,t B:x,u", id="both add"),
        pytest.param("A:a,b B:x", "A:a B:x,b", "A:a,b=2 B:x", "A:a B:x,b=2", id="moved and changed"),
        pytest.param("A:a B:x n", "B:x A:a n", "A:a,t B:x n", "B:x A:a,t n", id="panels change places"),
        pytest.param("A:a B:x", "A:a", "A:a B:x,y", "", id="a panel goes, and a track comes into it"),
        pytest.param("A:a B:x C:", "A: B:x,a C:", "A: B:x C:a", "", id="moved to two places"),
        pytest.param("A:a", "A:a,n=1", "A:a,n=2", "", id="both add one of a name"),
        pytest.param("A:a", "A:a,n", "A:n,a", "A:a,n", id="both add the same"),
    ],
)
def test_what_a_part_holds_is_merged_within_it(base: str, ours: str, theirs: str, expected: str) -> None:
    """A track lands in no panel where nobody put it; where there is no right place, it is a conflict."""
    outcome = merge(_nest(base), _nest(ours), _nest(theirs), Panels())
    assert _told(outcome.parts) == expected
    assert bool(outcome.conflicts) == (not expected)


def test_the_same_additions_are_recognised_in_their_order_only() -> None:
    """What both sides went on with alike is there once; what only looks alike further on is not taken for it."""

    def chat(*texts: str) -> list[Part]:
        return [part("message", text, key=f"{place}") for place, text in enumerate(texts)]

    base = chat("q", "a")
    merged = merge(base, chat("q", "a", "yes", "done"), chat("q", "a", "yes", "b", "yes"), RENARDO).parts
    assert [each.content for each in merged] == [b"q", b"a", b"yes", b"done", b"b", b"yes"]


def test_noise_of_one_side_is_taken_where_the_other_did_nothing() -> None:
    """What stands in the document is what was saved last, to the byte."""

    class Noisy(Plain):
        def same(self, old: Part, new: Part) -> bool:
            return old.content.strip() == new.content.strip()

    outcome = merge(_named("a=x"), _named("a=x"), _named("a=x "), Noisy())
    assert (_shown(outcome.parts), outcome.taken) == ([("a", b"x ")], ())


def test_what_both_sides_add_twice_is_there_twice() -> None:
    """Each is paired with one of the other side's: the same content first."""
    two = [part("d", text, key="d") for text in "xy"]
    merged = merge(BASE, [*BASE, *two], [*BASE, *two[::-1]], Panels()).parts
    assert sorted(each.content for each in merged[len(BASE) :]) == [b"x", b"y"]


def test_a_part_moved_in_front_is_no_other_order_of_the_rest() -> None:
    """One side turns the tracks of a panel, the other moves one into it."""
    outcome = merge(_nest("A:a B:b,c"), _nest("A:a B:c,b"), _nest("A: B:a,b,c"), Panels())
    assert outcome.conflicts == ()
    assert {*_told(outcome.parts).partition("B:")[2].split(",")} == {"a", "b", "c"}


def test_a_part_that_both_add_in_two_places_stays_where_it_is() -> None:
    """The one that was saved first."""
    assert _told(merge(_nest("A:a B:b"), _nest("A:a,n B:b"), _nest("A:a B:b,n"), Panels()).parts) == "A:a,n B:b"
