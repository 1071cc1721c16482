"""Which version's words a session is in (aiderdesk.md 0 and 3).

AiderDesk 0.35 renamed what a tool was given and gave (``args`` to ``input``, ``result`` to ``output``) and marks such
a session with ``version``. A session without that mark is brought up to date at each reading, message by message, so
words may be mixed there, as far as 0.35 and later go; with it nothing is, and an old word makes the application fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holdfast_daemon.formats.aiderdesk.messages import is_of_v0, message_of
from holdfast_daemon.formats.base import Recognition

#: What AiderDesk 0.35 renamed, each to the type of the piece that has it.
_OLD_WORDS = {"args": "tool-call", "result": "tool-result"}
_NEW_WORDS = {"input": "tool-call", "output": "tool-result"}
_TYPES = _OLD_WORDS | _NEW_WORDS

#: Tools whose results hold whole messages, and where.
MESSAGES_IN = {"subagents---run_task": "messages", "aider---run_prompt": "responses"}


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
    return any(has_word(piece, word) for piece in _pieces(message) for word in _OLD_WORDS)


def has_new_words(message: Any) -> bool:
    """Whether only version 2 and later understand it."""
    return any(has_word(piece, word) for piece in _pieces(message) for word in _NEW_WORDS)


def has_word(piece: Any, word: str) -> bool:
    """Whether a piece of a message's content has what its type has in one of the versions."""
    return isinstance(piece, dict) and word in piece and piece.get("type") == _TYPES[word]


def _pieces(message: Any) -> Sequence[Any]:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, list) else ()


def _has(value: Any, key: str) -> bool:
    return isinstance(value, dict) and key in value
