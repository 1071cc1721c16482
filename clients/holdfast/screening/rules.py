"""Keys and tokens by the rules of Kingfisher, which MongoDB keeps; the extra ``secrets`` brings it. It looks them up
nowhere: nothing of what it reads leaves this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from holdfast_protocol.errors import NotFound

if TYPE_CHECKING:
    from kingfisher_sdk import Scanner

MISSING = "keys and tokens were not looked for: pip install 'holdfast[secrets]' brings what knows them"
#: No rule knows a shorter key: for a small text without such a run of letters the rules, which take a third of a
#: second, stay unread.
_RUN = re.compile(rb"[A-Za-z0-9_+/=-]{16}")
_SMALL_BYTES = 16 * 1024
#: A key ends at a blank or a quote: what else is in none is a blank.
_ASCII = bytes(sign if 32 <= sign < 127 and sign != ord("\\") else 10 if sign < 32 else 32 for sign in range(256))

#: In a sentence, in a list, before a suffix a key ends too, at what may be between a name and its key elsewhere.
_ENDS = bytes(32 if sign in b",()[]{}<>|!?*" else sign for sign in range(256))
_STOP = re.compile(rb"\.(?![A-Za-z0-9_-]{10})")


def are_there() -> bool:
    """Whether anything knows keys here."""
    return find_spec("kingfisher_sdk") is not None


def needed() -> None:
    """Whoever wants keys to be taken out must not believe that they are. Raises NotFound."""
    if not are_there():
        raise NotFound("Keys cannot be taken out, for nothing knows them here: pip install 'holdfast[secrets]'")


def keys(text: bytes) -> Iterator[tuple[int, int, str]]:
    """From where to where which kind of key is. What only belongs to a key, such as the secret that goes with an id, is
    one too."""
    text = text.translate(_ASCII)
    if (len(text) < _SMALL_BYTES and _RUN.search(text) is None) or not are_there():
        return
    for each in (text, _STOP.sub(b" ", text.translate(_ENDS))):
        for found in _scanner().scan(each):
            place = found.location
            yield place["start_offset"], place["end_offset"], re.split(r"[./]", found.rule_id)[-1]


@cache
def _scanner() -> Scanner:
    """Without what is encoded in something else, which could not be replaced by as many bytes."""
    try:
        from kingfisher_sdk import Rules, Scanner
    except ImportError as problem:
        raise NotFound(f"The library that knows keys cannot be loaded: {problem}") from problem
    return Scanner(Rules(confidence="medium"), base64=False)
