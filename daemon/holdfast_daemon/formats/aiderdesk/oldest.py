"""A message of AiderDesk 0.7 and 0.8, which is LangChain's stored one, as 0.9 would have kept it (aiderdesk.md 0).

AiderDesk itself cannot use such a session any more. Its tools were named ``SERVER-TOOL`` then, ``SERVER---TOOL`` later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_ROLES = {"human": "user", "ai": "assistant", "tool": "tool", "system": "system"}
#: What of a message is taken over; the rest is LangChain's own, and empty mostly.
_TAKEN = {"content", "id", "tool_calls", "tool_call_id", "name"}


class Modern(NamedTuple):
    """A message of version 1, and what of the old one it does not hold, as sentences."""

    message: dict[str, Any]
    losses: list[str]


def modern(message: Mapping[str, Any], tools: dict[str, str]) -> Modern:
    """``tools``: to the id of each call so far what it called, which an answer need not say; added to."""
    kind, said = message["type"], message["data"]
    identity = {"id": said["id"]} if isinstance(said.get("id"), str) else {}
    lost = [key for key, value in {**message, **said}.items() if value and key not in {*_TAKEN, "type", "data"}]
    losses = [f"version 1 has no place for {', '.join(lost)}"] if lost else []
    if kind not in _ROLES:
        losses.append(f"LangChain's role {kind} is none of AiderDesk's: it becomes the user's")
    content, others = _content(said.get("content"))
    if others and kind != "tool":  # whose answer has all of it
        losses.append(f"pieces of its content are left out: {', '.join(others)}")
    if kind == "tool":
        content = [_answer(said, tools)]
    elif calls := [_call(each, tools) for each in _dicts(said.get("tool_calls"))]:
        content = [*_pieces_of(content), *calls]
    return Modern({"role": _ROLES.get(kind, "user"), "content": content, **identity}, losses)


def _content(content: Any) -> tuple[Any, list[str]]:
    """A text, or pieces; and the types of those that are nothing to AiderDesk. Tools' calls are told of elsewhere."""
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list):
        return "", [type(content).__name__]
    pieces, others = [], []
    for piece in content:
        kind = piece.get("type") if isinstance(piece, dict) else None
        if isinstance(piece, str) or kind == "text":
            pieces.append({"type": "text", "text": piece if isinstance(piece, str) else piece.get("text", "")})
        elif kind == "image_url":
            url = piece.get("image_url")
            pieces.append({"type": "image", "image": url.get("url", "") if isinstance(url, dict) else url})
        elif kind != "tool_use":
            others.append(str(kind))
    return pieces, others


def _pieces_of(content: Any) -> list[Any]:
    """A text as pieces; nothing for none."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [*content]


def _call(call: dict[str, Any], tools: dict[str, str]) -> dict[str, Any]:
    identity, name = _text(call.get("id")), _tool(_text(call.get("name")))
    tools[identity] = name
    return {"type": "tool-call", "toolCallId": identity, "toolName": name, "args": call.get("args", {})}


def _answer(said: dict[str, Any], tools: dict[str, str]) -> dict[str, Any]:
    identity = _text(said.get("tool_call_id"))
    name = _tool(_text(said.get("name"))) or tools.get(identity, "")
    return {"type": "tool-result", "toolCallId": identity, "toolName": name, "result": said.get("content", "")}


def _tool(name: str) -> str:
    return name if "---" in name else name.replace("-", "---", 1)


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
