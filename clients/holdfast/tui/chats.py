"""AiderDesk's chats: messages one below the other, tool calls in a line."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.cells import cell_len, chop_cells

from holdfast.cli.output import plain
from holdfast.looking.chats import Told, told
from holdfast.looking.pictures import numbers_in
from holdfast.tui.looking import Looked
from holdfast.tui.painting import Line, Piece, cut
from holdfast.values import Message
from holdfast_protocol.model import PartRow

#: The newest are shown, and so much of each.
_MESSAGES = 60
_MESSAGE_LETTERS = 20_000
_ROLES = {"user": "object-3", "assistant": "object-1", "tool": "faint", "system": "warn"}


class Chat:
    """A drawing; ``earlier`` messages are not in it."""

    turns = False

    def __init__(self, messages: Sequence[Told], earlier: int, files: Sequence[str]) -> None:
        self._messages = messages
        self._earlier = earlier
        self._files = files

    def lines(self, width: int, height: int, turn: int) -> Sequence[Line]:
        lines: list[Line] = []
        if self._files:
            lines += [[("files  ", "strong"), (name, "")] for name in self._files]
            lines.append([])
        if self._earlier:
            lines += [[(f"… {self._earlier} earlier messages: choose one in the list of parts", "warn")], []]
        for each in self._messages:
            lines += _message_lines(each.part, each.message, width)
        return [cut(line, width) for line in lines]


async def chat(looked: Looked, chosen: PartRow | None) -> Chat:
    """All of it, or one message. Raises HoldfastError."""
    parts = [part for part in looked.shown.parts if part.kind == "message"] if chosen is None else [chosen]
    files = [part.name for part in looked.shown.parts if part.kind == "file"] if chosen is None else []
    newest = parts[-_MESSAGES:]
    return Chat(await told(looked.client, looked.ref, newest), len(parts) - len(newest), files)


def _message_lines(part: PartRow, message: Message | None, width: int) -> list[Line]:
    role = str(part.facts.get("role", ""))
    meaning = _ROLES.get(role, "")
    lines: list[Line] = [[("╭ ", meaning), (role, meaning)]]
    text = str(part.facts.get("text", "")) if message is None else message.text
    if text:
        lines += _wrapped(text[:_MESSAGE_LETTERS], "", width, meaning)
    if message is None or len(text) > _MESSAGE_LETTERS:
        lines.append([("│ ", meaning), ("… longer than is shown here", "warn")])
    if message and (pictures := numbers_in(message.fields.get("content"))):
        count = f"{len(pictures)} picture{'s' if len(pictures) != 1 else ''}"
        lines.append([("│ ", meaning), ("▣ ", "accent"), (f"{count}, which holdfast gui shows", "faint")])
    for call in message.tool_calls if message else ():
        lines.append([("│ ", meaning), ("▸ ", "accent"), (plain(f"{call.name} {_short(call.arguments)}"), "faint")])
    for result in message.tool_results if message else ():
        lines.append([("│ ", meaning), ("◂ ", "accent"), (plain(f"{result.name} {_short(result.result)}"), "faint")])
    return [*lines, [("╰", meaning)]]


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:300]


def _wrapped(text: str, meaning: str, width: int, bar: str) -> list[Line]:
    lines: list[Line] = []
    room = max(8, width - 3)
    for line in text.replace("\r\n", "\n").split("\n"):
        pieces: list[Piece] = [("│ ", bar)]
        lines += [[*pieces, (part, meaning)] for part in wrap(plain(line.expandtabs(4)), room)]
    return lines


def wrap(text: str, places: int) -> list[str]:
    """At spaces where it can be; a word that is longer is cut."""
    lines, line = [], ""
    for word in text.split(" "):
        tried = f"{line} {word}" if line else word
        if cell_len(tried) <= places:
            line = tried
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, places) or [""]
        lines += full
    return [*lines, line]
