"""An XML session of any version as parts (igv.md 1.2 to 1.4).

Parts lie flat, in document order: ``genome`` and ``locus`` (the texts of these attributes), ``session`` (the root's
start tag without these two, as an empty element), ``resource``, ``panel`` (its start tag and what it holds beside
tracks, as an element of these alone) with the ``track`` parts that follow it, ``region`` and what else the root and its
``Resources`` and ``Regions`` hold, each a whole element.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from holdfast_daemon.formats.base import DamagedDocument, Part, Reading
from holdfast_daemon.formats.igv.elements import HOLDERS, ROOT_PARTS, ROOTS, kind_of, panel_content, told_of
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.parts import PartList, Told
from holdfast_daemon.formats.igv.problems import xml_warnings
from holdfast_daemon.formats.igv.recognition import of_root
from holdfast_daemon.formats.xmledit import retagged
from holdfast_daemon.formats.xmltext import Element, Xml, parse

#: IGV reads no Track outside of a Panel, and no Panel within Resources has tracks that could be parts.
_OF_PANELS = ("panel", "track")
#: Which child of the root a part is or lies in, and which child of that; None where it is no such.
At = tuple[int | None, int | None]


def read_xml_session(envelope: Envelope) -> Reading:
    """Raises DamagedDocument, also for a root that is not IGV's."""
    xml = parse(envelope.text, envelope.memory_bytes)
    root = xml.root
    holds_resources = any(HOLDERS.get(child.name.lower()) == "resource" for child in root.children)
    recognition = of_root(root.name, root.attributes, holds_resources, envelope.text)
    if recognition is None:
        raise DamagedDocument(_foreign(root))
    parts, _ = taken_apart(xml)
    return Reading(
        recognition=recognition,
        parts=tuple(parts),
        facts=_counts(root.attributes, parts),
        warnings=tuple(xml_warnings(root)),
    )


def taken_apart(xml: Xml) -> tuple[list[Part], list[At]]:
    """The parts, and where each of them is."""
    walk = _Walk(xml)
    walk.through()
    return walk.found.parts, walk.places


def without_root_parts(xml: Xml) -> bytes:
    """The root's start tag as the ``session`` part has it."""
    rest = {name: value for name, value in xml.root.attributes.items() if name not in ROOT_PARTS}
    return retagged(xml.start_tag(xml.root), xml.root.attributes, rest)


def _foreign(root: Element) -> str:
    if root.name == "Global":
        return "a Global without genome and Resources is a list of IGV's data server, and no session"
    if root.name in ROOTS:
        return "a Session without genome and Resources is not one of IGV"
    return f"its root is {root.name}, and that of an IGV session is Session or Global"


def _counts(attributes: Mapping[str, str], parts: Sequence[Part]) -> dict[str, str | int | bool | None]:
    kinds = Counter(part.kind for part in parts)
    facts: dict[str, str | int | bool | None] = {name: attributes.get(name) for name in (*ROOT_PARTS, "version")}
    return facts | {f"{kind}s": kinds[kind] for kind in ("resource", "panel", "track", "region")}


class _Walk:
    """Once through a document."""

    def __init__(self, xml: Xml) -> None:
        self.found = PartList()
        self.places: list[At] = []
        self._xml = xml

    def through(self) -> None:
        root = self._xml.root
        for kind in ROOT_PARTS:
            if (value := root.attributes.get(kind)) is not None:
                self._add(kind, value.encode(), Told(kind), (None, None))
        self._add("session", without_root_parts(self._xml), Told("session"), (None, None))
        for outer, child in enumerate(root.children):
            if child.name.lower() in HOLDERS:
                for inner, held in enumerate(child.children):
                    self._whole(held, "other" if kind_of(held) in _OF_PANELS else kind_of(held), (outer, inner))
            elif kind_of(child) == "panel":
                self._add("panel", panel_content(self._xml, child), told_of(child, "panel"), (outer, None))
                self._tracks(child, outer)
            else:
                kind = kind_of(child)
                self._whole(child, "other" if kind in _OF_PANELS else kind, (outer, None))

    def _tracks(self, panel: Element, outer: int) -> None:
        for inner, child in enumerate(panel.children):
            if kind_of(child) == "track":
                self._whole(child, "track", (outer, inner), panel.attributes.get("name"))

    def _whole(self, element: Element, kind: str, place: At, panel: str | None = None) -> None:
        self._add(kind, self._xml.slice(element), told_of(element, kind), place, panel)

    def _add(self, kind: str, content: bytes, told: Told, place: At, panel: str | None = None) -> None:
        self.found.add(kind, content, told, panel)
        self.places.append(place)
