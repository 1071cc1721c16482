"""The files and URLs that a session points to (igv.md 1.3, 1.6, 1.7); nothing is looked up here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast_daemon.formats.base import Part, Resource
from holdfast_daemon.formats.igv.elements import path_of
from holdfast_daemon.formats.igv.paths import is_genome_path
from holdfast_daemon.formats.jsontext import value_of
from holdfast_daemon.formats.xmltext import fragment

#: Of a resource, beside its path: attribute to role.
ATTRIBUTES = {"index": "index", "coverage": "coverage", "mapping": "mapping"}
#: Of these, what IGV does not look for from the session's folder, so that only an absolute path leads there.
AS_WRITTEN = ("index", "coverage")
_SAMPLE_TYPES = ("samples", "sampleinfo")
_ROLES_OF_MEMBERS = {"url": "data", "path": "data", "indexURL": "index", "indexPath": "index"}
#: Everything of a reference that is a file of the genome itself.
_ROLES_OF_REFERENCE = {
    **dict.fromkeys(("fastaURL", "twoBitURL", "twobitURL", "gbkURL", "aliasURL", "cytobandURL"), "genome"),
    **dict.fromkeys(("cytobandBbURL", "chromSizesURL", "chromAliasBbURL", "maneBbURL", "rsdbURL"), "genome"),
    **dict.fromkeys(("indexURL", "compressedIndexURL", "twoBitBptURL", "maneTrixURL"), "index"),
}
#: What a member that names a file may be called.
MEMBERS = (*_ROLES_OF_MEMBERS, *_ROLES_OF_REFERENCE)


def pointers_of(part: Part) -> Iterator[Resource]:
    """What this part of a session that was read points to. ``fragile`` is what IGV forgets when it saves while the
    file is missing: the resources themselves."""
    for role, reference in _of_part(part):
        if reference and reference != "." and reference[:5].lower() != "data:":
            fragile = role in ("data", "sample-info") and part.kind in ("resource", "track")
            yield Resource(key=part.key, role=role, reference=reference, fragile=fragile)


def _of_part(part: Part) -> Iterator[tuple[str, str]]:
    if part.content[:1] in (b"{", b"[", b'"'):
        yield from _of_json(part)
    elif part.kind == "resource":
        yield from _of_resource(fragment(part.content).root.attributes)
    elif part.kind == "genome" and is_genome_path(genome := part.content.decode()):
        yield "genome", genome


def is_sample_file(attributes: Mapping[str, str]) -> bool:
    """Whether a resource tells of samples, and is no track."""
    return attributes.get("type", "").replace("\\", "/").rpartition("/")[2].lower() in _SAMPLE_TYPES


def _of_resource(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "sample-info" if is_sample_file(attributes) else "data", path_of(attributes)
    yield from ((role, attributes.get(name, "")) for name, role in ATTRIBUTES.items())


def _of_json(part: Part) -> Iterator[tuple[str, str]]:
    if part.kind == "track":
        yield from _of_track(value_of(part.content))
    elif part.kind == "genome":
        yield from _of_genome(value_of(part.content))
    elif part.kind == "region":
        yield from _texts(value_of(part.content), {"url": "data"})
    elif part.name == "sampleinfo" and isinstance(samples := value_of(part.content), list):
        for each in samples:
            yield from _texts(each, {"url": "sample-info", "path": "sample-info"})


def _of_track(value: Any) -> Iterator[tuple[str, str]]:
    """An overlay has its tracks within."""
    waiting = [value]
    while waiting:
        track = waiting.pop()
        if isinstance(track, dict):
            yield from _texts(track, _ROLES_OF_MEMBERS)
            inner = track.get("tracks")
            waiting += reversed(inner) if isinstance(inner, list) else []


def _of_genome(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and is_genome_path(value):
        yield "genome", value
    if isinstance(value, dict):
        yield from _texts(value, _ROLES_OF_REFERENCE)
        tracks = value.get("tracks")
        for track in tracks if isinstance(tracks, list) else ():
            yield from _of_track(track)


def _texts(value: Any, roles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The members of these names that are text; igv.js takes an object for a URL too."""
    if isinstance(value, dict):
        yield from ((role, value[name]) for name, role in roles.items() if isinstance(value.get(name), str))
