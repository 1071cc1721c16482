"""Bytes as what is looked through: a byte for each letter, so that whatever is found has its place in the bytes."""

from __future__ import annotations

import re
import sys
from array import array
from itertools import repeat
from typing import NamedTuple

#: What JSON and XML write out, by what is as long.
_WRITTEN_OUT = (
    (rb"\n", b" \n"), (rb"\r", b" \n"), (rb"\t", b" \t"), (rb"\"", b' "'), (rb"\u0026", b"&&&&&&"),
    (b"&amp;", b"&&&&&"), (b"&quot;", b'     "'), (b"&lt;", b"   <"), (b"&gt;", b"   >"),
)  # fmt: skip
#: Pickle says before a short text how many bytes it has, which may look like its first letter; not so within a letter
#: of UTF-8.
_LENGTH_OF_PICKLED = re.compile(
    rb"\x8c(?<![\xc2-\xf4]\x8c)(?<![\xe0-\xf4][\x80-\xbf]\x8c)(?<![\xf0-\xf4][\x80-\xbf]{2}\x8c)[ -~]"
)
#: A letter that is not ASCII, as JSON writes it out.
_COMPOSED = re.compile(rb"(?<!\\)\\u(?!00[0-7])[0-9A-Fa-f]{4}")
_UTF_16 = {
    "little": re.compile(rb"\xff\xfe|(?:[\t\n\r -~]\0){4}"),
    "big": re.compile(rb"\xfe\xff|(?:\0[\t\n\r -~]){4}"),
}
_NO_LETTER = 0xFF


class Reading(NamedTuple):
    """How letters lie in bytes: of ``width`` bytes each, 1 (ASCII, and what is like it) or 2 (UTF-16)."""

    width: int
    order: str = "little"

    def letters(self, raw: bytes) -> bytes:
        """A byte for each; what is none, or not of the first 255, is one that nothing begins or ends with."""
        if self.width == 1:
            return raw
        units = array("H", raw[: len(raw) & ~1])
        if self.order != sys.byteorder:
            units.byteswap()
        return bytes(map(min, units, repeat(_NO_LETTER)))

    @property
    def star(self) -> bytes:
        """What stands in the place of a letter."""
        return b"*" if self.width == 1 else "*".encode(f"utf-16-{self.order[0]}e")


PLAIN = Reading(1)


def reading_of(beginning: bytes) -> Reading:
    """By the first few bytes."""
    order = next((order for order, pattern in _UTF_16.items() if pattern.match(beginning)), None)
    return PLAIN if order is None else Reading(2, order)


def composed(letters: bytes) -> bytes:
    """As long as it was: what JSON writes out of other alphabets is letters, which a name or a password may have."""
    return _COMPOSED.sub(b"\xff" * 6, letters) if b"\\u" in letters else letters


def unescaped(letters: bytes) -> bytes:
    """As long as it was: what JSON and XML write out is one letter, or blank; where there are zeros it is neither of
    them, but may be a pickle."""
    if b"\0" in letters:
        return _LENGTH_OF_PICKLED.sub(b"\n\n", letters)
    for written, letter in _WRITTEN_OUT:
        letters = letters.replace(written, letter)
    return letters
