"""Files that are dropped onto the page."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from holdfast import Client

BUFFER = b"p1 >> pluck([0, 4])\n"


def body(name: str, suffix: str, files: dict[str, bytes]) -> bytes:
    """As the page sends it."""
    listed = [{"path": path, "size_bytes": len(content)} for path, content in files.items()]
    return json.dumps({"name": name, "suffix": suffix, "files": listed}).encode() + b"\n" + b"".join(files.values())


def test_a_file_becomes_a_session(page: TestClient, holdfast_client: Client) -> None:
    """Byte for byte, and the toast leads to it."""
    toast = page.post("/import", content=body("night", ".py", {"": BUFFER}))
    assert toast.status_code == 200, toast.text
    (row,) = holdfast_client.list().rows
    assert holdfast_client.load(f"{row.app}/night").files == {b"": BUFFER}
    assert f"/session/{row.id}" in toast.text


def test_a_folder_becomes_one_session(page: TestClient, holdfast_client: Client) -> None:
    """With all its files under their paths."""
    page.post("/import", content=body("song", "", {"verse.py": BUFFER, "more/chorus.py": b"", "ü.py": b"2"}))
    (row,) = holdfast_client.list().rows
    files = holdfast_client.load(f"{row.app}/song").files
    assert files == {b"verse.py": BUFFER, b"more/chorus.py": b"", "ü.py".encode(): b"2"}


def test_the_same_file_twice_is_one_session(page: TestClient, holdfast_client: Client) -> None:
    """Another one of its name gets a number; nothing is replaced."""
    toasts = [page.post("/import", content=body("night", ".txt", {"": each})) for each in (BUFFER, BUFFER, b"another")]
    assert ["is here already" in toast.text for toast in toasts] == [False, True, False]
    assert [row.name for row in holdfast_client.list(sort="name").rows] == ["night", "night (2)"]


def test_what_is_recognised_in_a_folder_becomes_sessions(page: TestClient, holdfast_client: Client) -> None:
    """With one word about all of it, which names what is damaged; the rest is left."""
    buffer = b"\n".join([b"#" * 80, b"######## a", b"#" * 80, BUFFER])
    chat = b'{"contextMessages": [], "contextFiles": []}'
    files = {"a.py": buffer, "more/chat.json": chat, "notes.txt": b"mine", "cut.json": chat[:-5]}
    toast = page.post("/import", content=body("all", "", files))
    assert toast.status_code == 200
    assert "Imported from all: 2 taken, 1 not recognised, 1 damaged" in toast.text
    assert "cut.json: Not a readable aiderdesk document" in toast.text
    assert [row.name for row in holdfast_client.list(sort="name").rows] == ["a", "chat"]
    assert "2 already known" in page.post("/import", content=body("all", "", files)).text


def test_files_of_no_folder_are_looked_at_one_by_one(page: TestClient, holdfast_client: Client) -> None:
    """What nobody recognises is left, and where that is all of it, it is said."""
    chat = b'{"contextMessages": [], "contextFiles": []}'
    toast = page.post("/import", content=body("", "", {"chat.json": chat, "notes.txt": b"mine"}))
    assert "Imported: 1 taken, 1 not recognised" in toast.text
    toast = page.post("/import", content=body("", "", {"a.txt": b"a", "notes.txt": b"mine"}))
    assert toast.status_code == 422
    assert "<code>unrecognised</code>" in toast.text
    assert [row.name for row in holdfast_client.list().rows] == ["chat"]


def test_a_large_file_comes_in_pieces(page: TestClient, holdfast_client: Client) -> None:
    """Bytes are not kept in memory but written as they come."""
    content = os.urandom(5_000_000)

    def pieces() -> object:
        whole = body("large", ".bin", {"": content})
        for start in range(0, len(whole), 70_001):
            yield whole[start : start + 70_001]

    assert page.post("/import", content=pieces()).status_code == 200
    (row,) = holdfast_client.list().rows
    assert holdfast_client.cat(f"{row.app}/large") == content


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"no json\n",
        b"[]\n",
        b'{"name": "a", "suffix": "", "files": []}\n',
        b'{"name": "a", "suffix": "", "files": [{"path": "", "size_bytes": 5}]}\n1234',
        b'{"name": "a", "suffix": "", "files": [{"path": "", "size_bytes": -1}]}\n',
        b'{"name": "a", "suffix": "", "files": [{"path": "x", "size_bytes": 1}, {"path": "x", "size_bytes": 1}]}\n12',
        body("a", "", {"../../evil": b"1"}),
        body("../evil", "", {"": b"1"}),
        body("a", "", {"/etc/passwd": b"1"}),
        body("a", "", {"b": b"1", "b/c": b"2"}),
        body("a", "", {"b/c": b"1", "b": b"2"}),
        body("a", "", {"b\0c": b"1"}),
        b"[" * 1_000_000 + b"\n",
        b"x" * 2_000_000,
    ],
)
def test_what_is_cut_or_hostile_is_refused(
    page: TestClient, holdfast_client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """And leaves nothing behind, neither a session nor a temporary file."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    toast = page.post("/import", content=sent)
    assert toast.status_code in (400, 413)
    assert "<code>" in toast.text
    assert holdfast_client.list().rows == []
    assert [*tmp_path.iterdir()] == []
