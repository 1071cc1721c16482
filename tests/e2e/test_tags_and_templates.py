"""Tags, and sessions that others begin from."""

from __future__ import annotations

from e2e_daemon import Daemon, renardo


def test_tags_come_and_go_and_change_nothing_else(shared: Daemon) -> None:
    """The list finds the session by them, and its revision stays."""
    shared.ok("save", "t/tagged", "-", content=b"one")
    shared.ok("tag", "t/tagged", "live", "Größe 🎵")
    assert [row["name"] for row in shared.ok("list", "--tag", "live", "--json").rows] == ["tagged"]
    shared.ok("tag", "t/tagged", "done", "--remove", "live")
    row = shared.show("t/tagged")
    assert (row["tags"], row["revision"]) == (["Größe 🎵", "done"], 1)
    assert shared.ok("list", "--tag", "live", "--json").rows == []


def test_undo_of_tags(shared: Daemon) -> None:
    """Those that came go, and those that went come; what was tagged since stays."""
    shared.ok("save", "t/undone", "-", "--tag", "old", content=b"one")
    number = shared.ok("tag", "t/undone", "new", "--remove", "old", "--json").rows[0]["operation"]
    shared.ok("tag", "t/undone", "later")
    shared.ok("undo", str(number))
    assert shared.show("t/undone")["tags"] == ["later", "old"]


def test_a_tag_that_is_there_is_no_operation(shared: Daemon) -> None:
    """Nothing to undo, nothing told; and a request without a tag is refused."""
    shared.ok("save", "t/again", "-", "--tag", "live", content=b"one")
    before = len(shared.operations())
    assert "as it was before" in shared.ok("tag", "t/again", "live").text
    assert len(shared.operations()) == before
    assert shared.cli("tag", "t/again").code == 2
    assert shared.cli("tag", "t/again", "two\nlines").code == 2


def test_no_save_changes_a_template(shared: Daemon) -> None:
    """By mistake, that is: an application that is told to begin from it may do so, and saves elsewhere."""
    shared.ok("save", "t/letterhead", "-", content=b"Dear")
    shared.ok("template", "t/letterhead")
    refused = shared.cli("save", "t/letterhead", "-", content=b"Dear Ada")
    assert (refused.code, "is a template" in refused.err) == (5, True)
    assert shared.ok("cat", "t/letterhead").out == b"Dear"
    assert [row["name"] for row in shared.ok("list", "--templates", "--json").rows] == ["letterhead"]
    shared.ok("template", "t/letterhead", "--off")
    shared.ok("save", "t/letterhead", "-", content=b"Dear Ada")
    shared.ok("undo")
    shared.ok("undo")
    assert shared.show("t/letterhead")["template"] is True


def test_what_somebody_writes_into_a_templates_file_is_in_its_history(shared: Daemon) -> None:
    """The file is theirs; nothing there is lost."""
    shared.ok("save", "t/by-hand", "-", content=b"Dear")
    shared.ok("template", "t/by-hand")
    shared.file("t", "by-hand").write_bytes(b"Dear Sir or Madam")
    with shared.client() as client:
        client.settle()
    assert shared.ok("cat", "t/by-hand").out == b"Dear Sir or Madam"


def test_a_session_from_a_template_is_its_own(shared: Daemon) -> None:
    """It has the template's document, is none itself, and neither changes with the other."""
    document = renardo("buffer one")
    shared.ok("save", "renardo/basis", "-", content=document)
    shared.ok("template", "renardo/basis")
    shared.ok("new", "concert", "--template", "renardo/basis")
    row = shared.show("renardo/concert")
    assert (row["template"], row["revision"]) == (False, 1)
    assert shared.ok("cat", "renardo/concert").out == document
    shared.ok("save", "renardo/concert", "-", content=renardo("buffer two"))
    assert shared.ok("cat", "renardo/basis").out == document
    assert shared.cli("new", "concert", "--template", "renardo/basis").code == 4
    assert shared.cli("new", "other", "--template", "renardo/basis", "--clear", "renardo/basis").code == 2
    assert shared.cli("new", "other").code == 2
