"""Colors as documents spell them, as a page takes them: nothing but ``#rrggbb`` comes out."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEXADECIMAL = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_NUMBERS = re.compile(r"(?:rgba?\()?\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,[^)]{0,20})?\)?")


def hexadecimal(color: Sequence[float]) -> str:
    """Red, green and blue from 0 to 1."""
    return "#" + "".join(f"{round(255 * each):02x}" for each in color)


def color_of(told: object) -> str | None:
    """``0,0,178``, ``rgb(0,0,178)`` or ``#0000b2``; None for anything else."""
    text = str(told)
    if found := _HEXADECIMAL.fullmatch(text):
        digits = found[1].lower()
        return "#" + (digits if len(digits) == 6 else "".join(each * 2 for each in digits))
    if (numbers := _NUMBERS.fullmatch(text)) and all(int(each) < 256 for each in numbers.groups()):
        return hexadecimal([int(each) / 255 for each in numbers.groups()])
    return None
