"""Parts back into an XML session, as a surgical edit of one that is there (igv.md 1.3, fact 4).

Which element of the template a part is, is decided as between any two sessions. What no part holds (comments, white
space) stays where it is.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.igv.elements import HOLDERS, ROOT_PARTS, ROOTS, kind_of, panel_content
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.matching import match_parts
from holdfast_daemon.formats.igv.parts import trimmed
from holdfast_daemon.formats.igv.xml_layout import Layout
from holdfast_daemon.formats.igv.xml_reading import At, taken_apart, without_root_parts
from holdfast_daemon.formats.xmledit import retagged
from holdfast_daemon.formats.xmltext import Xml, emptied, fragment, parse

_NO_PANEL = (
    "the content of a panel is its start tag and what it holds beside tracks, with nothing between, such as "
    '<Panel name="DataPanel"/>: tracks are parts of their own'
)
_NO_SESSION = "the content of the session is its root's start tag without genome and locus, as an empty element"
EMPTY = b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<Session version="8">
</Session>
"""
_ONCE = (*ROOT_PARTS, "session")
#: A track lies in the last panel before it, so that the order of both tells all.
_ORDERED = ("panel", "track")
_LINE_BREAKS = ("Cc", "Zl", "Zp")


def write_xml_session(parts: Sequence[Part], envelope: Envelope | None) -> bytes:
    """The text of the template with these parts; without one, of a session as IGV 2 writes it. Raises CannotHold."""
    xml = _template(envelope)
    before, places = taken_apart(xml)
    parts = trimmed(parts, before)
    if envelope is not None and _substances(before) == _substances(parts):
        return envelope.text
    if problems := _problems(parts, before, is_new=envelope is None):
        raise CannotHold(problems)
    partners = {new: old for old, new in match_parts(before, parts) if old is not None and new is not None}
    at: list[At] = [places[partners[index]] if index in partners else (None, None) for index in range(len(parts))]
    element = Layout(xml, parts, at).root(_root_tag(xml, parts))
    built = xml.text[: xml.root.begin] + element + xml.text[xml.root.end :]
    _check(built, parts)
    return built


def _template(envelope: Envelope | None) -> Xml:
    if envelope is None:
        return parse(EMPTY)
    try:
        return parse(envelope.text, envelope.memory_bytes)
    except DamagedDocument as error:
        raise CannotHold([("document", f"the session that they would go into is damaged: {error}")]) from error


def _substances(parts: Sequence[Part]) -> list[tuple[str, bytes]]:
    return [(part.kind, part.content) for part in parts]


def _root_tag(xml: Xml, parts: Sequence[Part]) -> bytes:
    """The root's start tag, as of an empty element, with the attributes that the parts give it."""
    root, old = xml.root, xml.root.attributes
    texts = {part.kind: part.content.decode("utf-8") for part in parts if part.kind in ROOT_PARTS}
    tag = emptied(xml.text[root.begin : root.tag_end])
    session = next((part.content for part in parts if part.kind == "session"), None)
    if session in (None, without_root_parts(xml)):
        rest = {name: value for name, value in old.items() if name not in ROOT_PARTS}
        return retagged(tag, old, texts | rest)
    bare = retagged(tag, old, texts)[1 + len(root.name.encode()) : -2].rstrip()
    behind = 1 + len(fragment(session).root.name.encode())
    return session[:behind] + bare + session[behind:]


def _check(built: bytes, parts: Sequence[Part]) -> None:
    """That it is read back as asked. A session that was made without its root's attributes has got some."""
    try:
        after, _ = taken_apart(parse(built, sys.maxsize))
    except DamagedDocument as error:
        raise CannotHold([("document", f"what would be written is not readable: {error}")]) from error
    missing = Counter(_substances(parts)) - Counter(_substances(after))
    more = Counter(_substances(after)) - Counter(_substances(parts))
    wrong = [part for part in parts if missing[part.kind, part.content]]
    if wrong or any(kind != "session" for kind, _ in more):
        sentence = "it would not be read back as it is"
        raise CannotHold([(part.key, sentence) for part in wrong] or [("document", sentence)])
    asked, found = ([part for part in each if part.kind in _ORDERED] for each in (parts, after))
    for part, other in zip(asked, found, strict=True):
        if part.content != other.content:
            raise CannotHold([(part.key, "it would not be read back where it is asked to be")])


def _problems(parts: Sequence[Part], before: Sequence[Part], is_new: bool) -> list[tuple[str, str]]:
    known = {*_substances(before)}
    new = [part for part in parts if (part.kind, part.content) not in known]
    problems = [(part.key, sentence) for part in new if (sentence := _unfit(part))]
    for kind in _ONCE:
        more = [part for part in parts if part.kind == kind][1:]
        problems += [(part.key, f"a session has one {kind}, and there would be two") for part in more]
    if not _has_genome(parts) and (is_new or _has_genome(before)):
        problems.append(("genome", "without a genome IGV would add the session to the one that is open"))
    first = next((part for part in parts if part.kind in _ORDERED), None)
    if first and first.kind == "track":
        problems.append((first.key, "a track lies in a panel, and none stands before it"))
    return problems


def _has_genome(parts: Sequence[Part]) -> bool:
    return any(part.kind == "genome" and part.content for part in parts)


def _unfit(part: Part) -> str | None:
    """Why this part can be nothing of an XML session."""
    if part.content[:1] in (b"{", b"[", b'"'):
        return "it is of a JSON session, and this one is XML"
    if part.kind in ROOT_PARTS:
        return _not_text(part.content)
    try:
        xml = fragment(part.content)
    except DamagedDocument as error:
        return f"its content is not one XML element: {error}"
    element = xml.root
    if part.kind == "panel" and part.content != panel_content(xml, element):
        return _NO_PANEL
    if part.kind == "session":
        is_root = element.name in ROOTS and not set(ROOT_PARTS) & set(element.attributes)
        is_empty = part.content == xml.start_tag(element)
        return None if is_root and is_empty else _NO_SESSION
    is_outside = part.kind == "other" and kind_of(element) == "track"  # IGV reads no Track there
    if not is_outside and (kind_of(element) != part.kind or element.name.lower() in HOLDERS):
        return f"a {element.name} element is no {part.kind}"
    return None


def _not_text(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 at byte {error.start + 1}"
    if broken := next((at for at, each in enumerate(text, 1) if unicodedata.category(each) in _LINE_BREAKS), None):
        return f"it is one line of text, and its character {broken} is a line break or control character"
    return None
