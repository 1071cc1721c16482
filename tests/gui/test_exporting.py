"""Sessions that leave the house by the page: a toast begins the browser's download, tells how far it is, ends it."""

from __future__ import annotations

import asyncio
import io
import os
import re
import time
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient
from test_importing import body

from holdfast import AsyncClient, Client, exporting
from holdfast.exports import AsyncExport
from holdfast.gui.exporting import Exports, Underway
from holdfast.testing import PrivateDaemon
from holdfast_protocol.errors import Busy, Cancelled, HoldfastError
from holdfast_protocol.model import Ref


def begin(page: TestClient, session: str, **said: str) -> str:
    """The address of an export, below the page's own."""
    toast = page.post(f"/session/{session}/export", data={"at": "latest", **said})
    assert toast.status_code == 200, toast.text
    found = re.search(r"/exports/[\w-]+", toast.text)
    assert found is not None
    return found[0]


def looked_through(page: TestClient, address: str) -> str:
    """What the toast says then."""
    deadline = time.monotonic() + 30
    while "Looking through" in (said := page.get(address).text):
        assert time.monotonic() < deadline
    return said


def test_a_bundle_is_downloaded_and_comes_back_by_dropping(page: TestClient, holdfast_client: Client) -> None:
    """With the history that was chosen, under a name that no header obeys, and never shown by the browser."""
    for number in range(4):
        holdfast_client.save("notes", 'a "b"; é', str(number).encode())
    saved = holdfast_client.show(Ref(app="notes", name='a "b"; é'))
    address = begin(page, saved.session.id, to="bundle", history="number", count="2")
    answer = page.get(f"{address}/file")
    disposition = "attachment; filename*=UTF-8''a%20%22b%22%3B%20%C3%A9.holdfast.zip"
    assert answer.headers["content-disposition"] == disposition
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    holdfast_client.purge(Ref(id=saved.session.id))
    for said in ("Imported", "is here already"):
        toast = page.post("/import", content=body("any", ".zip", {"": answer.content}))
        assert said in toast.text
    (row,) = holdfast_client.list().rows
    assert row.name == 'a "b"; é'
    assert len(holdfast_client.log(Ref(id=row.id)).rows) == 3


def test_a_bundle_beside_another_session_gets_a_number(page: TestClient, holdfast_client: Client) -> None:
    """Once: dropped again it is known by that name."""
    saved = holdfast_client.save("notes", "ideas", b"one")
    content = page.get(begin(page, saved.session.id, to="bundle") + "/file").content
    holdfast_client.purge("notes/ideas")
    holdfast_client.save("notes", "ideas", b"another")
    for _ in range(2):
        page.post("/import", content=body("any", ".zip", {"": content}))
    assert [row.name for row in holdfast_client.list(sort="name").rows] == ["ideas", "ideas (2)"]


def test_a_damaged_bundle_is_refused(page: TestClient, holdfast_client: Client) -> None:
    """With its code; nothing is taken in."""
    saved = holdfast_client.save("notes", "ideas", b"one")
    content = page.get(begin(page, saved.session.id, to="bundle") + "/file").content
    holdfast_client.purge("notes/ideas")
    toast = page.post("/import", content=body("any", ".zip", {"": content[:-40]}))
    assert toast.status_code == 422
    assert "damaged" in toast.text
    assert holdfast_client.list().rows == []


def test_every_form_of_the_dialog_can_be_had(page: TestClient, holdfast_client: Client) -> None:
    """Of the snapshot that is shown."""
    holdfast_client.save("renardo", "verse", parts={"bass": b"b1"})
    saved = holdfast_client.save("renardo", "verse", parts={"bass": b"b2"})
    old = holdfast_client.log(Ref(id=saved.session.id)).rows[1].snapshot
    dialog = page.get(f"/ask/export/{saved.session.id}", params={"at": old}).text
    forms = re.findall(r'name="to" value="(\w+)"', dialog)
    assert forms[:7] == ["bundle", "native", "markdown", "html", "pdf", "png", "parts"]
    assert forms[7:] == [each.to for each in holdfast_client.show(Ref(id=saved.session.id)).conversions]
    contents = {form: page.get(begin(page, saved.session.id, to=form, at=old) + "/file") for form in forms}
    assert contents["native"].content == holdfast_client.load(Ref(id=saved.session.id, snapshot=old)).files[b""]
    assert contents["native"].headers["content-length"] == str(len(contents["native"].content))
    assert "```python\nb1\n```" in contents["markdown"].text
    with ZipFile(io.BytesIO(contents["parts"].content)) as archive:
        assert archive.read("parts/1 bass.py") == b"b1"
    assert [contents[form].content[:5] for form in ("html", "pdf", "png")] == [b"<!DOC", b"%PDF-", b"\x89PNG\r"]


