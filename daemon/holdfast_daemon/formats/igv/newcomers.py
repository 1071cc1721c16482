"""Parts that a session does not have yet, from no more than a name and a content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.igv.elements import HOLDERS, ROOT_PARTS, ROOTS, kind_of, told_of
from holdfast_daemon.formats.igv.json_reading import KINDS, keyed, told_of_track
from holdfast_daemon.formats.igv.parts import WHITE_SPACE, Told, is_shown_whole, shown
from holdfast_daemon.formats.jsonedit import json_text, with_members, with_root
from holdfast_daemon.formats.jsontext import read_json
from holdfast_daemon.formats.trees import free_key
from holdfast_daemon.formats.xmledit import retagged
from holdfast_daemon.formats.xmltext import fragment

#: Whose content has the name, so that one without gets it.
_NAMED = ("resource", "panel", "track")


def new_part(name: str, content: bytes, beside: Sequence[Part]) -> Part:
    """Of the kind that the content is. Raises CannotHold for what can be no part, or is called otherwise."""
    content = content.strip(WHITE_SPACE)
    try:
        if content.startswith(b"<"):
            part = _of_xml(name, content)
        elif name in ROOT_PARTS:
            part = Part(key=name, name=name, kind=name, content=content)
        else:
            part = _of_json(name, content)
    except DamagedDocument as error:
        raise CannotHold([(shown(name), f"it is neither an XML element nor JSON: {error}")]) from error
    key = free_key(part.key, {each.key for each in beside})
    return Part(key=key, name=part.name, kind=part.kind, content=part.content)


def _of_xml(name: str, content: bytes) -> Part:
    xml = fragment(content)
    element, kind = xml.root, kind_of(xml.root)
    if element.name in ROOTS or element.name.lower() in HOLDERS:
        raise CannotHold([(shown(name), f"a {element.name} is no part but holds several")])
    told = told_of(element, kind)
    is_called_otherwise = kind in _NAMED and name not in (told.name, told.key)
    if is_called_otherwise and "name" not in element.attributes:
        tag = retagged(content[: element.tag_end], element.attributes, element.attributes | {"name": name})
        return _of_xml(name, tag + content[element.tag_end :])
    if is_called_otherwise:
        raise CannotHold([(shown(name), f"its content says that it is called {shown(told.name)}")])
    return Part(key=shown(told.key or told.name), name=shown(told.name), kind=kind, content=content)


def _of_json(name: str, content: bytes) -> Part:
    document = read_json(content, 1)
    value = document.root.value
    kind = _kind_of_value(name, value)
    told = told_of_track(value) if kind == "track" else Told(name)
    if name not in (told.name, told.key) and "name" not in value:
        named = with_members(document, document.root, {"name": json_text(name)})
        return _of_json(name, with_root(document, named))
    if name not in (told.name, told.key):
        raise CannotHold([(shown(name), f"its content says that it is called {shown(told.name)}")])
    if kind == "member" and not is_shown_whole(name):
        content = keyed(name).encode() + content
    return Part(key=shown(told.key or told.name), name=shown(told.name), kind=kind, content=content)


def _kind_of_value(name: str, value: Any) -> str:
    if isinstance(value, dict) and ("url" in value or "path" in value):
        return "track"
    return "region" if isinstance(value, dict) and "chr" in value else KINDS.get(name, "member")
