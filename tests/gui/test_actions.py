"""What one does on the page, seen by another client of the same daemon."""

from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient

from holdfast import Client
from holdfast_protocol.model import Ref

VERSE = b"#### startup.py\n"


@pytest.fixture
def verse(holdfast_client: Client) -> str:
    """The id of a session with two buffers and two snapshots."""
    holdfast_client.save("renardo", "verse", parts={"bass": b"b1 >> bass([0])", "drums": b"d1 >> play('x')"})
    saved = holdfast_client.save("renardo", "verse", parts={"bass": b"b1 >> bass([4])"}, published=True)
    return saved.session.id


def undo_of(toast: str) -> dict[str, str]:
    """What the button of a toast would send."""
    found = re.search(r"hx-post=\"[^\"]*/undo\" hx-vals='([^']*)'", toast)
    assert found, toast
    return {name: str(value) for name, value in json.loads(found[1]).items()}


def test_delete_answers_with_an_undo_that_brings_the_session_back(
    page: TestClient, holdfast_client: Client, verse: str
) -> None:
    """Deleting needs no question, for its toast has Undo, and the undone deletion can be done again."""
    toast = page.post(f"/session/{verse}/delete", data={"revision": "2"})
    assert toast.status_code == 200
    assert holdfast_client.show(Ref(id=verse)).session.deleted
    again = page.post("/undo", data=undo_of(toast.text))
    assert "Redo" in again.text
    assert not holdfast_client.show(Ref(id=verse)).session.deleted
    page.post("/undo", data=undo_of(again.text))
    assert holdfast_client.show(Ref(id=verse)).session.deleted


