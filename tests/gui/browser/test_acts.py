"""What one does on the page, by keyboard, by pointer and by dropping."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from holdfast import Client
from holdfast_protocol.model import Ref


def open_session(page: Page, name: str) -> None:
    """From the list."""
    page.locator(".item", has_text=name).first.click()
    expect(page.locator("#session h2")).to_contain_text(name)


def toast(page: Page, text: str) -> None:
    """One says so."""
    expect(page.locator(".toast", has_text=text)).to_be_visible()


def test_delete_and_undo_by_keyboard(page: Page, holdfast_client: Client) -> None:
    """Delete, then the button of the toast."""
    saved = holdfast_client.save("notes", "ideas", b"a bridge")
    open_session(page, "ideas")
    page.keyboard.press("Delete")
    toast(page, "Deleted ideas")
    assert holdfast_client.show(Ref(id=saved.session.id)).session.deleted
    page.locator(".toast", has_text="Deleted ideas").get_by_role("button", name="Undo").click()
    toast(page, "Undone: deleted notes/ideas")
    assert not holdfast_client.show(Ref(id=saved.session.id)).session.deleted


def test_u_undoes_the_newest_change(page: Page, holdfast_client: Client) -> None:
    """Wherever the page is."""
    holdfast_client.save("notes", "ideas", b"a bridge")
    holdfast_client.rename("notes/ideas", "bridges")
    page.locator(".item").first.wait_for()
    page.keyboard.press("u")
    toast(page, "Undone: renamed")
    assert [row.name for row in holdfast_client.list().rows] == ["ideas"]


def test_rename_from_the_palette(page: Page, holdfast_client: Client) -> None:
    """Ctrl-K, some letters, Enter, a name, Enter."""
    holdfast_client.save("notes", "ideas", b"a bridge")
    open_session(page, "ideas")
    page.keyboard.press("Control+k")
    page.keyboard.type("renam")
    page.keyboard.press("Enter")
    page.locator("#ask input[name=name]").fill("bridges")
    page.keyboard.press("Enter")
    toast(page, "Renamed to bridges")
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator("#session h2")).to_contain_text("bridges")


def test_the_palette_opens_a_session_by_its_name(page: Page, holdfast_client: Client) -> None:
    """Any of the store, not only those in view."""
    holdfast_client.save("notes", "ideas", b"a bridge")
    page.keyboard.press("Control+k")
    page.keyboard.type("idea")
    page.locator("#palette-sessions [role=option]").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("#session h2")).to_contain_text("ideas")


def test_a_refusal_stays_in_its_dialog(page: Page, holdfast_client: Client) -> None:
    """With what was typed, the code, and details to copy."""
    holdfast_client.save("notes", "ideas", b"a bridge")
    holdfast_client.save("notes", "taken", b"2")
    open_session(page, "ideas")
    page.keyboard.press("r")
    page.locator("#ask input[name=name]").fill("taken")
    page.keyboard.press("Enter")
    expect(page.locator("#ask .problem")).to_contain_text("exists")
    page.locator("#ask").get_by_role("button", name="Copy details").click()
    assert '"code": "exists"' in page.evaluate("navigator.clipboard.readText()")
    expect(page.locator("#ask input[name=name]")).to_have_value("taken")


def test_what_is_typed_outlives_a_change_by_somebody_else(page: Page, holdfast_client: Client) -> None:
    """The page is read again beneath the dialog, or after it; never in its place."""
    holdfast_client.save("notes", "ideas", b"a bridge")
    open_session(page, "ideas")
    page.keyboard.press("n")
    page.locator("#ask textarea").fill("for the second set")
    holdfast_client.save("notes", "ideas", b"another bridge")
    holdfast_client.save("notes", "more", b"1")
    expect(page.locator(".item", has_text="more")).to_be_visible()
    expect(page.locator("#ask textarea")).to_have_value("for the second set")
    page.locator("#ask").get_by_role("button", name="Keep").click()
    toast(page, "Noted for ideas")
    assert holdfast_client.note("notes/ideas").text == "for the second set"


def test_one_buffer_of_a_session_that_was_deleted_in_the_file_manager(page: Page, holdfast_client: Client) -> None:
    """Found among the deleted, looked at as it was before, and only that buffer put back, where the dialog proposes."""
    holdfast_client.save("renardo", "verse", parts={"bass": b"b1 >> bass([0])", "drums": b"d1 >> play('x')"})
    now = {"bass": b"b1 >> bass([9])", "drums": b"d1 >> play('o')"}
    row = holdfast_client.save("renardo", "verse", parts=now, published=True).session
    Path(holdfast_client.status().sessions, row.path.decode()).unlink()
    holdfast_client.settle(timeout_seconds=30)
    page.locator("select[name=shelf]").select_option("deleted")
    open_session(page, "verse")
    page.keyboard.press("[")
    page.get_by_text("bass([0])").wait_for()
    page.keyboard.press("p")
    page.get_by_label("Only these parts").check()
    page.locator("#ask").get_by_label("bass").check()
    page.locator("#ask").get_by_role("button", name="Put back").click()
    toast(page, "Put back 1 part: verse")
    shown = holdfast_client.show("renardo/verse")
    assert (shown.session.id, shown.session.deleted) == (row.id, False), holdfast_client.operations().rows
    assert holdfast_client.cat("renardo/verse:bass") == b"b1 >> bass([0])"
    assert holdfast_client.cat("renardo/verse:drums") == now["drums"]


def test_the_menu_keeps_the_focus(page: Page, holdfast_client: Client) -> None:
    """A dialog out of it gives the focus back to it; Escape closes it, and leaves the session where it is."""
    holdfast_client.save("notes", "ideas", b"x")
    open_session(page, "ideas")
    more = page.locator("details.more > summary")
    more.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#ask input[name=add]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("details.more")).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(page.locator("details.more")).not_to_have_attribute("open", "")
    expect(page.locator("#session h2")).to_have_text("ideas")


def test_what_belongs_to_a_choice_is_there_when_it_is_chosen(page: Page, holdfast_client: Client) -> None:
    """Nobody ticks parts, or types a name, that then do not count; a part may be called what a choice is."""
    holdfast_client.save("myapp", "song", parts={"all": b"1", "some": b"2"})
    open_session(page, "song")
    page.keyboard.press("p")
    expect(page.get_by_label("Name of the copy")).to_be_hidden()
    page.get_by_label("A copy called").check()
    expect(page.get_by_label("Name of the copy")).to_be_visible()
    page.get_by_label("Only these parts").check()
    page.locator("#ask .parts").get_by_label("all").check()
    expect(page.locator("#ask .parts")).to_be_visible()


def test_a_file_that_vanishes_is_told_and_brought_back(page: Page, holdfast_client: Client) -> None:
    """Whoever looks on sees what vanished, and the button of the toast writes it back."""
    row = holdfast_client.save("notes", "ideas", b"a bridge", published=True).session
    page.locator(".item", has_text="ideas").wait_for()
    file = Path(holdfast_client.status().sessions, row.path.decode())
    file.unlink()
    toast(page, "notes/ideas was deleted outside")
    page.locator(".toast", has_text="was deleted outside").get_by_role("button", name="Undo").click()
    toast(page, "Undone: deleted-outside notes/ideas")
    assert file.read_bytes() == b"a bridge"


def test_files_and_folders_are_dropped(page: Page, holdfast_client: Client, tmp_path: Path) -> None:
    """Each is a session; a folder is one with all its files."""
    song = tmp_path / "song"
    (song / "more").mkdir(parents=True)
    (song / "a.txt").write_bytes(b"1")
    (song / "more" / "b.txt").write_bytes(b"22")
    (tmp_path / "night.txt").write_bytes(b"333")
    page.locator("#rows").wait_for()
    pointer = page.context.new_cdp_session(page)
    paths = [str(song), str(tmp_path / "night.txt")]
    for kind in ("dragEnter", "dragOver", "drop"):
        files = {"items": [], "files": paths, "dragOperationsMask": 1}
        pointer.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": files})
    toast(page, "Imported song")
    toast(page, "Imported night")
    assert holdfast_client.load("song").files == {b"a.txt": b"1", b"more/b.txt": b"22"}
    assert holdfast_client.cat("night") == b"333"


def test_several_files_are_dropped_at_once(page: Page, holdfast_client: Client, tmp_path: Path) -> None:
    """One word tells of all: what is recognised is taken in; chosen again, it is known."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.json").write_bytes(b'{"contextMessages": [], "contextFiles": ["%s"]}' % name.encode())
    (tmp_path / "notes.txt").write_bytes(b"mine")
    page.locator("#rows").wait_for()
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    page.locator("#choose-files").set_input_files(paths)
    toast(page, "Imported: 3 taken, 1 not recognised")
    page.locator("#choose-files").set_input_files(paths)
    toast(page, "Imported: 3 already known, 1 not recognised")
    assert len(holdfast_client.list().rows) == 3


