"""The pages of folders and of the store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from holdfast import Client
from holdfast.gui.house import House
from holdfast.testing import PrivateDaemon


@pytest.fixture
def genomes(tmp_path: Path) -> Path:
    """A folder with two sessions of IGV."""
    folder = tmp_path / "genomes"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.xml").write_text('<?xml version="1.0"?><Session genome="hg38" locus="chr1" version="8"/>')
    return folder


def test_a_folder_is_adopted_looked_through_and_left(page: TestClient, holdfast_client: Client, genomes: Path) -> None:
    """From the page alone."""
    assert "Adopted genomes" in page.post("/folders/add", data={"path": str(genomes), "app": "igv"}).text
    assert "2 sessions" in page.post("/folders/scan", data={"label": "genomes"}).text
    assert str(genomes) in page.get("/folders").text
    assert page.post("/folders/remove", data={"label": "genomes"}).status_code == 200
    assert [row.label for row in holdfast_client.folder_list().rows] == ["sessions"]


def test_a_folder_whose_path_is_no_text_is_adopted(page: TestClient, holdfast_client: Client, tmp_path: Path) -> None:
    """As a suggestion sends it."""
    path = os.fsencode(tmp_path) + b"/caf\xe9"
    os.mkdir(path)
    assert page.post("/folders/add", data={"path_hex": path.hex(), "app": "igv"}).status_code == 200
    assert path in [row.path for row in holdfast_client.folder_list().rows]
    assert "caf\\xe9" in page.get("/folders").text


def test_suggested_folders_can_be_adopted(page: TestClient, genomes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are not yet; the variables of applications are looked at."""
    monkeypatch.setenv("RENARDO_USER_DIR", str(genomes.parent))
    shown = page.get("/folders").text
    assert "Adopt a folder" in shown
    assert shown.count("/folders/add") >= 1


@pytest.mark.parametrize("sent", [{"path": "relative"}, {"path": ""}, {"path_hex": "xyz"}, {"path": "/nowhere/at/all"}])
def test_a_path_that_is_none_is_refused(page: TestClient, sent: dict[str, str]) -> None:
    """With the wire's code."""
    toast = page.post("/folders/add", data={"app": "igv", **sent})
    assert toast.status_code >= 400
    assert "<code>" in toast.text


def test_a_held_folder_says_why_and_what_to_do(page: TestClient, holdfast_client: Client, tmp_path: Path) -> None:
    """What is missing can be given up."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.xml").write_text(f'<?xml version="1.0"?><Session genome="hg{number}" version="8"/>')
    holdfast_client.folder_add(str(folder), "igv")
    holdfast_client.folder_scan("many", timeout_seconds=60)
    for path in folder.iterdir():
        path.unlink()
    holdfast_client.folder_scan("many", timeout_seconds=60)
    assert holdfast_client.folder_list().rows[1].held
    shown = page.get("/folders").text
    assert "<strong>Held:</strong>" in shown
    assert "40 missing" in shown
    page.post("/folders/scan", data={"label": "many", "accept": "yes"})
    assert holdfast_client.folder_list().rows[1].held is None


def test_the_store_says_how_it_is(page: TestClient, holdfast_client: Client) -> None:
    """Size, version, what retention would free, in words."""
    holdfast_client.save("notes", "ideas", b"a bridge")
    shown = page.get("/store").text
    status = holdfast_client.status()
    assert f"version {status.version}" in shown
    assert status.sessions in shown
    assert "No problems" in shown
    assert "Nothing would go" in page.get("/store/prune").text
    assert page.post("/store/prune").status_code == 200


def test_the_store_says_where_its_last_backup_is(page: TestClient, holdfast_client: Client, tmp_path: Path) -> None:
    """And, before there is one, how it is made."""
    assert "holdfast backup DIR" in page.get("/store").text
    holdfast_client.backup(str(tmp_path / "copy"), wait_ms=20_000, timeout_seconds=30)
    assert str(tmp_path / "copy") in page.get("/store").text


def test_the_store_is_checked_from_the_page(
    page: TestClient, holdfast_client: Client, holdfast_daemon: PrivateDaemon
) -> None:
    """What is damaged is told with its code and what cannot be read, can be copied, and is repaired."""
    content = os.urandom(200_000)
    holdfast_client.save("notes", "large", content, published=True)
    assert "never checked" in page.get("/store/check").text
    page.post("/store/check", data={"act": "all"})
    holdfast_client.check(begin=False, wait_ms=20_000)
    assert "Nothing was damaged" in page.get("/store/check").text
    (pack,) = Path(holdfast_client.status().store).glob("packs/*.pack")
    with pack.open("r+b") as file:
        file.seek(70_000)
        file.write(bytes(100))
    page.post("/store/check", data={"act": "all"})
    holdfast_client.check(begin=False, wait_ms=20_000)
    shown = page.get("/store/check").text
    assert "1 damaged" in shown
    assert "<code>damaged</code>" in shown
    assert "notes/large" in shown
    assert "Copy details" in shown
    whole = page.get("/store").text
    assert "One thing in the store is damaged" in whole
    assert "&#34;version&#34;" in whole
    page.post("/store/check", data={"act": "repair"})
    holdfast_client.check(begin=False, wait_ms=20_000)
    assert "1 repaired" in page.get("/store/check").text
    assert holdfast_client.cat("notes/large") == content


def test_a_check_can_be_stopped_from_the_page(page: TestClient, holdfast_client: Client) -> None:
    """While it runs it says how far it is, and asks again by itself."""
    for number in range(40):
        holdfast_client.save("notes", f"large{number}", os.urandom(400_000))
    shown = page.post("/store/check", data={"act": "all"}).text
    assert "<progress" in shown
    assert "load delay" in shown
    assert "It was stopped" in page.post("/store/check", data={"act": "stop"}).text


def test_the_sessions_folder_of_another_machine_is_told(
    page: TestClient, rooms: House, holdfast_client: Client
) -> None:
    """Where nobody sits before the machine, its path is shown and can be copied."""
    rooms.is_remote = True
    toast = page.post("/open-folder").text
    assert f'data-copy="{holdfast_client.status().sessions}"' in toast


def test_every_page_says_it_when_the_daemon_is_away(page: TestClient, holdfast_daemon: PrivateDaemon) -> None:
    """With the same codes as the command line."""
    holdfast_daemon.stop()
    for path in ("/folders", "/store"):
        assert "unreachable" in page.get(path).text
    assert "unreachable" in page.post("/undo").text
