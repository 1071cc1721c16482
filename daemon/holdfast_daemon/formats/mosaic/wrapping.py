"""What a session's pickle is wrapped in (mosaic.md 1.1): nothing, an index with further sections, or, in builds that
were never released, a header alone.

Mosaic itself tells them apart by the first byte, never by the suffix.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.mosaic.texts import shown

PLAIN, INDEXED, UNRELEASED = "plain", "indexed", "unreleased"
STATE = "state"
_PICKLE_BEGINS = 0x80
_LENGTH_BYTES = 4
#: Mosaic's own is 200 bytes.
LONGEST_INDEX_BYTES = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A stretch of the document; with an empty name it is one that the index does not tell of."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrapping:
    """``start`` and ``end``: where the pickle may lie. ``index``: the JSON object, None around a plain pickle.
    ``sections``: every stretch behind the index in the order of the bytes, the pickle's own among them."""

    kind: str
    start: int
    end: int
    index: Mapping[str, Any] | None = None
    sections: tuple[Section, ...] = ()

    @property
    def version(self) -> str | None:
        """The version of Mosaic that the index names."""
        version = self.index.get("version") if self.index else None
        return version if isinstance(version, str) else None


def wrapping_of(content: bytes) -> Wrapping:
    """By the first bytes. Raises DamagedDocument for an index that is none, or that does not fit the content."""
    if content[:1] == bytes([_PICKLE_BEGINS]):
        return Wrapping(kind=PLAIN, start=0, end=len(content))
    index, behind = _index_of(content)
    sections = index.get("sections")
    if sections is None and content[behind : behind + 1] == bytes([_PICKLE_BEGINS]):
        return Wrapping(kind=UNRELEASED, start=behind, end=len(content), index=index)
    if not isinstance(sections, dict) or STATE not in sections:
        raise DamagedDocument("its index names no section 'state'")
    found = _sections(sections, behind, len(content))
    state = next(section for section in found if section.name == STATE)
    return Wrapping(kind=INDEXED, start=state.start, end=state.end, index=index, sections=found)


def begins_as_indexed(content: bytes) -> bool:
    """Whether these could be the first bytes of an index; cheap for anything."""
    length = int.from_bytes(content[:_LENGTH_BYTES], "big")
    return content[_LENGTH_BYTES : _LENGTH_BYTES + 1] == b"{" and length <= LONGEST_INDEX_BYTES


def _index_of(content: bytes) -> tuple[dict[str, Any], int]:
    """The index, and where it ends."""
    if not content:
        raise DamagedDocument("it is empty")
    if not begins_as_indexed(content):
        raise DamagedDocument("it begins neither as a pickle nor as an index")
    behind = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "big")
    if behind > len(content):
        raise DamagedDocument(f"its index is cut off: it should end at byte {behind}")
    try:
        index = json.loads(content[_LENGTH_BYTES:behind])
    except (ValueError, RecursionError) as error:
        raise DamagedDocument("its index is no JSON") from error
    if not isinstance(index, dict):
        raise DamagedDocument("its index is no JSON object")
    return index, behind


def _sections(index: Mapping[str, Any], behind: int, size: int) -> tuple[Section, ...]:
    """The sections, and what lies between them, in the order of the bytes."""
    named = sorted((_section(name, row, size) for name, row in index.items()), key=lambda each: (each.start, each.end))
    found: list[Section] = []
    at = behind
    for section in named:
        if section.start < at and section.start != section.end:
            raise DamagedDocument(f"section {section.name!r} lies over what stands before it")
        if section.start > at:
            found.append(Section(name="", start=at, end=section.start))
        found.append(section)
        at = max(at, section.end)
    if at < size:
        found.append(Section(name="", start=at, end=size))
    return tuple(found)


def _section(name: str, row: object, size: int) -> Section:
    offset, length = (row.get("offset"), row.get("size")) if isinstance(row, dict) else (None, None)
    if (
        not name.isprintable()
        or not name
        or name != shown(name)
        or type(offset) is not int
        or type(length) is not int
        or offset < 0
        or length < 0
    ):
        raise DamagedDocument(f"the index does not say where section {shown(name)!r} lies")
    if offset + length > size:
        raise DamagedDocument(f"section {name!r} ends behind the end of the file")
    return Section(name=name, start=offset, end=offset + length)


def wrapped(
    model: Wrapping, document: bytes, pickle: Sequence[bytes | memoryview], sections: Mapping[str, bytes]
) -> bytes:
    """The pickle wrapped as ``model`` is around ``document``, with these sections and no others."""
    if model.kind != INDEXED:
        return b"".join([memoryview(document)[: model.start], *pickle])
    kept: list[tuple[str, Sequence[bytes | memoryview]]] = []
    for section in model.sections:
        if section.name == STATE:
            kept.append((STATE, pickle))
        elif section.name in sections:
            kept.append((section.name, [sections[section.name]]))
        elif not section.name:
            kept.append(("", [memoryview(document)[section.start : section.end]]))
    there = {name for name, _ in kept}
    kept += [(name, [content]) for name, content in sections.items() if name not in there]
    return _indexed(model.index or {}, kept)


def newly_indexed(
    pickle: Sequence[bytes | memoryview], sections: Mapping[str, bytes], version: str,
    beside: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """A new container as Mosaic ``version`` writes it; its index has what ``beside`` has, too."""
    index = {**(beside or {}), "format_version": 1, "version": version, "sections": {}}
    return _indexed(index, [(STATE, pickle), *((name, [content]) for name, content in sections.items())])


def _indexed(index: Mapping[str, Any], kept: Sequence[tuple[str, Sequence[bytes | memoryview]]]) -> bytes:
    """The rows of the index tell where everything lies, and how long they are shifts that: repeated until it fits."""
    sizes = [sum(map(len, pieces)) for _, pieces in kept]
    encoded, header = b"", b"{}"
    while len(encoded) != len(header):
        encoded, at = header, _LENGTH_BYTES + len(header)
        places: dict[str, dict[str, Any]] = {}
        for (name, pieces), size in zip(kept, sizes, strict=True):
            if name:
                row = index["sections"].get(name) or {"encoding": _encoding_of(name, bytes(pieces[0][:8]))}
                places[name] = {"offset": at, "size": size, **{k: v for k, v in row.items() if k not in _PLACE}}
            at += size
        rows = {name: places[name] for name in [*index["sections"], *places] if name in places}
        header = json.dumps({**index, "sections": rows}, separators=(",", ":")).encode()
    pieces = [piece for _, section in kept for piece in section]
    return b"".join([len(header).to_bytes(_LENGTH_BYTES, "big"), header, *pieces])


_PLACE = ("offset", "size")


def _encoding_of(name: str, begin: bytes) -> str:
    if name == STATE:
        return "pickle"
    return "png" if begin.startswith(b"\x89PNG") else "json" if begin[:1] in (b"{", b"[") else "binary"
