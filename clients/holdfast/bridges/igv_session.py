"""What a session that IGV just wrote points to, where it is whole; and the same with absolute paths."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

_ROOTS = ("Session", "Global")
_RESOURCES = ("resource", "datafile")
#: Attributes of XML that hold a path which IGV resolves against the folder of the session.
_PATH = re.compile(rb'(?<=[\s])(genome|path|coverage|mapping)="([^"<]*/[^"<]*)"')
_ABSOLUTE = re.compile(rb"/|~|[A-Za-z][A-Za-z0-9+.-]*:")


def resources(document: bytes) -> frozenset[str]:
    """The files and URLs of its tracks, none where it is empty. Raises ValueError where it is no whole session."""
    found = frozenset(_of_json(document) if document.lstrip()[:1] == b"{" else _of_xml(document))
    return found - {""}


def with_absolute_paths(document: bytes, folder: bytes) -> bytes:
    """A session that was written into ``folder`` by an IGV that is set to relative paths says the same elsewhere. The
    ids of tracks are absolute in any case (``formats/igv``: IGV writes them so)."""

    def absolute(found: re.Match[bytes]) -> bytes:
        path = found[2]
        if not _ABSOLUTE.match(path):
            path = posixpath.normpath(posixpath.join(folder, path))
        return found[1] + b'="' + path + b'"'

    return document if document.lstrip()[:1] == b"{" else _PATH.sub(absolute, document)


def _of_xml(document: bytes) -> list[str]:
    found: list[str] = []
    roots: list[str] = []

    def begun(name: str, attributes: dict[str, str]) -> None:
        roots.append(name)
        if name.lower() in _RESOURCES:
            found.append(attributes.get("path") or attributes.get("name") or "")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = begun
    try:
        parser.Parse(document, True)
    except expat.ExpatError as problem:
        raise ValueError(f"it is no whole XML: {problem}") from problem
    if roots[0] not in _ROOTS:
        raise ValueError(f"its root is {roots[0]}")
    return found


def _refuse(*_: object) -> None:
    raise ValueError("it has a DOCTYPE")


def _of_json(document: bytes) -> list[str]:
    session = json.loads(document)
    if not isinstance(session.get("tracks"), list):
        raise ValueError("it has no tracks")
    return [*_of_tracks(session["tracks"])]


def _of_tracks(tracks: list[Any]) -> Iterator[str]:
    for track in tracks:
        if isinstance(track, dict):
            yield str(track.get("url") or track.get("path") or "")
            inner = track.get("tracks")
            yield from _of_tracks(inner if isinstance(inner, list) else [])
