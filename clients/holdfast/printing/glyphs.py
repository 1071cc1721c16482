"""Which letters no font here can print: they would be empty boxes, and nobody should have to guess why."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Set
from functools import cache

import typst
from fontTools.ttLib import TTFont

#: What Typst's own fonts have: Latin, Greek, Cyrillic, and signs.
_OWN = ((0x0000, 0x0530), (0x1E00, 0x2000), (0x2000, 0x2070), (0x2190, 0x2200), (0x2500, 0x2600), (0xFFFD, 0xFFFE))
#: How Unicode's names of letters begin, to Debian's package of fonts for them.
_EAST = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "IDEOGRAPHIC")
_PACKAGES = dict.fromkeys(_EAST, "fonts-noto-cjk")
_EMOJI_PACKAGE, _OTHER_PACKAGE = "fonts-noto-color-emoji", "fonts-noto-core"
_TOLD_COUNT = 5


def missing(signs: Set[str]) -> list[str]:
    """A sentence for each package of fonts that is not here; none where all can be printed."""
    asked = {sign for sign in signs if not _is_own(ord(sign)) and unicodedata.category(sign)[0] not in "CZM"}
    if not asked:
        return []
    asked -= {sign for sign in asked if ord(sign) in _covered()}
    by_package: dict[str, list[str]] = {}
    for sign in sorted(asked):
        by_package.setdefault(_package_of(sign), []).append(sign)
    return [_said(package, found) for package, found in by_package.items()]


def _said(package: str, found: list[str]) -> str:
    told = " ".join(found[:_TOLD_COUNT]) + (" …" if len(found) > _TOLD_COUNT else "")
    letters = f"{len(found):,} letters" if len(found) > 1 else "A letter"
    return f"{letters} ({told}) can only be printed as boxes: no font here has them; install {package}"


def _package_of(sign: str) -> str:
    if 0x1F000 <= ord(sign) < 0x1FC00 or unicodedata.category(sign) == "So":
        return _EMOJI_PACKAGE
    return _PACKAGES.get(unicodedata.name(sign, "").split(" ")[0].split("-")[0], _OTHER_PACKAGE)


def _is_own(code: int) -> bool:
    return any(first <= code < last for first, last in _OWN)


@cache
def _covered() -> frozenset[int]:
    """What the fonts of this machine have."""
    return frozenset(code for path, number in _fonts() for code in _codes(path, number))


def _fonts() -> Iterable[tuple[str, int]]:
    return {(str(font.path), font.index) for font in typst.Fonts().fonts() if font.path}


def _codes(path: str, number: int) -> Iterable[int]:
    try:
        with TTFont(path, fontNumber=number, lazy=True) as font:
            return [*(font.getBestCmap() or ())]
    except Exception:  # a font that cannot be read covers nothing
        return []
