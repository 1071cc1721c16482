"""What one message of a chat says, whatever version of AiderDesk wrote it (aiderdesk.md 1 and 3).

Everything may be missing or of another shape: what cannot be understood is passed over, never refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from holdfast_daemon.formats.base import Facts

#: What AiderDesk 0.7 and 0.8 called the roles, in LangChain's words.
_ROLES_OF_V0 = {"human": "user", "ai": "assistant", "tool": "tool", "system": "system"}

PREVIEW_LENGTH = 80
NAME_LENGTH = 40
_LONGEST_ID = 200
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class Message(NamedTuple):
    """``texts``: its text parts; ``calls``: the tools that it calls; ``tools`` and ``results``: those that answer, and
    what each gave; ``missing``: how many gave nothing; ``attached``: how many images and files it holds."""

    role: str
    id: str | None = None
    texts: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    results: tuple[Any, ...] = ()
    missing: int = 0
    attached: int = 0


def message_of(value: Any) -> Message:
    """Of a message as any generation has it; one that is none has the role ``unknown``."""
    if not isinstance(value, dict):
        return Message("unknown")
    if is_of_v0(value):
        return _of_v0(value["type"], value["data"])
    pieces = [*_pieces(value.get("content"))]
    answers = [piece for piece in pieces if piece.get("type") == "tool-result"]
    return Message(
        role=_text(value.get("role")) or "unknown",
        id=_id_in(value),
        texts=tuple(_text(piece.get("text")) for piece in pieces if piece.get("type") == "text"),
        calls=tuple(_text(piece.get("toolName")) for piece in pieces if piece.get("type") == "tool-call"),
        tools=tuple(_text(piece.get("toolName")) for piece in answers),
        results=tuple(_result_in(piece) for piece in answers),
        missing=sum(not ("result" in piece or "output" in piece) for piece in answers),
        attached=sum(piece.get("type") in ("image", "file") for piece in pieces),
    )


def is_of_v0(value: Any) -> bool:
    """Whether it is a message as LangChain stores them."""
    if not isinstance(value, dict) or "role" in value:
        return False
    return isinstance(value.get("type"), str) and isinstance(value.get("data"), dict)


def name_of(message: Message) -> str:
    """Role and beginning, such as ``user: Please fix it.``; its place would change with every message before it."""
    tools = ", ".join(map(tool_name, message.tools or message.calls))
    said = preview_of(message, NAME_LENGTH) if any(message.texts) else cut(one_line(tools), NAME_LENGTH)
    role = cut(one_line(message.role), NAME_LENGTH)
    return f"{role}: {said}" if said else role


def facts_of(message: Message, number: int) -> Facts:
    """For people and programs; ``number`` is the message's place, from 1."""
    facts: dict[str, str | int | bool | None] = {"role": cut(one_line(message.role), NAME_LENGTH), "number": number}
    facts["text"] = preview_of(message, PREVIEW_LENGTH)
    if message.calls or message.tools:
        names = dict.fromkeys(map(tool_name, message.calls + message.tools))
        facts["tools"] = cut(one_line(", ".join(names)), PREVIEW_LENGTH)
        facts["tool_calls"] = len(message.calls)
        facts["tool_results"] = len(message.tools)
    if message.attached:
        facts["attached"] = message.attached
    return facts


def preview_of(message: Message, length: int) -> str:
    """The beginning of what it says on a single line, valid Unicode."""
    said = (*message.texts, *(each for each in message.results if isinstance(each, str)))
    beginning = next((text for text in said if text.strip()), "").lstrip()[: 4 * length]
    return cut(one_line(beginning), length)


def tool_name(whole: str) -> str:
    """The tool's own name, without its server's before the first ``---``."""
    return whole.partition("---")[2] or whole


def cut(text: str, length: int) -> str:
    """The text, or its beginning with ``…``."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def one_line(text: str) -> str:
    """Without line ends and control characters, white space as single spaces; valid Unicode."""
    return " ".join(_CONTROLS.sub(" ", shown(text)).split())


def shown(text: str) -> str:
    """Valid Unicode: a lone surrogate is shown as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _of_v0(kind: str, said: dict[str, Any]) -> Message:
    is_answer = kind == "tool"
    calls = said.get("tool_calls")
    texts = tuple(_text(piece.get("text")) for piece in _pieces(said.get("content")) if piece.get("type") == "text")
    return Message(
        role=_ROLES_OF_V0.get(kind, kind),
        id=_id_in(said),
        texts=() if is_answer else texts,
        calls=tuple(_text(each.get("name")) for each in _dicts(calls)),
        tools=(_text(said.get("name")),) if is_answer else (),
        results=texts if is_answer else (),
    )


def _pieces(content: Any) -> Iterator[dict[str, Any]]:
    """A content's parts; a mere text is one text part."""
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    yield from _dicts(content)


def _dicts(values: Any) -> Iterator[dict[str, Any]]:
    yield from (each for each in values if isinstance(each, dict)) if isinstance(values, list) else ()


def _result_in(piece: dict[str, Any]) -> Any:
    output = piece.get("output")
    if isinstance(output, dict) and "value" in output:
        return output["value"]
    return piece.get("result", output)


def _id_in(value: dict[str, Any]) -> str | None:
    identity = value.get("id")
    return identity if isinstance(identity, str) and 0 < len(identity) <= _LONGEST_ID else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
