"""JSON as text with places: what ``jsonedit`` needs to change a document only where it changes.

A document is scanned once, by the C scanner of ``json``; the levels that a format asks for are walked here, and each
value there has a place: where its text begins and ends.

JSON is taken as JavaScript's ``JSON.parse`` takes it, plus a byte order mark: no ``NaN``, no comments, nothing behind
the value; of equal keys in one object the last counts (its places are all there); a lone surrogate written as an
escape is a character of the value and stays an escape in the text.
"""

from __future__ import annotations

import json
import re
import sys
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any, NamedTuple

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.conflict import conflict_in

BOM = b"\xef\xbb\xbf"
WHITE_SPACE = " \t\n\r"

#: What reading one document may take: this, and so many times its size.
FREE_BYTES = 64 * 1024 * 1024
TIMES_ITS_SIZE = 30
#: What a place takes.
PLACE_BYTES = 400
#: What the scanner's values take at most for each of these characters, as CPython 3.11 has them on 64 bits.
_VALUE_BYTES = {"{": 192, "[": 96, '"': 32, ",": 44}

#: An integer of more digits is a float, as every number is in JavaScript: making it would take the square of them.
_MOST_DIGITS = 400

_WHITE = re.compile(f"[{WHITE_SPACE}]*")
_OTHER_ENCODINGS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


class Place(NamedTuple):
    """A value and where it stands in the text; ``members`` or ``elements`` where it was walked, else none."""

    begin: int
    end: int
    value: Any
    members: tuple[Member, ...] = ()
    elements: tuple[Place, ...] = ()

    def member(self, key: str) -> Member | None:
        """The one that counts: the last of that key."""
        return next((member for member in reversed(self.members) if member.key == key), None)


class Member(NamedTuple):
    """A key, where its quotes begin and end, and the place of its value."""

    key: str
    begin: int
    key_end: int
    place: Place


class Json(NamedTuple):
    """A document: its text without the byte order mark, and the place of its one value."""

    text: str
    has_bom: bool
    root: Place

    def slice(self, place: Place) -> str:
        """The text of a place, as it stands."""
        return self.text[place.begin : place.end]


