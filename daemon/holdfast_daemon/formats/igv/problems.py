"""What IGV would not open, or would not give back (igv.md 1 and 4, facts 3 and 12)."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.igv.elements import HOLDERS, children_of, kind_of, path_of, short_class
from holdfast_daemon.formats.igv.needs import Paths
from holdfast_daemon.formats.igv.parts import shown
from holdfast_daemon.formats.igv.paths import file_name
from holdfast_daemon.formats.xmltext import Element, fragment

#: A session that is wrong everywhere would otherwise warn without end.
MOST_WARNINGS = 100

_SESSION_SUFFIXES = (".xml", ".php", ".php3", ".json")
_OTHER_READERS = (".session", ".session.txt", ".idxsession", ".idxsession.txt")
_INTEGER = re.compile(r"-?\d{1,10}")
_RANGE_ENDS = ("type", "minimum", "baseline", "maximum")
_FILTER_NEEDS = ("item", "operator", "value", "booleanOperator")
_LOST_OF_RESOURCE = ("color", "sampleID", "url", "infolink")
_ROOT_WRITTEN = ("version", "genome", "locus", "groupTracksBy", "nextAutoscaleGroup", "removeEmptyTracks")
#: Old writers put them there, and nobody reads them.
_ROOT_IDLE = ("path", "hasGeneTrack", "hasSequenceTrack", "relativePath")
_LOST_KINDS = {
    "preferences": "IGV reads the preferences of a session and does not write them back",
    "color-scales": "IGV reads the color scales of a session and does not write them back",
    "other": "IGV does not know this element and does not write it back",
}


def xml_warnings(root: Element) -> list[str]:
    """What goes wrong when IGV 2 opens it, in document order, one sentence each; the first hundred."""
    return [shown(sentence) for sentence in islice(_of_root(root), MOST_WARNINGS)]


def json_warnings(session: Mapping[str, Any]) -> list[str]:
    """The same for IGV 3."""
    tracks = [track for track in session.get("tracks", ()) if isinstance(track, dict)]
    return [shown(sentence) for sentence in islice(_of_json_tracks(tracks), MOST_WARNINGS)]


def losses(parts: Sequence[Part]) -> list[tuple[str, str]]:
    """What is gone or changed after IGV has opened and saved it: a part's key and a sentence each."""
    return [(part.key, shown(sentence)) for part in parts for sentence in _lost_of(part)]


def name_warnings(file_name: str) -> list[str]:
    """What IGV would take a file of this name for (igv.md 1.1); the suffix counts in lower case only."""
    if file_name.endswith(_OTHER_READERS):
        return ["IGV reads a file of this suffix as a list of UCSC and not as a session of its own"]
    if not file_name.endswith(_SESSION_SUFFIXES):
        return ["IGV takes it for data: a session's name ends in .xml, or for IGV 3 in .json, in small letters"]
    return []


def _of_root(root: Element) -> Iterator[str]:
    if not root.attributes.get("genome"):
        yield "it names no genome: IGV would add it to the session that is open, on that session's genome"
    panels = [place for place, child in enumerate(root.children) if kind_of(child) == "panel"]
    resources = [place for place, child in enumerate(root.children) if HOLDERS.get(child.name.lower()) == "resource"]
    if panels and resources and panels[0] < resources[0]:
        yield "a Panel stands before the Resources: IGV loses how its tracks look"
    for child in root.children:
        yield from _of_child(child)
    tracks = [track for place in panels for track in root.children[place].children if kind_of(track) == "track"]
    yield from _of_tracks(root, tracks)


def _of_tracks(root: Element, tracks: Sequence[Element]) -> Iterator[str]:
    """What is wrong with the tracks next to each other and to the resources."""
    alike = Counter((track.attributes.get("id"), track.attributes.get("clazz")) for track in tracks)
    for (track_id, clazz), count in alike.items():
        if track_id and clazz and count > 1:
            yield f"{count} tracks of class {short_class(clazz)} have the id {track_id}: IGV may take one for another"
    if bare := [track.attributes for track in tracks if "clazz" not in track.attributes and "id" in track.attributes]:
        resources = [each for each in root.walk() if kind_of(each) == "resource"]
        paths = Paths([path_of(resource.attributes) for resource in resources])
        for attributes in bare:  # an id that is no path is a track of the genome
            track_id = attributes["id"]
            if ("." in track_id or file_name(track_id) != track_id) and not paths.of(track_id):
                yield f"track {attributes.get('name', track_id)} has no clazz and no resource: IGV stops loading there"


