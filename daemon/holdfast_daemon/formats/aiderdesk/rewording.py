"""A message in the words of another version, changed as text where it must be and nowhere else (aiderdesk.md 3).

Version 2 calls what a tool was given ``input`` (before: ``args``), and what it gave ``output`` (before: ``result``),
which says its kind beside its value. AiderDesk itself only ever goes up (``migrations/v1-to-v2.ts``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from holdfast_daemon.formats.aiderdesk.generations import MESSAGES_IN, has_new_words, has_word
from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.jsonedit import spliced, with_members
from holdfast_daemon.formats.jsontext import Json, Place, read_json

#: Results hold conversations that hold results; AiderDesk's own go one deep, and each level is read anew.
DEEPEST = 20

_LINE_END = re.compile("\r\n|\r|\n")
_NOTHING = "null"

#: A piece of a message's content, and how deep it lies: its text in other words, or None where it stays.
_Change = Callable[[Json, Place, int], str | None]


def upgraded(message: bytes, depth: int = 0) -> str:
    """As AiderDesk 0.35 saves it again, with the messages of subagents in it. A result that holds nothing stays: there
    AiderDesk itself fails. Raises DamagedDocument."""
    return _reworded(message, _upgraded_piece, depth)


def has_gaps(message: Any) -> bool:
    """Whether a tool's result in it holds nothing, or one in a conversation that it holds, which AiderDesk reads too
    (``getContextMessagesData`` in its ``context-manager.ts``). Raises RecursionError."""
    content = message.get("content") if isinstance(message, dict) else None
    pieces = content if isinstance(content, list) else ()
    return any(_is_gap(piece) or any(map(has_gaps, _messages_in(piece))) for piece in pieces)


def without_gaps(message: bytes) -> str:
    """A message of version 2 in which each tool's result holds something (null), so that AiderDesk can load it. Raises
    DamagedDocument."""
    return _reworded(message, _filled_piece, 0)


def downgraded(message: bytes, depth: int = 0) -> str:
    """As AiderDesk 0.9 to 0.34 would have written it. Raises DamagedDocument."""
    return _reworded(message, _downgraded_piece, depth)


def kinds_lost(message: Any) -> set[str]:
    """What a message of version 2 says of results that version 1 cannot: the kinds that are not what a value itself is,
    such as ``error-text``. Raises RecursionError."""
    lost: set[str] = set()
    for piece in message["content"] if has_new_words(message) else ():
        if not has_word(piece, "output"):
            continue
        output = piece["output"]
        if not _is_plain(output):
            kind = output.get("type") if isinstance(output, dict) else None
            lost.add(kind if isinstance(kind, str) else "of no kind")
        for each in _messages_in(piece):
            lost |= kinds_lost(each)
    return lost


def _messages_in(piece: Any) -> list[Any]:
    """Those of the conversation that a tool's result is, in the words of either version."""
    if not isinstance(piece, dict):
        return []
    output, inside = piece.get("output"), MESSAGES_IN.get(str(piece.get("toolName")))
    value = output.get("value") if isinstance(output, dict) else piece.get("result")
    messages = value.get(inside) if inside and isinstance(value, dict) else None
    return messages if isinstance(messages, list) else []


def _is_plain(output: Any) -> bool:
    """Whether it would be the same, brought down and up again."""
    if not isinstance(output, dict) or output.keys() != {"type", "value"}:
        return False
    return bool(output["type"] == ("text" if isinstance(output["value"], str) else "json"))


def _reworded(message: bytes, change: _Change, depth: int) -> str:
    if depth > DEEPEST:
        raise DamagedDocument(f"its conversations are nested more than {DEEPEST} deep")
    document = read_json(message, 4)
    content = document.root.member("content")
    pieces = content.place.elements if content else ()
    changes = [(piece, change(document, piece, depth)) for piece in pieces]
    return spliced(document.text, [(piece, text) for piece, text in changes if text is not None])


