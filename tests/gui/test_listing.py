"""The list on the page: windows of it, as HTML."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

import holdfast

HOSTILE = "<img src=x onerror=alert(1)>"


def _names(page: TestClient, **asked: str | int) -> list[str]:
    return re.findall(r"<bdi>([^<]*)</bdi> <small>", page.get("/rows", params=asked).raise_for_status().text)


def test_a_window_of_the_list_is_found_sorted_and_counted(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """By text, application and tag; so many rows at a time, and on request how many there are in all."""
    for number in range(153):
        holdfast_client.save("notes", f"n{number}", b"x")
    holdfast_client.save("renardo", "verse", b"p1 >> pluck()", tags=["live"])
    first = page.get("/rows", params={"sort": "name", "count": 1}).text
    assert (first.count('class="item'), re.findall(r'data-count="(\d*)"', first)) == (150, ["154"])
    assert _names(page, sort="name", offset=150) == ["n150", "n151", "n152", "verse"]
    assert 'data-count=""' in page.get("/rows", params={"offset": 100}).text
    assert _names(page, text="ERS") == _names(page, app="renardo") == _names(page, tag="live") == ["verse"]


def test_where_nothing_is_it_is_said_where_there_is_some(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """Of what fits on the other shelves; whoever looks for what was deleted learns where that is."""
    for name in ("verse one", "verse two", "chorus"):
        holdfast_client.save("notes", name, b"x")
        holdfast_client.delete(f"notes/{name}")
    assert "No session is here, but 2 under “Deleted”." in page.get("/rows", params={"text": "verse", "count": 1}).text
    assert "No session is here" not in page.get("/rows", params={"shelf": "deleted", "count": 1}).text
    assert "but 3 under “Deleted”." in page.get("/").text


def test_each_shelf_has_its_own(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """Archived, deleted and templates are in lists of their own."""
    for name in ("live", "archived", "deleted", "template"):
        holdfast_client.save("notes", name, b"x")
    holdfast_client.archive("notes/archived")
    holdfast_client.delete("notes/deleted")
    holdfast_client.template("notes/template")
    assert [_names(page, shelf=shelf) for shelf in ("archived", "deleted", "templates")] == [
        ["archived"], ["deleted"], ["template"],
    ]  # fmt: skip


@pytest.mark.parametrize("asked", [{"offset": "-1"}, {"offset": "x"}, {"shelf": "other"}, {"sort": "other"}])
def test_what_no_list_has_is_refused_with_its_code(page: TestClient, asked: dict[str, str]) -> None:
    """The same code as on the command line."""
    assert "bad-field" in page.get("/rows", params=asked).text


def test_names_and_tags_are_text_whatever_they_hold(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """Neither becomes an element of the page."""
    holdfast_client.save("notes", HOSTILE, b"x", tags=[HOSTILE])
    text = page.get("/rows").text
    assert "<img" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") == 2


def test_what_is_not_saved_yet_stands_out(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """The session of which an application has a state that is not its own is marked, and no other."""
    holdfast_client.save("notes", "still", b"x")
    holdfast_client.save("notes", "changing", b"x")
    with holdfast_client.workspace("changing", app="notes") as workspace:
        workspace["other"] = b"y"
        rows = re.findall(r'class="item.*?</a>', page.get("/rows", params={"sort": "name"}).text, re.DOTALL)
    assert [">unsaved<" in row for row in rows] == [True, False]


def test_a_list_is_narrowed_by_what_there_is(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """The applications of the shelf and all tags; the chosen one stays when its last session has gone."""
    holdfast_client.save("notes", "ideas", b"x", tags=["live", HOSTILE])
    holdfast_client.save("renardo", "verse", b"p1 >> pluck()")
    found = page.get("/choices", params={"app": "renardo"}).text
    assert re.findall(r'<option value="([^"]*)"( selected)?>', found) == [
        ("", ""), ("notes", ""), ("renardo", " selected"), (HOSTILE.replace("<", "&lt;").replace(">", "&gt;"), ""),
        ("live", ""),
    ]  # fmt: skip
    holdfast_client.delete("renardo/verse")
    assert '<option value="renardo" selected>' in page.get("/choices", params={"app": "renardo"}).text
    assert "renardo" not in page.get("/choices").text
    assert '<option value="notes">' in page.get("/").text


def test_work_that_was_never_saved_stands_above_the_list(page: TestClient, holdfast_client: holdfast.Client) -> None:
    """It has no row there; what was left can be recovered or discarded."""
    with holdfast_client.workspace("notes/new", format="parts") as workspace:
        workspace["a"] = "1"
        assert "open, changed" in page.get("/never-saved").text
        assert "/recover" not in page.get("/never-saved").text
    found = page.get("/never-saved").text
    assert ">new<" in found
    assert f"/workspace/{workspace.id}/recover" in found
    assert f"/workspace/{workspace.id}/discard" in found
    assert found.strip() in page.get("/").text
    holdfast_client.recover(workspace.id)
    assert page.get("/never-saved").text.strip() == ""
