"""What can be drawn: lines of pieces, each a text and what it means. Colours are the theme's.

Everything passes through ``Painted.strip``, where nothing that a terminal would obey is left, whatever a name or a
content holds; no text is ever taken for markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from holdfast.cli.output import plain

#: A text, and what it means (one of ``MEANINGS``; empty: nothing of its own) or how it looks.
Piece = tuple[str, str | Style]
Line = Sequence[Piece]

OBJECTS = tuple(f"object-{number}" for number in range(1, 7))
MEANINGS = (
    *("faint", "strong", "good", "bad", "warn", "accent", "keyword", "string", "number", "comment", "function"),
    *OBJECTS,
)


class Drawing(Protocol):
    """Something to look at. ``turns``: it can be looked at from other sides."""

    turns: bool

    def lines(self, width: int, height: int, turn: int) -> Sequence[Line]:
        """All of its lines; it fills a place of that size where it can."""
        ...


class Lines:
    """Lines that are the same at any size."""

    turns = False

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def lines(self, width: int, height: int, turn: int) -> Sequence[Line]:
        return self._lines


def cut(line: Line, width: int) -> Line:
    """At most ``width`` places of it; one that is longer ends in ``…``."""
    pieces: list[Piece] = []
    left = width
    for text, meaning in line:
        safe = plain(text)
        if cell_len(safe) > left:
            return [*pieces, (fitted(safe, left), meaning)]
        pieces.append((safe, meaning))
        left -= cell_len(safe)
    return pieces


def fitted(text: str, width: int) -> str:
    """The text in exactly ``width`` places; one that is longer ends in ``…``."""
    text = plain(text)
    return f"{set_cell_size(text, width - 1)}…" if cell_len(text) > width > 0 else set_cell_size(text, max(0, width))


class Painted(ScrollView):
    """Draws lines."""

    COMPONENT_CLASSES = {*MEANINGS, "cursor"}
    DEFAULT_CSS = """
    Painted {
        & > .faint { text-style: dim; }
        & > .strong { text-style: bold; }
        & > .good { color: $text-success; }
        & > .bad { color: $text-error; }
        & > .warn { color: $text-warning; }
        & > .accent { color: $text-primary; }
        & > .keyword { color: $text-primary; text-style: bold; }
        & > .string { color: $text-success; }
        & > .number { color: $text-warning; }
        & > .comment { text-style: dim italic; }
        & > .function { color: #a371f7; }
        & > .object-1 { color: $text-primary; }
        & > .object-2 { color: $text-warning; }
        & > .object-3 { color: $text-success; }
        & > .object-4 { color: #a371f7; }
        & > .object-5 { color: $text-error; }
        & > .object-6 { color: #1b9aaa; }
        & > .cursor { background: $panel; }
        &:focus > .cursor { background: $primary-muted; }
    }
    """

    def strip(self, line: Line, left: int, width: int, *, is_cursor: bool = False) -> Strip:
        """``width`` places of the line from place ``left`` on."""
        base = self.rich_style + self._style("cursor") if is_cursor else self.rich_style
        segments = [Segment(plain(text), base + self._style(meaning)) for text, meaning in line]
        return Strip(segments).crop_extend(left, left + width, base)

    def _style(self, meaning: str | Style) -> Style:
        if isinstance(meaning, Style):
            return meaning
        return self.get_component_rich_style(meaning, partial=True) if meaning else Style.null()


class Reader(Painted, can_focus=True):
    """Shows a drawing: lines longer than it is wide are reached sidewards, what turns is turned."""

    BINDINGS = [
        ("left", "aside(-1)", "Turn or move left"),
        ("right", "aside(1)", "Turn or move right"),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._drawing: Drawing = Lines(())
        self._lines: Sequence[Line] = ()
        self._turn = 0

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join("".join(plain(text) for text, _ in line) for line in self._lines)

    def show(self, drawing: Drawing, *, keep_place: bool = False) -> None:
        """From its beginning, or where it stood."""
        self._drawing = drawing
        if not keep_place:
            self._turn = 0
            self.scroll_to(0, 0, animate=False, force=True)
        self._draw()

    def action_aside(self, direction: int) -> None:
        if self._drawing.turns:
            self._turn += direction
            self._draw()
        else:
            self.scroll_relative(x=8 * direction, animate=False, force=True)

    def on_resize(self) -> None:
        self._draw()

    def render_line(self, y: int) -> Strip:
        place, left = y + self.scroll_offset.y, self.scroll_offset.x
        width = self.scrollable_content_region.width
        line = self._lines[place] if place < len(self._lines) else ()
        return self.strip(cut(line, left + width), left, width)

    def _draw(self) -> None:
        size = self.scrollable_content_region.size
        self._lines = self._drawing.lines(max(size.width, 1), max(size.height, 1), self._turn)
        widest = max((sum(cell_len(plain(text)) for text, _ in line) for line in self._lines), default=0)
        self.virtual_size = Size(widest, len(self._lines))
        self.refresh()
