"""What a session of igv.js shows, in IGV 3's words, and what of it IGV Desktop has no word for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from holdfast_daemon.formats.igv.desktop_json import Keys, scene_of
from holdfast_daemon.formats.igv.paths import is_remote
from holdfast_daemon.formats.igv.scene import Layer, Scene, named
from holdfast_daemon.formats.igv.vocabulary import member_of
from holdfast_daemon.formats.igv.web_words import (
    ARCS,
    AS_TEXT,
    COLOR_BY,
    COLORS,
    GRAPHS,
    GROUP_BY,
    OTHERWISE,
    SAME,
    desktop_color,
    scale_of,
    web_value,
)

_KINDS = {
    **dict.fromkeys(("feature", "annotations", "genes", "bed", "snp"), "annotation"),
    **dict.fromkeys(("alignments", "bam"), "alignment"),
    **dict.fromkeys(("junctions", "splicejunctions"), "junction"),
    **dict.fromkeys(("interaction", "bedpe"), "interact"),
    "maf": "mut",
}
#: Of igv.js itself: no looks, or its own way to them.
_SILENT = {
    *("filename", "sourceType", "indexed", "removable", "minHeight", "maxHeight", "selected", "autoHeight", "html"),
    *("supportHiDPI", "isLog", "maxRows", "searchable", "metadata", "infoURL", "label", "supportsWholeGenome", "title"),
    *("summarize", "id"),
}
_NOT_OF_FILES = "it comes from a service of the web, and IGV loads files and URLs alone"
_WINDOW_MEMBERS = ("showCoverage", "showAlignments", "coverageTrackHeight", "coverageColor")
_OF_COVERAGE = ("min", "max", "logScale", "flipAxis", "autoscale", "alleleFreqThreshold")
_BACK = {new: (old, kind) for old, (new, kind) in OTHERWISE.items()}


def scene_of_web(session: Mapping[str, Any], keys: Keys) -> Scene:
    """``keys``: as for ``scene_of``."""
    scene = scene_of(session, keys)
    if len(scene.loci) > 1:
        scene.gene_list = {"name": "Loci", "loci": scene.loci}
    scene.genome = _files_of(scene.genome)
    scene.sample_files = [_file(each) for each in scene.sample_files]
    layers, scene.layers = scene.layers, []
    for layer in layers:
        if layer.kind in ("ideogram", "ruler") and not layer.path:
            continue
        source = layer.members.get("sourceType", "file")
        if source not in ("file", "url", None) or isinstance(layer.members.get("source"), dict):
            scene.losses.append((layer.key, _NOT_OF_FILES))
            continue
        scene.layers += _translated(layer, scene)
    return scene


def _translated(layer: Layer, scene: Scene) -> list[Layer]:
    """One track, or that of the coverage and that of its alignments."""
    layer.kind = _KINDS.get(layer.kind, layer.kind)
    layer.path, layer.index = _file(layer.path), _file(layer.index)
    if layer.path and layer.suffix and layer.kind != "wig":
        layer.suffix = ""
    rest, layer.members = layer.members, {}
    _said(layer, rest)
    layer.within = [inner for each in layer.within for inner in _translated(each, scene)]
    found = [layer]
    if layer.kind == "alignment":
        found.insert(0, _coverage_of(layer, rest))
    elif layer.kind == "sequence":
        layer.members["id"] = "Reference sequence"
    elif layer.kind == "annotation":
        layer.members.setdefault("displayMode", "EXPANDED")
    if lost := [name for name in rest if name not in _SILENT and not name.startswith("_")]:
        scene.losses.append((layer.key, f"{named(lost)}: IGV Desktop has no place for it"))
    return found


def _said(layer: Layer, rest: dict[str, Any]) -> None:
    """What of ``rest`` IGV has words for goes into the layer's members."""
    members = layer.members
    if "name" not in rest and isinstance(rest.get("label"), str):
        rest["name"] = rest.pop("label")
    words = {name: (name, kind) for name, kind in SAME.items()} | _BACK
    for name in [*rest]:
        if name in COLORS and isinstance(rest[name], str):
            members[name] = desktop_color(rest.pop(name))
        elif name in words and (value := web_value(rest[name], words[name][1])) is not None:
            del rest[name]
            old = words[name][0]
            members[old] = member_of(str(value), AS_TEXT[old]) if old in AS_TEXT else value
    for name in ("autoScale", "displaymode"):
        rest.pop(name, None)
    if isinstance(mode := members.get("displayMode"), str):
        members["displayMode"] = mode.upper()
    if "max" in members and layer.kind in ("wig", "merged"):
        members.setdefault("autoscale", "false")
    if isinstance(rest.get("windowFunction"), str):
        members["windowFunction"] = rest.pop("windowFunction")
    _OF_KINDS.get(layer.kind, _of_others)(members, rest)


