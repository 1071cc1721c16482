"""What the elements of an XML session are, and what each tells of itself.

Below the root IGV compares element names without regard to case, attribute names with it (igv.md 1.2); the names of
sessions up to version 3 are still read (1.3).
"""

from __future__ import annotations

from collections.abc import Mapping

from holdfast_daemon.formats.igv.parts import Told
from holdfast_daemon.formats.igv.paths import file_name
from holdfast_daemon.formats.igv.values import spelled
from holdfast_daemon.formats.xmledit import Item, filled
from holdfast_daemon.formats.xmltext import Element, Xml

ROOTS = ("Session", "Global")
#: Attributes of the root that are parts of their own.
ROOT_PARTS = ("genome", "locus")

#: Elements that hold parts and are none, and the kind of what they hold.
HOLDERS = {"resources": "resource", "files": "resource", "regions": "region"}
#: What a holder is called that has to be made.
HOLDER_NAMES = {"resource": "Resources", "region": "Regions"}
#: What is a part, wherever it stands.
KINDS = {
    **dict.fromkeys(("resource", "datafile"), "resource"),
    **dict.fromkeys(("panel", "datatracks", "featuretracks"), "panel"),
    **dict.fromkeys(("track", "datatrack"), "track"),
    **dict.fromkeys(("hiddenattributes", "visibleattributes"), "attributes"),
    "region": "region",
    "panellayout": "layout",
    "filter": "filter",
    "genelist": "gene-list",
    "preferences": "preferences",
    "colorscales": "color-scales",
}
#: The order in which IGV writes the root's children (igv.md 1.3), a holder as what it holds; what it would not write
#: comes last.
ORDER = (
    *("resource", "panel", "layout", "region", "filter", "gene-list", "attributes"),
    *("preferences", "color-scales", "other"),
)
_TRACK_FACTS = {
    "color": "color",
    "altColor": "alt_color",
    "height": "height",
    "visible": "visible",
    "displayMode": "display_mode",
    "renderer": "renderer",
}


def kind_of(element: Element) -> str:
    """The kind of part that it is; ``other`` for one that IGV does not know there."""
    return KINDS.get(element.name.lower(), "other")


def path_of(attributes: Mapping[str, str]) -> str:
    """Where a Resource points; a DataFile of old sessions has it as its name."""
    return attributes.get("path", attributes.get("name", ""))


def short_class(clazz: str) -> str:
    """``org.broad.igv.track.FeatureTrack`` as ``FeatureTrack``: IGV asks no more of it."""
    return clazz.rpartition(".")[2]


def children_of(element: Element, name: str) -> list[Element]:
    """Those of this name, in any case."""
    return [child for child in element.children if child.name.lower() == name.lower()]


def others_in(panel: Element) -> list[Element]:
    """What it holds beside tracks."""
    return [child for child in panel.children if kind_of(child) != "track"]


def panel_content(xml: Xml, panel: Element) -> bytes:
    """A panel as a part: its start tag as an empty element, or with nothing but what it holds beside tracks."""
    others = [Item(xml.slice(other)) for other in others_in(panel)]
    return filled(xml.start_tag(panel), others, b"", b"")


def told_of(element: Element, kind: str) -> Told:
    """What the part of this kind is called."""
    attributes = element.attributes
    if kind == "track":
        return _told_of_track(element)
    if kind == "resource":
        path = path_of(attributes)
        name = attributes.get("name") if "path" in attributes else None
        told = name or attributes.get("label") or file_name(path)
        return Told(told, path, {"path": path, "type": attributes.get("type")})
    if kind == "region":
        place = "{}:{}-{}".format(*(attributes.get(each, "?") for each in ("chromosome", "start", "end")))
        return Told(place, facts={"description": attributes.get("description")})
    if kind in ("filter", "gene-list"):
        return Told(attributes.get("name", "").strip() or element.name, kind)
    if kind == "panel":
        return Told(attributes.get("name", ""), facts={"height": attributes.get("height")})
    return Told(element.name)


def _told_of_track(element: Element) -> Told:
    attributes = element.attributes
    key = attributes.get("id", "")
    facts: dict[str, str | None] = {"class": short_class(attributes.get("clazz", ""))}
    facts |= {fact: attributes.get(name) for name, fact in _TRACK_FACTS.items()}
    for ends in children_of(element, "DataRange")[:1]:
        facts["range"] = "..".join(spelled(ends.attributes.get(end, "?")) for end in ("minimum", "maximum"))
    return Told(attributes.get("name") or file_name(key), key, facts)
