"""The list in a browser: found, walked through, followed, and never lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

import holdfast
from holdfast.testing import PrivateDaemon

AXE = Path(__file__).parents[3] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
HOSTILE = "<img src=x onerror=document.title='run'>"


@pytest.fixture
def many(holdfast_client: holdfast.Client) -> holdfast.Client:
    """350 sessions, of which ``n0`` was saved first."""
    for number in range(350):
        holdfast_client.save("notes", f"n{number}", b"x")
    return holdfast_client


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(
    browser: Browser, gui: str, holdfast_client: holdfast.Client, theme: str
) -> None:
    """axe-core finds nothing in the list and a session, wide and narrow, in either theme."""
    holdfast_client.save("renardo", "verse", b"p1 >> pluck()", tags=["live"])
    context = browser.new_context(color_scheme=theme, bypass_csp=True)  # type: ignore[arg-type]  # a word of two
    page = context.new_page()
    page.goto(gui)
    page.add_script_tag(path=AXE)
    page.locator(".item").first.wait_for()
    for width in (1300, 500):
        page.set_viewport_size({"width": width, "height": 800})
        assert _violations(page) == []
    page.locator(".item").first.click()
    page.locator("#session h2").first.wait_for()
    assert _violations(page) == []
    context.close()


def _violations(page: Page) -> list[str]:
    found = page.evaluate("axe.run()")["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def test_a_long_list_is_a_few_windows(many: holdfast.Client, page: Page) -> None:
    """The scroll bar is of all rows, the page has some of them, and the last is a key away."""
    expect(page.locator("#count")).to_have_text("350 sessions")
    expect(page.locator("#space")).to_have_css("height", f"{350 * 40}px")
    page.locator("#rows").focus()
    page.keyboard.press("End")
    expect(page.locator(".item", has_text="n0 ")).to_be_in_viewport()
    assert page.locator(".item").count() <= 300


def test_typing_finds(many: holdfast.Client, page: Page) -> None:
    """As it is typed; a word that nothing has leaves nothing."""
    page.get_by_placeholder("Search sessions").type("n34")
    expect(page.locator(".item")).to_have_count(11)
    expect(page.locator("#count")).to_have_text("11 sessions")
    page.get_by_placeholder("Search sessions").fill("nothing")
    expect(page.locator(".item")).to_have_count(0)


def test_what_others_do_is_seen_without_losing_the_place(many: holdfast.Client, page: Page) -> None:
    """A new session comes to the top and a deleted one goes; who has scrolled sees what he saw, in its place."""
    many.save("notes", "comes", b"x")
    expect(page.locator(".item", has_text="comes")).to_be_visible()
    many.delete("notes/comes")
    expect(page.locator(".item", has_text="comes")).to_have_count(0)
    page.locator("#rows").evaluate("list => { list.scrollTop = 4010 }")
    row = page.locator(".item", has_text="n240 ")
    before = row.bounding_box()
    many.save("notes", "comes again", b"x")
    expect(page.locator("#count")).to_have_text("351 sessions")
    expect.soft(row).to_be_in_viewport()
    page.wait_for_function("() => document.getElementById('rows').scrollTop === 4050")
    assert row.bounding_box() == before


def test_an_answer_that_comes_late_does_not_replace_a_newer_one(page: Page, holdfast_client: holdfast.Client) -> None:
    """The deleted ones, asked for before a session was deleted and answered after it, end with that session."""
    holdfast_client.save("notes", "ideas", b"a bridge")
    asked: list[str] = []
    answered: list[str] = []
    heard: list[str | bytes] = []
    late: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if len(asked) == 1:
            late.append((route, route.fetch()))
        else:
            route.continue_()

    def until(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < end
            page.wait_for_timeout(10)

    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
    page.reload()
    expect(page.locator(".item")).to_have_count(1)
    is_window = re.compile(r"/rows\?.*shelf=deleted").search
    page.on("request", lambda request: asked.append(request.url) if is_window(request.url) else None)
    page.on("requestfinished", lambda request: answered.append(request.url) if is_window(request.url) else None)
    page.route("**/rows?*shelf=deleted*", hold)
    page.locator("select[name=shelf]").select_option("deleted")
    until(lambda: bool(late))
    holdfast_client.delete("notes/ideas")
    until(lambda: bool(heard))
    page.evaluate("new Promise(requestAnimationFrame)")
    if len(asked) > 1:  # the page asks again at once: that answer comes first
        until(lambda: bool(answered))
        expect(page.locator(".item")).to_have_count(1)
    route, answer = late[0]
    route.fulfill(response=answer)
    until(lambda: len(answered) == 2)
    page.evaluate("new Promise((done) => setTimeout(done, 100))")  # for what would take it away again
    expect(page.locator(".item")).to_contain_text("ideas")


def test_the_theme_that_was_chosen_stays(page: Page, holdfast_client: holdfast.Client) -> None:
    """Also after the page was read anew; the system's again when that is chosen."""
    dark = "rgb(22, 23, 27)"
    expect(page.locator("body")).not_to_have_css("background-color", dark)
    with page.expect_response("**/theme"):
        page.get_by_label("Dark or light").select_option("dark")
    expect(page.locator("body")).to_have_css("background-color", dark)
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", dark)
    with page.expect_response("**/theme"):
        page.get_by_label("Dark or light").select_option("")
    page.reload()
    expect(page.locator("body")).not_to_have_css("background-color", dark)


