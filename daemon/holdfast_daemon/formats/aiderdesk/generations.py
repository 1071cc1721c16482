"""Which version's words a session is in, and a message in the words of version 2 (aiderdesk.md 0 and 3).

AiderDesk 0.35 renamed what a tool was given and gave (``args`` to ``input``, ``result`` to ``output``) and marks such
a session with ``version``. A session without that mark is brought up to date at each reading, message by message, so
words may be mixed there, as far as 0.35 and later go; with it nothing is, and an old word makes the application fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast_daemon.formats.aiderdesk.messages import is_of_v0, message_of
from holdfast_daemon.formats.base import Recognition

#: Part by part what AiderDesk 0.35 renamed.
_OLD_WORDS = {"tool-call": "args", "tool-result": "result"}
_NEW_WORDS = {"tool-call": "input", "tool-result": "output"}

#: Tools whose results hold whole messages, and where.
_MESSAGES_IN = {"subagents---run_task": "messages", "aider---run_prompt": "responses"}


def generation_of(root: dict[str, Any], messages: Sequence[Any], files: Sequence[Any], *, certain: bool) -> Recognition:
    """Of one file's top-level object: by its mark, else by its words; none of an AiderDesk that could not read it."""
    if "version" in root:
        is_of_task = any(_has(each, "timestamp") for each in messages) or any(_has(each, "source") for each in files)
        writer = "0.36.0 or later" if is_of_task else "0.35.0 or later"
        return Recognition(generation="v2", writer=writer, inferred=is_of_task, certain=certain)
    if "loadMessages" in root or "loadFiles" in root or (messages and all(map(is_of_v0, messages))):
        return Recognition(generation="v0", writer="0.7.0 – 0.8", inferred=True, certain=certain)
    if any(map(has_new_words, messages)):
        return Recognition(generation="v2", inferred=True, certain=certain)
    has_ids = any(message_of(each).id for each in messages)
    writer = "0.26.0 – 0.34.0" if has_ids else "0.9.0 – 0.34.0"
    return Recognition(generation="v1", writer=writer, inferred=True, certain=certain)


def has_old_words(message: Any) -> bool:
    """Whether version 2 would have to be told otherwise what tools were given or gave."""
    return any(_has_word(piece, _OLD_WORDS) for piece in _pieces(message))


def has_new_words(message: Any) -> bool:
    """Whether only version 2 and later understand it."""
    return any(_has_word(piece, _NEW_WORDS) for piece in _pieces(message))


def upgraded(message: Any) -> Any:
    """The message as AiderDesk 0.35 saves it again (``migrations/v1-to-v2.ts``), with the messages of subagents in
    it; a tool result without ``result`` stays as it is, where AiderDesk itself fails. Raises RecursionError."""
    if not has_old_words(message):
        return message
    return {**message, "content": [_upgraded_piece(piece) for piece in message["content"]]}


def _upgraded_piece(piece: Any) -> Any:
    if not _has_word(piece, _OLD_WORDS):
        return piece
    kind = piece["type"]
    kept = {key: value for key, value in piece.items() if key not in (_OLD_WORDS[kind], _NEW_WORDS[kind])}
    given = piece[_OLD_WORDS[kind]]
    if kind == "tool-call":
        return {**kept, "input": given}
    inside = _MESSAGES_IN.get(str(piece.get("toolName")))
    if inside and isinstance(given, dict) and isinstance(given.get(inside), list):
        given = {**given, inside: [upgraded(each) for each in given[inside]]}
    return {**kept, "output": {"type": "text" if isinstance(given, str) else "json", "value": given}}


def _pieces(message: Any) -> Sequence[Any]:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, list) else ()


def _has_word(piece: Any, words: dict[str, str]) -> bool:
    kind = piece.get("type") if isinstance(piece, dict) else None
    return isinstance(kind, str) and kind in words and words[kind] in piece


def _has(value: Any, key: str) -> bool:
    return isinstance(value, dict) and key in value
