"""What a part says, apart from how it is spelled, and which differences a mere saving by IGV makes (fact 8).

A meaning is flat: a name such as ``color`` or ``DataRange/minimum`` to a value. What IGV ignores, or adds of its own
accord without effect, is not in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.igv.elements import ROOTS, kind_of, short_class
from holdfast_daemon.formats.igv.paths import file_name, same_file
from holdfast_daemon.formats.igv.values import plain_value
from holdfast_daemon.formats.jsontext import canonical_value, value_of
from holdfast_daemon.formats.xmltext import Element, fragment

#: Attributes that IGV does not read (igv.md 1.2 to 1.4), by the kind of element.
_IGNORED = {
    "session": ("path", "hasGeneTrack", "hasSequenceTrack", "relativePath"),
    "resource": ("relativePath",),
    "panel": ("height", "width"),
    "track": ("expand", "squish", "sortable"),
}
#: What IGV adds to a session that was written by hand, by the kind or name of the element.
_ADDED = {
    ("track", "fontSize"): "10",
    ("track", "visible"): "true",
    ("track", "groupByStrand"): "false",
    ("track", "shouldShowTranslation"): "false",
    ("track", "sequenceTranslationStrandValue"): "+",
    ("region", "description"): "",
    ("datarange", "flipAxis"): "false",
    ("datarange", "drawBaseline"): "true",
}
#: By which of its attributes one of several children of a name is known; their order means nothing, but of tracks.
_MARKS = {"attribute": "name", "visibleattribute": "name", "property": "name", "frame": "name", "track": "id"}
ORDER_OF_TRACKS = "order of tracks"
#: A locus creeps by a base at each saving; by more, with the same end, somebody has moved it.
MOST_DRIFT = 20
MOST_DIGITS = 12
_LOCUS = re.compile(r"([^\s:]+):(\d+)-(\d+)")


def meaning_of(part: Part) -> dict[str, str]:
    """Raises DamagedDocument where the content is not what such a part holds."""
    if part.content[:1] == b"<":
        return dict(_of_element(fragment(part.content).root))
    if part.content[:1] in (b"{", b"[", b'"'):
        return dict(_of_value(value_of(part.content)))
    return {"": part.content.decode("utf-8", "backslashreplace")}


def same(old: Part, new: Part) -> bool:
    """Whether a mere saving makes this difference, in either direction; which session is the older is not known where
    two are merged."""
    if old.content == new.content or (old.kind == new.kind == "layout"):
        return True
    if old.kind != new.kind:
        return False
    try:
        before, after = meaning_of(old), meaning_of(new)
    except DamagedDocument:
        return False
    return before == after or _resaved(old.kind, old.name, before, after)


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names that these meanings have otherwise, in the order of the newer."""
    return [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]


def _resaved(kind: str, name: str, one: dict[str, str], other: dict[str, str]) -> bool:
    return all(
        _harmless(kind, each or name, one.get(each, ""), other.get(each, ""), one) for each in differing(one, other)
    )


def _harmless(kind: str, name: str, one: str, other: str, beside: Mapping[str, str]) -> bool:
    if name == "nextAutoscaleGroup":  # counted up at each saving, and a running IGV may have been asked often
        return (one or "1").isdecimal() and (other or "1").isdecimal()
    if kind == "locus":
        return _drifted(one, other)
    if kind == "session" and name == "version":
        return "8" in (one, other)
    if kind == "resource" and name == "type":
        return not (one and other) and _is_told(one or other, beside.get("path", ""))
    return kind == "track" and name == "id" and same_file(one, other)


def _drifted(one: str, other: str) -> bool:
    """IGV 2 writes a locus from 0 and reads it from 1, so that it creeps (igv.md 2)."""
    before, after = _LOCUS.fullmatch(one.replace(",", "")), _LOCUS.fullmatch(other.replace(",", ""))
    if before is None or after is None or (before[1], before[3]) != (after[1], after[3]):
        return False
    starts = [int(each[2]) for each in (before, after) if len(each[2]) < MOST_DIGITS]
    return len(starts) == 2 and abs(starts[0] - starts[1]) <= MOST_DRIFT


def _is_told(of_type: str, path: str) -> bool:
    """Whether the file's own name says its type; that of sample information is an absolute path (igv.md 1.6)."""
    return "/" in of_type or of_type.lower() in file_name(path).lower().split(".")


def _of_element(element: Element, at: str = "") -> Iterator[tuple[str, str]]:
    """Names below ``at``, which ends in a slash."""
    kind = "session" if element.name in ROOTS else kind_of(element)
    attributes = _current(element.attributes, kind)
    if kind == "attributes":  # one hides what the other shows
        yield f"{at}element", element.name
    for name, value in attributes.items():
        plain = short_class(value) if name == "clazz" else plain_value(name, value)
        added = _ADDED.get((kind if kind in ("track", "region") else element.name.lower(), name))
        if plain != added and name not in _IGNORED.get(kind, ()):
            yield at + name, plain
    if text := " ".join("".join(element.texts).split()):
        yield f"{at}text", text
    tracks = [child.attributes.get("id", "") for child in element.children if kind_of(child) == "track"]
    if len(tracks) > 1:  # of an overlay, the later ones lie on the earlier ones
        yield f"{at}{ORDER_OF_TRACKS}", ", ".join(tracks)
    counts: Counter[str] = Counter()
    for child in element.children:
        mark = child.attributes.get(_MARKS.get(child.name.lower(), ""), "")
        counts[child.name + mark] += 1
        number = f" {counts[child.name + mark]}" if counts[child.name + mark] > 1 else ""
        place = f"{at}{child.name}{' ' if mark else ''}{mark}{number}/"
        yield place, "is there"
        yield from _of_element(child, place)


def _current(attributes: Mapping[str, str], kind: str) -> Mapping[str, str]:
    """With today's names, and without what is the same as another or not read."""
    left = dict(attributes)
    if kind == "resource":
        if "path" not in left and "name" in left:
            left["path"] = left.pop("name")
        if "label" in left:
            left.setdefault("name", left.pop("label"))
    if kind == "track" and left.get("attributeKey") == left.get("name"):
        left.pop("attributeKey", None)
    if short_class(left.get("clazz", "")) == "FeatureTrack":
        left.pop("renderer", None)
    return left


def _of_value(root: Any) -> Iterator[tuple[str, str]]:
    """Without recursion: JSON may be nested deeper than Python calls."""
    waiting: list[tuple[str, str, Any]] = [("", "", root)]
    while waiting:
        at, name, value = waiting.pop()
        if isinstance(value, dict | list):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += reversed([(f"{at}/{key}" if at else str(key), str(key), each) for key, each in inner])
            yield f"{at or 'value'}/", "an object" if isinstance(value, dict) else "a list"
        elif isinstance(value, str):
            yield at, plain_value(name, value)
        else:
            yield at, canonical_value(value)
