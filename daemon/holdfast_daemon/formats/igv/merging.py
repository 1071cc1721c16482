"""Two changes of one part of a session, where they touch different attributes, members or inner elements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.igv.elements import panel_content
from holdfast_daemon.formats.igv.parts import shown
from holdfast_daemon.formats.jsonedit import merged_object
from holdfast_daemon.formats.xmledit import Item, refilled, retagged
from holdfast_daemon.formats.xmltext import Xml, emptied, fragment

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
    elements = [fragment(part.content) for part in (base, ours, theirs)]
    if base.kind == "attributes" and len({xml.root.name for xml in elements}) > 1:
        return None  # one hides what the other shows
    content = _merged_elements(*elements)
    if content is None or base.kind != "panel":
        return content
    panel = fragment(content)
    return panel_content(panel, panel.root)


def _merged_elements(base: Xml, ours: Xml, theirs: Xml) -> bytes | None:
    attributes = _chosen(base.root.attributes, ours.root.attributes, theirs.root.attributes)
    inner = [_inner(xml) for xml in (base, ours, theirs)]
    children = _chosen(*inner)
    order = _order(*inner) if children is not None else None
    if (
        attributes is None
        or children is None
        or order is None
        or theirs.root.texts not in (base.root.texts, ours.root.texts)
    ):
        return None
    tag = emptied(retagged(ours.text[: ours.root.tag_end], ours.root.attributes, attributes))
    olds = dict(zip(inner[1], ours.root.children, strict=True))
    items = [Item(children[mark].encode(), olds.get(mark)) for mark in order if mark in children]
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


def _order(base: Collection[str], ours: Collection[str], theirs: Collection[str]) -> list[str] | None:
    """All of ours and theirs in the order of the side that changed it, what the other side added behind what it stands
    behind there; None where both changed it otherwise."""
    common = {*base} & {*ours} & {*theirs}
    was, our, their = ([mark for mark in side if mark in common] for side in (base, ours, theirs))
    if was != our != their != was:
        return None
    leading, following = (theirs, ours) if our == was else (ours, theirs)
    there = {*leading}
    behind: defaultdict[str | None, list[str]] = defaultdict(list)
    before = None
    for mark in following:
        if mark in there:
            before = mark
        else:
            behind[before].append(mark)
    return [*behind[None], *(each for mark in leading for each in (mark, *behind[mark]))]


def _inner(xml: Xml) -> dict[str, str]:
    """The children as they stand, each by its name and what else tells it from its namesakes."""
    counts: Counter[str] = Counter()
    inner: dict[str, str] = {}
    for child in xml.root.children:
        mark = " ".join([child.name, *(child.attributes.get(name, "") for name in _MARKS)])
        counts[mark] += 1
        inner[f"{mark} {counts[mark]}"] = xml.text[child.begin : child.end].decode()
    return inner
