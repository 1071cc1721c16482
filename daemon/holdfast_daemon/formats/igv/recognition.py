"""Whether a document is a session of IGV, and of which generation: by content, never by name.

IGV 3 may write JSON into ``x.xml`` (igv.md 1.7). IGV itself takes an element ``Session`` anywhere; here it must be the
root (fact 1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdfast_daemon.formats.base import DamagedDocument, Recognition
from holdfast_daemon.formats.igv.elements import ROOTS
from holdfast_daemon.formats.igv.envelope import head_of, opened
from holdfast_daemon.formats.jsontext import read_json

#: Whatever stands before the root must fit, and so must the beginning of its Resources where there is no genome.
HEAD_BYTES = 64 << 10

_BEGINNING = re.compile(rb"\s|[<{]|\xef\xbb\xbf|\xff\xfe|\xfe\xff|\0[<{]|\x1f\x8b")
_CONFLICT_LINES = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})(?:[ \t].*)?\r?\n", re.MULTILINE)
_BEFORE_ROOT = re.compile(rb"(?:\s++|(?><\?.*?\?>)|(?><!--.*?-->)|(?><!DOCTYPE[^\[>]*+(?:\[.*?\]\s*+)?>))*+", re.DOTALL)
_ROOT = re.compile(rb"""<(Session|Global)(?=[\s/>])((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)""")
_ATTRIBUTE = re.compile(rb"""\s([^\s=<>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_HOLDS_RESOURCES = re.compile(rb"<(?:Resources|Files)[\s/>]", re.IGNORECASE)
_FIRST_KEY = re.compile(rb'\s*\{\s*"(?:version|reference|genome|locus|tracks|roi|sampleinfo|showSampleNames)"\s*:')
_MEMBERS = (b'"tracks"', b'"reference"', b'"genome"', b'"locus"')
#: What only IGV Desktop writes: members of the session, and of its tracks.
_DESKTOP_MEMBERS = ("nextAutoscaleGroup", "hiddenAttributes", "geneList")
_DESKTOP_TRACK_MEMBERS = ("path", "shouldShowTranslation", "drawBaseline")


def recognise(content: bytes) -> Recognition | None:
    """Cheap for what is not IGV's; never raises. A damaged session is still one, where its beginning tells."""
    if not _BEGINNING.match(content):
        return None
    head = head_of(content, HEAD_BYTES)
    start = _without_conflict(head)
    if is_json(start):
        return _of_json_bytes(content)
    root = _root_in(start)
    return None if root is None else of_root(*root, head)


def begins(beginning: bytes) -> bool:
    """As XML whose root is a session's, or as JSON with one of a session's members near its begin."""
    if not _BEGINNING.match(beginning):
        return False
    start = _without_conflict(head_of(beginning, HEAD_BYTES))
    if is_json(start):
        return any(member in start for member in _MEMBERS)
    root = _root_in(start)
    return root is not None and of_root(*root, start) is not None


def _without_conflict(head: bytes) -> bytes:
    """The begin of a text without the lines that a failed merge of git leaves there."""
    return _CONFLICT_LINES.sub(b"", head[:4096]) + head[4096:]


def _root_in(start: bytes) -> tuple[str, dict[str, str], bool] | None:
    """Name and attributes of an XML document's root that may be IGV's, and whether it holds resources."""
    before = _BEFORE_ROOT.match(start)
    root = _ROOT.match(start, before.end() if before else 0)
    if root is None:
        return None
    attributes = {
        match[1].decode("utf-8", "replace"): (match[2] or match[3] or b"").decode("utf-8", "replace")
        for match in _ATTRIBUTE.finditer(root[2])
    }
    return root[1].decode(), attributes, _HOLDS_RESOURCES.search(start, root.end()) is not None


def is_json(text: bytes) -> bool:
    """Whether it can only be JSON, by its first character."""
    return text.lstrip()[:1] in (b"{", b"[")


def of_root(name: str, attributes: Mapping[str, str], holds_resources: bool, text: bytes) -> Recognition | None:
    """By the root of an XML document: a Session or Global with a genome or Resources."""
    if name not in ROOTS or not ("genome" in attributes or holds_resources):
        return None
    version = attributes.get("version", "").strip()
    number = f" {int(version)}" if re.fullmatch(r"\d{1,9}", version) else ""
    legacy = "" if name == "Session" else f" ({name})"
    return Recognition(generation=f"XML{number}{legacy}", writer=_writer_of(text[:HEAD_BYTES], number))


def of_members(session: Mapping[str, Any]) -> Recognition | None:
    """By the members of a JSON document: ``tracks`` and ``reference`` or ``genome``. IGV Desktop writes no version."""
    tracks = session.get("tracks")
    if not isinstance(tracks, list) or not ("reference" in session or "genome" in session):
        return None
    if isinstance(version := session.get("version"), str):
        return Recognition(generation="igv.js", writer=version[:40] if version.isascii() else None)
    is_desktop = any(member in session for member in _DESKTOP_MEMBERS) or any(
        member in track or isinstance(track.get("autoscale"), str)
        for track in tracks
        if isinstance(track, dict)
        for member in _DESKTOP_TRACK_MEMBERS
    )
    return Recognition(generation="JSON 3.0" if is_desktop else "igv.js", inferred=True)


def _writer_of(text: bytes, number: str) -> str | None:
    """Which IGV wrote it, as far as one trait of the sequence track tells (igv.md 1.4)."""
    if b"hasGeneTrack=" in text or b"hasSequenceTrack=" in text:
        return "2.12 or before"
    if number == " 8" and b'sequenceTranslationStrandValue="+"' in text:
        return "after 2.16"
    return "2.16 or before" if b'sequenceTranslationStrandValue="POSITIVE"' in text else None


def _of_json_bytes(content: bytes) -> Recognition | None:
    try:
        text = opened(content).json_text()
        if b'"tracks"' not in text or not (b'"reference"' in text or b'"genome"' in text):
            return None
        value = read_json(text, 0).root.value
    except DamagedDocument:
        start = _without_conflict(head_of(content, 4096))
        return Recognition(generation="JSON", inferred=True) if _FIRST_KEY.match(start) else None
    return of_members(value) if isinstance(value, dict) else None
