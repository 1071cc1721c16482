"""A scene as the JSON of IGV 3, and back (igv.md 1.7; ``JSONSessionReader.java`` of v3.0.0-beta.4).

IGV 3 looks for the files of tracks from the session's folder, and for nothing else: the genome's and the samples' are
absolute. Of an overlay it reads ``url`` alone, which may be a path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast_daemon.formats.base import CannotHold
from holdfast_daemon.formats.igv.json_reading import At
from holdfast_daemon.formats.igv.needs import Paths
from holdfast_daemon.formats.igv.paths import file_name, is_genome_path, is_remote
from holdfast_daemon.formats.igv.rebasing import Ground, beside
from holdfast_daemon.formats.igv.scene import WHOLE, Layer, Losses, Scene, named
from holdfast_daemon.formats.igv.vocabulary import ATTRIBUTES, DATA_RANGE, RENDER_OPTIONS, format_of, type_of_format

#: What a track of alignments has beside its own: IGV 3 looks these two up by a second name, and gives the track up
#: where that is missing.
_TWICE = {"baseModificationThreshold": "basemodThreshold"}
#: What IGV 3 reads of a track of associations whether it is there or not; its own values.
_OF_ASSOCIATIONS = {
    "maxPointSize": 7, "minPointSize": 3, "useChrColors": True, "singleColor": False, "showAxis": True,
    "alternatingColors": False,
}  # fmt: skip
#: What every file of its kind has; else IGV 3 tells tracks of one file apart by their whole ids.
_COMMON_SUFFIXES = ("", "_coverage", "_junctions")
#: Of a track, beside what XML can say too.
_MORE = (
    "rowHeight",
    "samples",
    "groupBy",
    "sampleFilter",
    "nvi",
    "normalization",
    "renderOptions",
    "format",
    "renderer",
)
_MEMBERS = {word.member for words in (ATTRIBUTES, RENDER_OPTIONS, DATA_RANGE) for word in words.values()}
_FIRST_GROUP = "1"
#: What a region is called; igv.js has a name.
_TITLES = ("description", "name")
#: Of the parts of a session: where each is, and its key.
Keys = Mapping[At, str]
KNOWN = {*_MEMBERS, *_MORE, "logScale"}
#: What says where a track is and what it is.
_PLACES = {"id", "type", "order", "url", "path", "indexURL", "indexPath", "tracks"}
#: Members of a session that this or that program puts there for itself.
_OF_PROGRAM = {"version", "showSampleNames", "sampleNameViewportWidth", "gtexSelections", "qtlSelections"}
_OF_SESSION = {"reference", "genome", "locus", "roi", "tracks", "geneList", "hiddenAttributes", "sampleinfo"}


def session_of(scene: Scene, ground: Ground) -> dict[str, Any]:
    """As IGV 3 reads it. ``scene.losses`` get what it cannot. Raises CannotHold without a genome."""
    session: dict[str, Any] = _genome(scene, ground)
    if scene.sample_files:
        files = [ground.absolute(each) or each for each in scene.sample_files]
        session["sampleinfo"] = [{"format": "sampleInfo", "url": each} for each in files]
    if scene.loci:
        session["locus"] = " ".join(scene.loci)
    session["nextAutoscaleGroup"] = scene.next_group or _FIRST_GROUP  # by which it is told from one of igv.js
    if scene.regions:
        session["roi"] = [{"features": [feature for _, feature in scene.regions]}]
    tracks = [_track(layer, ground, scene.losses) | {"order": order} for order, layer in enumerate(scene.layers, 1)]
    _join_combined(scene, tracks)
    session["tracks"] = tracks
    if scene.gene_list:
        session["geneList"] = scene.gene_list
    if scene.hidden:
        session["hiddenAttributes"] = scene.hidden
    return session


def scene_of(session: Mapping[str, Any], keys: Keys) -> Scene:
    """What a session of IGV 3 shows. ``keys``: of its parts, by where they are."""
    scene = Scene(genome=session["reference"] if "reference" in session else session.get("genome"))
    locus = session.get("locus")
    scene.loci = [text for each in (locus if isinstance(locus, list) else [locus]) if (text := _locus(each))]
    genes, hidden = session.get("geneList"), session.get("hiddenAttributes")
    scene.gene_list = genes if isinstance(genes, dict) and isinstance(genes.get("loci"), list) else None
    scene.hidden = [str(each) for each in hidden] if isinstance(hidden, list) else None
    group = session.get("nextAutoscaleGroup")
    scene.next_group = group if isinstance(group, str) and group != _FIRST_GROUP else None
    _read_samples(scene, session.get("sampleinfo"))
    _read_regions(scene, session.get("roi"), keys)
    tracks = session.get("tracks")
    ordered = [(_order(each, at), at, each) for at, each in enumerate(tracks if isinstance(tracks, list) else ())]
    for _, at, track in sorted(ordered, key=lambda each: each[:2]):
        if isinstance(track, dict):
            scene.layers.append(layer_of(keys.get(("tracks", at, -1), WHOLE), track))
    for name in session:
        if name not in _OF_SESSION and name not in _OF_PROGRAM and name != "nextAutoscaleGroup":
            scene.losses.append((name, f"{name} of the session is lost"))
    return scene


def layer_of(key: str, track: Mapping[str, Any]) -> Layer:
    """A track as it stands in JSON; a missing type is told by its format, as a missing format by its name."""
    members = {name: value for name, value in track.items() if name not in _PLACES and name != "autoScale"}
    path, index = _text(track, "url", "path"), _text(track, "indexURL", "indexPath")
    kind = _text(track, "type").lower() or type_of_format(_text(track, "format") or format_of(file_name(path)))
    if all(isinstance(track.get(name), str) for name in ("track1", "track2", "op")):
        kind = "combined"
    track_id = _text(track, "id")
    layer = Layer(key, kind, members, path, index=index)
    if not path and track_id:
        members["id"] = track_id
    elif (name := file_name(path)) and name in track_id:
        layer.suffix = track_id[track_id.rindex(name) + len(name) :]
    inner = track.get("tracks")
    layer.within = [
        layer_of(key, each) for each in (inner if isinstance(inner, list) else ()) if isinstance(each, dict)
    ]
    return layer


def _locus(locus: Any) -> str:
    """A position as text; igv.js takes an object too, from 0."""
    if isinstance(locus, dict) and _is_place(locus):
        return f"{locus['chr']}:{locus['start'] + 1}-{locus['end']}"
    return locus if isinstance(locus, str) else ""


def _order(track: Any, at: int) -> float:
    order = track.get("order") if isinstance(track, dict) else None
    if not isinstance(order, int | float) or isinstance(order, bool):
        return at + 1
    return float(max(-1e300, min(1e300, order)))


def _genome(scene: Scene, ground: Ground) -> dict[str, Any]:
    genome = scene.genome
    if isinstance(genome, dict) and genome:
        return {"reference": {name: _file(name, value, ground, scene.losses) for name, value in genome.items()}}
    if not isinstance(genome, str) or not genome:
        raise CannotHold([("genome", "it names no genome, and a JSON session needs one")])
    if not is_genome_path(genome):
        return {"genome": genome}
    path = _file("fastaURL", genome, ground, scene.losses)
    return reference_of(path) or {"genome": path}


def reference_of(path: str) -> dict[str, Any]:
    """What is told of a genome that is one file; nothing for a file that only IGV Desktop reads."""
    name, low = file_name(path), path.lower().partition("?")[0]
    told: dict[str, Any] = {"id": path, "name": name}
    if low.endswith(".2bit"):
        return {"reference": told | {"twoBitURL": path}}
    if not low.removesuffix(".gz").removesuffix(".bgz").endswith((".fa", ".fasta", ".fna", ".fas")):
        return {}
    told |= {"fastaURL": path, "indexURL": with_end(path, ".fai")}
    return {"reference": told | ({"compressedIndexURL": with_end(path, ".gzi")} if low.endswith("gz") else {})}


def with_end(path: str, end: str) -> str:
    before, mark, query = path.partition("?") if is_remote(path) else (path, "", "")
    return before + end + mark + query


def _file(name: str, value: Any, ground: Ground, losses: Losses) -> Any:
    """Absolute, if it is a file of the genome."""
    if not name.endswith("URL") or not isinstance(value, str) or is_remote(value):
        return value
    absolute = ground.absolute(value)
    if absolute is None:
        losses.append(("genome", f"{value}: IGV 3 looks for the genome by absolute paths alone"))
    return absolute or value


def _track(layer: Layer, ground: Ground, losses: Losses, *, is_within: bool = False) -> dict[str, Any]:
    track: dict[str, Any] = {"type": layer.kind}
    if layer.path:
        path = ground.kept(layer.path)
        track["url" if is_within or is_remote(path) else "path"] = path
        is_common = layer.suffix in _COMMON_SUFFIXES
        track["id"] = (path if is_common else ground.absolute(layer.path) or path) + layer.suffix
        if layer.index and is_remote(layer.index):
            track["indexURL"] = layer.index
        elif layer.index:
            track["indexPath"] = ground.kept(layer.index)
        if layer.index and not _is_beside(layer, ground):
            losses.append((layer.key, f"{layer.index}: IGV 3 looks for an index beside its file alone"))
    known = {name: value for name, value in layer.members.items() if name in KNOWN or name == "id"}
    track |= known
    if lost := [name for name in layer.members if name not in known]:
        losses.append((layer.key, f"{named(lost)}: IGV 3 has no place for it"))
    _for_its_reader(layer, track)
    if layer.within:
        track["tracks"] = [_track(each, ground, losses, is_within=True) for each in layer.within]
    return track


def _for_its_reader(layer: Layer, track: dict[str, Any]) -> None:
    """What IGV 3 trips over."""
    for name, second in _TWICE.items():
        if name in track:
            track[second] = track[name]
    if layer.kind == "coverage" and ("color" in track or "_color" in track):
        track["color"] = track["_color"] = track.get("_color", track.get("color"))
    if layer.kind == "gwas":
        for name, value in _OF_ASSOCIATIONS.items():
            track.setdefault(name, value)
    if layer.kind == "motif":
        track.setdefault("pattern", "")
        track.setdefault("strand", "+")


def _is_beside(layer: Layer, ground: Ground) -> bool:
    path, index = (ground.absolute(each) or each for each in (layer.path, layer.index))
    return index in beside(path, "index")


def _join_combined(scene: Scene, tracks: Sequence[dict[str, Any]]) -> None:
    """Tracks that are made of two others name these by the ids that they have here."""
    paths = Paths([layer.path for layer in scene.layers])
    ids = {track.get("id") for track in tracks}
    for layer, track in zip(scene.layers, tracks, strict=True):
        for name in ("track1", "track2") if layer.kind == "combined" else ():
            told = track.get(name)
            if isinstance(told, str) and (found := paths.of(told)):
                track[name] = tracks[found[0]]["id"]
            elif told not in ids:
                scene.losses.append(
                    (layer.key, f"IGV 3 makes it of tracks that are shown by themselves: {told} is not")
                )


def _read_samples(scene: Scene, samples: Any) -> None:
    for each in samples if isinstance(samples, list) else [samples] if isinstance(samples, dict) else ():
        if isinstance(each, dict) and (path := _text(each, "url", "path")):
            scene.sample_files.append(path)


def _read_regions(scene: Scene, roi: Any, keys: Keys) -> None:
    for at, each in enumerate(roi if isinstance(roi, list) else [roi] if isinstance(roi, dict) else ()):
        features = each.get("features") if isinstance(each, dict) else None
        key = keys.get(("roi", at, -1), WHOLE)
        if isinstance(each, dict) and (lost := [name for name in ("name", "color") if each.get(name)]):
            scene.losses.append((key, f"{named(lost)} of a set of regions: IGV Desktop has no place for it"))
        if not isinstance(features, list):
            scene.losses.append((key, "regions of a file: only those that the session itself names are carried"))
        for number, feature in enumerate(features if isinstance(features, list) else ()):
            key = keys.get(("roi", at, number), key)
            if isinstance(feature, dict) and _is_place(feature):
                kept = {name: feature[name] for name in ("chr", "start", "end")}
                description = next((each for name in _TITLES if isinstance(each := feature.get(name), str)), None)
                told = {} if description is None else {"description": description}
                scene.regions.append((key, kept | told))
            else:
                scene.losses.append((key, "a region has no place that could be carried"))


def _is_place(feature: Mapping[str, Any]) -> bool:
    ends = (feature.get("start"), feature.get("end"))
    return isinstance(feature.get("chr"), str) and all(
        isinstance(end, int) and not isinstance(end, bool) for end in ends
    )


def _text(members: Mapping[str, Any], *names: str) -> str:
    return next((members[name] for name in names if isinstance(members.get(name), str)), "")