def read_json(content: bytes, levels: int, place_bytes: int = PLACE_BYTES) -> Json:
    """The document with places for as many levels: 1 is the members of an object, 2 what lies in these.

    ``place_bytes``: what the caller may make of each place. Raises DamagedDocument with what is wrong and where, or
    where reading would take more memory than it may.
    """
    text = _decoded(content)
    most_bytes = FREE_BYTES + TIMES_ITS_SIZE * len(content)
    structure_bytes = sum(text.count(mark) * size for mark, size in _VALUE_BYTES.items())
    left_bytes = most_bytes - structure_bytes - 3 * sys.getsizeof(text)
    try:
        begin = white_end(text, 0)
        root = _Walk(text, left_bytes // place_bytes).place(begin, levels)
        if (end := white_end(text, root.end)) < len(text):
            raise json.JSONDecodeError("Something stands behind the end of the document", text, end)
    except json.JSONDecodeError as error:
        raise DamagedDocument(_sentence(error, content)) from error
    except RecursionError as error:
        raise DamagedDocument("its values are nested too deeply to be read") from error
    except _TooMuch as error:
        raise DamagedDocument(f"it would take more than {most_bytes >> 20} MB of memory to read") from error
    return Json(text, content.startswith(BOM), root)


def value_of(content: bytes) -> Any:
    """The value alone. Raises DamagedDocument as ``read_json`` does."""
    return read_json(content, 0).root.value


def canonical(content: bytes) -> str:
    """A text that is equal for equal values: neither white space, the order of keys, nor how a string or number is
    spelled (``1``, ``1.0``, ``1e0``) matters. Raises DamagedDocument."""
    return canonical_value(value_of(content))


def canonical_value(value: Any) -> str:
    """The same for a value. Raises DamagedDocument where it is nested too deeply."""
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError as error:
        raise DamagedDocument("its values are nested too deeply to be compared") from error


def white_end(text: str, begin: int) -> int:
    """Where the white space that begins there ends."""
    match = _WHITE.match(text, begin)
    assert match is not None
    return match.end()


class _TooMuch(Exception):
    """The document has more places than memory is allowed for."""


class _Walk:
    """One way through one text."""

    def __init__(self, text: str, most_places: int) -> None:
        self._text = text
        self._left = most_places
        if most_places < 0:
            raise _TooMuch
        decoder = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=_refused)
        self._scan = decoder.scan_once  # type: ignore[attr-defined]  # typeshed leaves it out

    def place(self, begin: int, levels: int) -> Place:
        """The value that begins there. Raises JSONDecodeError, RecursionError, _TooMuch."""
        self._left -= 1
        if self._left < 0:
            raise _TooMuch
        opening = self._text[begin : begin + 1]
        if levels and opening == "{":
            return self._object(begin, levels - 1)
        if levels and opening == "[":
            return self._array(begin, levels - 1)
        try:
            value, end = self._scan(self._text, begin)
        except StopIteration as stop:
            raise json.JSONDecodeError("A value is expected", self._text, stop.value) from None
        except _Constant as error:
            raise json.JSONDecodeError(f"{error} is no JSON", self._text, begin) from None
        return Place(begin, end, value)

    def _object(self, begin: int, levels: int) -> Place:
        members = []
        end = self._first(begin, "}")
        while end < 0:
            at = -end
            if self._text[at : at + 1] != '"':
                raise json.JSONDecodeError("A key in quotes is expected", self._text, at)
            key, key_end = scanstring(self._text, at + 1, True)
            colon = white_end(self._text, key_end)
            if self._text[colon : colon + 1] != ":":
                raise json.JSONDecodeError("A colon is expected", self._text, colon)
            place = self.place(white_end(self._text, colon + 1), levels)
            members.append(Member(key, at, key_end, place))
            end = self._next(place.end, "}")
        return Place(begin, end, {member.key: member.place.value for member in members}, members=tuple(members))

    def _array(self, begin: int, levels: int) -> Place:
        elements = []
        end = self._first(begin, "]")
        while end < 0:
            place = self.place(-end, levels)
            elements.append(place)
            end = self._next(place.end, "]")
        return Place(begin, end, [place.value for place in elements], elements=tuple(elements))

    def _first(self, begin: int, closing: str) -> int:
        """Where the first of a container's things begins, negative; or where the empty container ends."""
        at = white_end(self._text, begin + 1)
        return at + 1 if self._text[at : at + 1] == closing else -at

    def _next(self, end: int, closing: str) -> int:
        """The same behind a thing that ends at ``end``."""
        at = white_end(self._text, end)
        mark = self._text[at : at + 1]
        if mark == closing:
            return at + 1
        if mark != ",":
            raise json.JSONDecodeError(f"A comma or {closing} is expected", self._text, at)
        return -white_end(self._text, at + 1)


class _Constant(ValueError):
    """NaN or Infinity, which are JavaScript and not JSON."""


def _refused(name: str) -> None:
    raise _Constant(name)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _float(spelled: str) -> int | float:
    """A whole number is an integer however it is spelled, so that equal values are written equal."""
    number = float(spelled)
    return int(number) if number.is_integer() else number


def _decoded(content: bytes) -> str:
    """Raises DamagedDocument for bytes that are not UTF-8, or nothing but white space."""
    other = next((mark for mark in _OTHER_ENCODINGS if content.startswith(mark)), None)
    if other:
        raise DamagedDocument(f"it is {_OTHER_ENCODINGS[other]}, and JSON files are UTF-8")
    try:
        text = content.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + len(BOM) * content.startswith(BOM)
        raise DamagedDocument(f"not UTF-8 at byte {at + 1} of {len(content)}") from error
    if not text or text.isspace():
        raise DamagedDocument("the file is empty" if not content else "the file holds nothing but white space")
    return text


def _sentence(error: json.JSONDecodeError, content: bytes) -> str:
    """What is wrong, and at which line and byte, both from 1."""
    if conflict := conflict_in(content):
        return conflict
    text = error.doc
    if error.pos >= len(text.rstrip(WHITE_SPACE)) or error.msg.startswith("Unterminated string"):
        line = text.count("\n") + 1
        return f"the JSON ends in the middle: it was cut off in line {line}, after byte {len(content)}"
    at_byte = len(BOM) * content.startswith(BOM) + len(text[: error.pos].encode()) + 1
    return f"not readable as JSON at line {error.lineno}, byte {at_byte}: {error.msg}"
