"""AiderDesk's chats as bubbles, of a long one a page; thoughts, and what tools were asked and gave, are folded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup
from starlette.datastructures import QueryParams

from holdfast.gui.house import House
from holdfast.looking.bubbles import Bubble, Call, Code, Picture, bubbles_of
from holdfast.looking.chats import told
from holdfast.looking.marking import code, markdown, visible
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import Ref

TEMPLATE = "preview_aiderdesk.html"
PAGE_COUNT = 100


class MarkedCall(NamedTuple):
    """What was asked of a tool and, where it has answered, what it gave."""

    name: str
    asked: Markup
    gave: Markup | None
    failed: bool
    pictures: Sequence[Picture]


class Marked(NamedTuple):
    """A bubble as HTML, which is empty where there is nothing."""

    role: str
    speaker: str
    html: Markup
    thought: Markup
    calls: Sequence[MarkedCall]
    pictures: Sequence[Picture]
    attached: Sequence[str]


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
        "bubbles": await asyncio.to_thread(lambda: [*map(_marked, bubbles_of(found))]),
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


def _marked(bubble: Bubble) -> Marked:
    html = _code(bubble.raw) if bubble.raw else _markdown(bubble.words)
    calls = [*map(_marked_call, bubble.calls)]
    attached = [*map(visible, bubble.attached)]
    thought = _markdown(bubble.thought)
    return Marked(bubble.role, visible(bubble.speaker), html, thought, calls, bubble.pictures, attached)


def _marked_call(call: Call) -> MarkedCall:
    gave = _code(call.gave) if call.gave else None
    return MarkedCall(visible(call.name), _code(call.asked), gave, call.failed, call.pictures)


def _markdown(text: str) -> Markup:
    return markdown(text) if text else Markup()


def _code(told: Code | None) -> Markup:
    return code(told.text, told.language, numbered=False) if told else Markup()
