"""A change in words: ``message assistant 12 added (3 tool calls)``, ``file a.py: read-only → editable``."""

from __future__ import annotations

from typing import Any

from holdfast_daemon.formats.aiderdesk.messages import message_of, shown
from holdfast_daemon.formats.aiderdesk.session import facts_of_file
from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.changes import phrase_of_lines, phrase_of_part
from holdfast_daemon.formats.jsonedit import json_text
from holdfast_daemon.formats.jsontext import canonical_value, value_of

_LISTED_MEMBERS = 5


def describe_change(old: Part | None, new: Part | None) -> str:
    """One line; both not None where a part changed."""
    part = new or old
    if part is None or part.kind == "attachment":
        return phrase_of_part(old, new)
    label = _label(part)
    if old is None or new is None:
        return f"{label} {'removed' if new is None else 'added'}{_remark(part)}"
    if old.content == new.content:
        return f"{label} unchanged"
    try:
        return f"{label}{_phrase(part.kind, value_of(old.content), value_of(new.content))}"
    except (DamagedDocument, RecursionError):
        return f"{label} changed"


def _label(part: Part) -> str:
    """Its place tells a message better than its beginning, which others may share."""
    number = part.facts.get("number")
    if part.kind == "message" and number is not None:
        return f"message {part.facts.get('role')} {number}"
    return part.kind if part.kind in ("settings", "todos") else f"{part.kind} {part.name}"


def _remark(part: Part) -> str:
    if part.kind == "message" and (calls := part.facts.get("tool_calls")):
        return f" ({calls} tool call{'s' if calls != 1 else ''})"
    if part.kind == "file" and part.facts.get("read_only"):
        return " (read-only)"
    return ""


def _phrase(kind: str, old: Any, new: Any) -> str:
    """How a value changed, with what joins it to the label."""
    if kind == "message" and (before := _text_of(old)) != (after := _text_of(new)):
        return f" changed: {phrase_of_lines(before, after)}"
    if kind == "file" and (was := _access(old)) != (now := _access(new)):
        return f": {was} → {now}"
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return " changed"
    marks = [{key: canonical_value(value) for key, value in each.items()} for each in (old, new)]
    changed = [shown(key) for key in {**old, **new} if marks[0].get(key) != marks[1].get(key)]
    if not changed:
        return " only spelled otherwise"
    more = len(changed) - _LISTED_MEMBERS
    return f": {', '.join(changed[:_LISTED_MEMBERS])}{f' and {more} more' if more > 0 else ''} changed"


def _access(entry: Any) -> str:
    return "read-only" if facts_of_file(entry).get("read_only") else "editable"


def _text_of(value: Any) -> bytes:
    """What a message says and what tools gave, as lines."""
    message = message_of(value)
    results = [each if isinstance(each, str) else json_text(each) for each in message.results]
    return "\n\n".join([*message.texts, *results]).encode("utf-8", "backslashreplace")
