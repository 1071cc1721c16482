"""Exports that leave without what had better stay at home, in every form."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from made_keys import KEYS
from pypdf import PdfReader

import holdfast
from holdfast import Client
from holdfast.testing import PrivateDaemon
from holdfast_protocol.errors import NotFound, Unreadable

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as mosaic  # the path must be there first

KEY = KEYS["groq"]
STARS = "*" * len(KEY)
CHAT = json.dumps(
    {
        "version": 2,
        "contextMessages": [
            {"id": "1", "role": "user", "content": f"use\n{KEY}\n```python\nkey = '{KEY}'\n```\nin /home/ana/x"},
            {"id": "2", "role": "assistant", "content": "Größe — done"},
        ],
        "contextFiles": [],
    },
    ensure_ascii=False,
).encode()


def exported(client: Client, ref: str, to: str, **more: object) -> bytes:
    return b"".join(client.export(ref, to, redact=True, **more).read())  # type: ignore[arg-type]


@pytest.mark.parametrize("to", ["native", "parts", "bundle", "v1", "markdown", "html", "pdf"])
def test_no_form_has_the_key(holdfast_client: Client, to: str) -> None:
    """Stars stand in its place, and the rest reads as before; it is told what was found, with and without."""
    holdfast_client.save("aiderdesk", "chat", CHAT)
    plain = holdfast_client.export("aiderdesk/chat", to)
    told = plain.leaks()
    assert (told.secrets_count, told.homes_count, told.kept_count) == (2, 1, 0)
    assert holdfast_client.export("aiderdesk/chat", to, redact=True).leaks().rows == told.rows
    made = exported(holdfast_client, "aiderdesk/chat", to)
    if to == "pdf":
        texts = [page.extract_text() for page in PdfReader(io.BytesIO(made)).pages]
        said = "".join("".join(texts).split()).replace("\u200b", "")
    elif to in ("parts", "bundle"):
        with ZipFile(io.BytesIO(made)) as archive:
            said = "\n".join(archive.read(name).decode() for name in archive.namelist())
    else:
        said = made.decode()
    assert (KEY in said, "/home/ana" in said, STARS in said, "Größe" in said) == (False, False, True, True)


def test_a_name_that_ends_in_the_middle_of_a_key_has_none_of_it(holdfast_client: Client) -> None:
    """Parts are called by the beginning of what they say."""
    holdfast_client.save("aiderdesk", "cut", CHAT.replace(b"use\\n", b"the key that is to be used here: "))
    assert any(KEY[:6] in part.name for part in holdfast_client.show("aiderdesk/cut").parts)
    with ZipFile(io.BytesIO(exported(holdfast_client, "aiderdesk/cut", "parts"))) as archive:
        said = "\n".join([*archive.namelist(), *(archive.read(name).decode() for name in archive.namelist())])
    assert KEY[:6] not in said


def test_a_part_that_is_called_as_a_path_has_no_home_in_its_file_name(holdfast_client: Client) -> None:
    """Though what divides a path is no letter of a file's name."""
    document = {**json.loads(CHAT), "contextFiles": [{"path": "/home/ana/f.py"}]}
    holdfast_client.save("aiderdesk", "files", json.dumps(document).encode())
    with ZipFile(io.BytesIO(exported(holdfast_client, "aiderdesk/files", "parts"))) as archive:
        said = "\n".join([*archive.namelist(), *(archive.read(name).decode() for name in archive.namelist())])
    assert "ana" not in said
    assert "f.py.json" in said
    alone = holdfast_client.export("aiderdesk/files", "parts", parts=["file:/home/ana/f.py"], redact=True)
    assert "ana" not in alone.file_name


@pytest.mark.parametrize("beginning", ["%PDF-1.4", "BZh"])
def test_what_is_said_is_text_however_it_begins(holdfast_client: Client, beginning: str) -> None:
    """Also in a form for people to read, where a message is by itself."""
    message = {"id": "1", "role": "user", "content": f"{beginning} {KEY}"}
    holdfast_client.save("aiderdesk", "begin", json.dumps({"version": 2, "contextMessages": [message]}).encode())
    holdfast_client.note("aiderdesk/begin", f"{beginning} {KEY}")
    for to in ("html", "parts", "bundle"):
        export = holdfast_client.export("aiderdesk/begin", to, redact=True)
        assert export.leaks().secrets_count > 0
        made = b"".join(export.read())
        assert KEY.encode() not in made


