"""Pictures, told by their bytes: as parts, and as base64 in the JSON of a chat.

Only such as hold nothing that runs: an SVG is text, and stays it. What a document says that something is, is not asked.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import NamedTuple

_BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
#: How these, and WebP, begin in base64.
_SIGNS = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR")
_BASE64 = rf"((?:{'|'.join(_SIGNS)})[A-Za-z0-9+/]{{24,}}={{0,2}})"
_ADDRESS = re.compile(r"data:[A-Za-z0-9/+.;=_-]{0,100};base64," + _BASE64)
_ALONE = re.compile(_BASE64)
#: So much of one tells what it is.
_START_SIGNS = 24
_MARK = re.compile(r"⟨picture (\d{1,6})⟩")


def image_type(data: bytes) -> str | None:
    """The media type of a picture, by how it begins."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS.items() if data.startswith(beginning)), None)


class Taken(NamedTuple):
    """A JSON text whose pictures are taken out: ``⟨picture 0⟩`` stands where the first, in base64, was."""

    content: bytes
    pictures: Sequence[str]


def taken_out(content: bytes) -> Taken:
    """What is no JSON, or has no picture, stays as it is."""
    if not any(sign.encode() in content for sign in _SIGNS):
        return Taken(content, ())
    found: list[str] = []
    try:
        value = _without(json.loads(content), found)
    except (ValueError, RecursionError):
        return Taken(content, ())
    return Taken(json.dumps(value).encode(), found) if found else Taken(content, ())


def numbers_in(value: object) -> list[int]:
    """Which pictures were taken out of it."""
    if value is None:
        return []
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return [int(number) for number in dict.fromkeys(_MARK.findall(text))]


def picture_of(content: bytes, number: int) -> tuple[str, bytes] | None:
    """The media type and the bytes of one that was taken out."""
    pictures = taken_out(content).pictures
    if not 0 <= number < len(pictures):
        return None
    signs = pictures[number].rstrip("=")
    try:
        data = base64.b64decode(signs + "=" * (-len(signs) % 4), validate=True)
    except binascii.Error:
        return None
    kind = image_type(data)
    return (kind, data) if kind else None


def _without(value: object, found: list[str]) -> object:
    if isinstance(value, dict):
        return {key: _without(each, found) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(each, found) for each in value]
    if not isinstance(value, str):
        return value
    if _ALONE.fullmatch(value):
        return _mark(value, value, found)
    return _ADDRESS.sub(lambda match: _mark(match[0], match[1], found), value)


def _mark(whole: str, picture: str, found: list[str]) -> str:
    """``whole``, where it is no picture in spite of its first letters."""
    if image_type(base64.b64decode(picture[:_START_SIGNS])) is None:
        return whole
    found.append(picture)
    return f"⟨picture {len(found) - 1}⟩"
