"""Unsaved work: what running applications have, and what was left by those that ended, with a session or without."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer

from holdfast.async_client import AsyncClient
from holdfast.cli.output import plain
from holdfast.cli.words import ago
from holdfast.looking.unsaved import has_unsaved
from holdfast.tui.painting import Line, fitted
from holdfast.tui.row_list import RowList
from holdfast.tui.rows import app_meaning
from holdfast.tui.windows import PAGE_ROWS, Page, Window
from holdfast.tui.working import begin
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.model import WorkspaceRow

_APP_PLACES, _NAME_PLACES = 9, 24


class Wanted(NamedTuple):
    """What is to be done with it: ``open``, ``recover``, ``recover as`` or ``discard``."""

    act: str
    row: WorkspaceRow


class UnsavedWork(ModalScreen[Wanted | None]):
    """Chosen from, or left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "want('recover')", "Recover"),
        Binding("R", "want('recover as')", "Recover as"),
        Binding("x,delete", "want('discard')", "Discard"),
        Binding("enter", "want('open')", "Look at it"),
        Binding("escape,w", "leave", "Back"),
    ]
    DEFAULT_CSS = """
    UnsavedWork {
        align: center middle;
        & > Vertical { width: 100; max-width: 95%; height: 60%; background: $surface; }
        & > Vertical > RowList { height: 1fr; border: round $primary; border-title-color: $text-primary; }
    }
    """

    def __init__(self, client: AsyncClient) -> None:
        super().__init__()
        self._client = client
        self.list: RowList[WorkspaceRow] = RowList("unsaved", workspace_line, lambda row: row.id)

    def compose(self) -> ComposeResult:
        with Vertical():
            self.list.border_title = "unsaved work"
            yield self.list
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.list.focus()
        begin(self, self._read, "unsaved")

    def changed(self) -> None:
        """It is read again, and the cursor stays."""
        begin(self, self._reread, "unsaved")

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        message.stop()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        message.stop()
        self.action_want("open")

    def action_want(self, act: str) -> None:
        if self.list.row is not None:
            self.dismiss(Wanted(act, self.list.row))

    def action_leave(self) -> None:
        self.dismiss(None)

    async def _read(self) -> None:
        try:
            await self.list.show(Window(self._page))
        except HoldfastError as problem:
            self.list.border_subtitle = plain(problem.sentence)
            return
        self.list.border_subtitle = "" if self.list.total else "there is none"

    async def _reread(self) -> None:
        try:
            await self.list.reread()
        except HoldfastError:  # without the daemon, what is shown stays
            return

    async def _page(self, first: int) -> Page[WorkspaceRow]:
        rows = [row for row in (await self._client.workspaces()).rows if has_unsaved(row)]
        return Page(rows[first : first + PAGE_ROWS], first + PAGE_ROWS < len(rows), len(rows))


def workspace_line(row: WorkspaceRow, width: int) -> Line:
    """Its name and application, since when, and whether the session has moved on."""
    is_new = not row.revision
    since = f"left {ago(row.left, to_terminal=True)}" if row.left is not None else f"open in {row.app}"
    told = [since, f"changed {ago(row.changed, to_terminal=True)}", f"{row.parts_count} parts"]
    told += ["never saved"] if is_new else ["the session has moved on"] if row.behind else []
    return [
        ("✎ ", "warn" if row.left is not None else "faint"),
        (fitted(row.name, _NAME_PLACES), "strong"), (" ", ""),
        (fitted(row.app, _APP_PLACES), app_meaning(row.app)), (plain(f" {' · '.join(told)}"), "faint"),
    ]  # fmt: skip
