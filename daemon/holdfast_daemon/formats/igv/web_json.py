"""A scene as the JSON of igv.js and igv-webapp (https://github.com/igvteam/igv.js, 3.8.10).

igv.js loads URLs, relative ones from its page, and stops at the first track that it cannot read: what it would stop at
is left out and told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdfast_daemon.formats.base import CannotHold
from holdfast_daemon.formats.igv.desktop_json import reference_of, with_end
from holdfast_daemon.formats.igv.paths import file_name, is_genome_path, is_relative, is_remote, with_slashes
from holdfast_daemon.formats.igv.rebasing import Ground
from holdfast_daemon.formats.igv.scene import WHOLE, Layer, Scene, named
from holdfast_daemon.formats.igv.vocabulary import MADE, ORDINARY, format_of
from holdfast_daemon.formats.igv.web_looks import drawn_as_before, looks_of_kind, same_looks
from holdfast_daemon.formats.igv.web_words import FORMATS, KINDS, web_color

_LOADED = ("https:", "http:", "gs:", "data:")
_SPECIAL_IN_URLS = re.compile("[%#?]")
_COVERAGE = {"height": "coverageTrackHeight", "color": "coverageColor", "_color": "coverageColor"}
_OF_COVERAGE = ("min", "max", "logScale", "flipAxis", "autoscale", "autoscaleGroup", "alleleFreqThreshold")
#: Without effect in igv.js, or what it does anyway.
_SILENT = {"experimentType", "drawBaseline", "rowHeight", "shadeBasesOption", "id", "renderer", "_color"}
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
        session["sampleinfo"] = [{"url": url} for each in scene.sample_files if (url := web.url(WHOLE, each))]
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
            files = {name: value for name, value in genome.items() if name.endswith("URL") and isinstance(value, str)}
            return {"reference": _named(genome | {name: self._needed(value) for name, value in files.items()})}
        if not isinstance(genome, str) or not genome:
            raise CannotHold([("genome", "it names no genome, and igv.js shows nothing without one")])
        if not is_genome_path(genome):
            return {"genome": genome}
        if not (found := reference_of(self._needed(genome))):
            raise CannotHold([("genome", f"igv.js reads a genome by its id, FASTA or 2bit, and none of {genome}")])
        return {"reference": _named(found["reference"])}

    def _needed(self, reference: str) -> str:
        """Where a page finds a file of the genome, without which it shows nothing."""
        if sentence := self._unreachable(reference):
            raise CannotHold([("genome", sentence)])
        return self.url("genome", reference)

    def url(self, key: str, reference: str) -> str:
        """Where a page finds the file, and that it has to be served; "" where it cannot find it."""
        if sentence := self._unreachable(reference):
            self._lose(key, f"{sentence}: it is left out")
            return ""
        if is_remote(reference):
            return reference
        new = self._ground.relative(reference) or with_slashes(reference)
        path = self._ground.absolute(reference)
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
        if layer.index and (index := self.url(layer.key, layer.index)):
            track["indexURL"] = index
        elif layer.kind == "alignment" and layer.path.lower().endswith(".cram"):
            track["indexURL"] = with_end(track["url"], ".crai")  # which IGV finds, and igv.js does not
        rest = dict(layer.members)
        if layer.kind == "coverage":
            coverage, rest = layer, {name: rest[name] for name in ("name", "format") if name in rest}
            track["showAlignments"] = False
        track |= same_looks(rest)
        track |= looks_of_kind(kind, rest)
        drawn_as_before(kind, track)
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
        found = same_looks({name: members[name] for name in _OF_COVERAGE if name in members})
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
