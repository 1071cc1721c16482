"""A scene as the JSON of igv.js and igv-webapp (https://github.com/igvteam/igv.js, 3.8.10).

igv.js loads URLs, relative ones from its page, and stops at the first track that it cannot read: what it would stop at
is left out and told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdfast_daemon.formats.base import CannotHold
from holdfast_daemon.formats.igv.desktop_json import reference_of
from holdfast_daemon.formats.igv.paths import file_name, is_genome_path, is_relative, is_remote
from holdfast_daemon.formats.igv.rebasing import Ground
from holdfast_daemon.formats.igv.scene import Layer, Scene, named
from holdfast_daemon.formats.igv.vocabulary import MADE, ORDINARY, format_named, format_of
from holdfast_daemon.formats.igv.web_words import (
    ARCS,
    COLOR_BY,
    COLORS,
    FORMATS,
    GRAPHS,
    GROUP_BY,
    KINDS,
    OTHERWISE,
    SAME,
    WINDOWS,
    gradient_of,
    web_color,
    web_value,
)

_LOADED = ("https:", "http:", "gs:", "data:")
_SPECIAL_IN_URLS = re.compile("[%#?]")
_COVERAGE = {"height": "coverageTrackHeight", "color": "coverageColor", "_color": "coverageColor"}
_OF_COVERAGE = ("min", "max", "logScale", "flipAxis", "autoscale", "autoscaleGroup", "alleleFreqThreshold")
#: Without effect in igv.js, or what it does anyway.
_SILENT = {
    *("experimentType", "drawBaseline", "rowHeight", "shadeBasesOption", "maxdepth", "removed", "id", "renderer"),
    *("sortOption", "snpThreshold", "genotypeColorMode", "fontSize", "_color"),
}
_ORDINARY_HIDDEN = {"DATA FILE", "DATA TYPE", "NAME"}


def web_session_of(scene: Scene, ground: Ground) -> dict[str, Any]:
    """As igv.js reads it. ``scene.losses`` get what it cannot. Raises CannotHold for a genome that it does not read."""
    web = _Web(scene, ground)
    session = web.genome()
    if loci := _loci(scene):
        session["locus"] = loci[0] if len(loci) == 1 else loci
    if scene.regions:
        features = [_feature(feature) for _, feature in scene.regions]
        session["roi"] = [{"features": features}]
    session["tracks"] = web.tracks()
    if scene.sample_files:
        session["sampleinfo"] = [{"url": web.url("", each)} for each in scene.sample_files]
    if scene.hidden and not _ORDINARY_HIDDEN.issuperset(scene.hidden):
        scene.losses.append(("hiddenAttributes", "which attributes are hidden is lost"))
    return session


class _Web:
    """One session on its way."""

    def __init__(self, scene: Scene, ground: Ground) -> None:
        self._scene = scene
        self._ground = ground

    def genome(self) -> dict[str, Any]:
        genome = self._scene.genome
        if isinstance(genome, dict) and genome:
            reference = {name: value for name, value in genome.items() if name != "tracks"}
            for name, value in genome.items():
                if name.endswith("URL") and isinstance(value, str):
                    reference[name] = self.url("genome", value)
            return {"reference": _named(reference)}
        if not isinstance(genome, str) or not genome:
            raise CannotHold([("genome", "it names no genome, and igv.js shows nothing without one")])
        if not is_genome_path(genome):
            return {"genome": genome}
        if not (found := reference_of(self.url("genome", genome))):
            raise CannotHold([("genome", f"igv.js reads a genome by its id, FASTA or 2bit, and none of {genome}")])
        return {"reference": _named(found["reference"])}

    def url(self, key: str, reference: str) -> str:
        """Where a page finds the file, and that it has to be served."""
        if is_remote(reference):
            return reference
        new = self._ground.relative(reference)
        path = self._ground.absolute(reference)
        if new is None:
            self._lose(key, f"{reference}: igv.js loads URLs alone, relative ones from its page")
            return reference
        below = path is not None and self._ground.lies_below(path)
        where = "this session" if below else "a folder that holds both it and this session"
        self._lose(key, f"{new} is a local file: igv.js finds it where a server serves {where} with the page")
        return _SPECIAL_IN_URLS.sub(lambda found: f"%{ord(found[0]):02X}", new)

    def tracks(self) -> list[dict[str, Any]]:
        coverages = {each.path: each for each in self._scene.layers if each.kind == "coverage"}
        alignments = {each.path for each in self._scene.layers if each.kind == "alignment"}
        found: list[dict[str, Any]] = []
        for layer in self._scene.layers:
            if layer.kind == "coverage" and layer.path in alignments:
                continue
            track = self._track(layer, coverages.get(layer.path))
            if track is not None:
                found.append(track | {"order": len(found) + 1})
        return found

    def _track(self, layer: Layer, coverage: Layer | None = None) -> dict[str, Any] | None:
        if reason := self._why_not(layer, coverage):
            self._lose(layer.key, reason)
            return None
        kind = "alignment" if layer.kind == "coverage" else layer.kind
        track: dict[str, Any] = {"type": kind}
        if layer.path:
            track["url"] = self.url(layer.key, layer.path)
        if layer.index:
            track["indexURL"] = self.url(layer.key, layer.index)
        rest = dict(layer.members)
        if layer.kind == "coverage":
            coverage, rest = layer, {name: rest[name] for name in ("name", "format") if name in rest}
            track["showAlignments"] = False
        track |= _same(rest)
        track |= _of_kind(kind, rest)
        _as_drawn(kind, track)
        if kind == "alignment":
            track |= self._covered(coverage, rest)
            if is_hidden(layer):
                track["showAlignments"] = False
        rest = {name: value for name, value in rest.items() if name not in _SILENT and ORDINARY.get(name) != value}
        if lost := [name for name in rest if not (name == "visible" and kind == "alignment")]:
            self._lose(layer.key, f"{named(lost)}: igv.js has no place for it")
        if layer.within:
            inner = [self._track(each) for each in layer.within]
            track["tracks"] = [each for each in inner if each is not None]
        return track

    def _covered(self, coverage: Layer | None, rest: dict[str, Any]) -> dict[str, Any]:
        """A track of alignments draws its coverage itself."""
        for name in ("min", "max", "mid", "logScale", "flipAxis", "autoscale"):
            rest.pop(name, None)
        if coverage is None:
            return {}
        if is_hidden(coverage):
            return {"showCoverage": False}
        members = coverage.members
        found = _same({name: members[name] for name in _OF_COVERAGE if name in members})
        for name, new in _COVERAGE.items():
            if name in members:
                found[new] = web_color(str(members[name])) if new == "coverageColor" else members[name]
        return found

    def _why_not(self, layer: Layer, coverage: Layer | None) -> str | None:
        """Why igv.js cannot show it."""
        is_alone = coverage is None or is_hidden(coverage)
        if is_hidden(layer) and (layer.kind != "alignment" or is_alone):
            return "it is hidden, and igv.js hides none: it is left out"
        if layer.kind == "junction" and layer.suffix:
            return "igv.js makes no track of the junctions of alignments: it is left out"
        if layer.kind not in KINDS and layer.kind != "coverage":
            return f"igv.js has no such track ({layer.kind}): it is left out"
        if layer.kind not in MADE and (not layer.path or "id" in layer.members):
            return "it comes with the genome, if the genome of igv.js has it: its looks are left out"
        if sentence := self._unreachable(layer.path):
            return f"{sentence}: it is left out"
        form = str(layer.members.get("format") or format_of(file_name(layer.path))).lower()
        if layer.path and not layer.path.startswith("data:") and form not in FORMATS:
            return f"igv.js does not read {form or 'files of this name'}: it is left out"
        return None

    def _unreachable(self, path: str) -> str | None:
        """Why no page could load it."""
        if is_remote(path):
            return None if path.lower().startswith(_LOADED) else f"igv.js loads no such URL ({path[:60]})"
        if path and not is_relative(path) and self._ground.absolute(path) is None:
            return f"{path} is no URL, and igv.js loads URLs alone"
        return None

    def _lose(self, key: str, sentence: str) -> None:
        self._scene.losses.append((key, sentence))


def is_hidden(layer: Layer) -> bool:
    """Whether nobody sees it."""
    return str(layer.members.get("visible", "true")).lower() == "false"


def _same(rest: dict[str, Any]) -> dict[str, Any]:
    """What is the same for every kind; it is taken out of ``rest``."""
    found: dict[str, Any] = {}
    words = {name: (name, kind) for name, kind in SAME.items()} | OTHERWISE
    for name in [*rest]:
        if name in COLORS and isinstance(rest[name], str):
            found[name] = web_color(rest.pop(name))
        elif name in words and (value := web_value(rest[name], words[name][1])) is not None:
            del rest[name]
            found[words[name][0]] = value
    if rest.get("windowFunction") in WINDOWS:
        found["windowFunction"] = rest.pop("windowFunction")
    if rest.get("mid") == 0:
        del rest["mid"]
    return found


def _of_kind(kind: str, rest: dict[str, Any]) -> dict[str, Any]:
    """What a kind has of its own; it is taken out of ``rest``."""
    found = _OF_KINDS[kind](rest) if kind in _OF_KINDS else {}
    if kind not in ("wig", "seg"):
        rest.pop("colorScale", None)  # IGV writes it for each track, and draws by it where a file's line says so
    return found


def _wig(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (graph := GRAPHS.get(str(rest.get("graphType", "")).upper())) is not None:
        found["graphType"] = graph
        del rest["graphType"]
    scale = gradient_of(str(rest.pop("colorScale", "")))
    if found.get("graphType") == "heatmap" and scale:
        low, high = scale[0], scale[-1]
        found["colorScale"] = low if len(scale) == 1 else {
            "type": "diverging", "min": low["min"], "mid": (low["max"] + high["min"]) / 2, "max": high["max"],
            "minColor": low["minColor"], "midColor": low["maxColor"], "maxColor": high["maxColor"],
        }  # fmt: skip
    return found


def _seg(rest: dict[str, Any]) -> dict[str, Any]:
    rest.pop("graphType", None)
    scale = gradient_of(str(rest.pop("colorScale", "")))
    names = ("negColorScale", "posColorScale")
    return {
        name: {"low": each["min"], "lowColor": each["minColor"], "high": each["max"], "highColor": each["maxColor"]}
        for name, each in (zip(names, scale, strict=True) if len(scale) == 2 else ())
    }


def _alignment(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, tag, words, new in (
        ("colorOption", "colorByTag", COLOR_BY, "colorBy"),
        ("groupByOption", "groupByTag", GROUP_BY, "groupBy"),
    ):
        option, label = rest.get(name), rest.get(tag)
        if option == "TAG" and isinstance(label, str) and label:
            found[new] = f"tag:{label}"
        elif isinstance(option, str) and option in words:
            found[new] = words[option]
        if new in found:
            rest.pop(name)
            rest.pop(tag, None)
    if found.get("groupBy") == "none":
        del found["groupBy"]
    if rest.get("duplicatesOption") == "FILTER":
        del rest["duplicatesOption"]
    elif rest.get("duplicatesOption") == "SHOW":
        del rest["duplicatesOption"]
        found["filter"] = {"duplicates": False}
    return found


def _interact(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (arc := ARCS.get(str(rest.get("graphType", "")))) is not None:
        found["arcType"] = arc
        del rest["graphType"]
    if rest.get("direction") in ("UP", "DOWN"):
        found["arcOrientation"] = rest.pop("direction")
    if rest.get("arcOption") == "ALL":
        del rest["arcOption"]
    if (most := web_value(rest.pop("maxScore", None), "number")) is not None:
        found["max"] = most
    return found


def _sequence(rest: dict[str, Any]) -> dict[str, Any]:
    is_reversed = rest.pop("sequenceTranslationStrandValue", "+") == "-"
    return {"reversed": True} if is_reversed else {}


def _features(rest: dict[str, Any]) -> dict[str, Any]:
    rest.pop("graphType", None)  # of a track of features IGV does not read it
    return {}


def _as_drawn(kind: str, track: dict[str, Any]) -> None:
    """IGV shows features collapsed where nothing is said, igv.js expanded; and formats have one name here."""
    if kind == "annotation":
        track.setdefault("displayMode", "COLLAPSED")
    if track.get("displayMode") == "FULL" and kind != "alignment":
        track["displayMode"] = "EXPANDED"
    if "format" in track:
        track["format"] = format_named(track["format"])


def _gwas(rest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (size := web_value(rest.pop("maxPointSize", None), "number")) is not None:
        found["dotSize"] = size
    if web_value(rest.get("singleColor"), "bool") and isinstance(rest.get("primaryColor"), str):
        found |= {"useChrColors": False, "color": web_color(rest.pop("primaryColor"))}
    return found


def _arc(rest: dict[str, Any]) -> dict[str, Any]:
    options = rest.get("renderOptions")
    direction = options.get("arcDirection", "DOWN") if isinstance(options, dict) else None
    return {"arcOrientation": direction} if direction in ("UP", "DOWN") else {}


_OF_KINDS = {
    "wig": _wig, "seg": _seg, "alignment": _alignment, "interact": _interact, "sequence": _sequence,
    "annotation": _features, "gwas": _gwas, "arc": _arc,
}  # fmt: skip


def _loci(scene: Scene) -> list[str]:
    genes = scene.gene_list
    if not genes:
        return scene.loci
    frames = genes.get("frames")
    places = [
        f"{each['chr']}:{int(each['start']) + 1}-{int(each['end'])}"
        for each in (frames if isinstance(frames, list) else ())
        if isinstance(each, dict) and all(isinstance(each.get(end), int | float) for end in ("start", "end"))
    ]
    return places or [str(each) for each in genes["loci"]]


def _feature(feature: Mapping[str, Any]) -> dict[str, Any]:
    """With its description also as the name that older igv.js shows."""
    description = feature.get("description")
    return {**feature, **({"name": description} if description else {})}


def _named(reference: dict[str, Any]) -> dict[str, Any]:
    """Without a path for an id: a name is enough, and tells nothing of a machine."""
    if is_genome_path(str(reference.get("id", ""))):
        reference["id"] = reference.get("name") or file_name(str(reference["id"]))
    return reference