def test_no_undo_is_offered_where_there_is_none(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """A deleted session that is brought back as it was is no change that undo knows; Delete is there for that."""
    holdfast_client.delete("renardo/verse")
    toast = page.post(f"/session/{verse}/restore", data={"revision": "2"})
    assert toast.status_code == 200
    assert not holdfast_client.show(Ref(id=verse)).session.deleted
    assert "/undo" not in toast.text


def test_an_act_on_an_older_look_is_refused(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """Whoever deletes what has changed meanwhile is told, with the code that the command line has."""
    toast = page.post(f"/session/{verse}/delete", data={"revision": "1"})
    assert toast.status_code == 409
    assert "<code>exists</code>" in toast.text
    assert "Copy details" in toast.text
    assert not holdfast_client.show(Ref(id=verse)).session.deleted


def test_undo_without_a_number_takes_the_newest_change(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """The key u reverses what this user did last."""
    page.post(f"/session/{verse}/rename", data={"name": "chorus"})
    page.post("/undo")
    assert holdfast_client.show(Ref(id=verse)).session.name == "verse"


def test_one_buffer_of_yesterday_is_put_back_into_a_session_that_was_deleted(
    page: TestClient, holdfast_client: Client, verse: str
) -> None:
    """Only the ticked part comes back as it was; the session is in the list again."""
    old = holdfast_client.log(Ref(id=verse)).rows[1].snapshot
    holdfast_client.save("renardo", "verse", parts={"drums": b"d1 >> play('o')"})
    holdfast_client.delete("renardo/verse")
    question = page.get(f"/ask/restore/{verse}", params={"at": old}).text
    key = next(part.key for part in holdfast_client.show(Ref(id=verse)).parts if part.name == "bass")
    assert f'name="part" value="{key}"' in question
    toast = page.post(f"/session/{verse}/restore", data={"at": old, "what": "some", "part": key, "where": "here"})
    assert toast.status_code == 200, toast.text
    assert holdfast_client.cat("renardo/verse:bass") == b"b1 >> bass([0])"
    assert holdfast_client.cat("renardo/verse:drums") == b"d1 >> play('o')"


def test_parts_are_put_back_as_a_copy(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """The session itself stays as it is."""
    old = holdfast_client.log(Ref(id=verse)).rows[1].snapshot
    page.post(f"/session/{verse}/restore", data={"at": old, "what": "all", "where": "as", "name": "before"})
    assert holdfast_client.cat("renardo/before:bass") == b"b1 >> bass([0])"
    assert holdfast_client.cat("renardo/verse:bass") == b"b1 >> bass([4])"


def test_some_parts_without_a_tick_are_none(page: TestClient, verse: str) -> None:
    """Nothing ticked is no way to say everything."""
    toast = page.post(f"/session/{verse}/restore", data={"what": "some", "where": "here"})
    assert (toast.status_code, "bad-field" in toast.text) == (400, True)


@pytest.mark.parametrize(
    ("act", "fields", "after"),
    [
        ("rename", {"name": "chorus"}, {"name": "chorus"}),
        ("archive", {}, {"archived": True}),
        ("unarchive", {}, {"archived": False}),
        ("template", {}, {"template": True}),
        ("template", {"on": "no"}, {"template": False}),
        ("tag", {"add": "live, slow"}, {"tags": ["live", "slow"]}),
    ],
)
def test_what_changes_the_session(
    page: TestClient, holdfast_client: Client, verse: str, act: str, fields: dict[str, str], after: dict[str, object]
) -> None:
    """Each act is that of the wire."""
    assert page.post(f"/session/{verse}/{act}", data=fields).status_code == 200
    row = holdfast_client.show(Ref(id=verse)).session
    assert {name: getattr(row, name) for name in after} == after


def test_a_tag_that_is_no_longer_ticked_goes(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """Of the tags that were offered; one that somebody else gave meanwhile stays."""
    holdfast_client.tag(Ref(id=verse), add=["live", "slow", "new"])
    page.post(f"/session/{verse}/tag", data={"had": ["live", "slow"], "keep": ["slow"], "add": ""})
    assert holdfast_client.show(Ref(id=verse)).session.tags == ["new", "slow"]


@pytest.mark.parametrize(
    ("act", "fields", "name"),
    [
        ("copy", {"name": "chorus"}, "chorus"),
        ("duplicate", {}, "verse copy"),
        ("new", {"name": "empty"}, "empty"),
    ],
)
def test_what_makes_a_session_says_where_to_open_it(
    page: TestClient, holdfast_client: Client, verse: str, act: str, fields: dict[str, str], name: str
) -> None:
    """The toast leads there."""
    toast = page.post(f"/session/{verse}/{act}", data=fields).text
    made = holdfast_client.show(Ref(app="renardo", name=name)).session.id
    assert f"/session/{made}" in toast


def test_duplicates_are_numbered(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """Twice is two."""
    for _ in range(3):
        page.post(f"/session/{verse}/duplicate")
    names = [row.name for row in holdfast_client.list(sort="name").rows]
    assert names == ["verse", "verse copy", "verse copy 2", "verse copy 3"]


def test_note_pin_and_unpin(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """A note has lines; a pin is of the snapshot on screen."""
    old = holdfast_client.log(Ref(id=verse)).rows[1].snapshot
    page.post(f"/session/{verse}/note", data={"text": "for the\r\nsecond set"})
    page.post(f"/session/{verse}/pin", data={"at": old, "label": "demo"})
    assert holdfast_client.note(Ref(id=verse)).text == "for the\nsecond set"
    assert holdfast_client.log(Ref(id=verse)).rows[1].pins == ["demo"]
    page.post(f"/session/{verse}/unpin", data={"at": old, "label": "demo"})
    assert holdfast_client.log(Ref(id=verse)).rows[1].pins == []


def test_a_suspect_is_accepted(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """What looked like damage is what its user wants."""
    assert holdfast_client.save("renardo", "verse", b"").outcome == "suspect"
    assert page.post(f"/session/{verse}/accept").status_code == 200
    assert holdfast_client.show(Ref(id=verse)).session.size_bytes == 0


@pytest.mark.parametrize("act", ["rename", "copy", "new", "tag", "note", "pin", "restore"])
def test_every_question_shows_hostile_names_as_text(page: TestClient, holdfast_client: Client, act: str) -> None:
    """A name, a tag, a part and a note are never markup."""
    evil = "<img src=x onerror=alert(1)>'\""
    saved = holdfast_client.save("renardo", evil.replace("/", ""), parts={evil: b"1"}, tags=[evil])
    holdfast_client.note(Ref(id=saved.session.id), evil)
    asked = page.get(f"/ask/{act}/{saved.session.id}")
    assert asked.status_code == 200
    assert "<img" not in asked.text
    assert "&lt;img" in asked.text


def test_a_refusal_shows_hostile_names_as_text(page: TestClient, verse: str) -> None:
    """The sentence of an error repeats what was typed."""
    toast = page.post(f"/session/{verse}/rename", data={"name": "<b>/..\x1b[31m"})
    assert toast.status_code == 400
    assert "<b>" not in toast.text
    assert "\x1b" not in toast.text


def test_no_such_act_and_no_such_session(page: TestClient, verse: str) -> None:
    """Both are not-found."""
    assert page.post(f"/session/{verse}/explode").status_code == 404
    assert page.post(f"/session/{'0' * 32}/delete").status_code == 404
    assert page.get(f"/ask/explode/{verse}").status_code == 404
    assert "not-found" in page.get(f"/ask/rename/{'0' * 32}").text


def test_the_palette_finds_sessions(page: TestClient, verse: str) -> None:
    """By name, with an empty text none."""
    assert f"/session/{verse}" in page.get("/palette", params={"text": "vers"}).text
    assert "option" not in page.get("/palette", params={"text": ""}).text


def test_work_that_was_left_is_recovered_or_discarded(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """From the page of unsaved work; discarding can be undone."""
    with holdfast_client.workspace("renardo/verse") as workspace:
        workspace["bass"] = "b1 >> bass([7])"
    shown = page.get("/workspaces").text
    assert f"/workspace/{workspace.id}/recover" in shown
    assert "Recover" in page.get("/workspaces", params={"session": verse}).text
    toast = page.post(f"/workspace/{workspace.id}/discard").text
    assert holdfast_client.workspaces().rows == []
    page.post("/undo", data=undo_of(toast))
    (left,) = holdfast_client.workspaces().rows
    page.post(f"/workspace/{left.id}/recover", data={"name": "rescued"})
    assert holdfast_client.cat("renardo/rescued:bass") == b"b1 >> bass([7])"


def test_a_workspace_is_reloaded(page: TestClient, holdfast_client: Client, verse: str) -> None:
    """What a running application has unsaved is given up, with Undo."""
    with holdfast_client.workspace("renardo/verse") as workspace:
        workspace["bass"] = "b1 >> bass([7])"
        toast = page.post(f"/workspace/{workspace.id}/reload").text
        assert undo_of(toast)
        assert holdfast_client.workspaces().rows[0].unsaved is None
