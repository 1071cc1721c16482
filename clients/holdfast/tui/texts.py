"""Text with its syntax in colour, and bytes that are none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, String, Token
from pygments.util import ClassNotFound

from holdfast.cli.output import plain
from holdfast.cli.words import size
from holdfast.tui.looking import Beginning
from holdfast.tui.painting import Line, Piece

_LINE_LETTERS = 2000
_HEX_BYTES = 4096
_TAB_PLACES = 4
#: The first that a token is of.
_MEANINGS = (
    (Comment, "comment"), (Keyword, "keyword"), (String, "string"), (Number, "number"),
    (Name.Function, "function"), (Name.Class, "function"), (Name.Decorator, "function"), (Name.Builtin, "function"),
    (Name.Tag, "keyword"), (Name.Attribute, "function"),
)  # fmt: skip


async def text_lines(found: Beginning, *, name: str = "", language: str = "") -> list[Line]:
    """With numbers, in the colours of its language or, where that is not said, of what ``name`` ends in."""
    return await asyncio.to_thread(_lines, found, name, language)


def _lines(found: Beginning, name: str, language: str) -> list[Line]:
    text = _text(found)
    if text is None:
        return hex_lines(found)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lexer = _lexer(name, language, text)
    lines: list[list[Piece]] = [[(_shown(line), "")] for line in text.split("\n")]
    if lexer is not None:
        lines = _coloured(text, lexer)
    while lines and not any(text for text, _ in lines[-1]):
        lines.pop()
    places = len(str(len(lines)))
    numbered: list[Line] = [[(f"{number:>{places}} ", "faint"), *line] for number, line in enumerate(lines, 1)]
    return [*numbered, *_rest(found, len(found.content))]


def hex_lines(found: Beginning) -> list[Line]:
    """The first bytes, sixteen in a line."""
    lines: list[Line] = []
    shown = found.content[:_HEX_BYTES]
    for offset in range(0, len(shown), 16):
        piece = shown[offset : offset + 16]
        letters = "".join(chr(each) if 32 <= each < 127 else "·" for each in piece)
        lines.append([(f"{offset:08x}  ", "faint"), (f"{piece.hex(' '):<47}", ""), (f"  {letters}", "faint")])
    return [*lines, *_rest(found, len(shown))]


def _rest(found: Beginning, shown_bytes: int) -> list[Line]:
    left_bytes = found.size_bytes - shown_bytes
    return [[(f"… and {size(left_bytes, to_terminal=True)} more", "warn")]] if left_bytes > 0 else []


def _text(found: Beginning) -> str | None:
    """None where it is none. A letter that is cut in two by the end of the beginning is left out."""
    content = found.content
    if b"\0" in content:
        return None
    for cut in range(4 if found.size_bytes > len(content) else 1):
        try:
            return content[: len(content) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return None


def _lexer(name: str, language: str, text: str) -> Lexer | None:
    if max(map(len, text.split("\n"))) > _LINE_LETTERS:  # written by a program; a lexer may take for ever
        return None
    try:
        return get_lexer_by_name(language) if language else get_lexer_for_filename(name)
    except ClassNotFound:
        return None


def _coloured(text: str, lexer: Lexer) -> list[list[Piece]]:
    lines: list[list[Piece]] = [[]]
    for _, token, value in lexer.get_tokens_unprocessed(text):
        meaning = next((meaning for kind, meaning in _MEANINGS if token in kind), "") if token is not Token.Text else ""
        first, *others = str(value).split("\n")
        lines[-1].append((_shown(first), meaning))
        lines += [[(_shown(each), meaning)] for each in others]
    return lines


def _shown(text: str) -> str:
    cut = text if len(text) <= _LINE_LETTERS else f"{text[:_LINE_LETTERS]}… ({len(text):,} letters)"
    return plain(cut.expandtabs(_TAB_PLACES))


def heading(name: str, beside: str = "") -> Sequence[Line]:
    """What a part begins with."""
    return [[(f"── {plain(name)} ", "strong"), (plain(beside), "faint")]]
