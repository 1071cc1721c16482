r"""JSON as text with places, so that a document is changed where it changes and stays as it is everywhere else.

A document is scanned once, by the C scanner of ``json``; the levels that a format asks for are walked here, and each
value there has a place: where its text begins and ends. What is edited is the text, never a value written anew.

JSON is taken as JavaScript's ``JSON.parse`` takes it, plus a byte order mark: no ``NaN``, no comments, nothing behind
the value; of equal keys in one object the last counts (its places are all there); a lone surrogate written as an
escape is a character of the value and stays an escape in the text.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any, NamedTuple

from holdfast_daemon.formats.base import DamagedDocument

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
_INDENTED = re.compile(r"(\r\n|\r|\n)([ \t]*)\Z")
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


class Item(NamedTuple):
    """What is to stand in an array or object: its text (of a member: with the key), and the place of the element or
    member whose surroundings it takes over; None for a new one."""

    text: str
    instead_of: int | None = None


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
        begin = _white_end(text, 0)
        root = _Walk(text, left_bytes // place_bytes).place(begin, levels)
        if (end := _white_end(text, root.end)) < len(text):
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


def with_items(document: Json, container: Place, items: Sequence[Item]) -> str:
    """The text of an array or object that holds ``items`` instead.

    What stays where it was keeps the white space around it to the character; what is new is set apart as its
    neighbours are, or where there are none as the document is indented.
    """
    text, olds = document.text, _spans(container)
    if not items:
        return text[container.begin] + text[container.end - 1] if olds else document.slice(container)
    lead, separator, tail = _spacing(document, container, olds)
    pieces = [text[container.begin]]
    before: int | None = -1
    for item in items:
        at = item.instead_of
        if at and before == at - 1:
            pieces.append(text[olds[before][1] : olds[at][0]])
        else:
            pieces.append(separator if len(pieces) > 1 else lead)
        pieces.append(item.text)
        before = at
    return "".join([*pieces, tail, text[container.end - 1]])


def with_elements(document: Json, array: Place, elements: Sequence[str]) -> str:
    """The text of a walked array that holds these texts instead; one that is there already keeps its surroundings, and
    so does one that stands between such in the stead of another."""
    places = _places_of(elements, [document.slice(place) for place in array.elements])
    return with_items(document, array, [*map(Item, elements, places)])


def with_members(document: Json, place: Place, changes: Mapping[str, str | None]) -> str:
    """The text of a walked object in which these keys have the values whose texts are given, new keys at the end; or
    are not there at all where None is."""
    text, last = document.text, {member.key: at for at, member in enumerate(place.members)}
    items = []
    for at, member in enumerate(place.members):
        if changes.get(member.key, "") is None:
            continue
        new = changes.get(member.key) if last[member.key] == at else None
        value = document.slice(member.place) if new is None else new
        items.append(Item(text[member.begin : member.place.begin] + value, at))
    added = {key: new for key, new in changes.items() if key not in last and new is not None}
    return with_items(document, place, [*items, *(Item(member_text(document, place, *each)) for each in added.items())])


def member_text(document: Json, place: Place, key: str, value: str) -> str:
    """A new member as the object's others are written: with their space behind the colon."""
    members = place.members or document.root.members
    joint = document.text[members[-1].key_end : members[-1].place.begin] if members else ": "
    return json_text(key) + joint + value


def with_root(document: Json, root: str) -> bytes:
    """The document with another text for its value."""
    text = document.text[: document.root.begin] + root + document.text[document.root.end :]
    return BOM * document.has_bom + text.encode()


