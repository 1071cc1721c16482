"""XML as text with places: what ``xmledit`` needs to change a document only where it changes.

expat decides what is XML and says where each element begins; where its tag, its content and itself end is found here.
Text is UTF-8, places are bytes of it. Nothing outside of the document is ever asked for: external entities, an external
DTD and parameter entities are refused, internal entities may grow to a bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.conflict import conflict_in

DEEPEST_LEVEL = 200
#: Of one element; IGV's largest has about forty.
MOST_ATTRIBUTES = 1000
#: All internal entities of a document together, one in the others, and all uses of them.
MOST_ENTITY_BYTES = 256 << 10
MOST_EXPANDED_BYTES = 1 << 20
#: What an element and an attribute take, with the part that a format makes of them.
ELEMENT_BYTES = 1000
ATTRIBUTE_BYTES = 200
#: What the text itself takes, times its size: once as it is, once decoded, and what expat keeps.
TIMES_THE_TEXT = 6

_TAG = re.compile(rb"""<[^\s/<>"']++(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")
_REFERENCE = re.compile(rb"&([^\s#&;<>]+);")
#: The same in a whole element; the first three are plain text, whatever they hold.
_REFERENCE_IN_TEXT = re.compile(rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|" + _REFERENCE.pattern, re.DOTALL)
_PREDEFINED = {b"amp", b"lt", b"gt", b"quot", b"apos"}
_CUT = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}


@dataclass(slots=True)
class Element:
    """``begin`` and ``tag_end`` hold its start tag, ``inner_end`` is where its end tag begins; of an empty element
    (``<a/>``) the last three places are one. ``attributes`` are in order, ``texts`` without what is only white."""

    name: str
    attributes: dict[str, str]
    begin: int
    tag_end: int
    inner_end: int = 0
    end: int = 0
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """Itself and all elements in it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Xml:
    """A document and its root. ``entities`` are its own internal ones, as text that refers to none of them."""

    text: bytes
    root: Element
    entities: Mapping[bytes, bytes]

    def slice(self, element: Element) -> bytes:
        """The element as it stands, but for entities that only this document knows: these are put in."""
        return self.closed(self.text[element.begin : element.end])

    def start_tag(self, element: Element) -> bytes:
        """The element without what is in it, as an empty one."""
        return self.closed(emptied(self.text[element.begin : element.tag_end]))

    def closed(self, text: bytes) -> bytes:
        """``text`` with the document's own entities put in."""
        if not self.entities:
            return text
        return _REFERENCE_IN_TEXT.sub(self._put_in, text)

    def _put_in(self, match: re.Match[bytes]) -> bytes:
        value = self.entities.get(match[1])
        return match[0] if value is None else value.replace(b'"', b"&quot;").replace(b"'", b"&apos;")


def parse(text: bytes, memory_bytes: int = 64 << 20) -> Xml:
    """Raises DamagedDocument with what is wrong, or where more than ``memory_bytes`` would be needed."""
    need = TIMES_THE_TEXT * len(text)
    need += ELEMENT_BYTES * (text.count(b"<") - text.count(b"</")) + ATTRIBUTE_BYTES * text.count(b"=")
    if need > memory_bytes:
        raise DamagedDocument(f"it would take {need >> 20} MB of memory to read, of {memory_bytes >> 20} MB allowed")
    reader = _Reader(text)
    try:
        reader.parser.Parse(text, True)
    except expat.ExpatError as error:
        raise DamagedDocument(_sentence(text, error, reader)) from error
    assert reader.root is not None  # expat refuses a document without one
    return Xml(text, reader.root, reader.entities)


def fragment(content: bytes) -> Xml:
    """One element and nothing beside it. Raises DamagedDocument."""
    xml = parse(content)
    if (xml.root.begin, xml.root.end) != (0, len(content)) or xml.entities:
        raise DamagedDocument("it is not one XML element alone")
    return xml