def test_a_password_that_is_a_word_of_the_bundle(holdfast_client: Client, tmp_path: Path) -> None:
    """Does not go out of what holdfast itself says there: it comes back whole."""
    urls = [f"x://ana:{word}@h.org/" for word in ("aiderdesk", "manifest1", "document", "imported", "n", "json12")]
    message = {"id": "1", "role": "user", "content": " ".join(urls)}
    holdfast_client.save("aiderdesk", "words", json.dumps({"version": 2, "contextMessages": [message]}).encode())
    export = holdfast_client.export("aiderdesk/words", "bundle", redact=True)
    export.write(tmp_path / "b.zip")
    assert export.leaks().secrets_count == len(urls)
    holdfast_client.purge("aiderdesk/words")
    holdfast_client.import_bundle(tmp_path / "b.zip")
    assert b"x://ana:*********@h.org/" in holdfast_client.cat("aiderdesk/words")


def test_nothing_is_redacted_by_halves(holdfast_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing knows keys, an export says so, still finds passwords in URLs, and does not redact."""
    monkeypatch.setitem(sys.modules, "kingfisher_sdk", None)
    holdfast_client.save("notes", "halves", b"https://ana:hunter2hunter2@example.org/x " + KEY.encode())
    told = holdfast_client.export("notes/halves", "native").leaks()
    assert told.secrets_count == 1
    assert any("pip install 'holdfast[secrets]'" in remark for remark in told.remarks)
    with pytest.raises(NotFound, match=r"holdfast\[secrets\]"):
        holdfast_client.export("notes/halves", "native", redact=True)


def test_every_other_byte_is_as_it_was(holdfast_client: Client) -> None:
    """What an application reads after it, it reads as before."""
    holdfast_client.save("aiderdesk", "chat", CHAT)
    expected = CHAT.replace(KEY.encode(), STARS.encode()).replace(b"/home/ana", b"/home/***")
    assert exported(holdfast_client, "aiderdesk/chat", "native") == expected
    holdfast_client.save("aiderdesk", "utf16", CHAT.decode().encode("utf-16"))
    assert exported(holdfast_client, "aiderdesk/utf16", "native").decode("utf-16") == expected.decode()


def test_a_bundle_has_it_in_no_snapshot(holdfast_client: Client, tmp_path: Path) -> None:
    """Nor in what was said of the session; its hashes are those of what left, and it comes back whole elsewhere."""
    big = b"\n" * 3_000_000
    contents = [b"one", b"two " + KEY.encode() + big, b"three /home/ana/" + big, b"four" + big]
    for content in contents:
        holdfast_client.save("notes", "ideas", content, message=f"with {KEY}")
    holdfast_client.note("notes/ideas", f"it is {KEY}")
    holdfast_client.tag("notes/ideas", add=["/home/ana/x"])
    export = holdfast_client.export("notes/ideas", "bundle", history="all", redact=True)
    export.write(tmp_path / "b.zip")
    with ZipFile(tmp_path / "b.zip") as archive:
        everything = [archive.read(name) for name in archive.namelist()]
        told = json.loads(archive.read("manifest.json"))
    assert not any(KEY.encode() in content or b"/home/ana" in content for content in everything)
    assert told["redacted"] == {"secrets": 6, "home_paths": 2}
    assert {file["member"] for snapshot in told["snapshots"] for file in snapshot["files"]} == {
        "document/ideas", "history/1", "history/2", "history/3",
    }  # fmt: skip
    with PrivateDaemon(tmp_path / "e") as elsewhere, elsewhere.client() as other:
        other.import_bundle(tmp_path / "b.zip")
        rows = other.log("notes/ideas").rows
        found = [other.cat(f"notes/ideas@{row.snapshot}") for row in reversed(rows)]
        assert other.show("notes/ideas").note == f"it is {STARS}"
    expected = [content.replace(KEY.encode(), STARS.encode()).replace(b"/ana/", b"/***/") for content in contents]
    assert found == expected


def test_resources_and_names_are_looked_through_too(holdfast_client: Client, tmp_path: Path) -> None:
    """A path in a bundle's manifest, a file that goes along, a part's file name."""
    genes = tmp_path / f"{KEY}.bed"
    genes.write_bytes(b"# /home/ana/x\nchr1\t0\t10\n")
    document = (
        f'<?xml version="1.0"?>\n<Session version="8"><Resources><Resource path="{genes}"/></Resources></Session>'
    )
    holdfast_client.save("igv", "genes", document.encode())
    made = exported(holdfast_client, "igv/genes", "bundle", resources=True)
    assert KEY.encode() not in made
    holdfast_client.rename("igv/genes", KEY)
    export = holdfast_client.export(f"igv/{KEY}", "bundle", redact=True)
    export.leaks()
    assert export.file_name == f"{STARS}.holdfast.zip"
    holdfast_client.rename(f"igv/{KEY}", "genes")
    (tmp_path / "b.zip").write_bytes(made)
    holdfast_client.purge("igv/genes")
    holdfast_client.import_bundle(tmp_path / "b.zip")
    with ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read(f"resources/1 {STARS}.bed") == b"# /home/***/x\nchr1\t0\t10\n"


def test_a_file_that_changes_meanwhile_does_not_leave(holdfast_client: Client, tmp_path: Path) -> None:
    """Stars would be in another place than what they hide."""
    genes = tmp_path / "genes.bed"
    genes.write_bytes(b"# /home/ana/x\n")
    document = (
        f'<?xml version="1.0"?>\n<Session version="8"><Resources><Resource path="{genes}"/></Resources></Session>'
    )
    holdfast_client.save("igv", "genes", document.encode())
    export = holdfast_client.export("igv/genes", "bundle", resources=True, redact=True)
    export.leaks()
    genes.write_bytes(b"/home/ana/ #x\n")
    with pytest.raises(Unreadable, match="changed"):
        export.write(tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.parametrize("form", ["plain", "indexed"])
def test_a_mosaic_session_reads_as_before(holdfast_client: Client, form: str) -> None:
    """With a key in an object's name: lengths in the pickle, and offsets in the index, hold."""
    world = mosaic.World()
    state = world.pickled(world.session([world.geometry(name, 10) for name in (KEY, f"{KEY} outer")], [], None, "g"))
    content = state if form == "plain" else mosaic.indexed(state)
    holdfast_client.save("mosaic", "cell", content)
    before = holdfast_client.show("mosaic/cell")
    made = exported(holdfast_client, "mosaic/cell", "native")
    assert KEY.encode() not in made
    holdfast_client.save("mosaic", "again", made)
    after = holdfast_client.show("mosaic/again")
    assert not after.warnings
    assert [part.name.replace(KEY, STARS) for part in before.parts] == [part.name for part in after.parts]
    assert any(STARS in part.name for part in after.parts)


def test_a_signed_url_in_a_session_of_igv(holdfast_client: Client) -> None:
    """What signs it goes, where it leads stays."""
    url = "https://b.s3.amazonaws.com/x.bam?X-Amz-Date=1&amp;X-Amz-Signature=" + "5e" * 32
    document = f'<?xml version="1.0"?>\n<Session version="8"><Resources><Resource path="{url}"/></Resources></Session>'
    holdfast_client.save("igv", "signed", document.encode())
    assert exported(holdfast_client, "igv/signed", "native") == document.replace("5e", "**").encode()


def test_for_asyncio(holdfast_daemon: PrivateDaemon) -> None:
    """The loop goes on while much is looked through."""

    async def run() -> tuple[int, bytes]:
        async with holdfast.AsyncClient(holdfast_daemon.socket) as client:
            await client.save("notes", "ideas", b"x " + KEY.encode() + b"\n" * 20_000_000)
            export = await client.export("notes/ideas", "native", redact=True)
            looking, turns = asyncio.ensure_future(export.leaks()), 0
            while not looking.done():
                await asyncio.sleep(0)
                turns += 1
            assert turns > 10
            found = await looking
            return found.secrets_count, b"".join([piece async for piece in export.read()])[: len(KEY) + 2]

    assert asyncio.run(run()) == (1, b"x " + STARS.encode())
