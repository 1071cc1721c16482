"""AiderDesk 0.36 opens a project of an older one: the sessions become tasks, and the whole sessions folder is removed,
with the files that could not be migrated and the user's notes (aiderdesk.md 3 and 4; seen)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_daemon import Daemon, until
from losses_adopted import Adopted, listing
from losses_documents import chat, long_chat
from losses_migration import migrate
from losses_writers import node_writes

CHATS = {name: long_chat(12, name) for name in ("parser", "release", "tests", "docs", "ideas")}
FILES = {
    **{f"{name}.json": content for name, content in CHATS.items()},
    ".autosaved.json": chat("what next?"),
    "cut.json": CHATS["parser"][:300],
    "zero.json": b"",
    "notes.txt": b"ask Bob about the parser\n",
}


@pytest.fixture
def adopted(adopt: Callable[..., Adopted], desk: Path) -> Adopted:
    """An adopted project."""
    sessions = desk / "project" / ".aider-desk" / "sessions"
    sessions.mkdir(parents=True)
    for file, content in FILES.items():
        node_writes(sessions / file, content)
    return adopt(desk / "project", "aiderdesk")


@pytest.fixture
def gone(adopted: Adopted) -> dict[str, bytes]:
    """The contents of all its sessions by name; the new AiderDesk has just removed their folder."""
    gone = {name: FILES[path.removeprefix("sessions/")] for path, name in adopted.names().items()}
    assert len(gone) == len(FILES)
    migrate(adopted.folder)
    return gone


def test_the_folder_is_held_and_nothing_leaves_the_list(adopted: Adopted, gone: dict[str, bytes]) -> None:
    """Nine of fifteen sessions gone at once: the user is told why the folder is held, and every session is there."""
    assert adopted.held()
    adopted.scan()
    assert adopted.rows().keys() > gone.keys()
    assert len(adopted.events("folder-held")) == 1
    assert adopted.events("deleted-outside") == []
    assert adopted.row()["missing_count"] == len(FILES)


def test_each_file_comes_back(adopted: Adopted, gone: dict[str, bytes]) -> None:
    """restore writes each file again, the damaged and the foreign ones too; with the last of them the hold ends."""
    adopted.held()
    for name in gone:
        adopted.command("restore", name)
    assert listing(adopted.folder / "sessions") == FILES
    adopted.released()
    assert len(adopted.events("folder-released")) == 1
    assert adopted.events("deleted-outside") == []
    assert adopted.row()["missing_count"] == 0


def test_an_accepted_migration_can_be_undone(adopted: Adopted, gone: dict[str, bytes]) -> None:
    """``folder scan --accept`` commits the deletions, each an event; undo brings each file back all the same."""
    adopted.held()
    adopted.scan("--accept")
    adopted.released()
    adopted.gone(*gone)
    events = {event["name"]: event for event in adopted.events("deleted-outside")}
    assert events.keys() == gone.keys()

    for name, event in events.items():
        adopted.undone(event, gone[name])
    assert listing(adopted.folder / "sessions") == FILES


def test_an_accepted_session_is_taken_elsewhere(adopted: Adopted, gone: dict[str, bytes]) -> None:
    """A deleted session comes back under another name too; the application's folder stays as it left it."""
    adopted.held()
    adopted.scan("--accept")
    adopted.gone(*gone)
    before = listing(adopted.folder)
    adopted.command("restore", "release", "--as", "release before the migration")
    assert adopted.daemon.ok("cat", "aiderdesk/release before the migration").out == CHATS["release"]
    assert listing(adopted.folder) == before


def test_one_that_nobody_watched_is_held_too(adopted: Adopted, daemon: Daemon) -> None:
    """The new AiderDesk was there before the daemon was: its first scan finds the folder gone and deletes nothing."""
    names = adopted.names().values()
    daemon.stop()
    migrate(adopted.folder)
    daemon.start()
    adopted.scan()
    assert adopted.held()
    assert adopted.rows().keys() > {*names}
    assert adopted.events("deleted-outside") == []
    adopted.command("restore", "parser")
    assert listing(adopted.folder / "sessions") == {"parser.json": CHATS["parser"]}


def test_the_new_tasks_are_sessions(adopted: Adopted, gone: dict[str, bytes]) -> None:
    """What the migration made is in the list beside what it removed."""
    tasks = {path.name for path in (adopted.folder / "tasks").iterdir()}
    until(lambda: adopted.rows().keys() == gone.keys() | tasks)
    assert len(tasks) == len(CHATS) + 1
