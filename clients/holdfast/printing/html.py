"""A sheet as one HTML file: no script, nothing fetched from elsewhere, and nothing of the session's that runs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files

from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from holdfast.looking.marking import code, markdown, visible
from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Bubble, Code, Folded, Heading, Picture, Remark, Sheet, Table, Words

_HEAD = Markup("""<!DOCTYPE html>
<html lang="und">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<h1 dir="auto">{title}</h1>
<dl class="facts">{facts}</dl>
""")
_TAIL = Markup("</body>\n</html>\n")


class Page:
    """The file, piece by piece."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._began = self._ended = False

    def next(self) -> Plan[list[bytes]]:
        """What the next blocks add. Raises HoldfastError."""
        if self._ended:
            return []
        pieces = [] if self._began else [_head(self._sheet)]
        self._began = True
        blocks = yield from self._sheet.blocks.next()
        self._ended = not blocks
        pieces += [_marked(each) for each in blocks] or [_TAIL]
        return ["".join(pieces).encode(errors="replace")]


def _head(sheet: Sheet) -> Markup:
    facts = _joined(map(_fact, sheet.facts))
    return _HEAD.format(title=visible(sheet.title), style=_style(), facts=facts)


def _fact(fact: tuple[str, str]) -> Markup:
    name, value = map(visible, fact)
    if not name:
        return Markup('<dd class="whole" dir="auto">{}</dd>').format(value)
    return Markup('<dt>{}</dt> <dd dir="auto">{}</dd> ').format(name, value)


@cache
def _style() -> Markup:
    """Ours, and Pygments' for light and dark paper."""
    ours = (files("holdfast.printing") / "page.css").read_text(encoding="utf-8")
    light, dark = (HtmlFormatter(style=name).get_style_defs(".code") for name in ("default", "github-dark"))
    at_night = f"@media screen and (prefers-color-scheme: dark) {{\n{_foreground(dark)}}}\n"
    return Markup(f"{_foreground(light)}{at_night}{ours}")


def _foreground(rules: str) -> str:
    """Without its own grounds and numbers, which are ours."""
    return "".join(f"{line}\n" for line in rules.split("\n") if line.startswith(".code .") and "{" in line)


def _marked(block: Block) -> Markup:
    return _MARKS[type(block)](block) + Markup("\n")


def _heading(block: Heading) -> Markup:
    return Markup('<h2 dir="auto">{} <small>{}</small></h2>').format(visible(block.text), visible(block.aside))


def _words(block: Words) -> Markup:
    return Markup('<div dir="auto">{}</div>').format(markdown(block.text))


def _code(block: Code) -> Markup:
    return code(block.text, block.language, numbered=block.numbered)


def _table(block: Table) -> Markup:
    colors = [*block.colors, *[None] * (len(block.rows) - len(block.colors))]
    head = _joined(Markup('<th scope="col">{}</th>').format(visible(each)) for each in block.columns)
    rows = _joined(
        Markup("<tr>{}</tr>").format(
            _joined(
                Markup('<td dir="auto">{}{}</td>').format(_swatch(color) if not at else "", visible(cell))
                for at, cell in enumerate(row)
            )
        )
        for row, color in zip(block.rows, colors, strict=True)
    )
    whole = Markup('<div class="wide"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>')
    return whole.format(head, rows)


def _swatch(color: str | None) -> Markup:
    return Markup('<span class="swatch" style="background:{}"></span>').format(color) if color else Markup()


def _picture(block: Picture) -> Markup:
    content = base64.b64encode(block.content).decode()
    return Markup('<img src="data:{};base64,{}" alt="{}">').format(block.media_type, content, visible(block.said))


def _remark(block: Remark) -> Markup:
    return Markup('<p class="remark" dir="auto">{}</p>').format(visible(block.text))


def _folded(block: Folded) -> Markup:
    bad = " is-bad" if block.is_bad else ""
    if not block.inside:
        return Markup('<p class="said{}"><bdi>{}</bdi></p>').format(bad, visible(block.title))
    inside = _joined(map(_marked, block.inside))
    return Markup('<details class="{}"><summary><bdi>{}</bdi></summary>\n{}</details>').format(
        bad.strip(), visible(block.title), inside
    )


def _bubble(block: Bubble) -> Markup:
    return Markup('<div class="bubble {}">\n<p class="who">{}</p>\n{}</div>').format(
        block.role, visible(block.speaker), _joined(map(_marked, block.inside))
    )


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)


_MARKS: dict[type[Block], Callable[..., Markup]] = {
    Heading: _heading, Words: _words, Code: _code, Table: _table, Picture: _picture, Remark: _remark, Folded: _folded,
    Bubble: _bubble,
}  # fmt: skip
