"""A document on its way to the browser's own download."""

from __future__ import annotations

import io
import os
from zipfile import ZipFile

from starlette.testclient import TestClient

from holdfast import Client
from holdfast_protocol.model import Ref


def test_a_file_comes_as_it_is(page: TestClient, holdfast_client: Client) -> None:
    """With its name, its size, and never as something that a browser would show."""
    content = os.urandom(3_000_000)
    saved = holdfast_client.save("notes", "räga/../<b>".replace("/", "").replace("..", ""), content)
    answer = page.get(f"/download/{saved.session.id}")
    assert answer.content == content
    assert answer.headers["content-length"] == "3000000"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''r%C3%A4ga%3Cb%3E")


def test_a_file_whose_name_is_no_text_comes_too(page: TestClient, holdfast_client: Client) -> None:
    """Its name says the bytes that are no letters."""
    folder = os.path.join(os.fsencode(holdfast_client.status().sessions), b"notes")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, b"ideas.\xff"), "wb") as file:
        file.write(b"text")
    holdfast_client.settle(timeout_seconds=30)
    (row,) = holdfast_client.list().rows
    answer = page.get(f"/download/{row.id}")
    assert answer.content == b"text"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''ideas.%5Cxff"


def test_an_older_snapshot_and_parts_of_it(page: TestClient, holdfast_client: Client) -> None:
    """What is on screen is what comes."""
    holdfast_client.save("renardo", "verse", parts={"bass": b"b1", "drums": b"d1"})
    saved = holdfast_client.save("renardo", "verse", parts={"bass": b"b2"})
    old = holdfast_client.log(Ref(id=saved.session.id)).rows[1].snapshot
    key = holdfast_client.show(Ref(id=saved.session.id)).parts[0].key
    whole = page.get(f"/download/{saved.session.id}", params={"at": old}).content
    assert whole == holdfast_client.load(Ref(id=saved.session.id, snapshot=old)).files[b""]
    some = page.get(f"/download/{saved.session.id}", params={"at": old, "part": key}).content
    assert b"b1" in some
    assert b"d1" not in some


def test_several_files_come_as_an_archive(page: TestClient, holdfast_client: Client) -> None:
    """All of them under their paths."""
    files = {b"verse.py": os.urandom(2_500_000), b"more/chorus.py": b"c1", b"empty": b""}
    saved = holdfast_client.import_document("song", files)
    with ZipFile(io.BytesIO(page.get(f"/download/{saved.session.id}").content)) as archive:
        assert archive.testzip() is None
        assert {name.encode(): archive.read(name) for name in archive.namelist()} == files


def test_what_is_not_there_is_said(page: TestClient) -> None:
    """In the place of the file."""
    assert "not-found" in page.get(f"/download/{'0' * 32}").text
