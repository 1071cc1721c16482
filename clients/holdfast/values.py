"""What a part is, typed: a buffer of Renardo, a message or context file of AiderDesk, a geometry of Mosaic, a track, a
resource or a region of IGV. A part of any other kind is its text, or its bytes.

Each is made of the part's content alone, so it says what the application itself would read there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from holdfast_protocol.errors import Damaged

if TYPE_CHECKING:
    from holdfast.parts import PartArray, SessionPart

Fields = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Buffer:
    """A code buffer, or a startup file."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """What an assistant asked of a tool; ``name`` is ``SERVER---TOOL``."""

    id: str
    name: str
    arguments: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolResult:
    """What a tool gave; None where it gave nothing."""

    id: str
    name: str
    result: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message of a chat. ``text``: its text parts, joined by an empty line; ``fields``: all that it has."""

    role: str
    text: str
    tool_calls: tuple[ToolCall, ...]
    tool_results: tuple[ToolResult, ...]
    fields: Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextFile:
    """A file that a chat is about. ``path`` is relative to the project, or absolute, as the application wrote it."""

    path: str
    read_only: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """A track; ``attributes`` are the XML element's (text), or the JSON object's members."""

    name: str
    id: str
    attributes: Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """A resource: ``path`` is a path or URL, as the session has it."""

    path: str
    attributes: Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A region of interest: 0-based ``start``, ``end`` not included."""

    chromosome: str
    start: int
    end: int
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Geometry:
    """A cluster or a model: ``type`` is Mosaic's class, ``arrays`` by name (``points``: float32, n × 3, in Å)."""

    name: str
    type: str
    uuid: str
    visible: bool
    arrays: Mapping[str, PartArray]


Value = Buffer | Message | ContextFile | Track | DataFile | Region | Geometry | str | bytes


def value_of(part: SessionPart) -> Value:
    """Raises Damaged where the content is not what the part's kind says."""
    make = _MAKERS.get((part.format, part.kind))
    if make is None:
        try:
            return part.content.decode()
        except UnicodeDecodeError:
            return part.content
    try:
        return make(part)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, expat.ExpatError) as problem:
        raise Damaged(f"Part {part.key} is no readable {part.kind}") from problem


def _buffer(part: SessionPart) -> Buffer:
    return Buffer(name=part.name, text=part.text)


def _message(part: SessionPart) -> Message:
    fields = json.loads(part.content)
    content = fields.get("content")
    pieces = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    found = [piece for piece in pieces if isinstance(piece, dict)]
    return Message(
        role=str(fields["role"]),
        text="\n\n".join(str(piece.get("text", "")) for piece in found if piece.get("type") == "text"),
        tool_calls=tuple(
            ToolCall(id=_id(each), name=str(each.get("toolName", "")), arguments=_either(each, "input", "args"))
            for each in found
            if each.get("type") == "tool-call"
        ),
        tool_results=tuple(
            ToolResult(id=_id(each), name=str(each.get("toolName", "")), result=_either(each, "output", "result"))
            for each in found
            if each.get("type") == "tool-result"
        ),
        fields=fields,
    )


def _id(piece: Fields) -> str:
    return str(piece.get("toolCallId", ""))


def _either(piece: Fields, later: str, earlier: str) -> Any:
    return piece[later] if later in piece else piece.get(earlier)


def _context_file(part: SessionPart) -> ContextFile:
    fields = json.loads(part.content)
    return ContextFile(path=fields["path"], read_only=bool(fields.get("readOnly")))


def _attributes(content: bytes) -> Fields:
    """Of a JSON object, or of the outermost XML element."""
    if content.lstrip()[:1] == b"{":
        found = json.loads(content)
        assert isinstance(found, dict)
        return found
    seen: list[Sequence[str]] = []
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda _, attributes: seen.append(attributes) if not seen else None
    parser.Parse(content, True)
    return dict(zip(seen[0][::2], seen[0][1::2], strict=True))


def _refuse(*_: object) -> None:
    raise ValueError("a part of a document has no DOCTYPE")


def _track(part: SessionPart) -> Track:
    attributes = _attributes(part.content)
    path = attributes.get("url") or attributes.get("path") or ""
    return Track(name=str(attributes.get("name", "")), id=str(attributes.get("id", path)), attributes=attributes)


def _data_file(part: SessionPart) -> DataFile:
    attributes = _attributes(part.content)
    return DataFile(path=str(attributes.get("path") or attributes.get("name") or ""), attributes=attributes)


def _text(part: SessionPart) -> str:
    """Of XML it is the text; of JSON text, or another value as JSON."""
    found = json.loads(part.content) if part.content[:1] == b'"' else part.text
    return str(found)


def _region(part: SessionPart) -> Region:
    fields = _attributes(part.content)
    return Region(
        chromosome=str(_either(fields, "chr", "chromosome")), start=int(fields["start"]), end=int(fields["end"]),
        description=str(fields.get("description") or ""),
    )  # fmt: skip


def _geometry(part: SessionPart) -> Geometry:
    return Geometry(
        name=part.name, type=str(part.facts["type"]), uuid=str(part.facts.get("uuid") or ""),
        visible=bool(part.facts.get("visible")), arrays=part.arrays,
    )  # fmt: skip


_MAKERS: dict[tuple[str, str], Callable[[SessionPart], Value]] = {
    ("renardo", "buffer"): _buffer,
    ("renardo", "startup"): _buffer,
    ("aiderdesk", "message"): _message,
    ("aiderdesk", "file"): _context_file,
    ("igv", "genome"): _text,
    ("igv", "locus"): _text,
    ("igv", "track"): _track,
    ("igv", "resource"): _data_file,
    ("igv", "region"): _region,
    ("mosaic", "cluster"): _geometry,
    ("mosaic", "model"): _geometry,
}
