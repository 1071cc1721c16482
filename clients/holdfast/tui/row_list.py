"""A list of rows of any length of which one is chosen: it draws those in view, and keeps its place when they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from holdfast.tui.painting import Line, Painted
from holdfast.tui.windows import Window, window_of
from holdfast.tui.working import begin
from holdfast_protocol.errors import HoldfastError

Each = TypeVar("Each")


class RowList(Painted, Generic[Each], can_focus=True):
    """``line`` says a row in so many places; ``key`` is what stays the same of it when it changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "go(0)", "First", show=False),
        Binding("end,G", "go(-1)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Highlighted(Message):
        """The cursor is on another row now, or on none."""

        def __init__(self, rows: Widget, row: object) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> Widget:
            return self.rows

    class Chosen(Message):
        """Somebody wants more of the row under the cursor."""

        def __init__(self, rows: Widget) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Widget:
            return self.rows

    def __init__(self, id: str, line: Callable[[Each, int], Line], key: Callable[[Each], str]) -> None:
        super().__init__(id=id)
        self._line = line
        self._key = key
        self._window: Window[Each] = window_of([])
        self._told: str | None = None
        self._has_told = False
        self.cursor = 0

    @property
    def total(self) -> int:
        """How many rows are known to be there."""
        return self._window.total

    @property
    def known(self) -> str:
        """How many there are, in words."""
        if self._window.is_exact:
            return f"{self.total:,}" if self.total else "none"
        return f"{self.total - 1:,}+" if self.total > 1 else "…"

    @property
    def row(self) -> Each | None:
        """The one under the cursor."""
        return self._window.row(self.cursor)

    @property
    def text(self) -> str:
        """What is in view."""
        return "\n".join(self.render_line(y).text for y in range(self.size.height))

    async def show(self, window: Window[Each], *, at: Callable[[Each], bool] | None = None) -> None:
        """Another list, from its beginning or at a row; until its first rows are here the former stays. Raises
        HoldfastError."""
        await window.ensure(0, self._height)
        self._window, self._told, self._has_told = window, None, False
        self.cursor = 0 if at is None else window.place_of(at) or 0
        self.scroll_to(y=max(0, self.cursor - self._height // 2), animate=False)
        self._changed()

    async def reread(self) -> None:
        """The same list as it is now, and the cursor where it was: on its row, in its place on the screen. A list
        that is looked at from its beginning stays there. Raises HoldfastError."""
        top, cursor, window = self.scroll_offset.y, self.cursor, self._window
        told = self._told
        fresh = await window.again(min(top, cursor), max(top + self._height, cursor))
        if window is not self._window:  # another list is shown by now
            return
        self._window = fresh
        place = None if told is None else fresh.place_of(lambda row: self._key(row) == told)
        if place is not None and place != cursor:
            self.cursor += place - cursor
            if top > 0:
                self.scroll_to(y=max(0, top + place - cursor), animate=False)
        self.cursor = max(0, min(self.cursor, fresh.total - 1))
        self._changed()

    def action_move(self, step: int) -> None:
        self.go(self.cursor + step)

    def action_page(self, step: int) -> None:
        self.go(self.cursor + step * max(1, self._height - 1))

    def action_go(self, place: int) -> None:
        self.go(place if place >= 0 else self.total - 1)

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self))

    def on_click(self, event: Click) -> None:
        self.go(event.y + self.scroll_offset.y)

    def go(self, place: int) -> None:
        """The cursor stands there, in view."""
        self.cursor = max(0, min(place, self.total - 1))
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + self._height:
            self.scroll_to(y=self.cursor - self._height + 1, animate=False)
        self._changed()

    def render_line(self, y: int) -> Strip:
        place = y + self.scroll_offset.y
        row = self._window.row(place)
        width = self.size.width
        line: Line = [("…", "faint")] if row is None and place < self.total else []
        if row is not None:
            line = self._line(row, width)
        return self.strip(line, 0, width, is_cursor=place == self.cursor and place < self.total)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._load()

    def on_resize(self) -> None:
        self._changed()

    @property
    def _height(self) -> int:
        return max(1, self.scrollable_content_region.height)

    def _changed(self) -> None:
        self.virtual_size = Size(0, self.total)
        self.refresh()
        row = self.row
        told = None if row is None else self._key(row)
        is_coming = row is None and self.cursor < self.total
        if (told != self._told or not self._has_told) and not is_coming:
            self._told, self._has_told = told, True
            self.post_message(self.Highlighted(self, row))
        self._load()

    def _load(self) -> None:
        top = self.scroll_offset.y
        if self._window.lacks(top, top + self._height) or self._window.lacks(self.cursor, self.cursor):
            begin(self, self._come, f"rows-{self.id}")

    async def _come(self) -> None:
        top = self.scroll_offset.y
        try:
            has_come = await self._window.ensure(top, top + self._height)
            has_come |= await self._window.ensure(self.cursor, self.cursor)
        except HoldfastError:  # it is asked for again when it is looked at again, or the daemon is back
            return
        if has_come:
            self._changed()