def _of_child(child: Element) -> Iterator[str]:
    kind = HOLDERS.get(child.name.lower()) or kind_of(child)
    for inner in child.children:
        if kind == kind_of(inner) == "resource":
            yield from _of_resource(inner)
        elif kind == "panel" and kind_of(inner) == "track":
            yield from _of_track(inner)
        elif kind == kind_of(inner) == "region":
            yield from _of_region(inner)
        elif kind == "filter" and inner.name.lower() == "filterelement":
            yield from _of_filter(inner)


def _of_resource(resource: Element) -> Iterator[str]:
    path = path_of(resource.attributes)
    if not path:
        yield "a resource names no path"
    elif path.lower().startswith("file:"):
        yield f"resource {path}: IGV does not understand file: URLs in a session"


def _of_filter(element: Element) -> Iterator[str]:
    if missing := [name for name in _FILTER_NEEDS if name not in element.attributes]:
        yield f"a filter lacks {' and '.join(missing)}: IGV stops loading there"


def _of_track(track: Element) -> Iterator[str]:
    name = track.attributes.get("name") or track.attributes.get("id", "")
    if "id" not in track.attributes:
        yield f"track {name} has no id: IGV stops loading there"
    for ends in children_of(track, "DataRange"):
        if missing := [end for end in _RANGE_ENDS if end not in ends.attributes]:
            yield f"track {name}: its data range lacks {' and '.join(missing)}, so IGV ignores it"


def _of_region(region: Element) -> Iterator[str]:
    for end in ("start", "end"):
        if not _INTEGER.fullmatch(value := region.attributes.get(end, "")):
            yield f"a region has the {end} {value!r}, which is no plain integer: IGV stops loading there"


def _of_json_tracks(tracks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for track in tracks:
        inner = track.get("tracks")
        if isinstance(inner, list) and any(isinstance(each, dict) and "url" not in each for each in inner):
            yield f"track {track.get('name')}: IGV 3 does not find the local files of an overlay again"
        elif "track1" in track and "op" in track and track.get("type") != "combined":
            yield f"track {track.get('name')}: IGV 3 opens a combined track of this type as nothing"


def _lost_of(part: Part) -> Iterator[str]:
    if part.kind in _LOST_KINDS:
        yield _LOST_KINDS[part.kind]
    elif part.kind in _CHECKS and part.content.startswith(b"<"):
        with contextlib.suppress(DamagedDocument):
            yield from _CHECKS[part.kind](fragment(part.content).root)


def _lost_of_session(root: Element) -> Iterator[str]:
    if lost := [name for name in root.attributes if name not in (*_ROOT_WRITTEN, *_ROOT_IDLE)]:
        yield f"IGV does not write back {', '.join(lost)}"


def _lost_of_resource(resource: Element) -> Iterator[str]:
    yield from _of_resource(resource)
    if lost := [name for name in _LOST_OF_RESOURCE if name in resource.attributes]:
        yield f"IGV does not write back {', '.join(lost)}"


def _lost_of_panel(panel: Element) -> Iterator[str]:
    if lost := [child.name for child in panel.children if kind_of(child) == "other"]:
        yield f"IGV does not write back {', '.join(lost)}"


def _lost_of_track(track: Element) -> Iterator[str]:
    yield from _of_track(track)
    if "clazz" not in track.attributes:
        yield "without a clazz IGV stops loading there if no resource has its id"
    if any("basemodThredhold" in each.attributes for each in track.walk()):
        yield "IGV 2 does not read its threshold of base modifications back"


_CHECKS = {
    "session": _lost_of_session,
    "resource": _lost_of_resource,
    "panel": _lost_of_panel,
    "track": _lost_of_track,
    "region": _of_region,
}