def json_text(value: Any) -> str:
    """As ``JSON.stringify(value, null, 2)`` writes it, a lone surrogate as an escape (floats apart: Python's)."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def merged_object(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Our object with the members that theirs changed; None where both changed one, or one of the three is no object.

    Raises DamagedDocument.
    """
    documents = _, our, their = tuple(read_json(content, 1) for content in (base, ours, theirs))
    if not all(isinstance(each.root.value, dict) for each in documents):
        return None
    was, is_ours, is_theirs = (
        {key: canonical_value(value) for key, value in each.root.value.items()} for each in documents
    )
    changed = [key for key in {**was, **is_theirs} if is_theirs.get(key) not in (was.get(key), is_ours.get(key))]
    if any(is_ours.get(key) != was.get(key) for key in changed):
        return None
    values = {key: their.root.member(key) for key in changed}
    texts = {key: their.slice(member.place) if member else None for key, member in values.items()}
    return with_root(our, with_members(our, our.root, texts))


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
            colon = _white_end(self._text, key_end)
            if self._text[colon : colon + 1] != ":":
                raise json.JSONDecodeError("A colon is expected", self._text, colon)
            place = self.place(_white_end(self._text, colon + 1), levels)
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
        at = _white_end(self._text, begin + 1)
        return at + 1 if self._text[at : at + 1] == closing else -at

    def _next(self, end: int, closing: str) -> int:
        """The same behind a thing that ends at ``end``."""
        at = _white_end(self._text, end)
        mark = self._text[at : at + 1]
        if mark == closing:
            return at + 1
        if mark != ",":
            raise json.JSONDecodeError(f"A comma or {closing} is expected", self._text, at)
        return -_white_end(self._text, at + 1)


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
    text = error.doc
    if error.pos >= len(text.rstrip(WHITE_SPACE)) or error.msg.startswith("Unterminated string"):
        line = text.count("\n") + 1
        return f"the JSON ends in the middle: it was cut off in line {line}, after byte {len(content)}"
    at_byte = len(BOM) * content.startswith(BOM) + len(text[: error.pos].encode()) + 1
    return f"not readable as JSON at line {error.lineno}, byte {at_byte}: {error.msg}"


def _white_end(text: str, begin: int) -> int:
    match = _WHITE.match(text, begin)
    assert match is not None
    return match.end()


def _spans(container: Place) -> list[tuple[int, int]]:
    if container.members:
        return [(member.begin, member.place.end) for member in container.members]
    return [(place.begin, place.end) for place in container.elements]


def _spacing(document: Json, container: Place, olds: Sequence[tuple[int, int]]) -> tuple[str, str, str]:
    """What stands before the first thing, between two, and behind the last."""
    text = document.text
    if olds:
        lead = text[container.begin + 1 : olds[0][0]]
        separator = text[olds[-2][1] : olds[-1][0]] if len(olds) > 1 else "," + (lead or _space(document))
        return lead, separator, text[olds[-1][1] : container.end - 1]
    outermost = _spans(document.root)
    indented = _INDENTED.search(text[document.root.begin + 1 : outermost[0][0]]) if outermost else None
    if outermost and not indented:
        return "", "," + _space(document), ""
    newline, unit = indented.groups() if indented else ("\n", "  ")
    line = max(text.rfind(end, 0, container.begin) for end in "\r\n") + 1
    outer = newline + text[line : _white_end(text, line)] * bool(outermost)
    return outer + unit, "," + outer + unit, outer


def _space(document: Json) -> str:
    """What a document on one line has behind its commas, as far as its first one tells."""
    spans = _spans(document.root)
    gap = document.text[spans[0][1] : spans[1][0]] if len(spans) > 1 else ","
    return "" if "\n" in gap or "\r" in gap else gap.partition(",")[2]


def _places_of(new: Sequence[str], old: Sequence[str]) -> list[int | None]:
    """For each new text the place of the old one that it is; or that it stands in the stead of, where as many stand
    between two such as there stood."""
    waiting: defaultdict[str | None, deque[int]] = defaultdict(deque)
    for place, each in enumerate([*old, None]):
        waiting[each].append(place)
    places: list[int | None] = [None] * len(new)
    last_old = last_new = -1
    for at, text in enumerate([*new, None]):
        same = waiting[text]
        while same and same[0] <= last_old:
            same.popleft()
        if not same:
            continue
        if same[0] - last_old == at - last_new:
            places[last_new + 1 : at] = range(last_old + 1, same[0])
        last_old, last_new = same.popleft(), at
        if text is not None:
            places[at] = last_old
    return places
