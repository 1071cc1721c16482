"""Undo, and the verbs it reverses."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e_daemon import Daemon, renardo

from holdfast_protocol.errors import Exists
from holdfast_protocol.model import Ref


def _text(daemon: Daemon, name: str) -> Path:
    return daemon.file("u", name)


def _number(daemon: Daemon, kind: str, name: str) -> int:
    found = [row["number"] for row in daemon.operations() if (row["type"], row["name"]) == (kind, name)]
    return int(found[-1])


def test_undo_of_a_save(shared: Daemon) -> None:
    """The document before the save is the head and the file again, and the revision goes up, not down."""
    shared.ok("save", "u/save", "-", content=b"one")
    shared.ok("save", "u/save", "-", content=b"two")
    assert "u/save" in shared.ok("undo").text
    assert shared.ok("cat", "u/save").out == b"one"
    assert _text(shared, "save").read_bytes() == b"one"
    assert shared.show("u/save")["revision"] == 3


def test_undo_of_a_creation(shared: Daemon) -> None:
    """A session just made leaves the list, and its file goes."""
    shared.ok("save", "u/made", "-", content=b"one")
    shared.ok("undo")
    assert "made" not in shared.rows("u")
    assert not _text(shared, "made").exists()


def test_rename_moves_the_file_and_undo_moves_it_back(shared: Daemon) -> None:
    """A renamed session keeps its id; its file has the new name, and after undo the old one."""
    shared.ok("save", "u/before", "-", content=b"one")
    identity = shared.show("u/before")["id"]
    shared.ok("rename", "u/before", "after")
    assert (_text(shared, "after").read_bytes(), _text(shared, "before").exists()) == (b"one", False)
    assert shared.show("u/after")["id"] == identity
    shared.ok("undo")
    assert (_text(shared, "before").read_bytes(), _text(shared, "after").exists()) == (b"one", False)
    assert shared.show("u/before")["id"] == identity


def test_delete_removes_the_file_and_undo_brings_it_back(shared: Daemon) -> None:
    """A deleted session leaves list and folder; undo gives back the session and the bytes."""
    shared.ok("save", "u/lost", "-", content=b"one")
    shared.ok("delete", "u/lost")
    assert "lost" not in shared.rows("u")
    assert not _text(shared, "lost").exists()
    assert "lost" in shared.ok("list", "--app", "u", "--deleted").text
    shared.ok("undo")
    assert _text(shared, "lost").read_bytes() == b"one"
    assert "lost" in shared.rows("u")


def test_copy_is_a_session_of_its_own_and_undo_removes_it(shared: Daemon) -> None:
    """A copy has another id and the same bytes; a change of it is none of the original."""
    shared.ok("save", "u/origin", "-", content=b"one")
    shared.ok("copy", "u/origin", "twin")
    assert _text(shared, "twin").read_bytes() == b"one"
    assert shared.show("u/twin")["id"] != shared.show("u/origin")["id"]
    shared.ok("undo")
    assert not _text(shared, "twin").exists()
    assert _text(shared, "origin").read_bytes() == b"one"


def test_undo_of_an_outside_change(shared: Daemon) -> None:
    """What an editor wrote is reversed too, in the history and in the file."""
    from e2e_daemon import until

    shared.ok("save", "u/edited", "-", content=b"the first words")
    _text(shared, "edited").write_bytes(b"the other words")
    until(lambda: shared.show("u/edited")["revision"] == 2)
    assert "changed-outside" in shared.ok("undo").text
    assert _text(shared, "edited").read_bytes() == b"the first words"


def test_undo_refuses_where_a_later_change_stands_on_it(shared: Daemon) -> None:
    """An operation that others were built on is not reversed: exit 4, a sentence what to do, nothing changed."""
    for text in (b"one", b"two", b"three"):
        shared.ok("save", "u/stands", "-", content=text)
    number = _number(shared, "saved", "stands") - 1
    said = shared.cli("undo", str(number))
    assert said.code == 4
    assert "holdfast restore" in said.err
    assert shared.ok("cat", "u/stands").out == b"three"
    assert shared.show("u/stands")["revision"] == 3


def test_undo_of_a_creation_refuses_after_a_save(shared: Daemon) -> None:
    """A session that was changed since it was made is not removed by undoing its making."""
    shared.ok("save", "u/grown", "-", content=b"one")
    number = _number(shared, "created", "grown")
    shared.ok("save", "u/grown", "-", content=b"two")
    assert shared.cli("undo", str(number)).code == 4
    assert "grown" in shared.rows("u")


def test_undo_takes_the_newest_of_the_caller(shared: Daemon) -> None:
    """Two undos reverse the two newest operations, in turn; the same one is not undone twice."""
    shared.ok("save", "u/first", "-", content=b"one")
    shared.ok("save", "u/second", "-", content=b"one")
    assert "u/second" in shared.ok("undo").text
    assert "u/first" in shared.ok("undo").text
    assert not {"first", "second"} & set(shared.rows("u"))
    number = _number(shared, "created", "first")
    assert shared.cli("undo", str(number)).code == 4


def test_undo_of_nothing(daemon: Daemon) -> None:
    """In a fresh store there is nothing to undo: exit 3; a number that is not there is exit 3 too."""
    assert daemon.cli("undo").code == 3
    assert daemon.cli("undo", "99").code == 3


def test_undo_of_a_deletion_refuses_a_taken_name(shared: Daemon) -> None:
    """A deleted session does not come back over another that has its name now."""
    shared.ok("save", "u/taken", "-", content=b"one")
    shared.ok("delete", "u/taken")
    number = _number(shared, "deleted", "taken")
    shared.ok("save", "u/other", "-", content=b"another")
    shared.ok("rename", "u/other", "taken")
    assert shared.cli("undo", str(number)).code == 4
    assert shared.ok("cat", "u/taken").out == b"another"


def test_restore_of_an_older_snapshot(shared: Daemon) -> None:
    """restore makes an older document the head again, and undo takes that back."""
    for text in (b"one", b"two"):
        shared.ok("save", "u/older", "-", content=text)
    shared.ok("restore", "u/older@-1")
    assert _text(shared, "older").read_bytes() == b"one"
    shared.ok("undo")
    assert _text(shared, "older").read_bytes() == b"two"
    assert shared.show("u/older")["revision"] == 4


def test_an_undone_acceptance_leaves_a_suspect(shared: Daemon) -> None:
    """What was accepted and then undone is a suspect again: the newest good snapshot is another one."""
    shared.ok("save", "notes/doubted", "-", content=b"good " * 100)
    assert shared.cli("save", "notes/doubted", "-", content=b"").code == 8
    shared.ok("accept", "notes/doubted")
    assert shared.ok("cat", "notes/doubted@good").out == b""
    shared.ok("undo")
    assert shared.ok("cat", "notes/doubted@good").out == b"good " * 100


def test_parts_are_put_back_into_a_deleted_session(shared: Daemon) -> None:
    """It is in the list again, as it was last but for them; the revision that is expected is its own."""
    shared.ok("save", "renardo/gone", "-", content=renardo("", kick="k1", hat="h1"))
    shared.ok("save", "renardo/gone", "-", content=renardo("", kick="k2", hat="h2"))
    row = shared.show("renardo/gone")
    with shared.client() as client:
        first = client.log(Ref(id=row["id"])).rows[-1].snapshot
        client.delete(Ref(id=row["id"]), published=True)
        saved = client.restore(Ref(id=row["id"], snapshot=first), parts=["kick"], expect=2, published=True)
        assert (saved.session.id, saved.session.deleted) == (row["id"], False)
    assert shared.ok("cat", "renardo/gone").out == renardo("", kick="k1", hat="h2")


def test_parts_of_a_deleted_session_whose_name_is_taken(shared: Daemon) -> None:
    """Putting them back into it is refused with the name, and the session that has it now has nothing to do with it."""
    shared.ok("save", "renardo/lent", "-", content=renardo("", kick="k1", hat="h1"))
    row = shared.show("renardo/lent")
    shared.ok("delete", "renardo/lent")
    shared.ok("save", "renardo/lent", "-", content=renardo("", snare="s"))
    with shared.client() as client, pytest.raises(Exists, match="rename it first"):
        client.restore(Ref(id=row["id"]), parts=["kick"])
    assert shared.ok("cat", "renardo/lent").out == renardo("", snare="s")
    assert [name for name in shared.rows("renardo") if "lent" in name] == ["lent"]


def test_restoring_a_deleted_session_whose_name_is_taken(shared: Daemon) -> None:
    """It is refused with the name, as undo refuses it; where only its file's place is taken, it gets another one."""
    shared.ok("save", "notes/taken", "-", content=b"old one")
    row = shared.show("notes/taken")
    shared.ok("delete", "notes/taken")
    shared.ok("save", "notes/taken", "-", content=b"new one")
    with shared.client() as client, pytest.raises(Exists, match="taken"):
        client.restore(Ref(id=row["id"]))
    shared.ok("save", "renardo/placed", "-", content=renardo("", kick="k"))
    shared.ok("delete", "renardo/placed")
    shared.ok("save", "renardo/placed.py", "-", content=renardo("", hat="h"))
    shared.ok("restore", "renardo/placed")
    assert {row["path"] for row in shared.rows("renardo").values() if "placed" in row["name"]} == {
        "renardo/placed.py", "renardo/placed (2).py",
    }  # fmt: skip


