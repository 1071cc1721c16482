"""Sessions that leave by the browser's own download, and come back by dropping."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from holdfast import Client
from holdfast_protocol.model import Ref

AXE = Path(__file__).parents[3] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


def open_dialog(page: Page, name: str) -> None:
    """By keyboard."""
    page.locator(".item", has_text=name).first.click()
    expect(page.locator("#session h2")).to_contain_text(name)
    page.keyboard.press("e")
    expect(page.locator("#ask h2")).to_have_text("Export")


def drop(page: Page, path: Path) -> None:
    """Files as the file manager drops them."""
    page.locator("#choose-files").set_input_files(str(path))


def test_a_bundle_leaves_and_comes_back(page: Page, holdfast_client: Client, tmp_path: Path) -> None:
    """With its history: the dialog, the download with a toast, then dropped onto the page again."""
    holdfast_client.save("renardo", "verse", parts={"bass": b"b1"})
    saved = holdfast_client.save("renardo", "verse", parts={"bass": b"b2"})
    contents = [holdfast_client.load(Ref(id=saved.session.id, snapshot=at)).files for at in ("latest", "-1")]
    open_dialog(page, "verse")
    page.get_by_label("All of them").check()
    with page.expect_download() as caught:
        page.locator("#ask .go").click()
    assert caught.value.suggested_filename == "verse.holdfast.zip"
    path = tmp_path / "anything.zip"
    caught.value.save_as(path)
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator(".toast", has_text="Exported verse.holdfast.zip")).to_be_visible()
    holdfast_client.purge(Ref(id=saved.session.id))
    expect(page.locator(".item")).to_have_count(0)
    drop(page, path)
    expect(page.locator(".toast", has_text="Imported verse (renardo)")).to_be_visible()
    assert [holdfast_client.load(f"renardo/verse@{at}").files for at in ("latest", "-1")] == contents
    drop(page, path)
    expect(page.locator(".toast", has_text="is here already")).to_be_visible()
    assert len(holdfast_client.list().rows) == 1


def test_a_large_export_is_called_off(page: Page, holdfast_client: Client, tmp_path: Path) -> None:
    """The toast tells how far it is; its button ends the download, which the browser does not take for whole."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        for _ in range(48):
            file.write(os.urandom(8_000_000))
    holdfast_client.save("notes", "large", large)
    open_dialog(page, "large")
    with page.expect_download(timeout=90_000) as caught:
        page.locator("#ask .go").click()
    toast = page.locator(".toast", has_text="Exporting large.holdfast.zip")
    expect(toast.locator("progress")).to_be_visible()
    toast.get_by_role("button", name="Cancel").click()
    expect(page.locator(".toast", has_text="The export was called off")).to_be_visible()
    assert caught.value.failure() is not None


def test_an_older_snapshot_as_markdown(page: Page, holdfast_client: Client) -> None:
    """What is on screen is what goes out; no error is shown, and nobody leaves the page."""
    holdfast_client.save("renardo", "verse", parts={"bass": b"b1"})
    saved = holdfast_client.save("renardo", "verse", parts={"bass": b"b2"})
    old = holdfast_client.log(Ref(id=saved.session.id)).rows[1].snapshot
    open_dialog(page, "verse")
    page.keyboard.press("Escape")
    page.goto(f"{page.url.split('/session')[0]}/session/{saved.session.id}?at={old}")
    page.keyboard.press("e")
    page.locator("#ask").get_by_label("Markdown to read").check()
    with page.expect_download() as caught:
        page.locator("#ask .go").click()
    assert caught.value.suggested_filename == "verse.md"
    assert b"b1" in Path(caught.value.path()).read_bytes()
    expect(page.locator("#session h2")).to_contain_text("verse")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_dialog_and_its_toast_stand_in_nobodys_way(
    browser: Browser, gui: str, holdfast_client: Client, theme: str
) -> None:
    """axe-core finds nothing in them, in either theme."""
    holdfast_client.save("notes", "large", os.urandom(60_000_000))
    context = browser.new_context(color_scheme=theme, bypass_csp=True)  # type: ignore[arg-type]  # a word of two
    page = context.new_page()
    page.goto(gui)
    page.add_script_tag(path=AXE)
    open_dialog(page, "large")
    assert _violations(page) == []
    with page.expect_download():
        page.locator("#ask .go").click()
    page.locator(".toast", has_text="large.holdfast.zip").wait_for()
    assert _violations(page) == []
    context.close()


def _violations(page: Page) -> list[str]:
    found = page.evaluate("axe.run()")["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def test_secrets_wait_for_a_person(page: Page, holdfast_client: Client, tmp_path: Path) -> None:
    """The toast lists them, and its button saves it all the same; with the tick it is saved at once, without them."""
    content = f"see https://ana:{'geheim'}@h.org/\n".encode()
    holdfast_client.save("notes", "ideas", content)
    open_dialog(page, "ideas")
    page.get_by_label("The document").check()
    page.locator("#ask .go").click()
    toast = page.locator(".toast", has_text="had better stay here")
    expect(toast).to_contain_text("password in a URL")
    with page.expect_download() as caught:
        toast.get_by_role("link", name="Save all the same").click()
    assert Path(caught.value.path()).read_bytes() == content
    expect(page.locator(".toast", has_text="Exported ideas")).to_be_visible()
    page.keyboard.press("e")
    expect(page.get_by_label("The document")).not_to_be_checked()  # the dialog is a new one
    page.get_by_label("The document").check()
    page.get_by_label("in the place of keys").check()
    with page.expect_download() as caught:
        page.locator("#ask .go").click()
    assert Path(caught.value.path()).read_bytes() == content.replace(b"geheim", b"******")
