"""What IGV's New keeps of a session, and when a session looks as if somebody had pressed it (igv.md 2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from holdfast_daemon.formats.base import Part, Reading
from holdfast_daemon.formats.igv.needs import needed_parts
from holdfast_daemon.formats.igv.pointers import pointers_of
from holdfast_daemon.formats.jsonedit import json_text
from holdfast_daemon.formats.xmledit import retagged
from holdfast_daemon.formats.xmltext import emptied, fragment

EVERYWHERE = "All"
#: Attributes of the root that New sets back.
_SET_BACK = ("groupTracksBy", "nextAutoscaleGroup", "removeEmptyTracks")
#: Members that are about the session and not in it.
_KEPT_MEMBERS = ("version",)


def emptied_parts(parts: Sequence[Part], keep: Collection[str]) -> list[Part]:
    """The genome stays, and the parts of the kinds in ``keep`` with what they need. A session of XML has a ``session``
    part, one of JSON has none."""
    chosen = [part for part in parts if part.kind in keep]
    needed = needed_parts(parts, chosen) if chosen else []
    keys = {part.key for part in needed}
    locus = EVERYWHERE if any(part.kind == "session" for part in parts) else json_text(EVERYWHERE)
    emptied_ones = []
    for part in parts:
        if part.kind == "locus" and "locus" not in keep:
            emptied_ones.append(replace(part, content=locus.encode()))
        elif part.kind == "session":
            emptied_ones.append(replace(part, content=_set_back(part.content)))
        elif part.kind == "genome" or part.key in keys or (part.kind == "member" and part.name in _KEPT_MEMBERS):
            emptied_ones.append(part)
    return emptied_ones


def looks_emptied(old: Reading, new: Reading) -> str | None:
    """That nothing is left of what was to be seen, as after New or where a drive was missing (facts 7 and 9)."""
    had, has = _pointing(old.parts), _pointing(new.parts)
    if had and not has:
        return f"none of its {had} resources is left"
    had, has = (sum(part.kind == "track" for part in reading.parts) for reading in (old, new))
    return f"none of its {had} tracks is left" if had and not has else None


def _pointing(parts: Sequence[Part]) -> int:
    """How many resources; in JSON that is tracks with a file or URL."""
    return sum(1 for part in parts if part.kind in ("resource", "track") and any(pointers_of(part)))


def _set_back(content: bytes) -> bytes:
    attributes = fragment(content).root.attributes
    rest = {name: value for name, value in attributes.items() if name not in _SET_BACK}
    return emptied(retagged(content, attributes, rest))
