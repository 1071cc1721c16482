"""JSON as JavaScript writes it: what AiderDesk's Markdown holds, byte for byte.

Numbers are doubles, and an object's keys that are numbers come first (ECMA-262, Number::toString and
OrdinaryOwnPropertyKeys).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
_INDEX = re.compile("0|[1-9][0-9]{0,9}")
_LAST_INDEX = 2**32 - 2
#: From so many digits before the point on, and zeros behind it, a number is written with its power.
_MOST_DIGITS = 21
_MOST_ZEROS = -6


def stringified(value: Any, line: str = "\n") -> str:
    """``JSON.stringify(value, null, 2)``, within a value whose lines begin with ``line``. Raises RecursionError."""
    return "".join(_pieces(value, line))


def utf8(text: str) -> bytes:
    """As Node writes a file: half of a surrogate pair as U+FFFD."""
    return _SURROGATE.sub("\ufffd", text).encode()


def number_text(value: float) -> str:
    """``String(value)`` of a finite number; ``null`` for another, as in JSON."""
    try:
        number = float(value)
    except OverflowError:
        return "null"
    if number - number != 0:
        return "null"
    if number == 0:
        return "0"
    _, digits, power = Decimal(repr(abs(number))).normalize().as_tuple()
    assert isinstance(power, int)
    said = "".join(map(str, digits))
    return ("-" if number < 0 else "") + _placed(said, len(said) + power)


def _placed(digits: str, point: int) -> str:
    """``point``: before which digit it stands."""
    count = len(digits)
    if count <= point <= _MOST_DIGITS:
        return digits + "0" * (point - count)
    if 0 < point <= _MOST_DIGITS:
        return f"{digits[:point]}.{digits[point:]}"
    if _MOST_ZEROS < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = f"e{point - 1:+d}"
    return digits + power if count == 1 else f"{digits[0]}.{digits[1:]}{power}"


def _pieces(value: Any, line: str) -> Iterator[str]:
    """``line``: a line end and what the lines of this value are indented by."""
    if isinstance(value, str):
        yield _quoted(value)
    elif isinstance(value, bool) or value is None:
        yield {True: "true", False: "false", None: "null"}[value]
    elif isinstance(value, int | float):
        yield number_text(value)
    elif not value:
        yield "{}" if isinstance(value, dict) else "[]"
    elif isinstance(value, dict):
        yield "{"
        for number, key in enumerate(_ordered(value)):
            yield f"{',' if number else ''}{line}  {_quoted(key)}: "
            yield from _pieces(value[key], f"{line}  ")
        yield f"{line}}}"
    else:
        yield "["
        for number, each in enumerate(value):
            yield f"{',' if number else ''}{line}  "
            yield from _pieces(each, f"{line}  ")
        yield f"{line}]"


def _ordered(value: dict[str, Any]) -> list[str]:
    indexes = [key for key in value if _INDEX.fullmatch(key) and int(key) <= _LAST_INDEX]
    return [*sorted(indexes, key=int), *(key for key in value if key not in indexes)] if indexes else [*value]


def _quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
