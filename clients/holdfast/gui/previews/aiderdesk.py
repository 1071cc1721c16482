"""AiderDesk's chats as bubbles, of a long one a page; thoughts, and what tools were asked and gave, are folded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.datastructures import QueryParams

from holdfast.gui.house import House
from holdfast.gui.showing import code, markdown, visible
from holdfast.looking.chats import Told, told
from holdfast.looking.pictures import numbers_in
from holdfast.values import ToolResult
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow, Ref

TEMPLATE = "preview_aiderdesk.html"
PAGE_COUNT = 100
_FOLDED_SIGNS = 20_000
_NAMED_SIGNS = 200
_SPEAKERS = {"user": "You", "assistant": "Assistant", "tool": "Tool", "system": "System"}


class Picture(NamedTuple):
    """Where it is fetched from: the message's part, and its number there."""

    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked of a tool and, where it has answered, what it gave; ``failed``: an error."""

    name: str
    asked: Markup
    gave: Markup | None
    failed: bool
    pictures: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message. ``html`` is empty where it has only calls. ``attached``: what else it came with, by name."""

    key: str
    role: str
    speaker: str
    html: Markup
    thought: Markup
    calls: Sequence[Call]
    pictures: Sequence[Picture] = ()
    attached: Sequence[str] = ()


class Page(NamedTuple):
    """The messages ``first`` to ``last`` (not with it) of ``total``; ``earlier`` and ``later`` are the ``until`` of the
    pages beside it, where there are some."""

    first: int
    last: int
    total: int
    earlier: int | None
    later: int | None


async def context(house: House, shown: Shown, at: str, said: QueryParams) -> dict[str, object]:
    """What the template needs. ``until`` is the number of the first message that is not shown any more; without one the
    newest are shown."""
    messages = [part for part in shown.parts if part.kind == "message"]
    files = [part for part in shown.parts if part.kind == "file"]
    page = page_of(len(messages), said.get("until", ""))
    snapshot = shown.snapshot.snapshot if shown.snapshot else at
    found = await told(house.client, Ref(id=shown.session.id, snapshot=snapshot), messages[page.first : page.last])
    return {
        "bubbles": await asyncio.to_thread(bubbles_of, found),
        "page": page,
        "context_files": files[:PAGE_COUNT],
        "more_files_count": max(0, len(files) - PAGE_COUNT),
    }


def page_of(count: int, until: str) -> Page:
    """Numbers count from the oldest: a page stays what it is when the chat goes on."""
    last = int(until) if until.isascii() and until.isdigit() and len(until) < 10 else count
    last = min(max(last, 1), count)
    first = max(0, last - PAGE_COUNT)
    later = min(last + PAGE_COUNT, count)
    return Page(first, last, count, first or None, later if last < count else None)


def bubbles_of(found: Sequence[Told]) -> list[Bubble]:
    """In the order of the chat; what a tool gave stands at what was asked of it."""
    chat = [(each.part, each.message) for each in found if each.message]
    results = {result.id: (part, result) for part, message in chat for result in message.tool_results if result.id}
    asked = {call.id for _, message in chat for call in message.tool_calls}
    bubbles = [_bubble(each, results, asked) for each in found]
    return [each for each in bubbles if each.html or each.thought or each.calls or each.pictures or each.attached]


def _bubble(told: Told, results: Mapping[str, tuple[PartRow, ToolResult]], asked: set[str]) -> Bubble:
    part, message = told.part, told.message
    if message is None:
        return Bubble(part.key, "other", "Unreadable", code(told.text, "json", numbered=False), Markup(), ())
    calls = [_call(each.name, each.arguments, results.get(each.id)) for each in message.tool_calls]
    calls += [_call(each.name, None, (part, each)) for each in message.tool_results if each.id not in asked]
    role = message.role if message.role in _SPEAKERS else "other"
    html = markdown(message.text) if message.text.strip() else Markup()
    ours = [each for each in _pieces(message.fields) if each.get("type") not in ("tool-call", "tool-result")]
    attached = [_attached(each) for each in ours if each.get("type") in ("file", "image") and not numbers_in(each)]
    return Bubble(
        part.key, role, _SPEAKERS.get(role) or _named(message.role), html, _thought(ours), calls,
        [Picture(part.key, number) for number in numbers_in(ours or message.text)], attached,
    )  # fmt: skip


def _pieces(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = fields.get("content")
    return [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []


def _attached(piece: Mapping[str, Any]) -> str:
    """By its name, or what it is."""
    named = piece.get("filename") or piece.get("mediaType") or piece.get("mimeType") or piece.get("type")
    return _named(str(named))


def _named(text: str) -> str:
    return visible(text[:_NAMED_SIGNS])


def _thought(pieces: Sequence[Mapping[str, Any]]) -> Markup:
    texts = [str(each.get("text", "")) for each in pieces if each.get("type") == "reasoning"]
    return markdown("\n\n".join(texts)) if texts else Markup()


def _call(name: str, arguments: object, given: tuple[PartRow, ToolResult] | None) -> Call:
    result = given[1].result if given else None
    kind = result.get("type") if isinstance(result, dict) else None
    return Call(
        name=_named(" › ".join(name.split("---"))) or "tool",
        asked=_folded(arguments) if arguments not in (None, {}) else Markup(),
        gave=_folded(result) if given else None,
        failed=str(kind).startswith("error"),
        pictures=[Picture(given[0].key, number) for number in numbers_in(result)] if given else [],
    )


def _folded(value: object) -> Markup:
    """Text as it is, anything else as JSON, both shortened."""
    if isinstance(value, dict) and "value" in value and "type" in value:
        value = value["value"]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    cut = text if len(text) <= _FOLDED_SIGNS else f"{text[:_FOLDED_SIGNS]}\n… {len(text) - _FOLDED_SIGNS:,} signs more"
    return code(cut, "" if isinstance(value, str) else "json", numbered=False)
