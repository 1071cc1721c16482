"""Code as rows of coloured pieces. The typesetter's own highlighting takes ten times as long as Pygments', and it knows
other languages than the page does."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from pygments.styles import get_style_by_name
from pygments.token import _TokenType

from holdfast.looking.languages import lexer_of, shortened
from holdfast.looking.marking import visible

#: A colour (``#rrggbb``, empty for the paper's own ink) and what is written in it.
Piece = tuple[str, str]
_TAB_SIGNS = 4


def rows_of(text: str, language: str, printed: Callable[[str], str]) -> list[list[Piece]]:
    """Line by line; ``printed`` makes of a text what is typeset of it."""
    shown = shortened(visible(text).expandtabs(_TAB_SIGNS))
    rows: list[list[Piece]] = [[]]
    for kind, written in lexer_of(language, shown).get_tokens(shown):
        color = _color(kind)
        for number, line in enumerate(written.split("\n")):
            if number:
                rows.append([])
            if line:
                _add(rows[-1], color, line)
    if len(rows) > 1 and not rows[-1]:  # a text's last line ends, as its others do
        rows.pop()
    return [[(color, printed(piece)) for color, piece in row] for row in rows]


def _add(row: list[Piece], color: str, text: str) -> None:
    """To the piece before, where that has the same colour."""
    if row and row[-1][0] == color:
        text = row.pop()[1] + text
    row.append((color, text))


@cache
def _color(kind: _TokenType) -> str:
    color = get_style_by_name("default").style_for_token(kind)["color"]
    return f"#{color}" if color else ""
