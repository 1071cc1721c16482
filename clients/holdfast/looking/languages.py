"""Which language a text is in, and what knows its words."""

from __future__ import annotations

from pygments.lexer import Lexer
from pygments.lexers import (
    BashLexer,
    DiffLexer,
    JavascriptLexer,
    JsonLexer,
    MarkdownLexer,
    PythonLexer,
    TextLexer,
    TypeScriptLexer,
    XmlLexer,
)

from holdfast_protocol.model import PartRow

#: Beyond these, colours cost more than they tell.
COLOURED_SIGNS = 128 * 1024
#: Of a longer line the beginning is shown: people have not written it.
LINE_SIGNS = 2000

#: Few, on purpose: a document chooses among them, so each must take time in proportion to its text.
_LEXERS: dict[str, type[Lexer]] = {
    "python": PythonLexer, "py": PythonLexer, "json": JsonLexer, "xml": XmlLexer, "diff": DiffLexer, "patch": DiffLexer,
    "md": MarkdownLexer, "markdown": MarkdownLexer, "bash": BashLexer, "sh": BashLexer, "js": JavascriptLexer,
    "javascript": JavascriptLexer, "ts": TypeScriptLexer, "typescript": TypeScriptLexer,
}  # fmt: skip

_CODE = ("buffer", "startup")


def lexer_of(language: str, text: str) -> Lexer:
    """Of a language that is not known, and of too much text, the one that knows no words."""
    made = _LEXERS.get(language, TextLexer) if len(text) <= COLOURED_SIGNS else TextLexer
    return made(stripnl=False, ensurenl=False)


def language_of(name: str, text: str) -> str:
    """By the end of a file's name, or by how the text begins; empty where neither tells."""
    ending = name.rpartition(".")[2].lower()
    if ending in _LEXERS:
        return ending
    return {"{": "json", "[": "json", "<": "xml"}.get(text.lstrip()[:1], "")


def language_of_part(part: PartRow, name: str, text: str) -> str:
    """The same of a part of that name: buffers are Python, whatever they are called."""
    return "python" if part.kind in _CODE else language_of(name, text)


def shortened(text: str) -> str:
    """Every line with a bounded number of signs; what is cut is said."""
    return "\n".join(map(shortened_line, text.split("\n")))


def shortened_line(line: str) -> str:
    """The same of one."""
    return line if len(line) <= LINE_SIGNS else f"{line[:LINE_SIGNS]} … {len(line) - LINE_SIGNS:,} signs more"
