"""A chat as Markdown: exactly what AiderDesk exports (``generateSessionMarkdown``, aiderdesk.md 2), or with what that
leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from holdfast_daemon.formats.aiderdesk.messages import is_of_v0, message_of, tool_name
from holdfast_daemon.formats.aiderdesk.session import is_file
from holdfast_daemon.formats.aiderdesk.stringify import number_text, stringified, utf8
from holdfast_daemon.formats.base import DamagedDocument, Part, Reading
from holdfast_daemon.formats.jsontext import value_of
from holdfast_daemon.formats.markdown import fenced, table

_SEPARATOR = "---"
_UNDEFINED = "undefined"
#: What a message has beside its content: to what it is called.
_BESIDE = {"reflectedMessage": "Reflected message", "commitMessage": "Commit message", "diff": "Diff"}
_LANGUAGES = {"diff": "diff"}


def as_application(reading: Reading) -> bytes:
    """What AiderDesk writes; empty for a chat without messages. Raises DamagedDocument."""
    is_later = reading.recognition.generation == "task" or (reading.recognition.writer or "").startswith("0.36")
    messages = _values(reading.parts, "message")
    return _written(piece for value in messages for piece in _message(value, keeps_whole_name=is_later))


def in_full(parts: Sequence[Part]) -> bytes:
    """The same with the context files before the messages, and of each message what tools were given, the reasoning,
    attachments, commits and usage. Raises DamagedDocument."""
    return _written(_full(parts))


def _written(pieces: Iterator[str]) -> bytes:
    try:
        return utf8("".join(pieces))
    except RecursionError as error:
        raise DamagedDocument("its values are nested too deeply to be written") from error


def _values(parts: Sequence[Part], kind: str) -> Iterator[Any]:
    return (value_of(part.content) for part in parts if part.kind == kind)


def _message(value: Any, *, keeps_whole_name: bool) -> Iterator[str]:
    role, content = _role_of(value), _content_of(value)
    yield f"### {role[:1].upper()}{role[1:]}\n\n"
    if role in ("user", "assistant"):
        text = _text_of(content)
        if text:
            yield f"{text}\n\n"
    elif role == "tool":
        for piece in _pieces(content, "tool-result"):
            yield _result(piece, keeps_whole_name=keeps_whole_name)


def _result(piece: Mapping[str, Any], *, keeps_whole_name: bool) -> str:
    """``keeps_whole_name``: of a tool that has no server before it; AiderDesk 0.35 and earlier show none then."""
    whole = _shown(piece.get("toolName", ""))
    name = tool_name(whole) if keeps_whole_name else whole.partition(_SEPARATOR)[2]
    return (
        f"**Tool Call ID:** `{_shown(piece['toolCallId']) if 'toolCallId' in piece else _UNDEFINED}`\n"
        f"**Tool:** `{name}`\n**Result:**\n```json\n{_given(piece)}\n```\n\n"
    )


def _given(piece: Mapping[str, Any]) -> str:
    """What a tool gave; version 2 says its kind beside it, which is not shown."""
    if "output" not in piece:
        return stringified(piece["result"]) if "result" in piece else _UNDEFINED
    output = piece["output"]
    return stringified(output["value"]) if isinstance(output, dict) and "value" in output else _UNDEFINED


def _full(parts: Sequence[Part]) -> Iterator[str]:
    files = [value for value in _values(parts, "file") if is_file(value)]
    rows = [(each["path"], "read-only" if each.get("readOnly") is True else "editable") for each in files]
    if rows:
        yield f"### Files\n\n{table(('Path', 'Access'), rows)}"
    for value in _values(parts, "message"):
        yield from _message_in_full(value)


def _message_in_full(value: Any) -> Iterator[str]:
    role, content = _role_of(value), _content_of(value)
    yield f"### {role[:1].upper()}{role[1:]}\n\n"
    if isinstance(content, list):
        for piece in content:
            yield from _piece_in_full(piece)
    elif text := _text_of(content):
        yield f"{text}\n\n"
    beside = value if isinstance(value, dict) else {}
    for name, title in _BESIDE.items():
        if isinstance(beside.get(name), str) and beside[name]:
            yield f"**{title}:**\n{fenced(beside[name], _LANGUAGES.get(name, ''))}\n"
    if isinstance(beside.get("editedFiles"), list):
        yield from (f"**Edited:** `{_shown(each)}`\n\n" for each in beside["editedFiles"])
    if isinstance(beside.get("commitHash"), str):
        yield f"**Commit:** `{beside['commitHash']}`\n\n"
    usage = beside.get("usageReport")
    if isinstance(usage, dict):
        yield f"**Usage:** {', '.join(f'{name} {_shown(each)}' for name, each in usage.items())}\n\n"


def _piece_in_full(piece: Any) -> Iterator[str]:
    kind = piece.get("type") if isinstance(piece, dict) else None
    if isinstance(piece, str) or kind == "text":
        yield f"{text}\n\n" if (text := _text_of([piece])) else ""
    elif kind in ("reasoning", "redacted-reasoning"):
        said = _shown(piece.get("text", "(not shown by the model)"))
        yield "**Reasoning:**\n\n" + "".join(f"> {line}\n" for line in said.split("\n")) + "\n"
    elif kind == "tool-call":
        given = piece.get("input", piece.get("args"))
        yield (
            f"**Tool Call ID:** `{_shown(piece.get('toolCallId', _UNDEFINED))}`\n"
            f"**Tool:** `{_shown(piece.get('toolName', ''))}`\n**Arguments:**\n```json\n{stringified(given)}\n```\n\n"
        )
    elif kind == "tool-result":
        yield _result(piece, keeps_whole_name=True)
    elif kind in ("image", "file"):
        media = _shown(piece.get("mediaType") or piece.get("mimeType") or kind)
        yield f"**Attached:** {_shown(piece.get('filename') or kind)} ({media})\n\n"


def _role_of(value: Any) -> str:
    """Of LangChain's messages too, which AiderDesk itself can no longer export."""
    return message_of(value).role


def _content_of(value: Any) -> Any:
    if is_of_v0(value):
        message = message_of(value)
        if message.role == "tool":
            called = value["data"].get("tool_call_id")
            named = {"toolName": f"{_SEPARATOR}{''.join(message.tools)}", "toolCallId": called}
            return [{"type": "tool-result", **named, "result": each} for each in message.results]
        return [*message.texts]
    return value.get("content") if isinstance(value, dict) else None


def _text_of(content: Any) -> str:
    """The application's ``extractTextContent``."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [each for each in content if isinstance(each, str) or (_is_piece(each, "text"))]
        return "\n\n".join(each if isinstance(each, str) else _joined(each.get("text")) for each in texts)
    return _text_of(content["content"]) if isinstance(content, dict) and "content" in content else ""


def _pieces(content: Any, kind: str) -> list[dict[str, Any]]:
    return [each for each in content if _is_piece(each, kind)] if isinstance(content, list) else []


def _is_piece(value: Any, kind: str) -> bool:
    return isinstance(value, dict) and value.get("type") == kind


def _joined(value: Any) -> str:
    """As ``Array.join`` has it: what is not there is nothing."""
    return "" if value is None else _shown(value)


def _shown(value: Any) -> str:
    """As it stands in a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return stringified(value)
