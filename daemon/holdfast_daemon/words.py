"""The words of a search, and where they stand in a text. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from holdfast_protocol.errors import BadField

WORDS_COUNT = 32
TEXT_LENGTH = 1000
BEFORE_LENGTH = 30
SNIPPET_LENGTH = 120
_CONTROLS = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f]")
_ACCENTS = re.compile("([A-Za-z])[\u0300-\u036f]+")


class Snippet(NamedTuple):
    """A piece of a text on one line, and where the words begin and end in it, in pairs."""

    text: str
    matches: list[int]


def words_of(text: str) -> list[str]:
    """What stands between spaces, folded, each once. Raises BadField where that is nothing, or too much."""
    found = [*dict.fromkeys(folded(plain(text)).split())]
    if not found or len(found) > WORDS_COUNT or len(text) > TEXT_LENGTH:
        raise BadField(f"text: 1 to {WORDS_COUNT} words, {TEXT_LENGTH} characters at most, are expected", field="text")
    return found


def plain(text: str) -> str:
    """Composed Unicode without control characters but tabs and line ends."""
    return text if text.isascii() and text.isprintable() else _CONTROLS.sub(" ", unicodedata.normalize("NFC", text))


def folded(text: str) -> str:
    """Without capitals, and Latin letters without accents, as the index has them; as long as the text, where that is
    composed, but for a few odd letters."""
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub(r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).lower().replace("ς", "σ")


def holds_all(text: str, words: Sequence[str]) -> bool:
    """Whether each of the folded words stands in it."""
    bare = folded(text)
    return all(word in bare for word in words)


def snippet(text: str, words: Sequence[str]) -> Snippet:
    """The text around the first place of any of the words; its beginning where none is there."""
    bare = folded(text)
    found = [at for at in (bare.find(word) for word in words) if at >= 0]
    start = max(0, min(found, default=0) - BEFORE_LENGTH)
    if len(bare) == len(text):
        start = max(start, text.rfind("\n", 0, min(found, default=0)) + 1)
    cut = " ".join(text[start : start + SNIPPET_LENGTH].split())
    return Snippet(cut, _matches(cut, words))


def _matches(text: str, words: Sequence[str]) -> list[int]:
    bare = folded(text)
    if len(bare) != len(text):
        bare = "".join(folded(sign)[:1] or " " for sign in text)
    spans = sorted(found.span() for word in words for found in re.finditer(re.escape(word), bare))
    joined: list[list[int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(end, joined[-1][1])
        else:
            joined.append([start, end])
    return [each for span in joined for each in span]
