"""FORMATS.md says where in an application's own folder its sessions are, as the formats themselves have it."""

from __future__ import annotations

from pathlib import Path

from holdfast_daemon.formats.base import Layout
from holdfast_daemon.formats.registry import load_formats

PAGE = Path(__file__).parents[2] / "daemon" / "FORMATS.md"


def _documented() -> list[tuple[str, ...]]:
    """The rows of the table, each of plain words."""
    table = PAGE.read_text().partition("| Application | Layout |")[2].partition("\n\n")[0]
    rows, app = [], ""
    for row in table.split("\n")[2:]:
        first, *cells = (cell.strip().replace("`", "") for cell in row.strip("|").split("|"))
        app = first or app
        rows.append((app, *cells))
    return rows


def _row(app: str, name: str, layout: Layout) -> tuple[str, ...]:
    folders = "the whole" if layout.whole else ", ".join(layout.folders)
    shown = (", ".join(each) for each in (layout.files, layout.recognised))
    return app, name, *shown, folders, ", ".join(layout.skipped)


def test_every_layout_is_documented_as_it_is() -> None:
    """Application, name, and the patterns of all kinds."""
    wanted = [_row(app, name, layout) for app, form in load_formats().items() for name, layout in form.layouts.items()]
    assert sorted(_documented()) == sorted(wanted)
