"""Missing files on the page: what the dialog shows, and what it does to the file."""

from __future__ import annotations

import html
import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from holdfast import Client
from holdfast_protocol.model import Ref

#: Nothing of a session is markup, whatever its author thinks.
HOSTILE = "/gone/<img src=x onerror=alert(1)>.bed"


def session(*paths: object) -> bytes:
    resources = "".join(f'<Resource path="{html.escape(str(path))}"/>' for path in paths)
    return f'<Session genome="hg38" version="8"><Resources>{resources}</Resources></Session>\n'.encode()


@pytest.fixture
def genes(holdfast_client: Client) -> str:
    """The id of a session that points to three files that are gone."""
    content = session("/gone/a.bed", "/gone/b.bed", HOSTILE)
    return holdfast_client.save("igv", "genes", content, published=True).session.id


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"chr1\t1\t2\n")
    return path


def test_the_preview_offers_to_find_what_is_missing(page: TestClient, holdfast_client: Client, genes: str) -> None:
    """Of the session as it is now; an older snapshot is not changed."""
    assert f"/ask/relink/{genes}" in page.get(f"/session/{genes}").text
    first = holdfast_client.log(Ref(id=genes)).rows[-1].snapshot
    holdfast_client.save("igv", "genes", session("/gone/a.bed", "/gone/b.bed", HOSTILE, "/gone/c.bed"))
    assert "/ask/relink/" not in page.get(f"/session/{genes}", params={"at": first}).text
    assert "/ask/relink/" not in page.get(f"/session/{genes}", params={"tab": "parts"}).text


def test_the_dialog_shows_what_was_found_and_escapes_it(page: TestClient, genes: str, house: Path) -> None:
    """One candidate is ticked, of several none, and where nothing was found that is said; names are no markup."""
    one = touch(house / "new" / "a.bed")
    touch(house / "new" / "b.bed"), touch(house / "new" / "deep" / "b.bed")
    near = page.get(f"/ask/relink/{genes}").text
    assert "igv</textarea>" in near
    assert "Nothing found" in near
    found = page.post(f"/ask/relink/{genes}", data={"search": f"{house / 'new'}\n"}).text
    assert f'name="to-0" value="{one}" checked' in found
    assert found.count('name="to-1"') == 3
    assert 'name="to-1" value="" checked' in found
    assert "<img" not in found
    assert "of 3 missing, 2 found" in found


def test_a_folder_whose_name_is_no_text_is_searched_too(
    page: TestClient, holdfast_client: Client, house: Path
) -> None:
    """What lies in it cannot be ticked, since no document of text could be sent; the dialog is there all the same."""
    folder = os.fsencode(house / "odd") + b"\xff"
    os.mkdir(folder)
    for name, content in ((b"genes.xml", session("lost/a.bed")), (b"a.bed", b"chr1\t1\t2\n")):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    holdfast_client.folder_add(folder, "igv")
    holdfast_client.settle(timeout_seconds=30)
    (row,) = holdfast_client.list().rows
    assert "Nothing found" in page.get(f"/ask/relink/{row.id}").text


def test_a_home_folder_and_a_folder_of_windows_are_understood(
    page: TestClient, holdfast_client: Client, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As people type them: with ~ before them, and without a slash at their end."""
    monkeypatch.setenv("HOME", str(house))
    one = touch(house / "new" / "a.bed")
    id = holdfast_client.save("igv", "windows", session("C:\\data\\a.bed"), published=True).session.id
    assert f'value="{one}" checked' in page.post(f"/ask/relink/{id}", data={"search": "~/new"}).text
    toast = page.post(f"/session/{id}/relink", data={"old": "C:\\data", "new": str(house / "new")})
    assert "Relinked 1 file of windows" in toast.text


def test_what_is_ticked_is_done_and_can_be_undone(
    page: TestClient, holdfast_client: Client, genes: str, house: Path
) -> None:
    """Only that, in the head and in the file on disk."""
    one = touch(house / "a.bed")
    form = {"reference": ["/gone/a.bed", "/gone/b.bed"], "to-0": str(one), "to-1": "", "revision": "1"}
    toast = page.post(f"/session/{genes}/relink", data=form)
    assert toast.status_code == 200
    assert "Relinked 1 file of genes" in toast.text
    assert "/undo" in toast.text
    assert holdfast_client.cat(Ref(id=genes)) == session(one, "/gone/b.bed", HOSTILE)
    page.post("/undo")
    assert holdfast_client.cat(Ref(id=genes)) == session("/gone/a.bed", "/gone/b.bed", HOSTILE)


def test_a_folder_that_moved_is_said_once_for_all(page: TestClient, holdfast_client: Client, genes: str) -> None:
    """With a slash at its end or without."""
    page.post(f"/session/{genes}/relink", data={"old": "/gone", "new": "/new/", "revision": "1"})
    references = [row.reference for row in holdfast_client.check_resources(Ref(id=genes)).rows]
    assert references == ["/new/a.bed", "/new/b.bed", HOSTILE.replace("gone", "new")]


def test_what_cannot_be_done_is_said(page: TestClient, holdfast_client: Client, genes: str) -> None:
    """Nothing chosen, a session that has changed meanwhile, a folder that is none, a session that is not there."""
    nothing = page.post(f"/session/{genes}/relink", data={"revision": "1"})
    assert (nothing.status_code, "bad-field" in nothing.text) == (400, True)
    changed = page.post(f"/session/{genes}/relink", data={"old": "/gone", "new": "/new", "revision": "7"})
    assert (changed.status_code, "exists" in changed.text) == (409, True)
    nowhere = page.post(f"/ask/relink/{genes}", data={"search": "/nowhere/at all"})
    assert "unreadable" in nowhere.text
    assert "hx-retarget" not in nowhere.headers
    assert page.get(f"/ask/relink/{'0' * 32}").status_code == 404
    assert holdfast_client.show(Ref(id=genes)).session.revision == 1


def test_what_was_typed_stays_when_one_searches_again(page: TestClient, genes: str, house: Path) -> None:
    """The choice, where it is still to be had, and the folder of the map."""
    touch(house / "1" / "a.bed")
    two = touch(house / "2" / "a.bed")
    form = {"search": str(house), "reference": "/gone/a.bed", "to-0": str(two), "old": "/gone/b", "new": "/<b>"}
    found = page.post(f"/ask/relink/{genes}", data=form).text
    assert f'value="{two}" checked' in found
    assert 'name="old" value="/gone/b"' in found
    assert 'name="new" value="/&lt;b&gt;"' in found
