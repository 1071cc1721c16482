"""AiderDesk's chats as bubbles: what was said, thought, asked of tools and given by them, as text. Decides only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from holdfast.looking.chats import Told
from holdfast.looking.pictures import numbers_in
from holdfast.values import ToolResult
from holdfast_protocol.model import PartRow

_FOLDED_SIGNS = 20_000
_NAMED_SIGNS = 200
_SPEAKERS = {"user": "You", "assistant": "Assistant", "tool": "Tool", "system": "System"}


class Picture(NamedTuple):
    """Where it is: the message's part, and its number there."""

    key: str
    number: int


class Code(NamedTuple):
    """Text to be shown as it is, in a language."""

    text: str
    language: str


class Call(NamedTuple):
    """What was asked of a tool and, where it has answered, what it gave; ``failed``: an error."""

    name: str
    asked: Code | None
    gave: Code | None
    failed: bool
    pictures: Sequence[Picture]


class Bubble(NamedTuple):
    """One message: ``words`` and ``thought`` are Markdown, empty where there is none; ``raw`` is what cannot be read as
    a message. ``attached``: what else it came with, by name."""

    key: str
    role: str
    speaker: str
    words: str = ""
    thought: str = ""
    calls: Sequence[Call] = ()
    pictures: Sequence[Picture] = ()
    attached: Sequence[str] = ()
    raw: Code | None = None


def bubbles_of(found: Sequence[Told]) -> list[Bubble]:
    """In the order of the chat, none that has nothing; what a tool gave stands at what was asked of it."""
    chat = [(each.part, each.message) for each in found if each.message]
    results = {result.id: (part, result) for part, message in chat for result in message.tool_results if result.id}
    asked = {call.id for _, message in chat for call in message.tool_calls}
    bubbles = [_bubble(each, results, asked) for each in found]
    return [each for each in bubbles if any(each[3:])]


def _bubble(told: Told, results: Mapping[str, tuple[PartRow, ToolResult]], asked: set[str]) -> Bubble:
    part, message = told.part, told.message
    if message is None:
        return Bubble(part.key, "other", "Unreadable", raw=Code(told.text, "json"))
    calls = [_call(each.name, each.arguments, results.get(each.id)) for each in message.tool_calls]
    calls += [_call(each.name, None, (part, each)) for each in message.tool_results if each.id not in asked]
    role = message.role if message.role in _SPEAKERS else "other"
    ours = [each for each in _pieces(message.fields) if each.get("type") not in ("tool-call", "tool-result")]
    attached = [_attached(each) for each in ours if each.get("type") in ("file", "image") and not numbers_in(each)]
    thought = "\n\n".join(str(each.get("text", "")) for each in ours if each.get("type") == "reasoning")
    return Bubble(
        part.key, role, _SPEAKERS.get(role) or message.role[:_NAMED_SIGNS],
        message.text if message.text.strip() else "", thought, calls,
        [Picture(part.key, number) for number in numbers_in(ours or message.text)], attached,
    )  # fmt: skip


def _pieces(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = fields.get("content")
    return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []


def _attached(piece: Mapping[str, Any]) -> str:
    """By its name, or what it is."""
    named = piece.get("filename") or piece.get("mediaType") or piece.get("mimeType") or piece.get("type")
    return str(named)[:_NAMED_SIGNS]


def _call(name: str, arguments: object, given: tuple[PartRow, ToolResult] | None) -> Call:
    result = given[1].result if given else None
    kind = result.get("type") if isinstance(result, dict) else None
    return Call(
        name=" › ".join(name.split("---"))[:_NAMED_SIGNS] or "tool",
        asked=_shortened(arguments) if arguments not in (None, {}) else None,
        gave=_shortened(result) if given else None,
        failed=str(kind).startswith("error"),
        pictures=[Picture(given[0].key, number) for number in numbers_in(result)] if given else [],
    )


def _shortened(value: object) -> Code:
    """Text as it is, anything else as JSON."""
    if isinstance(value, dict) and "value" in value and "type" in value:
        value = value["value"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    cut = text if len(text) <= _FOLDED_SIGNS else f"{text[:_FOLDED_SIGNS]}\n… {len(text) - _FOLDED_SIGNS:,} signs more"
    return Code(cut, "" if isinstance(value, str) else "json")
