"""Archived sessions, notes, and lists page by page."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopted import adopt
from e2e_daemon import Daemon

import holdfast
from holdfast_protocol.errors import BadField


def test_an_archived_session_is_out_of_the_way_and_all_there(shared: Daemon) -> None:
    """It leaves the list and its file goes into archived/; id, history and name stay, and a save leaves it there."""
    shared.ok("save", "a/verse", "-", content=b"one")
    before = shared.show("a/verse")
    shared.ok("archive", "a/verse")
    assert [row["name"] for row in shared.ok("list", "--app", "a", "--archived", "--json").rows] == ["verse"]
    assert shared.rows("a") == {}
    assert shared.file("a", "archived/verse").read_bytes() == b"one"
    assert not shared.file("a", "verse").exists()
    shared.ok("save", "a/verse", "-", content=b"two")
    assert shared.file("a", "archived/verse").read_bytes() == b"two"
    after = shared.show("a/verse")
    assert (after["id"], after["archived"], len(shared.log_of("a/verse"))) == (before["id"], True, 2)
    shared.ok("unarchive", "a/verse")
    assert (shared.file("a", "verse").read_bytes(), [*shared.rows("a")]) == (b"two", ["verse"])
    assert not shared.file("a", "archived/verse").exists()


def test_undo_of_archiving_and_of_taking_back(shared: Daemon) -> None:
    """Each is an operation with an event; where it is so no more, undo says what is."""
    shared.ok("save", "u/one", "-", content=b"1")
    put_away = shared.ok("archive", "u/one", "--json").rows[0]["operation"]
    shared.ok("undo")
    assert (shared.show("u/one")["archived"], shared.file("u", "one").exists()) == (False, True)
    back = shared.ok("archive", "u/one", "--json").rows[0]["operation"]
    shared.ok("unarchive", "u/one")
    assert "not archived by now" in shared.cli("undo", str(back)).err
    shared.ok("undo")
    assert (shared.show("u/one")["archived"], shared.file("u", "archived/one").exists()) == (True, True)
    types = [row["type"] for row in shared.operations() if row["name"] == "one"]
    assert types == ["created", "archived", "undone", "archived", "unarchived", "undone"]
    assert shared.cli("undo", str(put_away)).code != 0
    assert "as it was before" in shared.ok("archive", "u/one").text


def test_a_file_that_is_moved_into_the_archive_by_hand_is_archived(shared: Daemon) -> None:
    """And back again: the session is the same one; a file that is put there is a new one, archived; none twice."""
    shared.ok("save", "h/song", "-", content=b"la la la")
    known = shared.show("h/song")["id"]
    away = shared.sessions / "h" / "archived"
    away.mkdir()
    shared.file("h", "song").rename(away / "song")
    (away / "other").write_bytes(b"put here by hand")
    with shared.client() as client:
        client.settle()
        assert [(row.id, row.archived) for row in client.list(app="h", archived=True, sort="created").rows[1:]] == [
            (known, True)
        ]
        (away / "song").rename(shared.file("h", "song"))
        client.settle()
        assert [(row.id, row.name) for row in client.list(app="h").rows] == [(known, "song")]
        assert [row.name for row in client.list(app="h", archived=True).rows] == ["other"]


def test_the_place_of_the_archive_is_kept_free(shared: Daemon) -> None:
    """A session may be called so, and a folder of several files is archived as a whole."""
    shared.ok("save", "k/archived", "-", content=b"a file")
    with shared.client() as client:
        client.save("k", "pair", {b"one": b"1", b"archived/two": b"2"}, published=True)
        client.archive("k/pair", published=True)
        client.archive("k/archived", published=True)
        client.settle()
        rows = client.list(app="k", archived=True, sort="name").rows
    assert [row.path for row in rows] == [b"k/archived/archived", b"k/archived/pair"]
    assert shared.file("k", "archived/pair/archived/two").read_bytes() == b"2"


def test_in_an_adopted_folder_archiving_moves_nothing(shared: Daemon, house: Path) -> None:
    """Its application looks for the file where it is."""
    (house / "notes").mkdir()
    (house / "notes" / "mine").write_bytes(b"text")
    with shared.client() as client:
        adopt(shared, client, house / "notes")
        row = next(each for each in client.list(limit=1000).rows if each.name == "mine")
        client.archive(holdfast.Ref(id=row.id), published=True)
        (house / "notes" / "mine").write_bytes(b"more text")
        client.settle()
        shown = client.show(holdfast.Ref(id=row.id))
    assert (shown.session.archived, shown.session.revision) == (True, 2)
    assert [*(house / "notes").iterdir()] == [house / "notes" / "mine"]


def test_a_note_is_shown_and_can_be_undone(shared: Daemon) -> None:
    """It stands in show; undo gives the former one back, and refuses below a later one."""
    shared.ok("save", "n/noted", "-", content=b"one")
    assert shared.ok("note", "n/noted").text == ""
    first = shared.ok("note", "n/noted", "played in Köln\nJune", "--json").rows[0]["operation"]
    assert shared.ok("note", "n/noted").text == "played in Köln\nJune\n"
    shared.ok("note", "n/noted", "never again")
    assert shared.show("n/noted")["note"] == "never again"
    assert "has another note since" in shared.cli("undo", str(first)).err
    shared.ok("undo")
    assert shared.show("n/noted")["note"] == "played in Köln\nJune"
    shared.ok("note", "n/noted", "")
    assert shared.show("n/noted")["note"] == ""
    assert shared.cli("note", "n/noted", "x" * 20_000).code != 0
    assert shared.cli("note", "n/noted", "\x1b[31m").code == 2


def test_pages_are_complete_while_sessions_are_saved(shared: Daemon) -> None:
    """By name, each session is told once, although all of them are saved in between."""
    names = [f"s{number}" for number in range(60)]
    with shared.client() as client, shared.client() as writer:
        for name in names:
            writer.save("p", name, b"one")
        found: list[str] = []
        page = client.list(app="p", sort="name", limit=7)
        while True:
            found += [row.name for row in page.rows]
            for name in names[:: 7 + len(found) % 5]:
                writer.save("p", name, f"{name} {len(found)}".encode())
            if not page.more:
                break
            page = client.list(app="p", sort="name", limit=7, after=page.next)
        assert found == names
        with pytest.raises(BadField):
            client.list(sort="size", after=client.list(sort="name", limit=1).next)
        with pytest.raises(BadField):
            client.list(after=b"\x81\xa5order")


def test_a_name_is_found_as_soon_as_it_is_saved(shared: Daemon) -> None:
    """And as soon as it is another; deleted ones are found among the deleted."""

    def found(text: str, *, deleted: bool = False) -> list[str]:
        return [row.name for row in client.list(app="q", text=text, sort="name", deleted=deleted).rows]

    with shared.client() as client:
        for number in range(20):
            client.save("q", f"Overture {number}", b"one")
            assert len(found("overture")) == number + 1
        client.rename("q/Overture 7", "Finale")
        assert (found("ture 7"), found("fin")) == ([], ["Finale"])
        client.delete("q/Finale")
        assert (found("fin"), found("fin", deleted=True), len(found("v"))) == ([], ["Finale"], 19)


def test_the_shell_lists_in_each_order(shared: Daemon) -> None:
    """Numbers in names by their value; the other way round; from the middle."""
    for name in ("Track 10", "track 9", "Ärger"):
        shared.ok("save", f"o/{name}", "-", content=name.encode())
    listed = [row["name"] for row in shared.ok("list", "--app", "o", "--sort", "name", "--json").rows]
    assert listed == ["Ärger", "track 9", "Track 10"]
    again = shared.ok("list", "--app", "o", "--sort", "name", "--reverse", "--offset", "1", "--limit", "1", "--json")
    assert [row["name"] for row in again.rows] == ["track 9"]
