"""Which letters no font here can print: they would be empty boxes, and nobody should have to guess why."""

from __future__ import annotations

import unicodedata
from collections.abc import Set
from functools import cache

import typst
from fontTools.ttLib import TTFont

#: What Typst's own fonts have: Latin, Greek, Cyrillic, Hebrew, the letters of Arabic, mathematics and signs.
_OWN = (
    (0x0000, 0x0500), (0x0590, 0x0600), (0x060C, 0x060D), (0x061B, 0x061C), (0x061F, 0x0620), (0x0621, 0x063B),
    (0x0640, 0x0656), (0x0660, 0x066E), (0x1E00, 0x2150), (0x2190, 0x2400), (0x2500, 0x2600), (0x27C0, 0x2B00),
    (0x1D400, 0x1D800), (0xFFFD, 0xFFFE),
)  # fmt: skip
#: How Unicode's names of letters begin, to Debian's package of fonts for them.
_EAST = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "IDEOGRAPHIC")
_PACKAGES = dict.fromkeys(_EAST, "fonts-noto-cjk")
_EMOJI_PACKAGE, _OTHER_PACKAGE = "fonts-noto-color-emoji", "fonts-noto-core"
#: And what that is called elsewhere.
_FONTS = {
    "fonts-noto-cjk": "the fonts Noto Sans CJK", _EMOJI_PACKAGE: "the font Noto Color Emoji",
    _OTHER_PACKAGE: "the Noto fonts of those scripts",
}  # fmt: skip
_TOLD_COUNT = 5


def missing(signs: Set[str]) -> dict[str, set[str]]:
    """The letters that cannot be printed, by the package of fonts that has them."""
    asked = {sign for sign in signs if not _is_own(ord(sign)) and unicodedata.category(sign)[0] not in "CZM"}
    found: dict[str, set[str]] = {}
    for sign in sorted(_uncovered(asked)):
        found.setdefault(_package_of(sign), set()).add(sign)
    return found


def told(package: str, letters: Set[str]) -> str:
    """The same for people. Their numbers stand beside the letters, which may not be seen here either."""
    some = ", ".join(f"{sign} U+{ord(sign):04X}" for sign in sorted(letters)[:_TOLD_COUNT])
    more = ", …" if len(letters) > _TOLD_COUNT else ""
    what = f"{len(letters):,} letters" if len(letters) > 1 else "A letter"
    mend = f"install {package} (Debian, Ubuntu) or, on other systems, {_FONTS[package]}"
    return f"{what} ({some}{more}) can only be printed as boxes: no font here has them; {mend}"


def _package_of(sign: str) -> str:
    if 0x1F000 <= ord(sign) < 0x1FC00 or 0x2600 <= ord(sign) < 0x27C0:
        return _EMOJI_PACKAGE
    return _PACKAGES.get(unicodedata.name(sign, "").split(" ")[0].split("-")[0], _OTHER_PACKAGE)


def _is_own(code: int) -> bool:
    return any(first <= code < last for first, last in _OWN)


def _uncovered(signs: set[str]) -> set[str]:
    """Those that no font of this machine has. A font is opened once, and only as long as something is sought."""
    left = set(signs)
    for path, number in _fonts():
        if not left:
            break
        codes = _codes(path, number)
        left = {sign for sign in left if ord(sign) not in codes}
    return left


@cache
def _fonts() -> tuple[tuple[str, int], ...]:
    """One of each family: its others have the same letters."""
    return tuple({font.family: (str(font.path), font.index) for font in typst.Fonts().fonts() if font.path}.values())


@cache
def _codes(path: str, number: int) -> Set[int]:
    try:
        with TTFont(path, fontNumber=number, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except Exception:  # a font that cannot be read covers nothing
        return frozenset()