def _of_others(members: dict[str, Any], rest: dict[str, Any]) -> None:
    del members, rest


def _wig(members: dict[str, Any], rest: dict[str, Any]) -> None:
    graph = next((old for old, new in GRAPHS.items() if new == rest.get("graphType")), None)
    if graph is not None:
        members["graphType"] = graph
        del rest["graphType"]
    if isinstance(rest.get("colorScale"), dict) and (scale := scale_of(rest["colorScale"])) is not None:
        members["colorScale"] = scale
        del rest["colorScale"]


def _alignment(members: dict[str, Any], rest: dict[str, Any]) -> None:
    for name, tag, words, new in (
        ("colorOption", "colorByTag", COLOR_BY, "colorBy"),
        ("groupByOption", "groupByTag", GROUP_BY, "groupBy"),
    ):
        told, back = rest.get(new), {new: old for old, new in words.items()}
        if not isinstance(told, str):
            continue
        label = rest.get(tag) if told == "tag" else told.removeprefix("tag:") if told.startswith("tag:") else None
        if isinstance(label, str):
            members |= {name: "TAG", tag: label}
        elif told in back:
            members[name] = back[told]
        if name in members:
            rest.pop(new)
            rest.pop(tag, None)
    duplicates = rest.get("filter")
    if isinstance(duplicates, dict) and [*duplicates.items()] == [("duplicates", False)]:
        members["duplicatesOption"] = "SHOW"
        del rest["filter"]


def _interact(members: dict[str, Any], rest: dict[str, Any]) -> None:
    arc = next((old for old, new in ARCS.items() if new == rest.get("arcType")), None)
    if arc is not None:
        members["graphType"] = arc
        del rest["arcType"]
    told = rest.get("arcOrientation")
    if told in ("UP", "DOWN", True, False):
        members["direction"] = told if isinstance(told, str) else "UP" if told else "DOWN"
        del rest["arcOrientation"]
    if (most := members.pop("max", None)) is not None:
        members |= {"maxScore": str(most), "autoscale": "false"}


def _sequence(members: dict[str, Any], rest: dict[str, Any]) -> None:
    if rest.pop("reversed", False) is True:
        members["sequenceTranslationStrandValue"] = "-"


_OF_KINDS = {"wig": _wig, "alignment": _alignment, "interact": _interact, "sequence": _sequence}


def _coverage_of(layer: Layer, rest: dict[str, Any]) -> Layer:
    """igv.js draws the coverage within a track of alignments."""
    told = {name: rest.pop(name) for name in _WINDOW_MEMBERS if name in rest}
    members = {name: layer.members.pop(name) for name in _OF_COVERAGE if name in layer.members}
    if "name" in layer.members:
        members["name"] = f"{layer.members['name']} Coverage"
    if "format" in layer.members:
        members["format"] = layer.members["format"]
    if (height := web_value(told.get("coverageTrackHeight"), "number")) is not None:
        members["height"] = height
    if isinstance(color := told.get("coverageColor"), str):
        members["color"] = desktop_color(color)
    if told.get("showCoverage") is False:
        members["visible"] = "false"
    if told.get("showAlignments") is False:
        layer.members["visible"] = "false"
    return Layer(layer.key, "coverage", members, layer.path, "_coverage", layer.index)


def _files_of(genome: Any) -> Any:
    if not isinstance(genome, dict):
        return genome
    return {name: _file(value) if name.endswith("URL") else value for name, value in genome.items()}


def _file(reference: Any) -> Any:
    """A URL that is relative, as the path of a file."""
    return unquote(reference) if isinstance(reference, str) and not is_remote(reference) else reference
