"""JSON edited as text, so that a document is changed where it changes and stays as it is everywhere else.

What is edited is the text between the places that ``jsontext`` gives, never a value written anew.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from holdfast_daemon.formats.jsontext import BOM, Json, Place, canonical_value, read_json, white_end

#: A string; a key with what joins it to its value, which begins right behind.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:\s*)?')
_INDENTED = re.compile(r"(\r\n|\r|\n)([ \t]*)\Z")


class Item(NamedTuple):
    """What is to stand in an array or object: its text (of a member: with the key), and the place of the element or
    member whose surroundings it takes over; None for a new one."""

    text: str
    instead_of: int | None = None


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


def spliced(text: str, changes: Iterable[tuple[Place, str]]) -> str:
    """A text in which other texts stand at these places, which are in order and apart."""
    pieces, at = [], 0
    for place, new in changes:
        pieces += [text[at : place.begin], new]
        at = place.end
    return "".join([*pieces, text[at:]])


def with_root(document: Json, root: str) -> bytes:
    """The document with another text for its value."""
    text = document.text[: document.root.begin] + root + document.text[document.root.end :]
    return BOM * document.has_bom + text.encode()


def json_text(value: Any) -> str:
    """As ``JSON.stringify(value, null, 2)`` writes it, a lone surrogate as an escape (floats apart: Python's)."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def with_strings(text: str, changed: Callable[[str, str], str | None]) -> str:
    """The text of a document that can be read, with other strings for values: what ``changed`` gives for a member's key
    and its value, or None where it stays. Slashes are escaped where they were (``\\/``, as Java's writers do)."""
    pieces: list[str] = []
    at, key, key_end = 0, "", -1
    for match in _STRING.finditer(text):
        if match[1] is not None:
            key, key_end = json.loads(match[0][: match.start(1) - match.start()]), match.end()
        elif match.start() == key_end and (new := changed(key, json.loads(match[0]))) is not None:
            written = json_text(new)
            pieces += [text[at : match.start()], written.replace("/", "\\/") if "\\/" in match[0] else written]
            at = match.end()
    return "".join([*pieces, text[at:]])


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
    outer = newline + text[line : white_end(text, line)] * bool(outermost)
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
