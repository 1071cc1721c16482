"""Files for parts: their names, and the manifest that says which is whose. Packed as a ZIP archive they are a document
of the format ``parts`` (FORMATS.md), which anybody's holdfast takes in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from holdfast.entries import Entry, manifest_file
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow

if TYPE_CHECKING:
    from holdfast.screening.redaction import Redaction

_FOLDER = "parts"
_LONGEST_BYTES = 100
#: What no file's name may hold on one system or another, and what would hide it or confuse a shell.
_REFUSED = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u2028-\u202e\u2066-\u2069\ud800-\udfff]+')
#: What a part's file ends in, by the format and the part's kind, where its name has no suffix.
_SUFFIXES = {
    ("renardo", "startup"): ".py", ("renardo", "buffer"): ".py", ("aiderdesk", "message"): ".json",
    ("aiderdesk", "file"): ".json", ("aiderdesk", "field"): ".json",
}  # fmt: skip


def file_names(parts: Sequence[PartRow], form: str, redaction: Redaction | None) -> list[str]:
    """A path for each: its place, so that they lie in order and no two are alike, then what people call it."""
    return [f"{_FOLDER}/{name}" for name in numbered_names(parts, form, redaction)]


def numbered_names(parts: Sequence[PartRow], form: str, redaction: Redaction | None) -> list[str]:
    """The same without the folder."""
    digits = len(str(len(parts)))
    return [f"{number:0{digits}d} {_tail(part, form, redaction)}".strip() for number, part in enumerate(parts, 1)]


def name_alone(part: PartRow, form: str, redaction: Redaction | None) -> str:
    """What the file of a part by itself may be called."""
    return _tail(part, form, redaction) or part.kind


def file_name(text: str) -> str:
    """The text as a file may be called on any system; empty where nothing is left of it."""
    return cut(_REFUSED.sub("_", text).strip(" ."), _LONGEST_BYTES)


def manifest_of(shown: Shown, parts: Sequence[PartRow], names: Sequence[str]) -> Mapping[str, object]:
    """Which file is which part's."""
    rows = [
        {"key": part.key, "name": part.name, "kind": part.kind, "member": name}
        for part, name in zip(parts, names, strict=True)
    ]
    return {"holdfast_parts": 1, **whose(shown), "parts": rows}


def whose(shown: Shown) -> dict[str, object]:
    """Of which session the files are."""
    snapshot = shown.snapshot.snapshot if shown.snapshot else None
    return {"application": shown.session.app, "session": shown.session.name, "snapshot": snapshot}


def manifest_entry(manifest: Mapping[str, object], redaction: Redaction | None) -> Entry:
    """As it is written: it tells of the files that leave."""
    plain = _encoded(manifest)
    told = None if redaction is None else lambda: _encoded(redaction.told(manifest))
    return manifest_file(len(plain), lambda: plain, told)


def _encoded(manifest: Mapping[str, object]) -> bytes:
    return (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()


def _tail(part: PartRow, form: str, redaction: Redaction | None) -> str:
    suffix = _SUFFIXES.get((form, part.kind), "")
    said = part.name if redaction is None else redaction.words(part.name)  # while a path in it is one
    name = _REFUSED.sub("_", said).strip(" .").removesuffix(suffix)
    return (cut(name, _LONGEST_BYTES) + suffix).strip()


def cut(text: str, size_bytes: int) -> str:
    """The longest beginning of at most that many bytes in UTF-8."""
    return text.encode(errors="replace")[:size_bytes].decode(errors="ignore")
