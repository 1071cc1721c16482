"""Two changes of one part of a session, where they touch different attributes, members or inner elements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.igv.parts import shown
from holdfast_daemon.formats.jsontext import merged_object
from holdfast_daemon.formats.xmltext import Item, Xml, emptied, fragment, refilled, retagged

#: What a child is known by among those of its name.
_MARKS = ("id", "name")


def merged_part(base: Part, ours: Part, theirs: Part) -> Part | None:
    """``ours`` with what ``theirs`` changed; None where both changed the same, or the part is no more than a text."""
    if base.kind in ("locus", "layout"):
        return theirs  # where one looks is no work; whoever saves last goes on there
    if base.kind == "genome" and not base.content.startswith(b"{"):
        return None
    try:
        content = _merged(base, ours, theirs)
    except DamagedDocument:
        return None
    name = theirs.name if ours.name == base.name else ours.name
    return None if content is None else replace(ours, name=shown(name), content=content, facts={})


def _merged(base: Part, ours: Part, theirs: Part) -> bytes | None:
    if not base.content.startswith(b"<"):
        return merged_object(base.content, ours.content, theirs.content)
    return _merged_elements(*(fragment(part.content) for part in (base, ours, theirs)))


def _merged_elements(base: Xml, ours: Xml, theirs: Xml) -> bytes | None:
    attributes = _chosen(base.root.attributes, ours.root.attributes, theirs.root.attributes)
    inner = [_inner(xml) for xml in (base, ours, theirs)]
    children = _chosen(*inner)
    if attributes is None or children is None or theirs.root.texts not in (base.root.texts, ours.root.texts):
        return None
    tag = emptied(retagged(ours.text[: ours.root.tag_end], ours.root.attributes, attributes))
    olds = dict(zip(inner[1], ours.root.children, strict=True))
    items = [Item(text.encode(), olds.get(mark)) for mark, text in children.items()]
    return refilled(ours, ours.root, ours.root.children, items, tag)


def _chosen(base: Mapping[str, str], ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, str] | None:
    """Ours with what theirs changed, removed or added; None where both changed the same."""
    chosen = dict(ours)
    for name in dict.fromkeys([*base, *theirs]):
        was, our, their = base.get(name), ours.get(name), theirs.get(name)
        if their in (was, our):
            continue
        if our != was:
            return None
        if their is None:
            del chosen[name]
        else:
            chosen[name] = their
    return chosen


def _inner(xml: Xml) -> dict[str, str]:
    """The children as they stand, each by its name and what else tells it from its namesakes."""
    counts: Counter[str] = Counter()
    inner: dict[str, str] = {}
    for child in xml.root.children:
        mark = " ".join([child.name, *(child.attributes.get(name, "") for name in _MARKS)])
        counts[mark] += 1
        inner[f"{mark} {counts[mark]}"] = xml.text[child.begin : child.end].decode()
    return inner
