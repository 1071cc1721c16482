"""AiderDesk 0.36 opens a project with a few old sessions: the same migration, too small for a breaker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e_daemon import until
from losses_adopted import Adopted, listing
from losses_documents import long_chat
from losses_migration import migrate
from losses_writers import node_writes

FILES = {"parser.json": long_chat(12, "parser"), "release.json": long_chat(12, "release"), "zero.json": b""}


def test_each_deletion_is_told_and_undone(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Three deletions, three events, and one undo for each file, although the folder that it lay in has gone."""
    sessions = desk / "project" / ".aider-desk" / "sessions"
    sessions.mkdir(parents=True)
    for file, content in FILES.items():
        node_writes(sessions / file, content)
    adopted = adopt(desk / "project", "aiderdesk")
    names = {name: FILES[path.removeprefix("sessions/")] for path, name in adopted.names().items()}
    assert len(names) == len(FILES)

    migrate(sessions.parent)

    adopted.gone(*names)
    until(lambda: len(adopted.events("deleted-outside")) == len(names))
    assert adopted.row()["held"] is None
    assert not sessions.exists()
    for event in adopted.events("deleted-outside"):
        adopted.undone(event, names[event["name"]])
    assert listing(sessions) == FILES
