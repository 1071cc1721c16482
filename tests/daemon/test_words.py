"""The words of a search, and where they stand."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon import paging
from holdfast_daemon.words import folded, holds_all, plain, snippet, words_of
from holdfast_protocol.errors import BadField


def test_words_stand_between_spaces() -> None:
    """Folded, each once; a control character is a space, no other sign means anything."""
    assert words_of('P1 >> p1\t"Größe"\0x*') == ["p1", ">>", '"große"', "x*"]


@pytest.mark.parametrize("text", ["", " \n\0", " ".join(map(str, range(33))), "x" * 1001])
def test_nothing_and_too_much_is_refused(text: str) -> None:
    """A search has 1 to 32 words."""
    with pytest.raises(BadField):
        words_of(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ångström", "angstrom"), ("ΟΔΟΣ", "οδος"), ("한글", unicodedata.normalize("NFD", "한글")), ("Й", "й")],
)
def test_spellings_of_one_word(one: str, other: str) -> None:
    """Capitals, Latin accents and the way of composing make no difference."""
    assert folded(plain(one)) == folded(plain(other))


def test_letters_of_other_scripts_keep_their_marks() -> None:
    """They are other letters, not accents."""
    assert folded("й") != folded("и")
    assert folded("が") != folded("か")


def test_a_snippet_is_the_text_around_the_first_word() -> None:
    """On one line, with the places of all words that are in it."""
    text = "a line before\n" + "x " * 30 + "Größe and grosse\nand größe" + " y" * 200
    found = snippet(text, ["große", "and"])
    assert len(found.text) <= 120
    pairs = zip(found.matches[::2], found.matches[1::2], strict=True)
    assert [found.text[start:end] for start, end in pairs] == ["Größe", "and", "and", "größe"]


def test_matches_that_touch_are_one() -> None:
    """Nothing is marked twice."""
    assert snippet("playplay", ["play", "layp"]).matches == [0, 8]


@given(st.text(), st.text(min_size=1, max_size=5))
def test_a_snippet_can_be_made_of_any_text(text: str, word: str) -> None:
    """Its matches lie in it, in order, and where it has none the word may still stand in the text."""
    found = snippet(plain(text), [folded(plain(word))])
    assert found.matches == sorted(found.matches)
    assert all(0 <= at <= len(found.text) for at in found.matches)
    assert not found.matches or holds_all(plain(text), [folded(found.text[found.matches[0] : found.matches[1]])])


def test_a_token_is_of_one_list() -> None:
    """It gives the position back, and is refused for another list, cut, or made up."""
    known = paging.token("list name", ("x", 7))
    assert paging.position("list name", known) == ("x", 7)
    assert paging.position("list name", b"") is None
    for order, said in (("list size", known), ("list name", known[:-1]), ("list name", b"\x80")):
        with pytest.raises(BadField):
            paging.position(order, said)