def _upgraded_piece(document: Json, piece: Place, depth: int) -> str | None:
    if has_word(piece.value, "args"):
        return with_members(document, piece, {"args": None, "input": _text(document, piece, "args")})
    if not has_word(piece.value, "result"):
        return None
    setting, given = _setting_of(document, piece), piece.value["result"]
    text = _with_messages(piece, _text(document, piece, "result"), lambda each: upgraded(each, depth + 1))
    output = setting.output("text" if isinstance(given, str) else "json", setting.deeper(text))
    return with_members(document, piece, {"result": None, "output": output})


def _filled_piece(document: Json, piece: Place, depth: int) -> str | None:
    if _is_gap(piece.value):
        return with_members(document, piece, {"output": _setting_of(document, piece).output("json", _NOTHING)})
    output = piece.member("output") if any(map(has_gaps, _messages_in(piece.value))) else None
    value = output.place.member("value") if output is not None else None
    if output is None or value is None:
        return None
    text = _with_messages(piece, document.slice(value.place), lambda each: _reworded(each, _filled_piece, depth + 1))
    return with_members(document, piece, {"output": with_members(document, output.place, {"value": text})})


def _is_gap(piece: Any) -> bool:
    is_answer = isinstance(piece, dict) and piece.get("type") == "tool-result"
    return is_answer and "result" not in piece and "output" not in piece


def _downgraded_piece(document: Json, piece: Place, depth: int) -> str | None:
    if has_word(piece.value, "input"):
        return with_members(document, piece, {"input": None, "args": _text(document, piece, "input")})
    if not has_word(piece.value, "output"):
        return None
    output, is_object = piece.member("output"), isinstance(piece.value["output"], dict)
    assert output is not None
    value = output.place.member("value") if is_object else output
    if value is None:
        return with_members(document, piece, {"output": None})
    text = document.slice(value.place)
    if is_object:
        text = _setting_of(document, piece).shallower(text)
    text = _with_messages(piece, text, lambda each: downgraded(each, depth + 1))
    return with_members(document, piece, {"output": None, "result": text})


def _text(document: Json, piece: Place, key: str) -> str:
    member = piece.member(key)
    assert member is not None
    return document.slice(member.place)


def _with_messages(piece: Place, text: str, change: Callable[[bytes], str]) -> str:
    """A result's text with the messages of a conversation that it holds, as AiderDesk's own tools give them."""
    inside = MESSAGES_IN.get(str(piece.value.get("toolName")))
    if inside is None:
        return text
    document = read_json(text.encode(), 2)
    member = document.root.member(inside)
    places = member.place.elements if member else ()
    return spliced(document.text, [(place, change(document.slice(place).encode())) for place in places])


class _Setting(NamedTuple):
    """How the members of an object are set: what stands before the first, between key and value, between two, and
    behind the last; and by how much deeper ones are indented."""

    lead: str
    joint: str
    comma: str
    tail: str
    unit: str

    def output(self, kind: str, value: str) -> str:
        """An ``output`` among these members."""
        lead, comma = self.lead + self.unit, f",{self.lead}{self.unit}" if self.unit else self.comma
        tail = self.lead if self.unit else self.tail
        return f'{{{lead}"type"{self.joint}"{kind}"{comma}"value"{self.joint}{value}{tail}}}'

    def deeper(self, text: str) -> str:
        """A value that comes to lie in an object of its own."""
        return _LINE_END.sub(lambda match: match[0] + self.unit, text) if self.unit else text

    def shallower(self, text: str) -> str:
        """The other way round."""
        return re.sub(f"({_LINE_END.pattern}){self.unit}", lambda match: match[1], text) if self.unit else text


def _setting_of(document: Json, piece: Place) -> _Setting:
    """Of the members of a piece, which has one at least."""
    text, first, last = document.text, piece.members[0], piece.members[-1]
    lead, tail = text[piece.begin + 1 : first.begin], text[last.place.end : piece.end - 1]
    comma = text[first.place.end : piece.members[1].begin] if len(piece.members) > 1 else ","
    is_indented = _LINE_END.match(tail) is not None and lead.startswith(tail)
    unit = lead.removeprefix(tail) if is_indented else ""
    return _Setting(lead, text[first.key_end : first.place.begin], comma, tail, unit)
