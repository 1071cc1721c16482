"""A format that fails, or answers with something else, harms nobody: not the save, not the daemon, not the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from daemon_store import part

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Layout, Origin, Part, Reading, Recognition
from holdfast_daemon.formats.plain import PLAIN, Plain
from holdfast_daemon.guarded import Guarded, guarded

ONE, TWO = part("a", "one", key="a"), part("b", "two", key="b")
DOCUMENT = {b"": b"text"}
READING = PLAIN.read(DOCUMENT)

#: Method to its arguments and to what is answered where it fails: a value, or an error of the contract.
METHODS: dict[str, tuple[tuple[Any, ...], Any]] = {
    "layout_for": (("folder", {"a.txt": b"text"}, ["below"]), "folder"),
    "known_places": (({}, "/home/me", lambda _: None), ()),
    "begins": ((b"text",), True),
    "begins_folder": (({b"a.txt": b"text"},), False),
    "recognise": ((DOCUMENT,), None),
    "suffix_of": ((b"text",), ""),
    "read": ((DOCUMENT,), DamagedDocument),
    "write": (([ONE], None), CannotHold),
    "cleared": ((DOCUMENT, ()), CannotHold),
    "relinked": ((DOCUMENT, {}), CannotHold),
    "converted": ((DOCUMENT, "v2", Origin(name="n", created=0, modified=0)), CannotHold),
    "needed": (([ONE, TWO], [ONE]), [ONE]),
    "match": (([ONE], [ONE, TWO]), [(0, 0), (None, 1)]),
    "identity": ((ONE,), None),
    "same": ((ONE, ONE), True),
    "merge_part": ((ONE, ONE, TWO), None),
    "describe_change": ((None, ONE), f"{ONE.kind} a added"),
    "suspicion": ((READING, READING), None),
    "new_part": (("n", b"", []), CannotHold),
    "resources": (([ONE],), DamagedDocument),
    "name_warnings": (("n",), ()),
    "losses": (([ONE],), ()),
    "text": ((ONE,), ONE.content.decode()),
    "markdown": (("n", READING), PLAIN.markdown("n", READING, full=False)),
}
#: What is said by name.
NAMED = {"markdown": {"full": False}}


def _format(method: str, deed: Callable[..., Any]) -> Guarded:
    return Guarded(type("Odd", (Plain,), {method: deed})())


def _raising(problem: BaseException) -> Callable[..., Any]:
    def deed(*_: object, **__: object) -> None:
        raise problem

    return deed


def test_every_method_of_the_contract_is_guarded() -> None:
    """The table is complete."""
    methods = {name for name in vars(Guarded) if not name.startswith("_")}
    assert methods == set(METHODS)


@pytest.mark.parametrize(
    "problem", [RuntimeError("\ud800"), SystemExit(1), KeyboardInterrupt(), RecursionError(), MemoryError()], ids=repr
)
@pytest.mark.parametrize("method", METHODS)
def test_a_failure_is_an_answer_of_the_contract(method: str, problem: BaseException) -> None:
    """Whatever is raised, sys.exit() too."""
    arguments, expected = METHODS[method]
    asked = getattr(_format(method, _raising(problem)), method)
    if isinstance(expected, type) and issubclass(expected, Exception):
        with pytest.raises(expected) as caught:
            asked(*arguments, **NAMED.get(method, {}))
        assert str(caught.value).isprintable()
    else:
        assert asked(*arguments, **NAMED.get(method, {})) == expected


@pytest.mark.parametrize(
    "method", ["layout_for", "known_places", "recognise", "suffix_of", "read", "write", "cleared", "converted",
               "needed", "match", "merge_part", "suspicion", "describe_change", "new_part", "resources",
               "name_warnings", "losses", "text"],
)  # fmt: skip
def test_an_answer_of_another_kind_is_a_failure(method: str) -> None:
    """True where a recognition, a reading or a reason is expected, and so on."""
    arguments, expected = METHODS[method]
    asked = getattr(_format(method, lambda *_, **__: True), method)
    if isinstance(expected, type) and issubclass(expected, Exception):
        with pytest.raises(expected):
            asked(*arguments, **NAMED.get(method, {}))
    else:
        assert asked(*arguments, **NAMED.get(method, {})) == expected


def test_a_format_of_before_folders_were_asked_for_has_none() -> None:
    """It is not said to have failed."""
    names = ("app", "suffix", "other_suffixes", "unordered", "incidental", "holds", "warns", "layouts", "within")
    former = type("Former", (), {name: getattr(PLAIN, name) for name in names})()
    assert not Guarded(former).begins_folder({b"a.txt": b"text"})


def test_a_match_that_leaves_a_part_out_is_made_anew() -> None:
    """Otherwise a merge would lose it."""
    form = _format("match", lambda *_: [(0, 0)])
    assert form.match([ONE], [ONE, TWO]) == [(0, 0), (None, 1)]


@pytest.mark.parametrize(
    "parts", [(ONE, ONE), (Part(key="k", name="n", kind="x", content="text"),), ("part",)]  # type: ignore[arg-type]  # wrong on purpose
)  # fmt: skip
def test_a_reading_that_cannot_be_is_damage(parts: tuple[Part, ...]) -> None:
    """A key twice, content that is no bytes, parts that are none."""
    reading = Reading(recognition=Recognition(generation="1"), parts=parts)
    with pytest.raises(DamagedDocument):
        _format("read", lambda *_: reading).read(DOCUMENT)


def test_what_is_said_can_be_sent() -> None:
    """Lone surrogates are written out, what is endless is cut, numbers without bounds are text."""
    odd = Part(key="\ud800", name="n" * 10_000, kind="k", content=b"", facts={"large": 1 << 80, "text": "\udfff"})
    reading = Reading(
        recognition=Recognition(generation="\ud800"), parts=(odd,), facts={"a": "\ud800"}, warnings=("\ud800",)
    )
    found = _format("read", lambda *_: reading).read(DOCUMENT)
    assert (found.parts[0].key, found.recognition.generation, found.warnings) == ("\\ud800", "\\ud800", ("\\ud800",))
    assert len(found.parts[0].name) < 5000
    assert found.parts[0].facts == {"large": str(1 << 80), "text": "\\udfff"}
    assert found.facts == {"a": "\\ud800"}


def test_a_good_reading_is_handed_on_as_it_is() -> None:
    """The very parts."""
    assert Guarded(PLAIN).read(DOCUMENT).parts[0] == READING.parts[0]


def test_only_places_that_can_be_named_are_told() -> None:
    """Absolute paths that can be sent; what else a format says is left out."""
    said = ["/a", "relative", "~/b", "", "/\0", "/\udcff", "/" + "x" * 5000, "/c d"]
    assert _format("known_places", lambda *_: iter(said)).known_places({}, "/h", lambda _: None) == ["/a", "/c d"]
    assert _format("known_places", lambda *_: ["/a", 5]).known_places({}, "/h", lambda _: None) == ()


def test_the_layout_that_a_format_chooses_is_one_of_its_own() -> None:
    """Else the ordinary one is taken."""
    both = {"first": Layout(files=("*",)), "second": Layout(whole=True)}
    for said, expected in (("second", "second"), ("third", "first"), ([], "first")):
        form = Guarded(type("Odd", (Plain,), {"layouts": both, "layout_for": lambda *_, said=said: said})())
        assert form.layout_for("folder", {}, ()) == expected


@pytest.mark.parametrize(
    "attributes",
    [
        {"holds": {"panel": None}},
        {"holds": {"panel": "track"}},
        {"unordered": [[]]},
        {"incidental": 1},
        {"within": "sessions"},
        {"layouts": {}},
        {"layouts": {"a": None}},
        {"layouts": {5: Layout()}},
        {"layouts": {"a": Layout(files="*.py")}},  # type: ignore[arg-type]  # wrong on purpose, as are the next ones
        {"layouts": {"a": Layout(files=["*.py"])}},  # type: ignore[arg-type]
        {"layouts": {"a": Layout(files=(5,))}},  # type: ignore[arg-type]
        {"layouts": {"a": Layout(whole=1)}},  # type: ignore[arg-type]
        {"layouts": {"a": Layout(files=("",))}},
        {"layouts": {"a": Layout(folders=("/etc/*",))}},
        {"layouts": {"a": Layout(recognised=("../*",))}},
        {"layouts": {"a": Layout(skipped=("a//b",))}},
        {"layouts": {"a": Layout(new_file="..")}},
        {"layouts": {"a": Layout(new_folder="./a")}},
        {"layouts": {"a": Layout(beside=("/etc",))}},
    ],
)
def test_a_format_with_odd_attributes_is_left_out_and_told(attributes: dict[str, Any]) -> None:
    """The others are there."""
    broken: dict[str, str] = {}
    odd = type("Odd", (Plain,), attributes)()
    assert guarded({"odd": odd, "plain": PLAIN}, broken).keys() == {"plain"}
    assert broken.keys() == {"odd"}
