"""Text with its syntax in colour, and bytes that are none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from pygments.lexer import Lexer
from pygments.token import Comment, Keyword, Name, Number, String, Token

from holdfast.cli.output import plain
from holdfast.cli.words import size
from holdfast.looking.contents import Window
from holdfast.looking.languages import lexer_of, shortened
from holdfast.looking.texts import hex_rows, text_of
from holdfast.tui.painting import Line, Piece

_HEX_BYTES = 4096
_TAB_PLACES = 4
#: The first that a token is of.
_MEANINGS = (
    (Comment, "comment"), (Keyword, "keyword"), (String, "string"), (Number, "number"),
    (Name.Function, "function"), (Name.Class, "function"), (Name.Decorator, "function"), (Name.Builtin, "function"),
    (Name.Tag, "keyword"), (Name.Attribute, "function"),
)  # fmt: skip


async def text_lines(found: Window, language: Callable[[str], str]) -> list[Line]:
    """With numbers, in the colours of the language that ``language`` says of the text; bytes as digits."""
    return await asyncio.to_thread(_lines, found, language)


def _lines(found: Window, language: Callable[[str], str]) -> list[Line]:
    text = text_of(found.data, is_cut=not found.is_whole)
    if text is None:
        return _hex_lines(found)
    text = shortened(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = _coloured(text, lexer_of(language(text), text))
    while lines and not any(text for text, _ in lines[-1]):
        lines.pop()
    places = len(str(len(lines)))
    numbered: list[Line] = [[(f"{number:>{places}} ", "faint"), *line] for number, line in enumerate(lines, 1)]
    return [*numbered, *_rest(found, len(found.data))]


def _hex_lines(found: Window) -> list[Line]:
    shown = found.data[:_HEX_BYTES]
    lines: list[Line] = [
        [(f"{row.place}  ", "faint"), (f"{row.digits:<47}", ""), (f"  {row.signs}", "faint")] for row in hex_rows(shown)
    ]
    return [*lines, *_rest(found, len(shown))]


def _rest(found: Window, shown_bytes: int) -> list[Line]:
    left_bytes = found.size_bytes - shown_bytes
    return [[(f"… and {size(left_bytes, to_terminal=True)} more", "warn")]] if left_bytes > 0 else []


def _coloured(text: str, lexer: Lexer) -> list[list[Piece]]:
    lines: list[list[Piece]] = [[]]
    for _, token, value in lexer.get_tokens_unprocessed(text):
        meaning = next((meaning for kind, meaning in _MEANINGS if token in kind), "") if token is not Token.Text else ""
        first, *others = str(value).split("\n")
        lines[-1].append((_shown(first), meaning))
        lines += [[(_shown(each), meaning)] for each in others]
    return lines


def _shown(text: str) -> str:
    return plain(text.expandtabs(_TAB_PLACES))


def heading(name: str, beside: str = "") -> Sequence[Line]:
    """What a part begins with."""
    return [[(f"── {plain(name)} ", "strong"), (plain(beside), "faint")]]
