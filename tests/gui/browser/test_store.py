"""The store in a browser: checked, damaged, repaired, and nothing in anybody's way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import holdfast

AXE = Path(__file__).parents[3] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


def test_the_store_is_checked_and_repaired_from_the_page(page: Page, holdfast_client: holdfast.Client) -> None:
    """A button begins it, it says by itself when it has ended, and what was found can be copied."""
    content = os.urandom(300_000)
    holdfast_client.save("notes", "large", content, published=True)
    _open(page)
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#check")).to_contain_text("Nothing was damaged")
    _rot(holdfast_client)
    page.get_by_role("button", name="Check everything").click()
    expect(page.locator("#check")).to_contain_text("1 damaged")
    page.get_by_role("button", name="Copy details").click()
    assert '"code": "damaged"' in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Repair what can be").click()
    expect(page.locator("#check")).to_contain_text("1 repaired")
    assert holdfast_client.cat("notes/large") == content


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_of_the_store_stands_in_anybodys_way(
    browser: Browser, gui: str, holdfast_client: holdfast.Client, theme: str
) -> None:
    """axe-core finds nothing, whatever the last check said, wide and narrow."""
    holdfast_client.save("notes", "large", os.urandom(300_000), published=True)
    _rot(holdfast_client)
    holdfast_client.check(all=True, wait_ms=20_000, timeout_seconds=30)
    context = browser.new_context(color_scheme=theme, bypass_csp=True)  # type: ignore[arg-type]  # a word of two
    page = context.new_page()
    page.goto(gui)
    page.add_script_tag(path=AXE)
    _open(page)
    expect(page.locator("#check")).to_contain_text("1 damaged")
    for width in (1300, 500):
        page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate("axe.run()")["violations"]
        assert [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]] == []
    context.close()


def _open(page: Page) -> None:
    page.locator("#rows").wait_for()
    page.keyboard.press("h")
    page.locator("#check button").first.wait_for()


def _rot(client: holdfast.Client) -> None:
    (pack,) = Path(client.status().store).glob("packs/*.pack")
    with pack.open("r+b") as file:
        file.seek(70_000)
        file.write(bytes(100))
