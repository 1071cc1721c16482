"""A session in a browser: back in its history, beside another snapshot, and down to its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

import holdfast

AXE = Path(__file__).parents[3] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
CHAT = (
    b'{"version": 2, "contextFiles": [{"path": "a.py", "readOnly": true}], "contextMessages": ['
    b'{"role": "user", "content": "Run `pytest`"}, {"role": "assistant", "content": [{"type": "text", "text": "Now"},'
    b' {"type": "tool-call", "toolCallId": "1", "toolName": "power---bash", "input": {"command": "pytest"}}]}]}'
)


def buffers(bass: str) -> bytes:
    """A session of Renardo with this one."""
    line = "#" * 80
    return f"\n{line}\n######## bass\n{line}\n{bass}\n".encode()


@pytest.fixture
def verse(holdfast_client: holdfast.Client) -> None:
    """Three snapshots, and a save that looks like damage."""
    for number in (1, 2, 3):
        holdfast_client.save("renardo", "verse", buffers(f"b1 >> bass([{number}])"))
    holdfast_client.pin("renardo/verse@-1", "gig")
    holdfast_client.save("renardo", "verse", b"")


def opened(page: Page) -> Page:
    """With the first session of the list."""
    page.locator(".item").first.click()
    page.locator("#session h2").wait_for()
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_of_a_session_stands_in_anybodys_way(
    browser: Browser, gui: str, verse: None, holdfast_client: holdfast.Client, theme: str
) -> None:
    """axe-core finds nothing in preview, parts, comparison, history, a part's views and a chat, in either theme."""
    holdfast_client.save("aiderdesk", "chat", CHAT)
    context = browser.new_context(color_scheme=theme, bypass_csp=True)  # type: ignore[arg-type]  # a word of two
    page = context.new_page()
    page.goto(gui)
    page.add_script_tag(path=AXE)
    page.locator(".item", has_text="chat").click()
    page.locator(".bubble").first.wait_for()
    page.get_by_text("power › bash").click()
    assert _violations(page) == []
    page.locator(".item", has_text="verse").click()
    page.get_by_text("4 snapshots").click()
    assert _violations(page) == []
    for name, seen in (("Compare", ".unified"), ("Parts", "table.grid"), ("bass", ".code"), ("Hex", ".hex")):
        page.locator("#session").get_by_role("link", name=name, exact=True).click()
        page.locator(f"#session {seen}").first.wait_for()
        assert _violations(page) == []
    context.close()


def _violations(page: Page) -> list[str]:
    found = page.evaluate("axe.run()")["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def test_a_click_on_the_timeline_goes_back_in_time(page: Page, verse: None) -> None:
    """The snapshot is shown as it was, under an address of its own; the keyboard goes the same way."""
    opened(page).locator("svg g.snapshot").first.click()
    expect(page.locator("#session .code")).to_contain_text("bass([1])")
    assert "at=" in page.url
    page.get_by_role("link", name="After ›").press("Enter")
    expect(page.locator("#session .code")).to_contain_text("bass([2])")
    page.get_by_role("link", name="Now", exact=True).press("Enter")
    expect(page.locator("#session .code")).to_contain_text("bass([3])")


def test_any_two_snapshots_are_compared(page: Page, verse: None) -> None:
    """From the history one goes to a comparison with what is shown, and chooses another there."""
    opened(page).get_by_text("4 snapshots").click()
    page.locator(".history .versus").last.click()
    expect(page.locator(".unified .removed")).to_contain_text("bass([1])")
    page.get_by_label("From").select_option(index=2)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".unified .removed")).to_contain_text("bass([2])")
    expect(page.locator("article")).to_have_count(1)


def test_ticked_parts_are_those_that_are_put_back(page: Page, verse: None) -> None:
    """What was ticked in the list of parts is ticked in the question."""
    opened(page).get_by_role("link", name="Parts", exact=True).click()
    page.get_by_role("checkbox", name="bass").check()
    page.get_by_role("button", name="Put the ticked ones back…").click()
    expect(page.locator("#ask").get_by_role("checkbox", name="bass")).to_be_checked()


def test_what_a_person_opened_ticked_and_typed_outlives_a_change_by_somebody_else(
    page: Page, verse: None, holdfast_client: holdfast.Client
) -> None:
    """The view is read again around it; the focus stays too."""
    opened(page).get_by_text("4 snapshots").click()
    page.get_by_text("More", exact=True).click()
    holdfast_client.tag("renardo/verse", add=["first"])
    expect(page.locator(".one-head")).to_contain_text("first")
    expect(page.locator("details.history")).to_have_attribute("open", "")
    expect(page.get_by_role("button", name="Tags…")).to_be_visible()
    page.locator("#session").get_by_role("link", name="Parts", exact=True).click()
    box = page.get_by_role("checkbox", name="bass")
    box.check()
    holdfast_client.tag("renardo/verse", add=["second"])
    expect(page.locator(".one-head")).to_contain_text("second")
    expect(box).to_be_checked()
    expect(box).to_be_focused()


def test_going_on_is_not_undone_by_what_was_read_again(
    page: Page, verse: None, holdfast_client: holdfast.Client
) -> None:
    """A view that is read again slowly does not come back over the one that somebody went on to."""
    holdfast_client.save("notes", "other", b"x")
    page.locator(".item", has_text="verse").click()
    page.locator("#session h2").wait_for()
    slow: list[Route] = []
    page.route(
        "**/session/*", lambda route: slow.append(route) if "x-again" in route.request.headers else route.continue_()
    )
    with page.expect_request(lambda request: "x-again" in request.headers):
        holdfast_client.tag("renardo/verse", add=["first"])
    page.locator(".item", has_text="other").click()
    expect(page.locator("#session h2")).to_have_text("other")
    with page.expect_response(lambda response: "x-again" in response.request.headers):
        slow[0].continue_()
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    expect(page.locator("#session h2")).to_have_text("other")
