"""One session: what is known of it, its timeline, its parts, and what is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from holdfast.async_client import AsyncClient
from holdfast.cli.output import plain
from holdfast.cli.words import marks, size
from holdfast.tui.acts import At
from holdfast.tui.comparing import changes_drawn
from holdfast.tui.looking import Looked
from holdfast.tui.painting import Drawing, Line, Lines, Reader
from holdfast.tui.previews import preview
from holdfast.tui.row_list import RowList
from holdfast.tui.rows import PartItem, app_meaning, part_line, snapshot_line
from holdfast.tui.windows import PAGE_ROWS, Page, Window, window_of
from holdfast.tui.working import begin
from holdfast_protocol.errors import Damaged, HoldfastError, NotFound
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow, Ref, SnapshotRow

#: Whoever holds an arrow key down does not look at what passes.
_GLANCE_SECONDS = 0.06


class SessionView(Vertical):
    """``session`` and ``snapshot`` are looked at; ``ticked`` parts are those that are restored."""

    def __init__(self, client: AsyncClient) -> None:
        super().__init__(id="session")
        self._client = client
        self._shown: Shown | None = None
        self._wanted: Ref | None = None
        self._marked: SnapshotRow | None = None
        self._wanted_part: str | None = None
        self._drawn: object = None
        self.compares = False
        self.ticked: set[str] = set()
        self.head = Reader("head")
        self.head.can_focus = False
        self.timeline: RowList[SnapshotRow] = RowList("timeline", self._snapshot_line, lambda row: row.snapshot)
        self.parts: RowList[PartItem] = RowList(
            "parts", lambda item, width: part_line(item, width, ticked=self.ticked), lambda item: item.key or ""
        )
        self.content = Reader("content")

    def compose(self) -> ComposeResult:
        yield self.head
        self.timeline.border_title = "timeline"
        yield self.timeline
        with Horizontal():
            self.parts.border_title = "parts"
            yield self.parts
            self.content.border_title = "preview"
            yield self.content

    @property
    def shown(self) -> Shown | None:
        """What the daemon said of the session at the snapshot."""
        return self._shown

    @property
    def ref(self) -> Ref | None:
        """The session at the snapshot that is looked at."""
        return Looked(self._client, self._shown).ref if self._shown else None

    @property
    def at(self) -> At | None:
        """What an act is done to."""
        return At(self._shown, Looked(self._client, self._shown).ref, sorted(self.ticked)) if self._shown else None

    def show(self, session: str | None, snapshot: str | None = None, part: str | None = None) -> None:
        """Another session (None: none), its newest snapshot or another one, all of it or a part."""
        self.ticked.clear()
        self._marked, self._wanted_part = None, part
        self._wanted = Ref(id=session, snapshot=snapshot or "latest") if session is not None else None
        begin(self, self._open, "session")

    def changed(self) -> None:
        """The session is not as it was: it is read again, and the cursor stays, or follows the newest snapshot."""
        begin(self, self._again, "session")

    def tick(self) -> None:
        """The part under the cursor is to be restored, or not."""
        item = self.parts.row
        if item is not None and item.key is not None:
            self.ticked ^= {item.key}
            self.parts.refresh()
            self.parts.go(self.parts.cursor + 1)

    def mark(self) -> None:
        """The snapshot under the cursor is what others are compared with; once more: the one before each."""
        row = self.timeline.row
        self._marked = None if row is None or row == self._marked else row
        self.timeline.refresh()
        self.redraw()

    def compare(self) -> None:
        """From looking at a snapshot to what changed with it, and back."""
        self.compares = not self.compares
        self.redraw()

    def redraw(self) -> None:
        """What is looked at is drawn again."""
        begin(self, self._draw, "content")

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        message.stop()
        ref, row = self.ref, message.row
        if message.control is self.timeline and isinstance(row, SnapshotRow) and ref is not None:
            self._look_at(Ref(id=ref.id, snapshot=row.snapshot))
        elif message.control is self.parts:
            self._wanted_part = row.key if isinstance(row, PartItem) else None
            self.redraw()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        message.stop()
        (self.parts if message.control is self.timeline else self.content).focus()

    async def _again(self) -> None:
        wanted, shown = self._wanted, self._shown
        if wanted is None or shown is None or shown.session.id != wanted.id:
            await self._open()
            return
        try:
            if self.timeline.cursor > 0:
                await self.timeline.reread()
                row = self.timeline.row
                await self._turn_to(Ref(id=wanted.id, snapshot=row.snapshot if row else "latest"))
            else:
                await self.timeline.show(self._log(shown.session.id))
        except HoldfastError:  # without the daemon, what is shown stays
            return

    async def _open(self) -> None:
        wanted = self._wanted
        if wanted is None or wanted.id is None:
            self._shown = None
            await self.timeline.show(window_of([]))
            await self.parts.show(window_of([]))
            self.head.show(Lines([[("No session", "faint")]]))
            self.content.show(Lines([]))
            return
        await asyncio.sleep(_GLANCE_SECONDS)
        try:
            shown = await self._client.show(wanted)
            self._shown = shown
            self._show_head(shown)
            at = shown.snapshot.snapshot if shown.snapshot else ""
            await self.timeline.show(self._log(wanted.id), at=lambda row: row.snapshot == at)
            await self._show_parts(shown)
        except HoldfastError as problem:
            self.content.show(problem_drawn(problem))

    def _log(self, session: str) -> Window[SnapshotRow]:
        async def page(first: int) -> Page[SnapshotRow]:
            found = await self._client.log(Ref(id=session), limit=PAGE_ROWS, offset=first)
            return Page(found.rows, found.more)

        return Window(page)

    def _look_at(self, ref: Ref) -> None:
        begin(self, partial(self._turn_to, ref), "session")

    async def _turn_to(self, ref: Ref) -> None:
        """Another snapshot of the same session, or the same one once more."""
        await asyncio.sleep(_GLANCE_SECONDS)
        try:
            shown = await self._client.show(ref)
        except HoldfastError as problem:
            self.content.show(problem_drawn(problem))
            return
        self._shown = shown
        self._show_head(shown)
        await self._show_parts(shown)

    async def _show_parts(self, shown: Shown) -> None:
        self.ticked &= {part.key for part in shown.parts}
        wanted = self._wanted_part
        items = [PartItem(part) for part in (None, *shown.parts)]
        await self.parts.show(window_of(items), at=lambda item: item.key == wanted)
        self.redraw()

    def _show_head(self, shown: Shown) -> None:
        row = shown.session
        at = shown.snapshot
        generation = f" {shown.generation}" if shown.generation not in ("", row.format) else ""
        about = [f"{row.format}{generation}", size(row.size_bytes, to_terminal=True)]
        about += [f"revision {row.revision}", *(f"{value:,} {name}" for name, value in _counts(shown))]
        said = marks(row)
        first: Line = [
            (plain(row.name), "strong"), ("  ", ""), (row.app, app_meaning(row.app)),
            (plain(f"  {row.folder}"), "faint"),
            ("" if said == "-" else f"  {said}", "bad" if row.suspect or row.diverged else "warn"),
            (plain("".join(f"  #{tag}" for tag in row.tags)), "accent"),
        ]  # fmt: skip
        third = _third(shown, at)
        self.head.show(Lines([first, [(plain(" · ".join(about)), "faint")], third]))

    def _snapshot_line(self, row: SnapshotRow, width: int) -> Line:
        return snapshot_line(row, width, is_marked=self._marked is not None and row.snapshot == self._marked.snapshot)

    async def _draw(self) -> None:
        shown = self._shown
        if shown is None:
            return
        part = next((each for each in shown.parts if each.key == self._wanted_part), None)
        looked = Looked(self._client, shown)
        self.content.border_title = "what changed" if self.compares else "preview"
        drawing: Drawing
        try:
            drawing = await (self._changes(looked, part) if self.compares else preview(looked, part))
        except HoldfastError as problem:
            drawing = problem_drawn(problem)
        place = (shown.session.id, self._wanted_part, self.compares)
        self.content.show(drawing, keep_place=place == self._drawn)
        self._drawn = place

    async def _changes(self, looked: Looked, part: PartRow | None) -> Lines:
        marked, at = self._marked, looked.shown.snapshot
        if at is None or marked is None or marked.snapshot == at.snapshot:
            if at is not None and not at.parents:
                return Lines([[("This is the first snapshot: m marks another to compare with", "faint")]])
            changes = await self._client.diff(looked.ref)
        else:
            old, new = sorted((marked, at), key=lambda row: row.time)
            changes = await self._client.diff(
                Ref(id=looked.ref.id, snapshot=old.snapshot), Ref(id=looked.ref.id, snapshot=new.snapshot)
            )
        return changes_drawn(changes, part.key if part else None)


def problem_drawn(problem: HoldfastError) -> Lines:
    """Its code, as the command line has it, and its sentence."""
    meaning = "bad" if isinstance(problem, Damaged | NotFound) else "warn"
    return Lines([[(problem.code, "strong")], [(plain(problem.sentence), meaning)]])


def _counts(shown: Shown) -> Iterable[tuple[str, int]]:
    return ((name, value) for name, value in shown.facts.items() if type(value) is int)


def _third(shown: Shown, at: SnapshotRow | None) -> Line:
    """What is most worth knowing."""
    if at is not None and at.suspect:
        return [(plain(f"suspect: {at.suspect}"), "bad")]
    if shown.warnings:
        return [(plain(shown.warnings[0]), "warn")]
    return [(plain(shown.note.replace("\n", " / ")), "")]
