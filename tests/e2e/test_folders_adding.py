"""Adopting a folder, and leaving it: what is refused, what it is called, and what stays when it is added again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, folder_row, listing
from e2e_daemon import Daemon, renardo, until

import holdfast
from holdfast_protocol.errors import BadField, BadName, Exists, HoldfastError, NotAllowed, NotFound, Unreadable
from holdfast_protocol.model import Ref


@pytest.fixture
def client(daemon: Daemon) -> Iterator[holdfast.Client]:
    """Of this test's own daemon."""
    with daemon.client() as made:
        yield made


@pytest.fixture
def place(daemon: Daemon, client: holdfast.Client, house: Path) -> Place:
    """An adopted folder with three sessions."""
    fill(house / "notes", range(3))
    return adopt(daemon, client, house / "notes")


# What is refused.


def test_a_relative_path_is_refused(client: holdfast.Client) -> None:
    """The daemon's own working directory is nobody's business; the command line makes paths absolute."""
    from holdfast_protocol import messages as wire

    with pytest.raises(BadField):
        client.ask(wire.FolderAdd(path=b"notes", app="notes"))


def test_the_command_line_takes_a_relative_path(daemon: Daemon, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From where it is called."""
    fill(house / "here" / "notes", range(2))
    monkeypatch.chdir(house / "here")
    daemon.ok("folder", "add", "notes", "--app", "notes")
    assert daemon.ok("folder", "list", "--json").rows[1]["path"] == str(house / "here" / "notes")


@pytest.mark.parametrize("what", ["missing", "file", "pipe", "dangling link"])
def test_what_is_no_folder_is_refused(client: holdfast.Client, house: Path, what: str) -> None:
    """It is said, nothing is made, and no folder is in the list."""
    path = house / "notes"
    if what == "file":
        path.write_bytes(b"x")
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "dangling link":
        path.symlink_to(house / "nowhere")
    with pytest.raises(Unreadable):
        client.folder_add(str(path), "notes")
    assert [row.label for row in client.folder_list().rows] == ["sessions"]
    assert not path.exists() or what in ("file", "pipe")


@pytest.mark.parametrize("where", ["d", "d/store", "d/sessions", "d/sessions/notes", "d/store/packs", ".", "link"])
def test_the_daemons_own_folders_are_refused(client: holdfast.Client, house: Path, where: str) -> None:
    """The store, the sessions folder, what lies in them, what they lie in; by a link as well."""
    (house / "d" / "sessions" / "notes").mkdir()
    (house / "link").symlink_to(house / "d" / "store", target_is_directory=True)
    with pytest.raises(NotAllowed):
        client.folder_add(str(house / where), "notes")


@pytest.mark.parametrize("label", ["", "a/b", "..", "two\nlines", "\x1b[31m", "x" * 600])
def test_a_label_that_is_no_name_is_refused(client: holdfast.Client, house: Path, label: str) -> None:
    """Labels stand in commands and in tables."""
    (house / "notes").mkdir()
    with pytest.raises(BadName):
        client.folder_add(str(house / "notes"), "notes", label=label)


@pytest.mark.parametrize("app", ["", "Notes", "../notes", "a/b", "-x"])
def test_an_application_that_is_no_short_name_is_refused(client: holdfast.Client, house: Path, app: str) -> None:
    """It would become a folder's name."""
    (house / "notes").mkdir()
    with pytest.raises(BadName):
        client.folder_add(str(house / "notes"), app)


def test_a_layout_that_the_format_does_not_have_is_refused(client: holdfast.Client, house: Path) -> None:
    """The sentence names those that it has."""
    (house / "songs").mkdir()
    with pytest.raises(BadField, match="startup"):
        client.folder_add(str(house / "songs"), "renardo", layout="nonsense")


def test_a_label_that_is_taken_is_refused(place: Place, house: Path) -> None:
    """By another folder, by the sessions folder, or by one that was removed: its history is under that name."""
    (house / "other").mkdir()
    for label in (place.folder, "sessions"):
        with pytest.raises(Exists):
            place.client.folder_add(str(house / "other"), "notes", label=label)
    place.client.folder_remove(place.folder)
    with pytest.raises(Exists):
        place.client.folder_add(str(house / "other"), "notes", label=place.folder)


def test_the_sessions_folder_cannot_be_removed(client: holdfast.Client) -> None:
    """It is the daemon's own."""
    with pytest.raises(NotAllowed):
        client.folder_remove("sessions")
    assert folder_row(client, "sessions").watching == "events"


@pytest.mark.parametrize("verb", ["folder_remove", "folder_scan", "settle"])
def test_a_label_that_nobody_has_is_not_found(place: Place, verb: str) -> None:
    """Also one that was removed."""
    place.client.folder_remove(place.folder)
    for label in ("nobody", place.folder):
        with pytest.raises(NotFound):
            getattr(place.client, verb)(label)


# What it is called.


def test_a_folder_is_called_like_its_last_component(place: Place) -> None:
    """Where nothing else is said."""
    assert place.folder == "notes"


def test_a_second_folder_of_that_name_gets_a_number(place: Place, house: Path) -> None:
    """So does one that is called as the sessions folder is."""
    assert adopt(place.daemon, place.client, house / "b" / "notes").folder == "notes (2)"
    assert adopt(place.daemon, place.client, house / "b" / "sessions").folder == "sessions (2)"


def test_a_hidden_folder_is_called_like_its_parent(daemon: Daemon, client: holdfast.Client, house: Path) -> None:
    """AiderDesk's in each project has the same name; the project's tells them apart."""
    fill(house / "project" / ".aider-desk" / "sessions", {"x.json": b"{}"})
    assert adopt(daemon, client, house / "project", "aiderdesk").folder == "project"


def test_a_strange_name_makes_a_label_that_can_be_typed(daemon: Daemon, client: holdfast.Client, house: Path) -> None:
    """Bytes that are no text, an escape sequence, a newline; the folder itself is found by its bytes."""
    root = Path(os.fsdecode(os.fsencode(house) + b"/\x1b[31mr\xff\nd"))
    fill(root, {"x": b"one"})
    place = adopt(daemon, client, root)
    assert place.folder.isprintable()
    place.write("x", b"two")
    assert place.head("x") == b"two"
    said = daemon.ok("folder", "list")
    assert b"\x1b" not in said.out
    daemon.ok("folder", "scan", place.folder)


# What is there.


def test_adding_it_again_answers_with_what_is_there(place: Place) -> None:
    """Nothing is done twice; whoever asks for another application's gets another folder."""
    newest = place.newest()
    again = place.client.folder_add(str(place.root) + "/.", "notes")
    assert ([row.label for row in again.rows], again.operation) == ([place.folder], None)
    assert place.newest() == newest


def test_an_empty_folder_is_adopted_and_files_come(daemon: Daemon, client: holdfast.Client, house: Path) -> None:
    """Its first session is heard as the first of any other."""
    place = adopt(daemon, client, house / "empty")
    assert place.state().sessions_count == 0
    (place.root / "x").write_bytes(b"one")
    until(lambda: "x" in place.rows())
    assert place.head("x") == b"one"


def test_adoption_writes_nothing(daemon: Daemon, client: holdfast.Client, house: Path) -> None:
    """Neither a mark nor a temporary file, not even for a moment's time of change of the folder."""
    fill(house / "notes", range(20))
    before, state = listing(house / "notes"), (house / "notes").stat()
    adopt(daemon, client, house / "notes")
    after = (house / "notes").stat()
    assert listing(house / "notes") == before
    assert (after.st_mtime_ns, after.st_ctime_ns) == (state.st_mtime_ns, state.st_ctime_ns)


def test_startup_files_are_adopted_with_their_sessions(daemon: Daemon, client: holdfast.Client, house: Path) -> None:
    """Renardo overwrites them; where they are not there it is said."""
    fill(house / "one" / "livecoding_sessions", {"set.py": renardo("Clock.bpm = 96", kick="k1")})
    fill(house / "one" / "startup_files", {"startup.py": b"Clock.bpm = 96\n"})
    added = client.folder_add(str(house / "one"), "renardo")
    assert [row.label for row in added.rows] == ["livecoding_sessions", "startup_files"]
    assert added.warnings == []
    fill(house / "two" / "livecoding_sessions", {"set.py": renardo("Clock.bpm = 96", kick="k1")})
    added = client.folder_add(str(house / "two" / "livecoding_sessions"), "renardo")
    assert len(added.rows) == 1
    assert "startup_files" in added.warnings[0]


# What stays.


def test_removing_a_folder_touches_nothing(place: Place) -> None:
    """Its files are as they were, its sessions leave the list, their history can be read by id."""
    identity = place.row("1").id
    place.write("1", b"changed")
    before = listing(place.root)
    place.client.folder_remove(place.folder)
    assert listing(place.root) == before
    assert place.client.list(app="notes").rows == []
    assert place.history(identity) == [b"changed", b"this is 1"]
    assert "deleted-outside" not in [row.type for row in place.client.events(0, follow=False)]


def test_nothing_is_seen_of_a_removed_folder(place: Place, house: Path) -> None:
    """A change is no operation; another folder's is."""
    place.client.folder_remove(place.folder)
    newest = place.newest()
    (place.root / "1").write_bytes(b"changed")
    other = adopt(place.daemon, place.client, house / "other")
    other.write("x", b"x")
    assert [row.folder for row in place.client.events(newest, follow=False)] == ["other", "other"]


def test_a_session_of_a_removed_folder_can_be_taken_elsewhere(place: Place) -> None:
    """It is not restored to a folder that is not watched; under a new name it goes to the sessions folder."""
    identity = place.row("1").id
    place.client.folder_remove(place.folder)
    (place.root / "1").unlink()
    with pytest.raises(HoldfastError):
        place.client.restore(Ref(id=identity))
    assert not (place.root / "1").exists()
    place.client.restore(Ref(id=identity), name="at hand", published=True)
    assert (place.daemon.sessions / "notes" / "at hand").read_bytes() == b"this is 1"


def test_adding_a_removed_folder_again_brings_its_history_back(place: Place) -> None:
    """The same label, ids and snapshots, and what happened meanwhile: changed, new, deleted, renamed."""
    before = {name: row.id for name, row in place.rows().items()}
    place.client.folder_remove(place.folder)
    (place.root / "0").write_bytes(b"changed meanwhile")
    (place.root / "1").unlink()
    (place.root / "2").rename(place.root / "renamed")
    (place.root / "new").write_bytes(b"new")
    again = adopt(place.daemon, place.client, place.root)
    assert again.folder == place.folder
    assert again.rows().keys() == {"0", "renamed", "new"}
    assert (again.row("0").id, again.row("renamed").id) == (before["0"], before["2"])
    assert again.history(before["0"]) == [b"changed meanwhile", b"this is 0"]


def test_a_removed_folder_stays_removed_after_a_restart(place: Place) -> None:
    """And can still be added again."""
    before = {name: row.id for name, row in place.rows().items()}
    place.client.folder_remove(place.folder)
    place.daemon.restart()
    assert [row.label for row in place.client.folder_list().rows] == ["sessions"]
    again = adopt(place.daemon, place.client, place.root)
    assert {name: row.id for name, row in again.rows().items()} == before


def test_a_held_folder_that_is_removed_and_added_again_agrees_with_its_disk(daemon: Daemon, house: Path) -> None:
    """No session is live without a file in a folder that is not held."""
    with daemon.client() as client:
        fill(house / "notes", range(8))
        place = adopt(daemon, client, house / "notes")
        for number in range(6):
            (place.root / str(number)).unlink()
        place.held()
        client.folder_remove(place.folder)
        adopt(daemon, client, place.root)
        state = place.state()
        there = {path.name for path in place.root.iterdir()}
        assert place.rows().keys() == there or (state.held and state.missing_count == 6)


def test_a_held_folder_can_be_removed(place: Place, house: Path) -> None:
    """Its root is gone, and its user has had enough of it; it is not watched any more, and can come back."""
    before = {name: row.id for name, row in place.rows().items()}
    place.root.rename(house / "away")
    place.held()
    place.client.folder_remove(place.folder)
    assert [row.label for row in place.client.folder_list().rows] == ["sessions"]
    (house / "away").rename(place.root)
    again = adopt(place.daemon, place.client, place.root)
    assert {name: row.id for name, row in again.rows().items()} == before


def test_a_folder_of_the_same_path_for_another_application_is_another(place: Place) -> None:
    """Removed as the one and added as the other: nothing of the first one's history is touched."""
    before = {name: row.id for name, row in place.rows().items()}
    place.client.folder_remove(place.folder)
    drafts = adopt(place.daemon, place.client, place.root, "drafts")
    assert not {row.id for row in drafts.rows().values()} & {*before.values()}
    again = adopt(place.daemon, place.client, place.root)
    assert {name: row.id for name, row in again.rows().items()} == before
