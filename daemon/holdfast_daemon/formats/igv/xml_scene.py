"""What an XML session shows, part by part, and what of it only XML can say (fact 13)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.igv.elements import children_of, kind_of, path_of, short_class
from holdfast_daemon.formats.igv.needs import Paths
from holdfast_daemon.formats.igv.paths import file_name, is_remote
from holdfast_daemon.formats.igv.pointers import is_sample_file
from holdfast_daemon.formats.igv.scene import Layer, Scene, named
from holdfast_daemon.formats.igv.vocabulary import (
    ATTRIBUTES,
    DATA_RANGE,
    MADE,
    ORDINARY,
    RENDER_OPTIONS,
    TYPES,
    Word,
    format_of,
    member_of,
    type_of_format,
)
from holdfast_daemon.formats.xmltext import Element, fragment

#: Of a track, what its place, class and file say, and what IGV does not read any more.
_TOLD_ELSEWHERE = {
    *("id", "clazz", "attributeKey", "groupByStrand", "coloring", "sortable", "expand", "squish", "scale", "width"),
    *("labelField", "rendererClass", "showGenotypesField"),
}
#: Of a resource, the same; ``.`` for a coverage is none.
_OF_RESOURCE = {"path", "name", "label", "type", "index"}
_OF_ROOT = {
    *("version", "genome", "locus", "nextAutoscaleGroup", "removeEmptyTracks", "path", "hasGeneTrack"),
    *("hasSequenceTrack", "relativePath"),
}
_LOST_KINDS = {
    "layout": "a JSON session has no panels, so their sizes are lost",
    "filter": "the filter of samples is lost: JSON filters each track by itself",
    "preferences": "the preferences of the session are lost",
    "color-scales": "the color scales of the session are lost",
    "other": "what IGV does not know is lost",
}
#: As Java declares it; IGV 2 writes the start of its position from 0, and reads it from 1 (igv.md 2).
_BY_IGV = re.compile(rb"""\A<\?xml[^>]*\bstandalone="no"[^>]*\?>""")
_PLACE = re.compile(r"(\S+):([\d,]+)-([\d,]+)")
_SAMPLES_OF = ("seg", "cbs")


def scene_of_xml(text: bytes, parts: Sequence[Part]) -> Scene:
    """``text``: the whole document; ``parts``: as it is read."""
    is_by_igv = _BY_IGV.match(text) is not None and any(part.kind == "layout" for part in parts)
    reader = _Reader(parts, is_by_igv=is_by_igv)
    for part in parts:
        reader.read(part)
    return reader.finished()


class _Reader:
    """Once through the parts."""

    def __init__(self, parts: Sequence[Part], *, is_by_igv: bool) -> None:
        self.scene = Scene()
        self._is_by_igv = is_by_igv
        self._resources = [(each, fragment(each.content).root.attributes) for each in parts if each.kind == "resource"]
        self._paths = Paths([path_of(attributes) for _, attributes in self._resources])
        self._shown: set[int] = set()
        self._samples: dict[int, Layer] = {}
        self._panels = sum(part.kind == "panel" for part in parts)
        self._version = 8

    def read(self, part: Part) -> None:
        scene = self.scene
        if part.kind == "genome":
            scene.genome = part.content.decode()
        elif part.kind == "locus":
            text = part.content.decode()
            scene.loci = [text] if not self._is_by_igv else [_from_one(text)]
        elif part.kind in _LOST_KINDS:
            scene.losses.append((part.key, _LOST_KINDS[part.kind]))
        elif part.kind != "resource":
            self._element(part, fragment(part.content).root)

    def finished(self) -> Scene:
        """With the resources that no track shows."""
        for index, (part, attributes) in enumerate(self._resources):
            if attributes_lost := _resource_lost(attributes):
                self._lose(part.key, f"{named(attributes_lost)} of the data file: JSON has no place for it")
            path = path_of(attributes)
            if is_sample_file(attributes):
                self.scene.sample_files.append(path)
            elif index not in self._shown and path:
                layer = self._layer(part.key, type_of_format(_format(attributes)), index)
                if name := attributes.get("name") or attributes.get("label"):
                    layer.members["name"] = name
                self.scene.layers.append(layer)
        return self.scene

    def _lose(self, key: str, sentence: str) -> None:
        self.scene.losses.append((key, sentence))

    def _element(self, part: Part, element: Element) -> None:
        if part.kind == "track":
            self._track(part.key, element)
        elif part.kind == "region":
            self._region(part.key, element)
        elif part.kind == "gene-list":
            self.scene.gene_list = _gene_list(element)
        elif part.kind == "attributes":
            self._attributes(part.key, element)
        elif part.kind == "panel":
            if self._panels > 1:
                self._lose(part.key, "a JSON session has no panels: its tracks follow those of the panel before it")
            self.scene.losses += [(part.key, f"{each.name} is lost") for each in element.children]
        elif part.kind == "session":
            self._session(part.key, element)

    def _session(self, key: str, root: Element) -> None:
        version = root.attributes.get("version", "")
        self._version = int(version) if version.isdigit() and len(version) < 9 else 0
        self.scene.next_group = root.attributes.get("nextAutoscaleGroup")
        if lost := [name for name in root.attributes if name not in _OF_ROOT]:
            self._lose(key, f"{named(lost)} of the session: JSON has no place for it")

    def _attributes(self, key: str, element: Element) -> None:
        if element.name.lower() == "hiddenattributes":
            self.scene.hidden = [child.attributes.get("name", "") for child in element.children]
        else:
            self._lose(key, "which attributes are visible is lost: JSON tells which are hidden")

    def _region(self, key: str, element: Element) -> None:
        ends = [member_of(element.attributes.get(end, ""), "number") for end in ("start", "end")]
        if not all(isinstance(end, int) for end in ends):
            self._lose(key, "start and end of the region are no whole numbers")
            return
        feature: dict[str, Any] = {"chr": element.attributes.get("chromosome", ""), "start": ends[0], "end": ends[1]}
        if (description := element.attributes.get("description")) is not None:
            feature["description"] = description
        self.scene.regions.append((key, feature))

    def _track(self, key: str, element: Element) -> None:
        index = self._resource_of(element)
        if index is not None and self._is_sample(element, index):
            layer = self._samples.get(index)
            if layer is None:
                layer = self._samples[index] = self._layer(key, "seg", index)
                layer.members["name"] = file_name(layer.path)
                layer.members |= {
                    name: element.attributes[name] for name in ("colorScale",) if name in element.attributes
                }
                layer.members["graphType"] = "HEATMAP"
                self.scene.layers.append(layer)
                self._lose(key, "all samples of the file are one track, whatever each of them looks like")
            self._shown.add(index)
            return
        self.scene.layers.append(self._layer_of(key, element, index))

    def _resource_of(self, element: Element) -> int | None:
        found = self._paths.of(element.attributes.get("id", ""))
        return found[0] if found else None

    def _is_sample(self, element: Element, index: int) -> bool:
        attributes = self._resources[index][1]
        is_data = short_class(element.attributes.get("clazz", "")) == "DataSourceTrack"
        return is_data and _format(attributes) in _SAMPLES_OF and bool(_suffix(element, path_of(attributes)))

    def _layer_of(self, key: str, element: Element, index: int | None) -> Layer:
        kind = TYPES.get(short_class(element.attributes.get("clazz", "")))
        if index is not None:
            layer = self._layer(key, kind or type_of_format(_format(self._resources[index][1])), index)
            layer.suffix = _suffix(element, layer.path)
            self._shown.add(index)
        else:
            track_id = element.attributes.get("id", "")
            layer = Layer(key, kind or "annotation", {"id": track_id} if track_id else {})
            if is_remote(track_id) and layer.kind not in MADE:
                layer.path = track_id
        self._look(layer, element)
        layer.within = [self._layer_of(key, each, self._resource_of(each)) for each in children_of(element, "Track")]
        return layer

    def _layer(self, key: str, kind: str, index: int) -> Layer:
        attributes = self._resources[index][1]
        layer = Layer(key, kind, {}, path_of(attributes), index=attributes.get("index", ""))
        if form := _format(attributes):
            layer.members["format"] = form
        return layer

    def _look(self, layer: Layer, element: Element) -> None:
        attributes, members = element.attributes, layer.members
        lost = _said(attributes, ATTRIBUTES, members, _TOLD_ELSEWHERE)
        if attributes.get("groupByStrand", "").lower() == "true":
            members["groupBy"] = "strand"
        if "coloring" in attributes:
            members.setdefault("genotypeColorMode", attributes["coloring"])
        if self._version <= 3 and (ends := attributes.get("scale", "").split(","))[2:]:
            members |= {name: member_of(end, "number") for name, end in zip(("min", "mid", "max"), ends, strict=False)}
        for child in element.children:
            lost += self._child(layer, child)
        for name, ordinary in ORDINARY.items():
            if members.get(name) == ordinary:
                del members[name]
        if members.get("sequenceTranslationStrandValue") in ("POSITIVE", "NEGATIVE"):
            members["sequenceTranslationStrandValue"] = "+-"[members["sequenceTranslationStrandValue"] == "NEGATIVE"]
        if lost:
            self._lose(layer.key, f"{named(lost)} of {_called(layer)}: JSON has no place for it")

    def _child(self, layer: Layer, child: Element) -> list[str]:
        """Which attributes of an element within a track are lost."""
        name, members = child.name.lower(), layer.members
        if name == "renderoptions":
            return _said(child.attributes, RENDER_OPTIONS, members, ())
        if name == "datarange":
            if not all(end in child.attributes for end in ("type", "minimum", "baseline", "maximum")):
                return ["a data range that IGV does not read"]
            members["logScale"] = child.attributes["type"].upper() == "LOG"
            return _said(child.attributes, DATA_RANGE, members, ("type",))
        if name == "bprenderoptions":
            members["renderOptions"] = {**child.attributes, "colors": ["".join(each.texts) for each in child.children]}
            return []
        return [] if kind_of(child) == "track" else [child.name]


def _said(attributes: dict[str, str], words: Any, members: dict[str, Any], others: Any) -> list[str]:
    """Members for the attributes that have words; the names of those that have none come back."""
    lost = []
    for name, text in attributes.items():
        word: Word | None = words.get(name)
        if word is not None and (value := member_of(text, word.kind)) is not None:
            members[word.member] = value
        elif name not in others:
            lost.append(name)
    return lost


def _called(layer: Layer) -> str:
    return str(layer.members.get("name") or file_name(layer.path) or "the track")


def _suffix(element: Element, path: str) -> str:
    track_id, name = element.attributes.get("id", ""), file_name(path)
    return track_id[track_id.rindex(name) + len(name) :] if name and name in track_id else ""


def _format(attributes: dict[str, str]) -> str:
    """What a resource is; a path for a type is a writer's error (igv.md 1.6)."""
    told = attributes.get("type", "")
    return told if told and told != "local" and "/" not in told else format_of(file_name(path_of(attributes)))


def _resource_lost(attributes: dict[str, str]) -> list[str]:
    return [name for name, value in attributes.items() if name not in _OF_RESOURCE and value not in ("", ".")]


def _gene_list(element: Element) -> dict[str, Any]:
    frames = []
    for child in children_of(element, "Frame"):
        ends = {end: member_of(child.attributes.get(end, ""), "number") for end in ("start", "end")}
        if None not in ends.values():
            frames.append({name: child.attributes.get(name, "") for name in ("name", "chr")} | ends)
    found: dict[str, Any] = {"name": element.attributes.get("name", ""), "loci": "".join(element.texts).split()}
    return found | ({"frames": frames} if frames else {})


def _from_one(locus: str) -> str:
    """As it was when IGV wrote it."""
    place = _PLACE.fullmatch(locus)
    return f"{place[1]}:{int(place[2].replace(',', '')) + 1}-{place[3]}" if place else locus
