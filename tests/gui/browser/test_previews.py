"""Sessions of Mosaic in 3D and of IGV as tracks, as a browser draws them."""

import base64
import json
import re
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

sys.path.append(str(Path(__file__).parents[2] / "data" / "mosaic"))
import mosaic_sessions as made

IGV = (Path(__file__).parents[2] / "data" / "igv" / "session_8.xml").read_bytes()
AXE = Path(__file__).parents[3] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "64f8cf500f000e0301801a347d6b0000000049454e44ae426082"
)
HOSTILE = "<img src=x onerror=document.title='ran'>"
#: Until nothing moves it any more, and the last frame is there.
AT_REST = """async () => {
  const cloud = document.querySelector("point-cloud"), frame = () => new Promise(requestAnimationFrame);
  for (let still = 0; still < 3; still += 1) { if (cloud.moving || cloud.frame) still = 0; await frame(); }
}"""


def opened(page, name):
    page.locator(".item", has_text=name).first.click()
    expect(page.locator("#session h2")).to_contain_text(name)


def points(page):
    return page.locator(".cloud-state")


def test_points_are_drawn_as_the_session_shows_them(page, holdfast_client):
    """What is hidden in the session is not drawn until it is ticked."""
    world = made.World()
    shown, hidden = world.geometry("shown", 50, uuid="u1"), world.geometry("hidden", 30, uuid="u2")
    hidden.visible = False
    holdfast_client.save("mosaic", "cell", world.pickled(world.session([shown, hidden])))
    opened(page, "cell")
    expect(points(page)).to_contain_text("50 points")
    page.get_by_label("hidden").check()
    expect(points(page)).to_contain_text("80 points")
    page.get_by_label("shown").uncheck()
    expect(points(page)).to_contain_text("30 points")


def test_a_cloud_turns_by_keys_and_stays_as_it_is_when_the_session_is_read_again(page, holdfast_client):
    """A tag that somebody else adds neither loses the view nor fetches the points again."""
    holdfast_client.save("mosaic", "cell", made.session())
    opened(page, "cell")
    expect(points(page)).to_contain_text("points")
    page.evaluate(AT_REST)
    fetched = []
    page.on("request", lambda request: fetched.append(request.url) if "/blob/" in request.url else None)
    canvas = page.locator("point-cloud canvas")
    before = canvas.screenshot()
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("+")
    page.evaluate(AT_REST)
    turned = canvas.screenshot()
    assert turned != before
    with page.expect_response(lambda response: "/session/" in response.url) as read_again:
        holdfast_client.tag("mosaic/cell", add=["seen"])
    read_again.value.finished()
    page.evaluate(AT_REST)
    assert canvas.screenshot() == turned
    assert fetched == []


def test_tracks_are_drawn_and_the_missing_ones_said(page, holdfast_client):
    """In the picture, above it, and as a table."""
    holdfast_client.save("igv", "toy", IGV)
    opened(page, "toy")
    expect(page.locator("svg.igv")).to_be_visible()
    expect(page.locator(".lost summary")).to_have_text(re.compile("not where the session looks"))
    page.locator(".igv-table summary").click()
    expect(page.get_by_role("rowheader", name="signal", exact=True).first).to_be_visible()


def test_nothing_in_a_name_runs(page, holdfast_client):
    """Neither as an object of Mosaic's nor as a track."""
    world = made.World()
    holdfast_client.save("mosaic", "cell", world.pickled(world.session([world.geometry(HOSTILE, uuid="u1")])))
    holdfast_client.save("igv", "toy", IGV.replace(b'name="signal"', f'name="{HOSTILE.replace("<", "&lt;")}"'.encode()))
    for name, place in (("cell", ".cloud-name"), ("toy", "svg.igv text")):
        opened(page, name)
        expect(page.locator(place, has_text="onerror").first).to_be_visible()
    assert page.locator("img").count() == 0
    assert page.title() != "ran"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_in_a_preview_stands_in_anybodys_way(page, holdfast_client, theme):
    """axe-core finds nothing in what is drawn and listed, in either theme."""
    page.emulate_media(color_scheme=theme)
    holdfast_client.save("mosaic", "cell", made.session())
    holdfast_client.save("igv", "toy", IGV)
    page.evaluate(AXE.read_text())
    for name, views in (("cell", ["point-cloud"]), ("toy", [".igv-scroll", ".igv-table", ".lost"])):
        opened(page, name)
        for view in views:
            page.locator(view).first.wait_for()
        found = page.evaluate("views => axe.run(views)", views)["violations"]
        assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found] == []


def test_a_picture_of_a_chat_is_shown_within_what_the_page_allows(page, holdfast_client):
    """It comes from the page itself, under its policy; a folded one too, once it is opened."""
    picture = base64.b64encode(PICTURE).decode()
    given = {"type": "content", "value": [{"type": "media", "data": picture, "mediaType": "image/png"}]}
    messages = [
        {"role": "user", "content": [{"type": "image", "image": f"data:image/png;base64,{picture}"}]},
        {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "1", "toolName": "shot", "input": {}}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "1", "toolName": "shot", "output": given}]},
    ]
    document = {"version": 2, "contextMessages": messages, "contextFiles": []}
    holdfast_client.save("aiderdesk", "chat", json.dumps(document).encode())
    opened(page, "chat")
    page.locator(".call summary").click()
    for number in range(2):
        picture = page.locator(".bubble img").nth(number)
        expect(picture).to_be_visible()
        expect(picture).to_have_js_property("naturalWidth", 1)


def test_the_name_of_an_application_is_as_wide_as_it_is(page, holdfast_client):
    """Also IGV's, whose drawing has rules of its own."""
    holdfast_client.save("igv", "toy", IGV)
    opened(page, "toy")
    assert page.locator(".app-name").bounding_box()["width"] < 100
