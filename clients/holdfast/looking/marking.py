"""Text of a session as HTML. It is hostile: what leaves this module as ``Markup`` was written by Pygments or
markdown-it, which escape it, and is all that a template may show unescaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer

from holdfast.looking.languages import lexer_of, shortened, shortened_line

MARKDOWN_SIGNS = 64 * 1024
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """Control characters as pictures of them, what turns the reading direction and halves of letters as their numbers;
    what joins letters (Persian, emoji) stays."""
    return _UNSEEN.sub(_picture, text.replace("\r\n", "\n"))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code == 0x7F:
        return "␡"
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"


def code(text: str, language: str = "", *, numbered: bool = True) -> Markup:
    """Highlighted, with the numbers of the lines."""
    shown = shortened(visible(text))
    lexer = lexer_of(language, shown)
    return Markup(highlight(shown, lexer, _formatter(numbered, isinstance(lexer, TextLexer))))


@cache
def _formatter(numbered: bool, is_words: bool) -> HtmlFormatter[str]:
    style = "code words" if is_words else "code"
    return HtmlFormatter(cssclass=style, linenos="inline" if numbered else False, wrapcode=True)


def markdown(text: str) -> Markup:
    """Without HTML and images, and with links to the web only; what cannot be read so is text."""
    tokens = tokens_of(text)
    if tokens is None:
        return code(text, numbered=False)
    return Markup(parser().renderer.render(tokens, parser().options, {}))


def tokens_of(text: str) -> list[Token] | None:
    """None where it is so long, or has lists and quotes so deep in one another, that some would be left out."""
    if len(text) > MARKDOWN_SIGNS:
        return None
    tokens = parser().parse(visible(text))
    deepest = parser().options["maxNesting"] - 1
    is_cut = any(each.level >= deepest and each.type in ("list_item_open", "blockquote_open") for each in tokens)
    return None if is_cut else tokens


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  # its name there
        return url.lower().startswith(("https://", "http://", "mailto:"))


@cache
def parser() -> MarkdownIt:
    """Of Markdown without HTML and images, and with links to the web only."""
    made = _Markdown("commonmark", {"html": False})
    made.enable(["table", "strikethrough"]).disable("image")
    made.add_render_rule("link_open", _link)
    made.add_render_rule("fence", _fence)
    made.add_render_rule("code_block", _fence)
    return made


def _fence(self: object, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    language = tokens[index].info.strip().lower()
    return code(tokens[index].content.rstrip("\n"), language, numbered=False)


def _link(self: object, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    address = escape(str(tokens[index].attrs.get("href", "")))
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">'


def unified(text: str, limit_lines: int = 2000) -> list[tuple[str, str]]:
    """The lines of a unified diff, each with what it is: added, removed, hunk, same."""
    lines = visible(text).split("\n")
    found = [(_line_kind(line), shortened_line(line)) for line in lines[:limit_lines]]
    if len(lines) > limit_lines:
        found.append(("hunk", f"… {len(lines) - limit_lines:,} lines more"))
    return found


def _line_kind(line: str) -> str:
    if line.startswith(("+++ ", "--- ", "@@", "\\")):
        return "hunk"
    return {"+": "added", "-": "removed"}.get(line[:1], "same")
