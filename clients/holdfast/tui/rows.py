"""What a row of each list says."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from holdfast.cli.words import ago, local_time, size
from holdfast.tui.painting import OBJECTS, Line, Piece, fitted
from holdfast_protocol.model import FoundRow, PartRow, SessionRow, SnapshotRow

_APPS = ("renardo", "aiderdesk", "mosaic", "igv")
_APP_PLACES, _AGE_PLACES, _SIZE_PLACES, _TIME_PLACES, _CAUSE_PLACES, _KIND_PLACES = 9, 7, 9, 16, 9, 9
#: A snapshot's cause: its sign, and how much it stands out.
_CAUSES: dict[str, Piece] = {
    "saved": ("●", "accent"),
    "autosaved": ("·", "faint"),
    "outside": ("◆", "warn"),
    "imported": ("↓", "accent"),
    "restored": ("↺", "good"),
    "merged": ("⋈", "good"),
}


class Item(NamedTuple):
    """A session of the list, or a place in one where the searched words stand. ``unsaved``: there is
    unsaved work of it."""

    session: SessionRow
    found: FoundRow | None = None
    unsaved: bool = False

    @property
    def key(self) -> str:
        found = self.found
        return f"{self.session.id} {found.snapshot if found else ''} {(found.part or found.where) if found else ''}"


def app_meaning(app: str) -> str:
    """The colour of an application."""
    return OBJECTS[_APPS.index(app)] if app in _APPS else "faint"


def item_line(item: Item, width: int) -> Line:
    """Name, application and age; or where the words stand, and what is around them."""
    row = item.session
    app: Piece = (fitted(row.app, _APP_PLACES), app_meaning(row.app))
    if item.found is not None:
        where = item.found.part_name or item.found.where
        name = f"{row.name} › {where}"
        room = max(8, (width - _APP_PLACES - 2) // 2)
        left = max(1, width - _APP_PLACES - 2 - room)
        return [_sign(item), (fitted(name, room), ""), (" ", ""), app, *_snippet(item.found, left)]
    age = ago(row.modified, to_terminal=True).removesuffix(" ago")
    tags = "".join(f" #{tag}" for tag in row.tags)
    room = max(4, width - 2 - _APP_PLACES - _AGE_PLACES - 2)
    name_places = min(len(row.name), room)
    return [
        _sign(item), (fitted(row.name, name_places if tags else room), "strong" if item.unsaved else ""),
        *([(fitted(tags, room - name_places), "faint")] if tags else []),
        (" ", ""), app, (f"{age:>{_AGE_PLACES}}", "faint"),
    ]  # fmt: skip


def _sign(item: Item) -> Piece:
    row = item.session
    if row.suspect or row.diverged:
        return ("! ", "bad")
    if item.unsaved:
        return ("✎ ", "warn")
    return ("⑂ ", "faint") if row.forked_from else ("  ", "")


def _snippet(found: FoundRow, places: int) -> list[Piece]:
    """The text around the first match, which stands out."""
    begin, end = (found.matches[0], found.matches[1]) if len(found.matches) > 1 else (0, 0)
    lead = found.snippet[max(0, begin - 6) : begin]
    tail = fitted(found.snippet[end:], max(0, places - len(lead) - (end - begin)))
    return [(lead, "faint"), (found.snippet[begin:end], "strong"), (tail, "faint")]


def snapshot_line(row: SnapshotRow, width: int, *, is_marked: bool) -> Line:
    """Autosaves are faint, suspects say why."""
    sign, meaning = ("!", "bad") if row.suspect else _CAUSES.get(row.cause, ("●", ""))
    plain_meaning = "faint" if row.cause == "autosaved" else ""
    pins = "".join(f" ⚑{pin}" for pin in row.pins)
    said = f" suspect: {row.suspect}" if row.suspect else f" {row.message}"
    return [
        (sign, meaning), (" ", ""), (fitted(local_time(row.time), _TIME_PLACES), plain_meaning),
        ("  ", ""), (fitted(row.cause, _CAUSE_PLACES), meaning),
        (f"{size(row.size_bytes, to_terminal=True):>{_SIZE_PLACES}}  ", "faint"),
        (row.author, plain_meaning), (pins, "warn"), (said, "bad" if row.suspect else "faint"),
        (" ◂ compared with" if is_marked else "", "accent"),
    ]  # fmt: skip


class PartItem(NamedTuple):
    """A part of the session, or (None) all of it."""

    part: PartRow | None

    @property
    def key(self) -> str | None:
        return self.part.key if self.part else None


def part_line(item: PartItem, width: int, *, ticked: Collection[str]) -> Line:
    """Those that are ticked are restored."""
    part = item.part
    if part is None:
        return [("  ", ""), ("everything", "strong")]
    is_ticked = part.key in ticked
    room = max(4, width - 2 - _KIND_PLACES - 1)
    return [
        ("✔ " if is_ticked else "  ", "good"), (fitted(part.name, room), "good" if is_ticked else ""),
        (" ", ""), (fitted(part.kind, _KIND_PLACES), "faint"),
    ]  # fmt: skip