def test_forms_whose_libraries_are_not_here_are_not_offered(
    page: TestClient, holdfast_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page needs fewer than paper does."""
    saved = holdfast_client.save("renardo", "verse", parts={"bass": b"b1"})
    monkeypatch.setattr(exporting, "find_spec", lambda name: None if name == "typst" else object())
    dialog = page.get(f"/ask/export/{saved.session.id}").text
    assert 'value="html"' in dialog
    assert 'value="pdf"' not in dialog


def test_pages_that_are_typeset_can_be_called_off(page: TestClient, holdfast_client: Client) -> None:
    """The toast tells how much was read, and the download is cut between two parts of it."""
    saved = holdfast_client.save("renardo", "verse", parts={"bass": b"b1 >> bass([0, 4])\n" * 2000})
    address = begin(page, saved.session.id, to="pdf")
    assert "0 B of" in looked_through(page, address)
    page.post(f"{address}/cancel")
    with pytest.raises(Cancelled):
        page.get(f"{address}/file")


def test_what_a_form_cannot_hold_is_told_before_the_download(page: TestClient, holdfast_client: Client) -> None:
    """Which then waits for a person."""
    saved = holdfast_client.save("renardo", "verse", {b"a.py": b"b1", b"notes.txt": b"in C"})
    toast = looked_through(page, begin(page, saved.session.id, to="session"))
    assert "cannot hold all of it" in toast
    assert "notes.txt" in toast
    assert "data-start" not in toast
    assert "/file" in toast


def test_the_toast_tells_how_far_it_is_and_what_became_of_it(page: TestClient, holdfast_client: Client) -> None:
    """It asks again until the end, and then says so in its own place."""
    saved = holdfast_client.save("notes", "ideas", os.urandom(3_000_000))
    address = begin(page, saved.session.id, to="native")
    waiting = looked_through(page, address)
    assert "hx-trigger" in waiting
    assert "0 B of 2.9 MiB" in waiting
    page.get(f"{address}/file")
    done = page.get(address)
    assert "Exported ideas" in done.text
    assert "hx-trigger" not in done.text
    assert done.headers["hx-retarget"] == "closest .toast"
    assert page.get(f"{address}/file").status_code == 404


def test_an_export_that_was_called_off_gives_nothing(page: TestClient, holdfast_client: Client) -> None:
    """The toast says so at once; the download that has begun is cut."""
    saved = holdfast_client.save("notes", "ideas", os.urandom(3_000_000))
    address = begin(page, saved.session.id, to="native")
    assert "called off" in page.post(f"{address}/cancel").text
    with pytest.raises(Cancelled):
        page.get(f"{address}/file")
    assert "called off" in page.get(address).text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"to": "marble"}, "bad-field"),
        ({"to": "bundle", "history": "number"}, "bad-field"),
        ({"to": "bundle", "history": "some"}, "bad-field"),
        ({"to": "native", "at": "abcd"}, "not-found"),
    ],
)
def test_what_cannot_be_exported_is_said_in_the_dialog(
    said: dict[str, str], code: str, page: TestClient, holdfast_client: Client
) -> None:
    """Before any download begins."""
    saved = holdfast_client.save("notes", "ideas", b"one")
    toast = page.post(f"/session/{saved.session.id}/export", data={"at": "latest", **said})
    assert toast.status_code >= 400
    assert code in toast.text
    assert "data-start" not in toast.text


def test_secrets_are_told_before_they_leave(page: TestClient, holdfast_client: Client) -> None:
    """Nothing is downloaded by itself then; whoever wants it all the same gets it, and redacted it goes at once."""
    content = f"see https://ana:{'geheim'}@h.org/ in /home/ana/x".encode()
    saved = holdfast_client.save("notes", "ideas", content)
    address = begin(page, saved.session.id, to="native")
    told = looked_through(page, address)
    assert "password in a URL" in told
    assert "/home/ana" in told
    assert "geheim" not in told
    assert "data-start" not in told
    assert page.get(address).status_code == 204
    assert page.get(f"{address}/file").content == content
    assert "1 secret and 1 home path" in page.get(address).text
    address = begin(page, saved.session.id, to="native", redact="yes")
    assert "data-start" in looked_through(page, address)
    assert page.get(f"{address}/file").content == content.replace(b"geheim", b"******").replace(b"e/ana", b"e/***")
    assert "redacted" in page.get(address).text


def test_a_home_path_alone_asks_nobody(page: TestClient, holdfast_client: Client) -> None:
    """The download begins, and its end tells it."""
    saved = holdfast_client.save("notes", "ideas", b"/home/ana/x")
    address = begin(page, saved.session.id, to="native")
    assert "data-start" in looked_through(page, address)
    page.get(f"{address}/file")
    assert "1 home path" in page.get(address).text


def test_nobody_gets_an_export_by_guessing(page: TestClient) -> None:
    """An address that was never given out is not there."""
    for address in ("/exports/x", "/exports/x/file"):
        assert page.get(address).status_code == 404
    assert page.post("/exports/x/cancel").status_code == 404


def test_a_download_that_the_browser_ends_is_over(holdfast_daemon: PrivateDaemon) -> None:
    """Whatever was under way; and what was called off in the middle raises, so that no half file looks whole."""

    async def downloads() -> tuple[Underway, Underway]:
        async with AsyncClient(holdfast_daemon.socket) as client:
            await client.save("notes", "large", os.urandom(12_000_000))
            left, unwanted = [Underway(name, await client.export("notes/large", "native")) for name in "ab"]
            pieces = left.content()
            await anext(pieces)
            await pieces.aclose()
            others = unwanted.content()
            await anext(others)
            unwanted.is_unwanted = True
            with pytest.raises(HoldfastError):
                await anext(others)
            return left, unwanted

    for each in asyncio.run(downloads()):
        assert each.ended is not None
        assert isinstance(each.problem, Cancelled)
        assert 0 < each.export.done_bytes < 12_000_000


def test_exports_that_nobody_fetches_are_bounded(holdfast_daemon: PrivateDaemon) -> None:
    """Others are told to wait."""

    async def export() -> AsyncExport:
        async with AsyncClient(holdfast_daemon.socket) as client:
            await client.save("notes", "ideas", b"one")
            return await client.export("notes/ideas", "native")

    made, exports = asyncio.run(export()), Exports()
    for _ in range(16):
        exports.add(made)
    with pytest.raises(Busy):
        exports.add(made)
