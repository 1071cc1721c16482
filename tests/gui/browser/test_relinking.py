"""A session of IGV whose files were moved, mended on the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from holdfast import Client
from holdfast.testing import PrivateDaemon

AXE = Path(__file__).parents[3] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


def session(folder: Path) -> bytes:
    """Two files with a track each, and one that is elsewhere altogether."""
    paths = [folder / "reads.bam", folder / "genes.bed", Path("/gone/other.bed")]
    resources = "".join(f'<Resource path="{path}"/>' for path in paths)
    tracks = "".join(f'<Track clazz="F" id="{path}" name="{path.name}"/>' for path in paths)
    inner = f'<Resources>{resources}</Resources><Panel name="P">{tracks}</Panel>'
    return f'<Session genome="hg38" version="8">{inner}</Session>'.encode()


def lost(page: Page) -> Locator:
    """What the session on screen says of its files."""
    return page.locator("#session .lost summary")


def toast(page: Page, text: str) -> None:
    """One says so."""
    expect(page.locator(".toast", has_text=text)).to_be_visible()


@pytest.fixture
def moved(page: Page, holdfast_client: Client, house: Path) -> tuple[Path, Path]:
    """Where the files were and where they are; the dialog is open."""
    old, new = house / "old", house / "new"
    old.mkdir()
    for name in ("reads.bam", "genes.bed"):
        (old / name).write_bytes(b"chr1\t1\t2\n")
    holdfast_client.save("igv", "cohort", session(old), published=True)
    old.rename(new)
    page.locator(".item", has_text="cohort").first.click()
    page.get_by_role("button", name="Find missing files…").click()
    expect(page.locator("#ask h2")).to_have_text("Find missing files")
    return old, new


def test_moved_files_are_found_and_the_file_on_disk_points_to_them(
    page: Page, holdfast_client: Client, holdfast_daemon: PrivateDaemon, moved: tuple[Path, Path]
) -> None:
    """Searched, looked at, relinked, undone: two clicks each."""
    old, new = moved
    page.get_by_label("Folders to search").fill(str(new))
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#ask [role=status]")).to_contain_text("of 3 missing, 2 found")
    expect(page.get_by_label(str(new / "reads.bam"))).to_be_checked()
    page.get_by_role("button", name="Relink").click()
    toast(page, "Relinked 2 files of cohort")
    expect(page.locator("#ask")).to_be_hidden()
    expect(lost(page)).to_contain_text("1 of 3 files")
    file = holdfast_daemon.sessions / "igv" / "cohort.xml"
    assert file.read_bytes() == session(new)
    page.locator(".toast", has_text="Relinked").get_by_role("button", name="Undo").click()
    toast(page, "Undone")
    expect(lost(page)).to_contain_text("3 of 3 files")
    assert file.read_bytes() == session(old)


def test_a_refused_search_leaves_the_dialog_as_it_is(page: Page, moved: tuple[Path, Path]) -> None:
    """The reason stands in it."""
    page.get_by_label("Folders to search").fill("/nowhere/at all")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#ask .problem")).to_contain_text("unreadable")
    expect(page.get_by_label("Folders to search")).to_have_value("/nowhere/at all")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(page: Page, moved: tuple[Path, Path], theme: str) -> None:
    """axe-core finds nothing in the dialog, with candidates and without, in either theme."""
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two
    page.get_by_label("Folders to search").fill(str(moved[1]))
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#ask [role=status]")).to_contain_text("2 found")
    page.evaluate(AXE.read_text())
    assert page.evaluate("axe.run('#ask')")["violations"] == []