def test_the_sheet_of_keys_and_the_command_of_the_screen(page: Page, holdfast_client: Client) -> None:
    """What a view can do is on the sheet by itself."""
    holdfast_client.save("notes", "two words", b"1")
    page.locator(".item").first.wait_for()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Undo the last change")
    expect(page.locator("#keys")).not_to_contain_text("Rename…")
    page.keyboard.press("Escape")
    open_session(page, "two words")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Rename…")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    toast(page, "Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "holdfast show 'notes/two words'"


def test_folders_store_and_unsaved_work_by_keyboard(page: Page, holdfast_client: Client) -> None:
    """Each is a key away, an address of its own, and live."""
    page.locator("#rows").wait_for()
    page.keyboard.press("f")
    expect(page.locator("#session h1, #session .page h1")).to_have_text("Folders")
    page.keyboard.press("h")
    expect(page.locator("#session .page h1")).to_have_text("Store")
    expect(page.locator("#retention")).to_contain_text("Nothing would go")
    page.reload()
    expect(page.locator("#session .page h1")).to_have_text("Store")
    page.keyboard.press("w")
    expect(page.locator("#session .page h1")).to_have_text("Unsaved work")
    with holdfast_client.workspace("notes/ideas", format="parts") as workspace:
        workspace["a"] = "1"
    expect(page.locator("#session .card")).to_contain_text("ideas")
    page.locator("#session").get_by_role("button", name="Recover").click()
    toast(page, "Recovered ideas")
    assert holdfast_client.cat("notes/ideas:a") == b"1"
