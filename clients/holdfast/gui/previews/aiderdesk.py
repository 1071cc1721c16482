"""AiderDesk's chats as bubbles; what was thought, and what tools were asked and gave, is folded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from holdfast.gui.house import House
from holdfast.gui.showing import code, markdown
from holdfast.looking.chats import message_of
from holdfast.looking.contents import Window, windows
from holdfast.values import Message, ToolResult
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow, Ref

TEMPLATE = "preview_aiderdesk.html"
#: So many are shown, the newest.
_MESSAGES_COUNT = 100
_FOLDED_SIGNS = 20_000
_SPEAKERS = {"user": "You", "assistant": "Assistant", "tool": "Tool", "system": "System"}


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked of a tool and, where it has answered, what it gave; ``failed``: an error."""

    name: str
    asked: Markup
    gave: Markup | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. ``html`` is empty where it has only calls."""

    key: str
    role: str
    speaker: str
    html: Markup
    thought: Markup
    calls: Sequence[Call]


async def context(house: House, shown: Shown, at: str) -> dict[str, object]:
    """What the template needs."""
    messages = [part for part in shown.parts if part.kind == "message"]
    files = [part for part in shown.parts if part.kind == "file"]
    some = messages[-_MESSAGES_COUNT:]
    snapshot = shown.snapshot.snapshot if shown.snapshot else at
    found = await windows(house.client, Ref(id=shown.session.id, snapshot=snapshot), some)
    return {
        "bubbles": await asyncio.to_thread(bubbles_of, some, found),
        "earlier_count": len(messages) - len(some),
        "context_files": files[:_MESSAGES_COUNT],
        "more_files_count": max(0, len(files) - _MESSAGES_COUNT),
    }


def bubbles_of(parts: Sequence[PartRow], found: Sequence[Window]) -> list[Bubble]:
    """In the order of the chat; what a tool gave stands at what was asked of it."""
    values = [_value(*each) for each in zip(parts, found, strict=True)]
    chat = [value for value in values if isinstance(value, Message)]
    results = {result.id: result for message in chat for result in message.tool_results if result.id}
    asked = {call.id for message in chat for call in message.tool_calls}
    bubbles = [_bubble(part, value, results, asked) for part, value in zip(parts, values, strict=True)]
    return [bubble for bubble in bubbles if bubble.html or bubble.thought or bubble.calls]


def _value(part: PartRow, window: Window) -> Message | str:
    """The message; of one that cannot be read, the text that is there."""
    return message_of(part, window) or window.data.decode(errors="replace")


def _bubble(part: PartRow, value: Message | str, results: Mapping[str, ToolResult], asked: set[str]) -> Bubble:
    if isinstance(value, str):
        return Bubble(part.key, "other", "Unreadable", code(value, "json", numbered=False), Markup(), ())
    calls = [_call(each.name, each.arguments, results.get(each.id)) for each in value.tool_calls]
    calls += [_call(each.name, None, each) for each in value.tool_results if each.id not in asked]
    role = value.role if value.role in _SPEAKERS else "other"
    html = markdown(value.text) if value.text.strip() else Markup()
    return Bubble(part.key, role, _SPEAKERS.get(role, value.role[:40]), html, _thought(value.fields), calls)


def _thought(fields: Mapping[str, Any]) -> Markup:
    content = fields.get("content")
    pieces = [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    texts = [str(each.get("text", "")) for each in pieces if each.get("type") == "reasoning"]
    return markdown("\n\n".join(texts)) if texts else Markup()


def _call(name: str, arguments: object, result: ToolResult | None) -> Call:
    kind = result.result.get("type") if result and isinstance(result.result, dict) else None
    return Call(
        name=" › ".join(name.split("---")) or "tool",
        asked=_folded(arguments) if arguments not in (None, {}) else Markup(),
        gave=_folded(result.result) if result else None,
        failed=str(kind).startswith("error"),
    )


def _folded(value: object) -> Markup:
    """Text as it is, anything else as JSON, both shortened."""
    if isinstance(value, dict) and "value" in value and "type" in value:
        value = value["value"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    cut = text if len(text) <= _FOLDED_SIGNS else f"{text[:_FOLDED_SIGNS]}\n… {len(text) - _FOLDED_SIGNS:,} signs more"
    return code(cut, "" if isinstance(value, str) else "json", numbered=False)
