"""A JSON session of IGV 3 or igv.js as parts (igv.md 1.7).

Parts lie flat, in document order, each content the text of one value: ``genome`` (the member ``reference``, else
``genome``), ``locus``, ``track`` (one element of ``tracks``), ``region`` (one feature of a ``roi`` that has nothing but
features, else the whole ``roi``) and ``member`` (any other member, by its name; where that cannot be shown whole, the
key is in the content: ``"key": value``). What XML has an element of its own for is called as there: ``gene-list``,
``attributes``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from holdfast_daemon.formats.base import DamagedDocument, Part, Reading
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.parts import PartList, Told, is_shown_whole, shown
from holdfast_daemon.formats.igv.paths import file_name
from holdfast_daemon.formats.igv.problems import json_warnings
from holdfast_daemon.formats.igv.recognition import of_members
from holdfast_daemon.formats.igv.values import spelled
from holdfast_daemon.formats.jsonedit import json_text
from holdfast_daemon.formats.jsontext import Json, Place, read_json, value_of

GENOMES = ("reference", "genome")
TRACKS, REGIONS, FEATURES = "tracks", "roi", "features"
KINDS = {"locus": "locus", "geneList": "gene-list", "hiddenAttributes": "attributes"}
#: Members and their elements; of the regions also the features.
_LEVELS, _LEVELS_OF_REGIONS = 2, 3
#: What a part takes with its place.
PART_BYTES = 1200
_TRACK_FACTS = (
    *(("class", "type"), ("color", "color"), ("height", "height")),
    *(("alt_color", "altColor"), ("visible", "visible"), ("display_mode", "displayMode"), ("renderer", "graphType")),
)

#: A document of so many parts is read, and of one more for so many of its characters.
MOST_PARTS = 2_000
FEWEST_CHARACTERS = 25

#: Where a part is: a member and its number there, and of a feature its own; -1 where it is the whole of that.
At = tuple[str, int, int]


class JsonSession(NamedTuple):
    """A document and, for each of its parts, where it is. ``regions`` is the text of ``roi`` with its own places."""

    document: Json
    regions: Json | None
    parts: list[Part]
    places: list[At]


def read_json_session(envelope: Envelope) -> Reading:
    """Raises DamagedDocument, also for JSON that is no session of IGV."""
    session = json_session(envelope.json_text())
    value = session.document.root.value
    recognition = of_members(value)
    if recognition is None:
        raise DamagedDocument("a session has tracks, and a reference or genome; this JSON has not")
    kinds = Counter(part.kind for part in session.parts)
    facts: dict[str, str | int | bool | None] = {
        "genome": shown(_genome_of(value[genome_member(value)])),
        "locus": shown(_text(value["locus"])) if isinstance(value.get("locus"), str) else None,
    }
    return Reading(
        recognition=recognition,
        parts=tuple(session.parts),
        facts=facts | {f"{kind}s": kinds[kind] for kind in ("track", "region")},
        warnings=tuple(json_warnings(value)),
    )


def json_session(text: bytes) -> JsonSession:
    """Taken apart. Raises DamagedDocument for what is no JSON object, or whose tracks are no list."""
    document = read_json(text, _LEVELS, PART_BYTES)
    if not isinstance(document.root.value, dict):
        raise DamagedDocument("a session is a JSON object, and this is none")
    roi = document.root.member(REGIONS)
    is_walked = roi is not None and isinstance(roi.place.value, list)
    regions = (
        read_json(document.slice(roi.place).encode(), _LEVELS_OF_REGIONS, PART_BYTES) if roi and is_walked else None
    )
    walk = _Walk(document, regions)
    walk.through()
    return JsonSession(document, regions, walk.found.parts, walk.places)


def genome_member(members: Mapping[str, Any]) -> str:
    """Which member is the genome; one that is not there where none is."""
    return next((name for name in GENOMES if name in members), GENOMES[-1])


def keyed(name: str) -> str:
    """How the content of a member begins whose name cannot be shown whole."""
    return f"{json_text(name)}: "


def key_and_value(part: Part) -> tuple[str, str]:
    """Of a part of the kind ``member``: its key in the session, and the text of its value. Raises DamagedDocument."""
    text = part.content.decode("utf-8", "replace")
    if text.startswith('"'):
        try:
            value_of(part.content)
        except DamagedDocument:
            alone = read_json(b"{" + part.content + b"}", 1)
            if len(alone.root.members) == 1:
                return alone.root.members[0].key, alone.slice(alone.root.members[0].place)
    return part.name, text


def has_only_features(element: Place) -> bool:
    """Whether each feature of a roi is a part: there is nothing else that would be lost without it."""
    return [member.key for member in element.members] == [FEATURES] and isinstance(element.value[FEATURES], list)


class _Walk:
    """Once through a document."""

    def __init__(self, document: Json, regions: Json | None) -> None:
        self.found = PartList()
        self.places: list[At] = []
        self._document = document
        self._regions = regions
        self._most = MOST_PARTS + len(document.text) // FEWEST_CHARACTERS

    def through(self) -> None:
        root = self._document.root
        genome = genome_member(root.value)
        for name, member in {member.key: member for member in root.members}.items():  # the last of a name counts
            if name == TRACKS and isinstance(member.place.value, list):
                for number, track in enumerate(member.place.elements):
                    self._add("track", self._document, track, told_of_track(track.value), (name, number, -1))
            elif name == REGIONS and self._regions:
                self._regions_of(self._regions)
            elif name == genome:
                self._add("genome", self._document, member.place, Told("genome"), (name, -1, -1))
            else:
                key = "" if is_shown_whole(name) else keyed(name)
                self._add(KINDS.get(name, "member"), self._document, member.place, Told(name), (name, -1, -1), key)

    def _regions_of(self, regions: Json) -> None:
        for number, element in enumerate(regions.root.elements):
            if not has_only_features(element):
                told = Told(str(element.value.get("name") or REGIONS) if isinstance(element.value, dict) else REGIONS)
                self._add("region", regions, element, told, (REGIONS, number, -1))
                continue
            for feature_number, feature in enumerate(element.members[-1].place.elements):
                self._add(
                    "region", regions, feature, _told_of_feature(feature.value), (REGIONS, number, feature_number)
                )

    def _add(self, kind: str, document: Json, place: Place, told: Told, at: At, key: str = "") -> None:
        if len(self.places) == self._most:
            raise DamagedDocument(f"over {self._most} tracks, regions and members are too many for its size")
        self.found.add(kind, (key + document.slice(place)).encode(), told)
        self.places.append(at)


def told_of_track(track: Any) -> Told:
    if not isinstance(track, dict):
        return Told("track")
    target = next((text for name in ("id", "url", "path") if (text := _text(track.get(name)))), "")
    facts = {fact: _text(track.get(name)) for fact, name in _TRACK_FACTS}
    if "min" in track and "max" in track:
        facts["range"] = f"{_text(track['min'])}..{_text(track['max'])}"
    name = _text(track.get("name"))
    return Told(name or file_name(target) or facts["class"], target or name, facts)


def _genome_of(genome: Any) -> str:
    """What a genome is called; a reference told whole has an id."""
    return _text(genome) or (_text(genome.get("id") or genome.get("name")) if isinstance(genome, dict) else "")


def _told_of_feature(feature: Any) -> Told:
    if not isinstance(feature, dict):
        return Told("region")
    place = "{}:{}-{}".format(*(_text(feature.get(name, "?")) for name in ("chr", "start", "end")))
    return Told(place, facts={"description": _text(feature.get("description"))})


def _text(value: Any) -> str:
    """A scalar for people; of what is none, nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return spelled(str(value)) if isinstance(value, int | float) else ""
