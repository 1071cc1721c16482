"""The page stays a page: what htmx, HTML or the server can do is not written again as JavaScript."""

from __future__ import annotations

import pytest
from imports import ROOT

STATIC = ROOT / "clients" / "holdfast" / "gui" / "static"
LINES_COUNT, LINE_LENGTH = 400, 120
OURS = {path.name: path.read_text("utf-8").split("\n")[:-1] for path in sorted(STATIC.glob("*.js"))}
VENDORED = {"htmx.min.js", "idiomorph.min.js"}


def test_our_javascript_is_at_most_400_lines_in_all() -> None:
    """What is vendored is not counted, and is a library that is named here and brings its licence."""
    assert {name for name in OURS if name.endswith(".min.js")} == VENDORED
    assert all((STATIC / name.replace(".min.js", ".LICENSE")).is_file() for name in VENDORED)
    assert sum(len(lines) for name, lines in OURS.items() if name not in VENDORED) <= LINES_COUNT


@pytest.mark.parametrize("name", sorted({*OURS} - VENDORED))
def test_its_lines_are_read_without_scrolling(name: str) -> None:
    """None is wider than those of the rest of the house, so that fewer lines are less code."""
    assert [line for line in OURS[name] if len(line) > LINE_LENGTH] == []
