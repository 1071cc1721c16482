"""Which part is which across two sessions: by what IGV itself goes by, then by what a person would (fact 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial

from holdfast_daemon.formats.alignment import Alignment
from holdfast_daemon.formats.base import DamagedDocument, Pair, Part
from holdfast_daemon.formats.igv.json_reading import key_and_value
from holdfast_daemon.formats.igv.meaning import meaning_of
from holdfast_daemon.formats.igv.paths import file_name, with_slashes

#: What there is mostly one of in a session.
_SINGLE = frozenset(
    ("genome", "locus", "session", "layout", "gene-list", "filter", "attributes", "preferences", "color-scales")
)
_NUMBERED_PANEL = re.compile(r"Panel\d+")
_Meaning = dict[str, str]


def match_parts(old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
    """Every index of both sides once; kinds never mixed."""
    alignment = Alignment(old, new)
    alignment.join_equal(lambda part: (part.kind, part.key, part.content))
    alignment.join_equal(lambda part: (part.kind, part.content))
    alignment.join_equal(lambda part: part.kind if part.kind in _SINGLE else None)
    meanings = _Meanings()
    for identities in _PASSES:
        kinds = {old[at].kind for at in alignment.free_old} & {new[at].kind for at in alignment.free_new}
        asked = {kind: identity for kind, identity in identities.items() if kind in kinds}
        alignment.join_equal(partial(_identity, asked, meanings))
    return alignment.rows()


def identity_of(part: Part) -> str | None:
    """A track's file and class, a resource's path, a panel's name, a region's place, a member's key; what there is one
    of is known by its kind."""
    if part.kind in _SINGLE:
        return part.kind
    if part.kind == "member":
        return _member(part)
    meaning = _Meanings().of(part)
    if part.kind == "track" and _target(meaning):
        return f"{_class(meaning)} {_target(meaning)}"
    if part.kind == "region" and meaning.get("start"):
        return " ".join(meaning.get(name, "") for name in ("chromosome", "chr", "start", "end"))
    return {"resource": _path(meaning), "panel": meaning.get("name")}.get(part.kind) or None


def _identity(identities: Mapping[str, _Identity], meanings: _Meanings, part: Part) -> Hashable | None:
    identity = identities.get(part.kind)
    mark = identity(part, meanings.of(part)) if identity else None
    return (part.kind, mark) if mark else None


def _target(meaning: _Meaning) -> str:
    """What a track is found by: in XML the id is the path (igv.md 1.5), in JSON it may lack."""
    names = ("id", "url", "path")
    return with_slashes(next((meaning[name] for name in names if name in meaning), ""))


def _path(meaning: _Meaning) -> str:
    """What a resource is found by; its ``url`` is one to click on."""
    return with_slashes(meaning.get("path", ""))


def _member(part: Part) -> str:
    """What it is called in its session, which may be more than is shown."""
    try:
        return key_and_value(part)[0]
    except DamagedDocument:
        return part.name


def _class(meaning: _Meaning) -> str:
    return meaning.get("clazz", "") + meaning.get("type", "")


def _track(part: Part, meaning: _Meaning) -> Hashable | None:
    return (_target(meaning), _class(meaning), meaning.get("name")) if _target(meaning) else None


def _track_by_class(part: Part, meaning: _Meaning) -> Hashable | None:
    return (_target(meaning), _class(meaning)) if _target(meaning) else None


def _track_by_file_and_name(part: Part, meaning: _Meaning) -> Hashable | None:
    file = file_name(_target(meaning))
    return (file, _class(meaning), meaning.get("name")) if file else None


def _track_by_file(part: Part, meaning: _Meaning) -> Hashable | None:
    file = file_name(_target(meaning))
    return (file, _class(meaning)) if file else None


def _track_by_name(part: Part, meaning: _Meaning) -> Hashable | None:
    return (_class(meaning), meaning["name"]) if meaning.get("name") else None


def _numbered(part: Part, meaning: _Meaning) -> Hashable | None:
    """IGV numbers the panels of alignments by the clock."""
    return "Panel" if _NUMBERED_PANEL.fullmatch(part.name) else None


def _region(part: Part, meaning: _Meaning) -> Hashable | None:
    return tuple(meaning.get(name) for name in ("chromosome", "chr", "start", "end"))


_Identity = Callable[[Part, _Meaning], Hashable | None]
_PASSES: tuple[Mapping[str, _Identity], ...] = (
    {
        "track": _track,
        "resource": lambda part, meaning: _path(meaning),
        "panel": lambda part, meaning: part.name,
        "region": _region,
        "member": lambda part, meaning: _member(part),
        "other": lambda part, meaning: part.name,
    },
    {"track": _track_by_class, "panel": _numbered, "region": lambda part, meaning: meaning.get("description")},
    {"track": lambda part, meaning: _target(meaning), "resource": lambda part, meaning: file_name(_path(meaning))},
    {"track": _track_by_file_and_name, "resource": lambda part, meaning: meaning.get("name")},
    {"track": _track_by_file},
    {"track": _track_by_name},
)


class _Meanings:
    """Each part's, made once: several passes ask for those that are still free."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, str]] = {}

    def of(self, part: Part) -> dict[str, str]:
        if id(part) not in self._known:
            try:
                self._known[id(part)] = meaning_of(part)
            except DamagedDocument:
                self._known[id(part)] = {}
        return self._known[id(part)]
