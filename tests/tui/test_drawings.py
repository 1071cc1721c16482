"""What sessions of each application look like on the terminal, and what its drawings promise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

import holdfast
from holdfast.testing import PrivateDaemon
from holdfast.tui.chats import wrap
from holdfast.tui.clouds import Cloud, braille
from holdfast.tui.looking import Looked
from holdfast.tui.painting import cut, fitted
from holdfast.tui.previews import preview
from holdfast.tui.windows import PAGE_ROWS, Page, Window
from holdfast_protocol.model import PartRow

DATA = Path(__file__).parents[1] / "data"
WIDTH, HEIGHT = 80, 30


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateDaemon]:
    """One for all drawings; each has a session of its own."""
    with PrivateDaemon(tmp_path_factory.mktemp("s") / "d") as running:
        yield running


def drawn(daemon: PrivateDaemon, session: str, part: str | None = None) -> str:
    """The preview of a session, or of the part of that name."""

    async def looked_at() -> str:
        async with holdfast.AsyncClient(daemon.socket) as client:
            shown = await client.show(session)
            row = next((each for each in shown.parts if each.name == part), None)
            drawing = await preview(Looked(client, shown), row)
            return "\n".join("".join(text for text, _ in line) for line in drawing.lines(WIDTH, HEIGHT, 0))

    return asyncio.run(looked_at())


def imported(daemon: PrivateDaemon, path: str, app: str | None = None) -> str:
    file = DATA / path
    with daemon.client() as client:
        session = client.import_document(file.stem, file, app=app, suffix=file.suffix).session
    return f"{session.app}/{session.name}"


def test_renardo_s_buffers_stand_one_below_the_other(daemon: PrivateDaemon) -> None:
    """Each with its name, its lines numbered."""
    with daemon.client() as client:
        client.save("renardo", "two", parts={"drums": b"d1 >> play('x-')", "bass": b"a = 1\nb1 >> bass()"})
    text = drawn(daemon, "renardo/two")
    assert (
        text.index("── drums") < text.index("1 d1 >> play('x-')") < text.index("── bass") < text.index("2 b1 >> bass()")
    )
    assert "drums" not in drawn(daemon, "renardo/two", "bass")


def test_a_chat_has_its_roles_and_its_tool_calls_in_a_line(daemon: PrivateDaemon) -> None:
    """Nothing runs out at the right; what was asked of a tool is named."""
    text = drawn(daemon, imported(daemon, "aiderdesk/chat_v2.json", "aiderdesk"))
    assert "╭ user" in text
    assert "╭ assistant" in text
    assert "▸ " in text
    assert max(map(cell_len, text.split("\n"))) <= WIDTH


def test_mosaic_s_objects_are_dots_and_a_list(daemon: PrivateDaemon) -> None:
    """Visible objects are drawn in braille; below stands what each is."""
    text = drawn(daemon, imported(daemon, "mosaic/mosaic-1.0.16.pickle", "mosaic"))
    assert any(0x2800 < ord(sign) <= 0x28FF for sign in text)
    assert " points" in text
    assert max(map(cell_len, text.split("\n"))) <= WIDTH


def test_igv_s_tracks_are_a_table_and_missing_files_are_marked(daemon: PrivateDaemon) -> None:
    """Genome, locus, tracks and the state of the files that they need."""
    text = drawn(daemon, imported(daemon, "igv/session_8.xml", "igv"))
    assert "genome" in text
    assert "TRACK" in text
    assert "FILES" in text
    assert "✘ missing" in text or "☁ remote" in text or "? unknown" in text


def test_what_no_application_knows_is_text_or_bytes(daemon: PrivateDaemon) -> None:
    """A file is shown by what is in it."""
    with daemon.client() as client:
        client.save("notes", "plain", "ein Größtes\n".encode())
        client.save("notes", "empty", b"", accept=True)
    assert "1 ein Größtes" in drawn(daemon, "notes/plain")
    assert "0 B" in drawn(daemon, "notes/empty")


def test_a_turned_cloud_looks_different_and_keeps_its_place() -> None:
    """A line of points is long from the side and short from its end; it never leaves its place."""
    part = PartRow(key="k", name="line", kind="cluster", size_bytes=0)
    cloud = Cloud(part, [(float(x), 0.0, float(x % 3)) for x in range(100)], "object-1")
    sides = [braille([cloud], 40, 10, angle) for angle in (0.0, 0.5, 1.5)]
    assert len({str(side) for side in sides}) == 3
    assert all(len(side) <= 10 and cell_len("".join(text for text, _ in line)) == 40 for side in sides for line in side)
    assert braille([Cloud(part, [(1.0, 2.0, 3.0)], "object-1")], 40, 10, 0.3)


@pytest.mark.parametrize("places", [1, 2, 7, 20])
def test_text_takes_the_places_that_it_is_given(places: int) -> None:
    """Also where letters are wide, or would be obeyed, or a word is longer than a line."""
    text = "wide 設計評審 \x1b[31m " + "x" * 30 + " مرحبا"
    assert cell_len(fitted(text, places)) == places
    assert sum(cell_len(piece) for piece, _ in cut([(text, ""), (text, "")], places)) <= places
    assert all(cell_len(line) <= max(places, 2) for line in wrap(text.replace("\x1b", ""), max(places, 2)))


def test_a_window_reads_only_what_is_looked_at() -> None:
    """Of a million rows the pages at the beginning and at the end are asked for, each once."""
    asked: list[int] = []

    async def fetch(first: int) -> Page[int]:
        asked.append(first)
        return Page(range(first, first + PAGE_ROWS), True, 1_000_000)

    async def look() -> None:
        window = Window(fetch)
        await window.ensure(0, 40)
        await window.ensure(999_970, 999_999)
        await window.ensure(0, 40)
        assert (window.row(7), window.row(999_999), window.row(500)) == (7, 999_999, None)

    asyncio.run(look())
    assert asked == [0, 999_900]


def test_a_window_of_a_list_that_became_shorter_ends_where_the_list_does() -> None:
    """Who looked at its end sees its new end, not an empty place."""
    rows = [*range(1000)]

    async def fetch(first: int) -> Page[int]:
        return Page(rows[first : first + PAGE_ROWS], first + PAGE_ROWS < len(rows))

    async def look() -> None:
        window = Window(fetch)
        for place in range(0, 1000, PAGE_ROWS):
            await window.ensure(place, place + PAGE_ROWS)
        assert (window.total, window.is_exact) == (1000, True)
        del rows[150:]
        fresh = await window.again(960, 999)
        assert (fresh.total, fresh.row(149)) == (150, 149)

    asyncio.run(look())


def test_nothing_in_a_chat_is_obeyed(daemon: PrivateDaemon) -> None:
    """Escape codes, markup, turned reading direction and halves of letters, in words and in what tools were asked."""
    odd = "[red]x[/] \x1b[31m\u202e\u2028\ud800" + "y" * 3_000_000
    call = {"type": "tool-call", "toolCallId": "1", "toolName": odd[:60], "input": {odd[:60]: odd[:500]}}
    messages = [
        {"role": odd[:60], "content": odd[:500]},
        {"role": "assistant", "content": [{"type": "text", "text": odd[:500]}, call]},
        {"role": "user", "content": odd},
    ]
    document = json.dumps({"version": 2, "contextMessages": messages, "contextFiles": [{"path": odd[:60]}]})
    with daemon.client() as client:
        client.save("aiderdesk", "odd chat", document.encode())
    text = drawn(daemon, "aiderdesk/odd chat")
    assert "[red]x[/]" in text
    assert not {"\x1b", "\u202e", "\u2028"} & {*text}
    assert max(map(cell_len, text.split("\n"))) <= WIDTH