def test_the_list_is_narrowed_by_menus_that_follow_what_there_is(page: Page, holdfast_client: holdfast.Client) -> None:
    """An application that comes is among the choices, without losing what was chosen or typed."""
    holdfast_client.save("renardo", "verse", b"p1 >> pluck()")
    holdfast_client.save("notes", "ideas", b"a bridge", tags=["live"])
    apps = page.locator("select[name=app]")
    expect(apps.locator("option")).to_have_text(["All apps", "notes", "renardo"])
    apps.select_option("notes")
    expect(page.locator(".item")).to_have_count(1)
    page.locator("input[name=tag]").fill("liv")
    holdfast_client.save("igv", "toy", b"<Session/>", tags=["later"])
    expect(apps.locator("option")).to_have_text(["All apps", "igv", "notes", "renardo"])
    expect(page.locator("#tags option")).to_have_count(2)
    expect(apps).to_have_value("notes")
    expect(page.locator("input[name=tag]")).to_have_value("liv")
    page.locator("input[name=tag]").fill("live")
    expect(page.locator(".item")).to_contain_text("ideas")


def test_work_that_was_never_saved_is_recovered_from_above_the_list(
    page: Page, holdfast_client: holdfast.Client
) -> None:
    """It comes and goes live, and becomes a row."""
    with holdfast_client.workspace("notes/new", format="parts") as workspace:
        workspace["a"] = "1"
    above = page.locator("#never-saved")
    expect(above).to_contain_text("never saved")
    above.get_by_role("button", name="Recover").click()
    expect(page.locator(".item")).to_contain_text("new")
    expect(above.locator(".unsaved")).to_have_count(0)
    assert holdfast_client.cat("notes/new:a") == b"1"


def test_a_name_is_text_in_a_browser_too(holdfast_client: holdfast.Client, page: Page) -> None:
    """Nothing of it runs."""
    holdfast_client.save("notes", HOSTILE, b"x", tags=[HOSTILE])
    expect(page.locator(".item bdi").first).to_have_text(HOSTILE)
    assert page.locator("#rows img").count() == 0
    assert page.title() != "run"


def test_nine_tabs_follow_at_the_same_time(page: Page, holdfast_client: holdfast.Client) -> None:
    """A browser has six connections to a host; a WebSocket is none of them."""
    tabs = [page, *(page.context.new_page() for _ in range(8))]
    for tab in tabs[1:]:
        tab.goto(page.url)
    holdfast_client.save("notes", "told to all", b"x")
    for tab in tabs:
        expect(tab.locator(".item")).to_contain_text("told to all")


def test_the_page_outlives_a_restart_of_the_daemon(
    holdfast_daemon: PrivateDaemon, holdfast_client: holdfast.Client, page: Page
) -> None:
    """It says that the daemon is away, keeps what it shows, and goes on by itself."""
    holdfast_client.save("notes", "before", b"x")
    expect(page.locator(".item")).to_contain_text("before")
    holdfast_daemon.stop()
    expect(page.locator("#state")).to_contain_text("away")
    expect(page.locator(".item")).to_contain_text("before")
    holdfast_daemon.start()
    expect(page.locator("#state")).to_be_hidden()
    with holdfast_daemon.client() as client:
        client.save("notes", "after", b"x")
    expect(page.locator(".item").first).to_contain_text("after")


def test_nothing_is_asked_of_the_network(page: Page, holdfast_client: holdfast.Client) -> None:
    """Every request of the page goes to where the page is from."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    holdfast_client.save("renardo", "verse", b"p1 >> pluck()")
    page.locator(".item").first.click()
    page.locator("#session h2").first.wait_for()
    page.reload()
    page.locator(".item").first.wait_for()
    origin = page.evaluate("location.origin")
    assert asked
    assert [each for each in asked if not each.startswith((origin, "data:"))] == []


def test_a_narrow_window_shows_one_of_both(page: Page, holdfast_client: holdfast.Client) -> None:
    """The list, or the session that was chosen in it and the way back."""
    page.set_viewport_size({"width": 420, "height": 800})
    holdfast_client.save("notes", "ideas", b"a bridge")
    expect(page.locator("#session")).to_be_hidden()
    page.locator(".item").click()
    expect(page.locator("#session h2")).to_contain_text("ideas")
    expect(page.locator("#rows")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".item")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
