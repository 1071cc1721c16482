"""How IGV spells the same value in several ways: ``0`` and ``0.0``, ``rgb(1,2,3)`` and ``1,2,3``, ``POSITIVE`` and
``+``."""

from __future__ import annotations

import re

#: What is text even where it looks like a number.
_TEXTS = frozenset(
    (
        *("id", "name", "attributeKey", "label", "title", "path", "url", "index", "indexURL", "indexPath", "coverage"),
        *("mapping", "genome", "description", "sampleID", "track1", "track2", "source0", "source1", "sequence", "db"),
        *("pattern", "value", "item", "type", "format", "chr", "chromosome", "locus", ""),
        *("groupTracksBy", "groupBy"),
    )
)
_STRANDS = {"POSITIVE": "+", "NEGATIVE": "-"}
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{0,30})?(?:[eE][+-]?\d{1,3})?")
_COLOR = re.compile(r"rgb\(([\d,. ]{1,40})\)")


def plain_value(name: str, value: str) -> str:
    """One spelling for all spellings of an attribute's value."""
    if name in _TEXTS:
        return value
    if color := _COLOR.fullmatch(value):
        return color[1].replace(" ", "")
    if ";" in value:
        return ";".join(map(spelled, value.split(";")))
    return _STRANDS.get(value, spelled(value))


def spelled(value: str) -> str:
    """A number without what it does not need; any other text as it is."""
    if not _NUMBER.fullmatch(value):
        return value
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
