"""Parts back into an XML session, as a surgical edit of one that is there (igv.md 1.3, fact 4).

Which element of the template a part is, is decided as between any two sessions. What no part holds (comments, white
space, elements inside of Resources that are none) stays where it is.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.igv.elements import HOLDERS, ROOT_PARTS, ROOTS, kind_of
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.matching import match_parts
from holdfast_daemon.formats.igv.xml_layout import Layout
from holdfast_daemon.formats.igv.xml_reading import At, taken_apart, without_root_parts
from holdfast_daemon.formats.xmltext import Xml, emptied, fragment, parse, retagged

EMPTY = b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<Session version="8">
</Session>
"""
_ONCE = (*ROOT_PARTS, "session")


def write_xml_session(parts: Sequence[Part], envelope: Envelope | None) -> bytes:
    """The text of the template with these parts; without one, of a session as IGV 2 writes it. Raises CannotHold."""
    xml = _template(envelope)
    before, places = taken_apart(xml)
    if envelope is not None and _substances(before) == _substances(parts):
        return envelope.text
    if problems := _problems(parts, before, is_new=envelope is None):
        raise CannotHold(problems)
    partners = {new: old for old, new in match_parts(before, parts) if old is not None and new is not None}
    at: list[At] = [places[partners[index]] if index in partners else (None, None) for index in range(len(parts))]
    tag, name = _root_tag(xml, parts)
    element = re.sub(rb"</\w+(?=\s*>\Z)", b"</" + name.encode(), Layout(xml, parts, at).root(tag))
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


def _root_tag(xml: Xml, parts: Sequence[Part]) -> tuple[bytes, str]:
    """The root's start tag, as of an empty element, with the attributes that the parts give it, and its name."""
    root, old = xml.root, xml.root.attributes
    texts = {part.kind: part.content.decode("utf-8") for part in parts if part.kind in ROOT_PARTS}
    tag = emptied(xml.text[root.begin : root.tag_end])
    session = next((part.content for part in parts if part.kind == "session"), None)
    if session in (None, without_root_parts(xml)):
        rest = {name: value for name, value in old.items() if name not in ROOT_PARTS}
        return retagged(tag, old, texts | rest), root.name
    bare = retagged(tag, old, texts)[1 + len(root.name.encode()) : -2].rstrip()
    name = fragment(session).root.name
    behind = 1 + len(name.encode())
    return session[:behind] + bare + session[behind:], name


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


def _problems(parts: Sequence[Part], before: Sequence[Part], is_new: bool) -> list[tuple[str, str]]:
    problems = [(part.key, sentence) for part in parts if (sentence := _unfit(part))]
    for kind in _ONCE:
        more = [part for part in parts if part.kind == kind][1:]
        problems += [(part.key, f"a session has one {kind}, and there would be two") for part in more]
    if not _has_genome(parts) and (is_new or _has_genome(before)):
        problems.append(("genome", "without a genome IGV would add the session to the one that is open"))
    first = next((part for part in parts if part.kind == "track"), None)
    if first and not any(part.kind == "panel" for part in parts):
        problems.append((first.key, "a track lies in a panel, and there is none"))
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
        element = fragment(part.content).root
    except DamagedDocument as error:
        return f"its content is not one XML element: {error}"
    if part.kind in ("panel", "session") and element.end != element.tag_end:
        return f'the content of a {part.kind} is its start tag as an empty element, such as <Panel name="DataPanel"/>'
    if part.kind == "session":
        is_root = element.name in ROOTS and not set(ROOT_PARTS) & set(element.attributes)
        return None if is_root else "the content of the session is its root's start tag without genome and locus"
    is_outside = part.kind == "other" and kind_of(element) == "track"  # IGV reads no Track there
    if not is_outside and (kind_of(element) != part.kind or element.name.lower() in HOLDERS):
        return f"a {element.name} element is no {part.kind}"
    return None


def _not_text(content: bytes) -> str | None:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not UTF-8 at byte {error.start + 1}"
    return None
