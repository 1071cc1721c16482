"""A scene as XML of version 8, as IGV 2 writes it (igv.md 1.3 to 1.5, fact 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast_daemon.formats.base import CannotHold
from holdfast_daemon.formats.igv.needs import Paths
from holdfast_daemon.formats.igv.paths import file_name, is_genome_path, is_remote
from holdfast_daemon.formats.igv.rebasing import Ground
from holdfast_daemon.formats.igv.scene import Layer, Scene, named
from holdfast_daemon.formats.igv.vocabulary import (
    ATTRIBUTES,
    CLASSES,
    DATA_RANGE,
    MADE,
    RENDER_OPTIONS,
    Word,
    attribute_of,
    format_of,
)
from holdfast_daemon.formats.xmledit import escaped

#: What XML cannot hold at all.
_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Without the word of Java's writer, by which a position that begins at 0 is known.
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: Where genomes lie that IGV knows by their ids.
_HOSTS_OF_IGV = ("igv.org", "broadinstitute.org", "igvteam", "igv-genepattern-org", "hgdownload.soe.ucsc.edu")
_SEQUENCES = ("fastaURL", "twoBitURL", "twobitURL", "gbkURL")
_OF_SEQUENCE = {"id", "name", "indexURL", "compressedIndexURL", "wholeGenomeView", *_SEQUENCES}
#: Names of attributes by class, where a member has two.
_OF_INTERACTIONS = {"autoscale": "autoscale", "graphType": "graphType"}
_ATTRIBUTE_OF = {word.member: name for name, word in ATTRIBUTES.items()}
_OPTION_OF = {word.member: name for name, word in RENDER_OPTIONS.items()}
_SUFFIXES = {"coverage": "_coverage", "junction": "_junctions"}
#: What is told by elements, or by where a track stands.
_TOLD_ELSEWHERE = {
    *(word.member for word in DATA_RANGE.values()),
    "logScale",
    "format",
    "renderOptions",
    "id",
}
#: Kinds at the end of a session that IGV keeps in its lowest panel.
_FEATURES = ("annotation", "sequence")
#: Of which kinds IGV makes a track for each sample, whose names a JSON session does not have.
_BY_SAMPLE = ("seg",)


def xml_of(scene: Scene, ground: Ground) -> bytes:
    """``scene.losses`` get what XML has no place for. Raises CannotHold without a genome."""
    lines = [f"<Session{_attributes(_root(scene, ground))}>"]
    layers = [layer for layer in scene.layers if _can_be_shown(layer, scene)]
    lines += _held("Resources", _resources(layers, scene, ground))
    lines += _panels(layers, scene, ground)
    lines += _held("Regions", [_region(feature) for _, feature in scene.regions])
    lines += _gene_list(scene.gene_list) if scene.gene_list else []
    if scene.hidden:
        lines += _held("HiddenAttributes", [f"<Attribute{_attributes({'name': each})}/>" for each in scene.hidden])
    return (_HEAD + "\n".join([*lines, "</Session>", ""])).encode("utf-8", "replace")


def _root(scene: Scene, ground: Ground) -> dict[str, str]:
    root = {"genome": _genome(scene, ground)}
    if scene.loci and not scene.gene_list:
        root["locus"] = " ".join(scene.loci)
    if scene.next_group:
        root["nextAutoscaleGroup"] = scene.next_group
    return root | {"version": "8"}


def _genome(scene: Scene, ground: Ground) -> str:
    genome = scene.genome
    if isinstance(genome, str) and genome:
        return ground.kept(genome) if is_genome_path(genome) else genome
    if isinstance(genome, dict):
        name = genome.get("id")
        path = next((genome[each] for each in _SEQUENCES if isinstance(genome.get(each), str)), "")
        is_known = not path or any(host in path for host in _HOSTS_OF_IGV)
        if isinstance(name, str) and name and is_known and not is_genome_path(name):
            return name
        if path:
            if lost := [each for each in genome if each not in _OF_SEQUENCE]:
                scene.losses.append(("genome", f"{named(lost)} of the genome: XML names its sequence alone"))
            return ground.kept(path)
    raise CannotHold([("genome", "it names no genome by an id or a sequence, and IGV needs one")])


def _can_be_shown(layer: Layer, scene: Scene) -> bool:
    if layer.path or layer.kind in MADE or "id" in layer.members:
        return True
    scene.losses.append((layer.key, "it is of no file or URL, and IGV 2 shows nothing else"))
    return False


def _resources(layers: Sequence[Layer], scene: Scene, ground: Ground) -> Iterator[str]:
    written: set[str] = set()
    for layer in (each for outer in layers for each in (outer, *outer.within)):
        path = ground.kept(layer.path)
        if not path or path in written:
            continue
        written.add(path)
        found = {"path": path}
        if form := str(layer.members.get("format") or format_of(file_name(path))):
            found["type"] = form
        if layer.index:
            found["index"] = layer.index if is_remote(layer.index) else ground.absolute(layer.index) or layer.index
        yield f"<Resource{_attributes(found)}/>"
    for each in scene.sample_files:
        yield f"<Resource{_attributes({'path': ground.kept(each), 'type': 'sampleinfo'})}/>"


def _panels(layers: Sequence[Layer], scene: Scene, ground: Ground) -> list[str]:
    """All in their order: what IGV shows below the rest goes into its lowest panel, if it is last here too."""
    paths = Paths([each.path for each in layers])
    tracks = [line for each in layers for line in [_track(each, scene, ground, paths, layers)]]
    cut = len(layers)
    while cut and layers[cut - 1].kind in _FEATURES:
        cut -= 1
    panels = {"DataPanel": tracks[:cut], "FeaturePanel": tracks[cut:]}
    return [
        line
        for name, held in panels.items()
        if any(held)
        for line in (
            f"    <Panel{_attributes({'name': name})}>",
            *(_indented(track, 8) for track in held if track),
            "    </Panel>",
        )
    ]


def _track(layer: Layer, scene: Scene, ground: Ground, paths: Paths, layers: Sequence[Layer]) -> str:
    if layer.kind in _BY_SAMPLE:
        scene.losses.append((layer.key, "IGV 2 makes a track of each sample, and their names are not in the session: "
                             "2.17 and later show them as they are by default, 2.16 does not"))  # fmt: skip
        return ""
    attributes = _look(layer, scene)
    if layer.kind == "combined":
        for name in ("track1", "track2"):
            if found := paths.of(attributes.get(name, "")):
                path = layers[found[0]].path
                attributes[name] = path if is_remote(path) else ground.absolute(path) or path
    path = ground.kept(layer.path)
    suffix = layer.suffix or _SUFFIXES.get(layer.kind, "")
    told = {"clazz": CLASSES.get(layer.kind, CLASSES["annotation"]), "id": path + suffix if path else _id(layer)}
    inner = [_track(each, scene, ground, paths, layers) for each in layer.within]
    inner += [*_children(layer)]
    tag = f"<Track{_attributes(told | attributes)}"
    if not any(inner):
        return f"{tag}/>"
    return "\n".join([f"{tag}>", *(_indented(each, 4) for each in inner if each), "</Track>"])


def _id(layer: Layer) -> str:
    if layer.kind == "sequence":
        return "Reference sequence"
    return str(layer.members.get("id") or layer.members.get("name") or layer.kind)


def _look(layer: Layer, scene: Scene) -> dict[str, str]:
    """The attributes of a track, and of what of it XML has no place for, a loss."""
    found: dict[str, str] = {}
    lost = []
    own = _OF_INTERACTIONS if layer.kind == "interact" else {"autoscale": "autoScale", "graphType": "renderer"}
    for member, value in layer.members.items():
        name = own.get(member) or _ATTRIBUTE_OF.get(member)
        text = attribute_of(value)
        if name is not None and text is not None:
            found[name] = text
        elif not (member in _TOLD_ELSEWHERE or (layer.kind == "alignment" and member in _OPTION_OF)):
            lost += [] if (member, value) == ("groupBy", "strand") else [member]
    if layer.kind in ("annotation", "variant", "blat", "motif"):
        found["groupByStrand"] = str(layer.members.get("groupBy") == "strand").lower()
    if layer.kind == "coverage" and "color" in found:
        found.setdefault("_color", found["color"])
    if layer.kind == "sequence":
        found.setdefault("name", "Reference sequence")
    if lost:
        scene.losses.append((layer.key, f"{named(lost)}: XML has no place for it"))
    return found


def _children(layer: Layer) -> Iterator[str]:
    members = layer.members
    if layer.kind == "alignment":
        words = {name: attribute_of(members[member]) for member, name in _OPTION_OF.items() if member in members}
        yield f"<RenderOptions{_attributes(words)}/>" if words else ""
    options = members.get("renderOptions")
    if layer.kind == "arc" and isinstance(options, dict):
        colors = options.get("colors")
        texts = [f"<colors>{_text(str(each))}</colors>" for each in (colors if isinstance(colors, list) else ())]
        yield f"<BPRenderOptions{_attributes({'arcDirection': attribute_of(options.get('arcDirection'))})}>"
        yield from (_indented(each, 4) for each in texts)
        yield "</BPRenderOptions>"
    if (most := members.get("max")) is not None and isinstance(most, int | float):
        yield f"<DataRange{_attributes(_range(members))}/>"


def _range(members: Mapping[str, Any]) -> dict[str, str | None]:
    """All of it, or IGV reads none (igv.md 1.4)."""
    ordinary: dict[str, Any] = {"flipAxis": False, "drawBaseline": True}
    found = {
        name: _said(members.get(word.member, ordinary.get(word.member)), word) for name, word in DATA_RANGE.items()
    }
    return found | {"type": "LOG" if members.get("logScale") is True else "LINEAR"}


def _said(value: Any, word: Word) -> str | None:
    text = attribute_of(value)
    return "0" if text is None and word.kind == "number" else text


def _region(feature: Mapping[str, Any]) -> str:
    names = {"chromosome": "chr", "start": "start", "end": "end", "description": "description"}
    return f"<Region{_attributes({name: attribute_of(feature.get(member)) for name, member in names.items()})}/>"


def _gene_list(genes: Mapping[str, Any]) -> list[str]:
    loci = " ".join(str(each) for each in genes["loci"])
    frames = genes.get("frames")
    words = [
        {name: attribute_of(frame.get(name)) for name in ("chr", "end", "name", "start")}
        for frame in (frames if isinstance(frames, list) else ())
        if isinstance(frame, dict)
    ]
    inner = [f"        <Frame{_attributes(each)}/>" for each in words]
    name = _attributes({"name": attribute_of(genes.get("name")) or ""})
    return [f"    <GeneList{name}>{_text(loci)}", *inner, "    </GeneList>"]


def _held(name: str, items: Sequence[str] | Iterator[str]) -> list[str]:
    lines = [f"        {each}" for each in items]
    return [f"    <{name}>", *lines, f"    </{name}>"] if lines else []


def _indented(text: str, count: int) -> str:
    return "\n".join(" " * count + line for line in text.split("\n"))


def _attributes(found: Mapping[str, str | None]) -> str:
    """In the order of their names, as IGV writes them."""
    return "".join(f' {name}="{_text(text)}"' for name, text in sorted(found.items()) if text is not None)


def _text(text: str) -> str:
    return escaped(_NO_TEXT.sub("\ufffd", text))