def emptied(tag: bytes) -> bytes:
    """A start tag as one of an empty element."""
    return tag if tag.endswith(b"/>") else tag[:-1] + b"/>"


class _Reader:
    """One way through one text, with a parser that asks for nothing outside of it."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.root: Element | None = None
        self.open: list[Element] = []
        self.entities: dict[bytes, bytes] = {}
        self.entity_bytes = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        self.parser.specified_attributes = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._entity
        self.parser.EndDoctypeDeclHandler = self._doctype_end
        self.parser.ExternalEntityRefHandler = _refuse_external

    def _begin(self, name: str, attributes: Sequence[str]) -> None:
        if len(self.open) == DEEPEST_LEVEL:
            raise DamagedDocument(f"its elements are nested over {DEEPEST_LEVEL} levels deep")
        if len(attributes) > 2 * MOST_ATTRIBUTES:
            raise DamagedDocument(f"the element {name!r} has over {MOST_ATTRIBUTES} attributes")
        begin = self.parser.CurrentByteIndex
        tag = _TAG.match(self.text, begin)
        if tag is None:
            raise DamagedDocument(f"the tag of {name!r} at byte {begin + 1} is not readable")
        element = Element(name, dict(zip(attributes[::2], attributes[1::2], strict=True)), begin, tag.end())
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def _end(self, name: str) -> None:
        element = self.open.pop()
        element.inner_end = element.end = element.tag_end
        if not self.text.endswith(b"/>", 0, element.tag_end):
            element.inner_end = self.parser.CurrentByteIndex
            element.end = self.text.index(b">", element.inner_end) + 1

    def _characters(self, text: str) -> None:
        if not text.isspace():
            self.open[-1].texts.append(text)

    def _doctype(self, name: str, system: str | None, public: str | None, has_subset: int) -> None:
        if system is not None or public is not None:
            raise DamagedDocument("it names an external DTD, and nothing outside of a session is ever read")

    def _entity(
        self, name: str, is_parameter: int, value: str | None, base: str | None, system: str | None, public: str | None,
        notation: str | None,
    ) -> None:  # fmt: skip
        if is_parameter or value is None:
            raise DamagedDocument(f"its entity {name!r} is external or a parameter entity, and such are never read")
        if b"<" in (flat := _REFERENCE.sub(self._known, value.encode())):
            raise DamagedDocument(f"its entity {name!r} holds elements, and only text is read")
        self.entities.setdefault(name.encode(), flat)
        self.entity_bytes += len(name) + len(flat)
        if self.entity_bytes > MOST_ENTITY_BYTES:
            raise DamagedDocument(f"its entities hold over {MOST_ENTITY_BYTES} bytes")

    def _known(self, match: re.Match[bytes]) -> bytes:
        if match[1] in _PREDEFINED:
            return match[0]
        if match[1] not in self.entities:
            raise DamagedDocument(f"one of its entities refers to {match[1].decode()!r}, which is not known before it")
        return self.entities[match[1]]

    def _doctype_end(self) -> None:
        uses = (len(self.entities.get(match[1], b"")) for match in _REFERENCE.finditer(self.text))
        if sum(uses) > MOST_EXPANDED_BYTES:
            raise DamagedDocument(f"its entities would grow to over {MOST_EXPANDED_BYTES} bytes")


def _refuse_external(context: str, base: str | None, system: str | None, public: str | None) -> int:
    raise DamagedDocument("it refers to an external entity, and nothing outside of a session is ever read")


def _sentence(text: bytes, error: expat.ExpatError, reader: _Reader) -> str:
    if conflict := conflict_in(text):
        return conflict
    where = f"line {error.lineno}, column {error.offset + 1}"
    if not text.strip():
        return "the file is empty" if not text else "the file holds nothing but white space"
    if error.code in _CUT:
        within = f" within {reader.open[-1].name}" if reader.open else ""
        return f"the XML ends in the middle ({where}{within}): it was cut off"
    return f"not readable as XML at {where}: {expat.ErrorString(error.code)}"