def _state(daemon: Daemon, name: str) -> tuple[object, ...]:
    rows = {row["name"]: row for row in daemon.ok("list", "--app", "u", "--archived", "--json").rows}
    rows |= daemon.rows("u")
    folder = daemon.sessions / "u"
    files = {str(path): path.read_bytes() for path in folder.rglob(f"{name}*")}
    shown_rows = [daemon.show(f"u/{each}") for each in rows if each.startswith(name)]
    notes = [(each["note"], each["snapshot"]["pins"]) for each in shown_rows]
    shown = ("id", "name", "tags", "archived", "template", "suspect", "head")
    return files, notes, [tuple(map(str, map(row.get, shown))) for row in rows.values() if row["name"].startswith(name)]


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("re-save", ("save", "u/re-save", "-")),
        ("re-new", ("save", "u/re-new-1", "-")),
        ("re-copy", ("copy", "u/re-copy", "re-copy-1")),
        ("re-name", ("rename", "u/re-name", "re-name-1")),
        ("re-tag", ("tag", "u/re-tag", "red", "--remove", "blue")),
        ("re-template", ("template", "u/re-template")),
        ("re-archive", ("archive", "u/re-archive")),
        ("re-note", ("note", "u/re-note", "what it is for\nand for whom")),
        ("re-pin", ("pin", "u/re-pin", "gig")),
        ("re-unpin", ("pin", "--off", "u/re-unpin")),
        ("re-delete", ("delete", "u/re-delete")),
        ("re-accept", ("accept", "u/re-accept")),
    ],
)
def test_an_undo_can_be_undone_and_that_again(shared: Daemon, name: str, verb: tuple[str, ...]) -> None:
    """Everything is as after the operation; the operation can be undone once more, to what was before it."""
    shared.ok("save", f"u/{name}", "-", "--tag", "blue", content=b"one" * 100)
    if name == "re-unpin":
        shared.ok("pin", "u/re-unpin", "gig")
    if name == "re-accept":
        shared.cli("save", f"u/{name}", "-", content=b"")
    before = _state(shared, name)
    shared.ok(*verb, content=b"two")
    after = _state(shared, name)
    assert after != before
    number = int(shared.operations()[-1]["number"])
    for _ in range(2):
        shared.ok("undo", str(number))
        assert _state(shared, name) == before
        shared.ok("undo", str(shared.operations()[-1]["number"]))
        assert _state(shared, name) == after
    said = shared.cli("undo", str(shared.operations()[-1]["number"]))
    assert said.code == 4
    assert f"operation {number} is in effect again" in said.err


def test_undo_without_a_number_goes_back_and_never_to_and_fro(daemon: Daemon) -> None:
    """The second one reverses the save before, not the first undo."""
    for content in (b"one", b"two", b"three"):
        daemon.ok("save", "u/back", "-", content=content)
    daemon.ok("undo")
    daemon.ok("undo")
    assert daemon.ok("cat", "u/back").out == b"one"


def test_an_undo_is_not_undone_over_a_later_change(shared: Daemon) -> None:
    """exit 4 and the command that brings the other state back; nothing moves."""
    shared.ok("save", "u/later", "-", content=b"one")
    shared.ok("save", "u/later", "-", content=b"two")
    shared.ok("undo")
    number = _number(shared, "undone", "later")
    shared.ok("save", "u/later", "-", content=b"three")
    said = shared.cli("undo", str(number))
    assert (said.code, "holdfast restore u/later" in said.err) == (4, True)
    assert shared.ok("cat", "u/later").out == b"three"
