"""The program on the screen: the list at the left, the session at the right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, HelpPanel, Input

from holdfast.async_client import AsyncClient
from holdfast.cli.output import plain
from holdfast.cli.words import ago
from holdfast.looking.meanwhile import Meanwhile
from holdfast.tui.acts import ACTS, Done
from holdfast.tui.asking import AskText, AskWhether
from holdfast.tui.changing import Changing
from holdfast.tui.listing import SORTS, VIEWS, Listing, Sessions
from holdfast.tui.painting import Lines, Reader
from holdfast.tui.row_list import RowList
from holdfast.tui.rows import Item, item_line
from holdfast.tui.session_view import SessionView
from holdfast.tui.unsaved import UnsavedWork, Wanted
from holdfast.tui.working import begin
from holdfast_protocol.errors import HoldfastError, ShuttingDown, TooLate, Unreachable
from holdfast_protocol.model import OperationRow, WorkspaceRow

_AWAY = (Unreachable, TooLate, ShuttingDown)
_Each = TypeVar("_Each")
_THEMES = ("textual-dark", "textual-light")


class HoldfastApp(App[None]):
    """``path`` is the daemon's socket."""

    TITLE = "holdfast"
    CSS_PATH = "app.tcss"
    NOTIFICATION_TIMEOUT = 8
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/"),
        Binding("v", "view", "View"),
        Binding("a", "application", "App"),
        Binding("s", "sort", "Sort"),
        Binding("d", "compare", "Diff"),
        Binding("m", "mark", "Mark"),
        Binding("space", "tick", "Tick"),
        *(Binding(act.keys, f"act('{name}')", act.name, show=act.stands_out) for name, act in ACTS.items()),
        Binding("u", "undo", "Undo"),
        Binding("w", "unsaved", "Unsaved"),
        Binding("down", "to_list", "To the list", show=False),
        Binding("ctrl+f", "contents", "Search contents", show=False),
        Binding("t", "turn_light", "Light or dark", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("question_mark", "keys", "Keys", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, path: str) -> None:
        super().__init__()
        self._client = AsyncClient(path)
        self._meanwhile = Meanwhile(path, there=self._there, told=self._told, away=self._away)
        self._changing = Changing(self._client)
        self._sessions = Sessions(self._client)
        self._listing = Listing()
        self.search = Input(placeholder="search names", id="search")
        self.filters = Reader("filters")
        self.filters.can_focus = False
        self.banner = Reader("banner")
        self.banner.can_focus = False
        self.list: RowList[Item] = RowList("list", item_line, lambda item: item.key)
        self.view = SessionView(self._client)

    @property
    def _main(self) -> Screen[object]:
        """The one below every question."""
        return self.screen_stack[0]

    def compose(self) -> ComposeResult:
        yield self.banner
        with Horizontal():
            with Vertical(id="left"):
                yield self.search
                yield self.filters
                yield self.list
            yield self.view
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        self.list.focus()
        self._show_filters()
        begin(self, self._meanwhile.follow, "meanwhile", alone=False)

    async def on_unmount(self) -> None:
        self._client.close()

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input is self.search:
            self._list(replace(self._listing, text=event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self.search:
            self.action_to_list()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        item = message.row
        if not isinstance(item, Item):
            self.view.show(None)
        elif item.found is not None:
            self.view.show(item.session.id, item.found.snapshot, item.found.part)
        else:
            self.view.show(item.session.id)

    def on_row_list_chosen(self) -> None:
        self._main.add_class("in-session")
        self.view.timeline.focus()

    def action_search(self) -> None:
        self._main.remove_class("in-session")
        self.search.focus()

    def action_to_list(self) -> None:
        self.list.focus()

    def action_contents(self) -> None:
        self._list(replace(self._listing, view="contents"))
        self.action_search()

    async def action_back(self) -> None:
        if self.focused is self.search and self.search.value:
            self.search.value = ""
        self._main.remove_class("in-session")
        self.list.focus()

    def action_view(self) -> None:
        self._list(replace(self._listing, view=_next(VIEWS, self._listing.view)))

    def action_sort(self) -> None:
        self._list(replace(self._listing, sort=_next(SORTS, self._listing.sort)))

    def action_application(self) -> None:
        apps = [None, *sorted(self._sessions.apps)]
        self._list(replace(self._listing, app=_next(apps, self._listing.app)))

    def action_turn_light(self) -> None:
        self.theme = _next(_THEMES, self.theme)

    def action_keys(self) -> None:
        if self.screen.query(HelpPanel):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def action_compare(self) -> None:
        self.view.compare()

    def action_mark(self) -> None:
        self.view.mark()

    def action_tick(self) -> None:
        self.view.tick()

    def action_act(self, name: str) -> None:
        act, at = ACTS[name], self.view.at
        if at is None:
            return
        question = act.asks(at)
        if question is None:
            self._do(partial(self._changing.do, act, at, ""))
            return

        def answered(said: str | None) -> None:
            if said is not None:
                self._do(partial(self._changing.do, act, at, said))

        self.push_screen(AskText(question.text, question.answer, may_be_empty=question.may_be_empty), answered)

    def action_unsaved(self) -> None:
        self.push_screen(UnsavedWork(self._client), self._unsaved)

    def _unsaved(self, wanted: Wanted | None) -> None:
        """What was chosen of it is done."""
        if wanted is None:
            return
        row = wanted.row
        if wanted.act == "discard":
            self._do(partial(self._changing.discard, row))
        elif wanted.act == "open":
            self._look_at(row)
        elif row.left is None:
            self._say(f"It is open in {row.app}, which can save it itself")
        elif wanted.act == "recover":
            self._do(partial(self._changing.recover, row, None))
        else:
            self.push_screen(AskText("Name of the session that it becomes", row.name), partial(self._recover_as, row))

    def _recover_as(self, row: WorkspaceRow, name: str | None) -> None:
        if name is not None:
            self._do(partial(self._changing.recover, row, name))

    def _look_at(self, row: WorkspaceRow) -> None:
        """The unsaved work as it was autosaved."""
        if row.revision:
            self.view.show(row.session, row.autosave)
            self.on_row_list_chosen()
        else:
            self._say("It was never saved: recover it to look at it")

    def action_undo(self) -> None:
        if self._changing.has_done:
            self._do(self._changing.undo)
        elif self.view.shown is not None:
            begin(self, partial(self._ask_undo, self.view.shown.session.id), "ask")

    async def _ask_undo(self, session: str) -> None:
        """What was done elsewhere is not taken back without a question."""
        try:
            row = await self._changing.newest_of(session)
        except HoldfastError as problem:
            self._say_problem(problem)
            return
        if row is None:
            self._say("There is nothing to take back")
            return
        when = ago(row.time, to_terminal=True)
        if await self.push_screen_wait(AskWhether(f"Take back: {row.type} of {row.app}/{row.name}, {when}?")):
            self._do(partial(self._changing.undo_operation, row.number))

    def _do(self, act: Callable[[], Awaitable[Done]]) -> None:
        begin(self, partial(self._doing, act), "acts", alone=False)

    async def _doing(self, act: Callable[[], Awaitable[Done]]) -> None:
        try:
            done = await act()
        except HoldfastError as problem:
            self._say_problem(problem)
            return
        self._say(f"{done.sentence}{'; u takes it back' if done.operation is not None else ''}")
        self.view.ticked.clear()
        await self._reread()
        self.view.changed()

    def _list(self, listing: Listing) -> None:
        if listing != self._listing:
            self._listing = listing
            self._show_filters()
            begin(self, partial(self._reread, is_new=True), "list")

    async def _reread(self, *, is_new: bool = False) -> None:
        """The list as it is now; from its beginning, or keeping its place."""
        if isinstance(self.screen, UnsavedWork):
            self.screen.changed()
        await self._guarded(self._sessions.look_at_workspaces())
        if is_new:
            await self._guarded(self.list.show(self._sessions.window(self._listing)))
        else:
            await self._guarded(self.list.reread())
        self._show_filters()

    async def _guarded(self, reading: Awaitable[None]) -> None:
        """Without the daemon, what is shown stays; the banner says so."""
        try:
            await reading
        except _AWAY:
            pass
        except HoldfastError as problem:
            self._say_problem(problem)

    async def _told(self, rows: Sequence[OperationRow]) -> None:
        """Others have changed something."""
        shown = self.view.shown
        here = shown.session.id if shown else None
        for row in rows:
            if row.type == "deleted-outside" and row.session == here:
                self._changing.outside(row)
                self._say(f"{row.app}/{row.name} was deleted by another program; u takes it back")
        if not self._listing.is_search:
            await self._reread()
        if any(row.session == here for row in rows):
            self.view.changed()

    async def _there(self) -> None:
        """The daemon is there, or there again: all that is shown is read."""
        self._main.remove_class("is-away")
        self.banner.show(Lines([]))
        await self._reread(is_new=self.list.total == 0)
        self.view.changed()

    async def _away(self, problem: HoldfastError) -> None:
        self._main.add_class("is-away")
        self.banner.show(Lines([[(f" The daemon is away ({problem.code}): this is how things were", "bad")]]))

    def _show_filters(self) -> None:
        listing = self._listing
        known = self.list.known
        line = [(listing.view, "accent"), (f" {known} · ", "faint"), (listing.app or "all apps", "")]
        self.filters.show(Lines([[*line, (f" · by {listing.sort}" if not listing.is_search else "", "faint")]]))
        self.search.placeholder = "search contents" if listing.is_search else "search names"

    def _say(self, sentence: str) -> None:
        self.notify(plain(sentence), markup=False)

    def _say_problem(self, problem: HoldfastError) -> None:
        self.notify(plain(problem.sentence), title=problem.code, severity="error", markup=False)


def _next(among: Sequence[_Each], now: _Each) -> _Each:
    return among[(among.index(now) + 1) % len(among)] if now in among else among[0]
