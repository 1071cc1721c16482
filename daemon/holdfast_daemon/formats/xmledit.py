"""XML edited as text, so that a document is changed where it changes and stays as it is everywhere else.

What is edited is the text between the places that ``xmltext`` gives, never an element written anew.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from holdfast_daemon.formats.alignment import longest_rising
from holdfast_daemon.formats.xmltext import Element, Xml, emptied

_NAME = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")


class Item(NamedTuple):
    """What is to stand in an element: its text, and the child whose place it takes; None for a new one."""

    text: bytes
    instead_of: Element | None = None


def escaped(value: str, quote: str = '"') -> str:
    """As it stands in an attribute between such quotes."""
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(quote, "&quot;" if quote == '"' else "&apos;")
    return value.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def retagged(tag: bytes, old: Mapping[str, str], new: Mapping[str, str]) -> bytes:
    """A start tag whose attributes ``old`` have become ``new``: what stays the same keeps its place and spelling."""
    pieces: list[bytes] = []
    at = 0
    for match in _ATTRIBUTE.finditer(tag):
        name = match[1].decode("utf-8")
        if old.get(name) == new.get(name):
            continue
        pieces.append(tag[at : match.start()])
        at = match.end()
        if name in new:
            quote = match[2][:1].decode()
            pieces += [tag[match.start() : match.start(2) + 1], escaped(new[name], quote).encode(), quote.encode()]
    end = re.compile(rb"\s*/?>\Z").search(tag)
    assert end is not None
    pieces.append(tag[at : end.start()])
    pieces += [f' {name}="{escaped(value)}"'.encode() for name, value in new.items() if name not in old]
    return b"".join(pieces) + tag[end.start() :]


def refilled(
    xml: Xml, element: Element, olds: Sequence[Element], items: Sequence[Item], tag: bytes | None = None
) -> bytes:
    """The element with ``items`` in the place of ``olds``, some of its children in document order.

    Whatever else is between them stays. An old child that is out of order counts as a new one; what is new is set apart
    as its neighbours are, or where there are none as the document is indented. ``tag``: a new start tag, as of an empty
    element, which may be of another name.
    """
    text = xml.text
    tag = emptied(text[element.begin : element.tag_end]) if tag is None else tag
    if element.tag_end == element.end:
        return filled(tag, items, deeper(xml, element), _before_end(xml, element))
    apart = margin(text, olds[0].begin) if olds else deeper(xml, element)
    last = text[(olds[-1].end if olds else element.tag_end) : element.inner_end]
    if items and not olds and not last.strip():
        last = _before_end(xml, element)
    inner = _between(text, [element.tag_end, *(old.end for old in olds)], olds, items, apart)
    end = text[element.inner_end : element.end].replace(element.name.encode(), _name(tag), 1)
    return b"".join([tag[:-2], b">", *inner, last, end])


def filled(tag: bytes, items: Sequence[Item], apart: bytes, last: bytes) -> bytes:
    """A new element with ``items``, each behind ``apart``; ``tag`` is that of an empty one."""
    if not items:
        return tag
    return b"".join([tag[:-2], b">", *(apart + item.text for item in items), last, b"</", _name(tag), b">"])


def _name(tag: bytes) -> bytes:
    match = _NAME.match(tag)
    assert match is not None
    return match[1]


def woven(element: Element, items: Sequence[Item], others: Sequence[Item]) -> list[Item]:
    """``items`` with the ``others`` between them, both in their own order: one that is there already stays behind the
    item that it stood behind, a new one behind the one before it."""
    places = {item.instead_of.begin: at for at, item in enumerate(items) if item.instead_of}
    standing: dict[int, int] = {}
    place = -1
    for child in element.children:
        place = standing[child.begin] = places.get(child.begin, place)
    behind: defaultdict[int, list[Item]] = defaultdict(list)
    place = -1
    for other in others:
        place = max(place, standing[other.instead_of.begin] if other.instead_of else place)
        behind[place].append(other)
    return [*behind[-1], *(each for at, item in enumerate(items) for each in (item, *behind[at]))]


def margin(text: bytes, begin: int) -> bytes:
    """The line end and indentation before this place; nothing where something else stands before it."""
    start = begin
    while start and text[start - 1] in b" \t":
        start -= 1
    for line_end in (b"\r\n", b"\n", b"\r"):
        if text.endswith(line_end, 0, start):
            return line_end + text[start:begin]
    return b""


def deeper(xml: Xml, element: Element) -> bytes:
    """The margin of a child of an element that has none: one step more than its own."""
    children = xml.root.children
    if children and not (first := margin(xml.text, children[0].begin)):
        return first
    step = first.lstrip(b"\r\n") if children else b"    "
    return _before_end(xml, element) + step


def _before_end(xml: Xml, element: Element) -> bytes:
    """The margin of an end tag; the root may stand at the very beginning."""
    line_end = b"\r\n" if b"\r\n" in xml.text else b"\n"
    return margin(xml.text, element.begin) or (line_end if element is xml.root else b"")


def _between(
    text: bytes, gap_begins: Sequence[int], olds: Sequence[Element], items: Sequence[Item], apart: bytes
) -> list[bytes]:
    """Everything up to the end of the last of both; of a child that goes, its margin goes with it."""
    numbers = {old.begin: number for number, old in enumerate(olds)}
    known = [(place, numbers[item.instead_of.begin]) for place, item in enumerate(items) if item.instead_of]
    staying = dict(known[at] for at in longest_rising([number for _, number in known]))
    pieces: list[bytes] = []
    done = 0
    for place, item in enumerate(items):
        if place not in staying:
            pieces += [apart, item.text]
            continue
        number = staying[place]
        pieces += [text[gap_begins[gone] : olds[gone].begin].rstrip() for gone in range(done, number)]
        pieces += [text[gap_begins[number] : olds[number].begin], item.text]
        done = number + 1
    return pieces + [text[gap_begins[gone] : olds[gone].begin].rstrip() for gone in range(done, len(olds))]
