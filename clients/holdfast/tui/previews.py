"""What a session or a part of it looks like, by its application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from holdfast.cli.output import plain
from holdfast.cli.words import fact, path_text, size
from holdfast.looking.languages import language_of, language_of_part
from holdfast.tui.chats import chat
from holdfast.tui.clouds import clouds
from holdfast.tui.looking import Looked
from holdfast.tui.painting import Drawing, Line, Lines
from holdfast.tui.texts import heading, text_lines
from holdfast.tui.tracks import tracks
from holdfast_protocol.model import PartRow

_LISTED = 200
_CODE = ("startup", "buffer")


async def preview(looked: Looked, part: PartRow | None) -> Drawing:
    """Of a part, or of all. Raises HoldfastError."""
    shown = looked.shown
    if shown.snapshot is None:
        return Lines([[("There is nothing in it yet", "faint")]])
    if part is not None:
        make = _PARTS.get((shown.session.format, part.kind))
        return await make(looked, part) if make else await _part(looked, part)
    whole = _WHOLES.get(shown.session.format)
    return await whole(looked, None) if whole and shown.parts else await _files(looked)


async def _code(looked: Looked, part: PartRow | None) -> Lines:
    """The buffers, one below the other."""
    lines: list[Line] = []
    for each in looked.shown.parts:
        if each.kind in _CODE and len(lines) < 2000:
            lines += heading(each.name, _beside(each))
            lines += [*await text_lines(await looked.of_part(each), partial(language_of_part, each, each.name)), []]
    return Lines(lines)


async def _part(looked: Looked, part: PartRow) -> Lines:
    is_code = looked.shown.session.format == "renardo" and part.kind in _CODE
    read = await text_lines(await looked.of_part(part), partial(language_of_part, part, part.name))
    facts: list[Line] = [
        [(f"{name}  ", "faint"), (plain(fact(value)), "")] for name, value in part.facts.items() if not is_code
    ]
    arrays: list[Line] = [
        [("array  ", "faint"), (plain(f"{row.name}  {row.dtype}  {'×'.join(map(str, row.shape))}  {row.unit}"), "")]
        for row in part.arrays
    ]
    return Lines([*heading(part.name, f"{part.kind} · {_beside(part)}"), *facts, *arrays, *read])


async def _files(looked: Looked) -> Lines:
    """A document that only its file says something about: the first file, and the names of the others."""
    files = looked.shown.files
    lines: list[Line] = []
    if len(files) > 1:
        lines = [
            [(plain(path_text(row.path)), ""), (f"  {size(row.size_bytes, to_terminal=True)}", "faint")]
            for row in files[:_LISTED]
        ]
    for row in files[:1]:
        name = path_text(row.path or looked.shown.session.path).rpartition("/")[2]
        lines += heading(name, size(row.size_bytes, to_terminal=True))
        lines += await text_lines(await looked.of_file(row.path), partial(language_of, name))
    return Lines(lines)


def _beside(part: PartRow) -> str:
    return size(part.size_bytes, to_terminal=True)


_Make = Callable[[Looked, PartRow | None], Awaitable[Drawing]]
_WHOLES: dict[str, _Make] = {"renardo": _code, "aiderdesk": chat, "mosaic": clouds, "igv": tracks}
_PARTS: dict[tuple[str, str], _Make] = {
    ("aiderdesk", "message"): chat,
    ("mosaic", "cluster"): clouds,
    ("mosaic", "model"): clouds,
}
